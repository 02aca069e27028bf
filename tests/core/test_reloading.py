"""A policy file that changes while a site runs."""

import os

import pytest

from meter import PolicyError, ReloadingPolicy

TEXT = '[publication]\nname = "{}"\n[[rules]]\nname = "everything is open"\nshow = "article"\n'


@pytest.fixture
def path(tmp_path):
    """A policy file that can be read."""
    path = tmp_path / "policy.toml"
    path.write_text(TEXT.format("first"), encoding="utf-8")
    return path


def test_a_changed_file_comes_into_force(path):
    """A new policy is in force from the next refresh on."""
    policy = ReloadingPolicy(path)
    assert not policy.refresh()
    path.write_text(TEXT.format("the second"), encoding="utf-8")
    assert (policy.policy.publication.name, policy.refresh(), policy.policy.publication.name) == (
        "first",
        True,
        "the second",
    )


def test_a_broken_file_leaves_the_last_good_policy_in_force(path):
    """A broken file is told, and changes nothing until it is mended."""
    policy = ReloadingPolicy(path)
    good = policy.policy
    path.write_text(TEXT.format("first").replace("article", "artcle"), encoding="utf-8")
    assert not policy.refresh()
    assert policy.policy is good
    assert [problem.code for problem in policy.problems] == ["unknown-word"]
    assert not policy.refresh()
    assert policy.problems
    path.write_text(TEXT.format("first"), encoding="utf-8")
    assert not policy.refresh()
    assert (policy.policy, policy.problems) == (good, ())


def test_a_file_that_has_not_changed_is_not_read_again(path):
    """What tells is time, size and place on the disk.

    A refresh of an unchanged file costs one look at those.
    """
    policy = ReloadingPolicy(path)
    path.write_text(TEXT.format("other"), encoding="utf-8")
    assert policy.refresh()
    stamp = path.stat()
    path.write_text("x" * stamp.st_size, encoding="utf-8")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert not policy.refresh()
    assert not policy.problems
    assert not policy.reload()
    assert policy.problems


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"a" * 100_000, b"\x00", b""])
def test_no_content_ever_raises(path, raw):
    """Bytes that are no policy at all are problems, not exceptions."""
    policy = ReloadingPolicy(path)
    path.write_bytes(raw)
    assert not policy.reload()
    assert policy.problems


def test_a_file_that_is_gone_leaves_the_last_good_policy_in_force(path):
    """A file that is being replaced is missing for a moment."""
    policy = ReloadingPolicy(path)
    path.unlink()
    assert not policy.refresh()
    assert [problem.code for problem in policy.problems] == ["no-such-file"]
    path.write_text(TEXT.format("second"), encoding="utf-8")
    assert policy.refresh()
    assert not policy.problems


def test_the_first_reading_must_succeed(path):
    """There is no last good policy to fall back to."""
    path.write_text("", encoding="utf-8")
    with pytest.raises(PolicyError):
        ReloadingPolicy(path)
