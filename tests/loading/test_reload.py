"""A policy file that changes while a site runs, and files that are not there."""

import os

import pytest

from meter import PolicyError, load_policy
from meter.loading import ReloadingPolicy

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


def _problem(path):
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    (problem,) = caught.value.problems
    return problem


def test_a_missing_file_suggests_the_one_that_was_meant(path):
    """A name with a slip is told the name that is there."""
    problem = _problem(path.with_name("polcy.toml"))
    assert (problem.code, problem.help) == ("no-such-file", f"did you mean `{path}`?")


def test_a_missing_file_lists_what_is_there(path):
    """A name like no other is told which policies there are, or how to get one."""
    assert _problem(path.with_name("zzz")).help == "there are: `policy.toml`"
    path.unlink()
    assert _problem(path.with_name("zzz")).help == "`meter init` writes a sample policy"


def test_a_missing_folder_is_told(path):
    """It is the folder that is not there."""
    assert "there is no folder" in _problem(path.parent / "none" / "policy.toml").help


def test_a_folder_is_no_policy(path):
    """A folder is told which policy in it was meant."""
    problem = _problem(path.parent)
    assert problem.code == "no-such-file"
    assert problem.help.startswith("did you mean")
    path.unlink()
    assert _problem(path.parent).help == "name the file itself"


def test_a_pipe_is_not_waited_for(tmp_path):
    """Something that is no file is refused instead of read for ever."""
    os.mkfifo(tmp_path / "policy.toml")
    assert _problem(tmp_path / "policy.toml").code == "no-such-file"


def test_a_name_that_cannot_be_one_is_told():
    """A name with a null character is no name."""
    assert _problem("a\0b").code in {"unreadable-file", "no-such-file"}
    assert _problem("a" * 5000).code == "unreadable-file"


def test_bytes_that_are_not_utf_8_are_located(path):
    """The place of the first wrong byte is told."""
    path.write_bytes("# é\nname = '".encode() + b"\xe9'\n")
    problem = _problem(path)
    assert (problem.code, problem.line, problem.column) == ("bad-encoding", 2, 9)
