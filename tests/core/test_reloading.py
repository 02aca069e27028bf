"""A policy file that changes while a site runs."""

import gc
import logging
import os
import random
import threading
import time
import types
from pathlib import Path
from weakref import ref

import pytest

import meter.reloading
from meter import PolicyError, ReloadingPolicy
from tests.core.half_written import (
    TEXTS,
    Clock,
    Count,
    write_by_a_moved_clock,
    write_by_the_clock_on_the_wall,
)

TEXT = '[publication]\nname = "{}"\n[[rules]]\nname = "everything is open"\nshow = "article"\n'
RULE = '[[rules]]\nname = "{}"\nwhen = {{ account = true }}\nshow = "article"\n'
WALLS_PAYERS = """\
[publication]
name = "second"

[[rules]]
name = "everyone"
show = "subscription-wall"

[[guarantees]]
name = "whoever pays never meets a wall"
when = { reader = ["subscriber"] }
never = ["subscription-wall"]
"""
PATIENCE = 20.0


@pytest.fixture
def path(tmp_path):
    """A policy file that can be read."""
    path = tmp_path / "policy.toml"
    path.write_text(TEXT.format("first"), encoding="utf-8")
    return path


@pytest.fixture
def clock():
    """Seconds that are moved by hand."""
    return Clock()


@pytest.fixture
def policy(path, clock):
    """The file in force, looked at by hand only."""
    return ReloadingPolicy(path, None, settle=1.0, monotonic=clock)


def rest(policy, clock):
    """Look twice, a second apart; return the publication's name in force."""
    policy.refresh()
    clock.seconds += 1.0
    policy.refresh()
    return policy.policy.publication.name


def wait_for(policy, name):
    """Wait until a publication's name is in force, and say whether it came."""
    until = time.monotonic() + PATIENCE
    while policy.policy.publication.name != name and time.monotonic() < until:
        os.sched_yield()
    return policy.policy.publication.name == name


# When a file is taken over


def test_a_changed_file_comes_into_force_when_it_has_settled(path, policy, clock):
    """At the second of two looks that are `settle` apart, and not a moment before."""
    path.write_text(TEXT.format("the second"), encoding="utf-8")
    assert not policy.refresh()
    clock.seconds += 0.75
    assert not policy.refresh()
    assert "first" == policy.policy.publication.name
    clock.seconds += 0.25
    assert policy.refresh()
    assert "the second" == policy.policy.publication.name
    assert not policy.refresh()


def test_a_file_that_changes_again_waits_again(path, policy, clock):
    """The time runs from the last change that was seen."""
    for number in range(5):
        path.write_text(TEXT.format(f"version {number}"), encoding="utf-8")
        assert not policy.refresh()
        clock.seconds += 0.75
    assert not policy.refresh()
    clock.seconds += 0.25
    assert policy.refresh()
    assert "version 4" == policy.policy.publication.name


def test_a_file_that_changed_and_changed_back_did_not_rest(path, policy, clock):
    """The same text at both looks is not enough: it was written anew between them."""
    half = path.with_name("half")
    half.write_text(TEXT.format("half"), encoding="utf-8")
    policy_text = half.read_text(encoding="utf-8")
    half.replace(path)
    assert not policy.refresh()
    clock.seconds += 1.0
    again = path.with_name("again")
    again.write_text(policy_text, encoding="utf-8")
    again.replace(path)
    assert not policy.refresh()
    clock.seconds += 1.0
    assert policy.refresh()


def test_refresh_now_takes_what_is_there(path, policy):
    """Whoever has just written the file need not wait."""
    path.write_text(TEXT.format("second"), encoding="utf-8")
    assert policy.refresh(now=True)
    assert "second" == policy.policy.publication.name
    assert not policy.refresh(now=True)


def test_settle_0_takes_the_first_look(path, clock):
    """For who always renames a finished file into place."""
    policy = ReloadingPolicy(path, None, settle=0, monotonic=clock)
    path.write_text(TEXT.format("second"), encoding="utf-8")
    assert policy.refresh()


def test_another_content_of_the_same_size_and_time_is_seen(path, policy, clock):
    """As `rsync -t`, `cp -p` and image layers leave it: the bytes are looked at."""
    before = path.stat()
    path.write_text(TEXT.format("other"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert "other" == rest(policy, clock)


@pytest.mark.parametrize("every", [0, -1.0, float("nan"), float("inf"), True, "1", 1e300])
def test_every_is_a_length_of_time(path, every):
    """And is told so."""
    with pytest.raises(ValueError, match="`every` is a number of seconds above 0"):
        ReloadingPolicy(path, every)


def test_the_other_arguments_are_checked_too(path):
    """Before anything is read."""
    for settle in (-1, float("nan"), float("inf"), True, "1", None):
        with pytest.raises(ValueError, match="`settle` is a number of seconds, 0 or more"):
            ReloadingPolicy(path, settle=settle)
    with pytest.raises(ValueError, match="`guarantees` is `keep-out` or `warn`, not `ignore`"):
        ReloadingPolicy(path, guarantees="ignore")


def test_a_relative_path_stays_the_file_it_was(path, monkeypatch, tmp_path):
    """A process that changes its folder looks at the same file."""
    monkeypatch.chdir(path.parent)
    reloading = ReloadingPolicy(path.name, None)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert reloading.path == path
    reloading.refresh(now=True)
    assert () == tuple(reloading.problems)


# A file that is still being written


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_decision_is_made_by_a_prefix(text, tmp_path):
    """Of every length, with pauses of up to half of `settle`: by a clock that is moved."""
    draw, count = random.Random(1), Count()
    for length in (1, *draw.sample(range(2, len(text)), 20)):
        write_by_a_moved_clock(tmp_path / "policy.toml", text, length, draw, count)
    assert 0 == count.by_a_prefix
    assert count.pieces > len(text)


def test_no_decision_is_made_by_a_prefix_while_a_thread_writes(tmp_path):
    """By the clock on the wall; `python -m tests.core.half_written --whole` does it at length."""
    draw, count = random.Random(2), Count()
    text = TEXTS["name, show, when"]
    for length in (20, 40, 170):
        write_by_the_clock_on_the_wall(tmp_path / "policy.toml", text, length, draw, count)
    assert 0 == count.by_a_prefix
    assert count.decisions


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("at - self._seen[1] >= self._settle", "at >= self._seen[1]"),
        ("self._seen is not None and self._seen[0] == look", "self._seen is not None"),
        ("if self._settle == 0 or", "if True or"),
    ],
)
def test_a_bug_in_settling_is_found(right, wrong, tmp_path):
    """Taken at once, taken at the next look, or taken whatever the other look saw."""
    source = Path(meter.reloading.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1
    module = types.ModuleType("planted")
    exec(compile(source.replace(right, wrong), "planted", "exec"), module.__dict__)
    draw, count = random.Random(3), Count()
    for length in (1, 5, 150):
        write_by_a_moved_clock(
            tmp_path / "policy.toml",
            TEXTS["name, show, when"],
            length,
            draw,
            count,
            kind=module.ReloadingPolicy,
        )
    assert count.by_a_prefix


# A file that cannot be used


def test_a_broken_file_leaves_the_last_good_policy_in_force(path, policy, clock):
    """It is told, with its place, and changes nothing until it is mended."""
    good = policy.policy
    path.write_text(TEXT.format("first").replace("article", "artcle"), encoding="utf-8")
    rest(policy, clock)
    assert policy.policy is good
    (problem,) = policy.problems
    assert ("unknown-word", 5, 8) == (problem.code, problem.line, problem.column)
    rest(policy, clock)
    assert policy.problems
    path.write_text(TEXT.format("first"), encoding="utf-8")
    rest(policy, clock)
    assert (policy.policy, policy.problems) == (good, ())


def test_a_broken_file_is_logged_once(path, policy, clock, caplog):
    """Not at every look; a file that breaks in another way is told anew."""
    with caplog.at_level(logging.WARNING, "meter.reloading"):
        for word in ("artcle", "artcle", "aricle"):
            path.write_text(TEXT.format("first").replace("article", word), encoding="utf-8")
            for _ in range(5):
                rest(policy, clock)
    first, second = caplog.messages
    assert f"{path}:5:8: error[unknown-word]" in first
    assert "`artcle`" in first
    assert "`aricle`" in second


def _gone(path):
    path.unlink()


def _a_folder(path):
    path.unlink()
    path.mkdir()


def _a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def _a_link_to_itself(path):
    path.unlink()
    path.symlink_to(path)


def _a_link_to_nothing(path):
    path.unlink()
    path.symlink_to("nothing")


def _a_folder_gone(path):
    path.unlink()
    path.parent.rmdir()


@pytest.mark.parametrize(
    "strange",
    [_gone, _a_folder, _a_pipe, _a_link_to_itself, _a_link_to_nothing, _a_folder_gone],
)
def test_a_path_without_a_file_leaves_the_last_good_policy_in_force(strange, path, policy, clock):
    """A file that is being replaced is missing for a moment."""
    good = policy.policy
    strange(path)
    rest(policy, clock)
    assert policy.policy is good
    assert {problem.code for problem in policy.problems} <= {"no-such-file", "unreadable-file"}
    assert policy.problems
    assert not policy.refresh(now=True)


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xfe", b"a" * 100_000, b"\x00", b"", b"[" * 60_000, b"a" + b".a" * 20_000 + b" = 1"],
)
def test_no_content_ever_raises(path, policy, clock, raw):
    """Bytes that are no policy at all are problems, not exceptions."""
    path.write_bytes(raw)
    assert "first" == rest(policy, clock)
    assert policy.problems


def test_rubbish_of_any_size_is_not_read_whole(path, policy, clock):
    """A dump, or a log that was written over the file."""
    with path.open("wb") as file:
        for _ in range(50):
            file.write(os.urandom(1_000_000))
    started = time.monotonic()
    assert "first" == rest(policy, clock)
    assert ["too-large"] == [problem.code for problem in policy.problems]
    assert time.monotonic() - started < 1.0


@pytest.fixture
def somebody_else():
    """A user who is not root, who may read anything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_file_that_may_not_be_read_leaves_the_last_good_policy_in_force(
    path, policy, clock, request
):
    """Until it may be read again."""
    path.write_text(TEXT.format("second"), encoding="utf-8")
    path.chmod(0)
    request.getfixturevalue("somebody_else")
    assert "first" == rest(policy, clock)
    assert ["unreadable-file"] == [problem.code for problem in policy.problems]


def test_the_first_reading_must_succeed(path):
    """There is no last good policy to fall back to, and no thread is left behind."""
    before = threading.active_count()
    for text in ("", WALLS_PAYERS):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(PolicyError):
            ReloadingPolicy(path)
    assert before == threading.active_count()


# How a file is replaced


def test_a_file_renamed_into_place_is_seen(path, policy, clock):
    """Write beside, then rename: the way to deploy."""
    beside = path.with_name("policy.new")
    beside.write_text(TEXT.format("other"), encoding="utf-8")
    beside.replace(path)
    assert "other" == rest(policy, clock)


def test_a_switched_link_is_seen(tmp_path, clock):
    """Kubernetes mounts a ConfigMap so: the file is a link through `..data`, which is switched."""
    for version in ("first", "other"):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "policy.toml").write_text(TEXT.format(version))
    (tmp_path / "..data").symlink_to("..first")
    (tmp_path / "policy.toml").symlink_to("..data/policy.toml")
    policy = ReloadingPolicy(tmp_path / "policy.toml", None, monotonic=clock)
    (tmp_path / "..data_tmp").symlink_to("..other")
    (tmp_path / "..data_tmp").replace(tmp_path / "..data")
    assert "other" == rest(policy, clock)


def test_an_older_file_put_back_is_seen(path, policy, clock):
    """What tells is not that the time is later."""
    old = path.read_text(encoding="utf-8")
    path.write_text(TEXT.format("second"), encoding="utf-8")
    assert "second" == rest(policy, clock)
    path.write_text(old, encoding="utf-8")
    os.utime(path, (0, 0))
    assert "first" == rest(policy, clock)


# Guarantees


def test_a_file_that_breaks_its_own_guarantee_is_kept_out(path, policy, clock):
    """It is told where the guarantee stands, and a file that keeps it is taken over again."""
    good = policy.policy
    path.write_text(WALLS_PAYERS, encoding="utf-8")
    rest(policy, clock)
    assert policy.policy is good
    (problem,) = policy.problems
    assert ("broken-guarantee", "error", 8) == (problem.code, problem.severity, problem.line)
    assert "whoever pays never meets a wall" in problem.message
    kept = WALLS_PAYERS.replace(
        "[[rules]]",
        '[[rules]]\nname = "a"\nwhen = { reader = ["subscriber"] }\nshow = "article"\n[[rules]]',
        1,
    )
    path.write_text(kept, encoding="utf-8")
    assert "second" == rest(policy, clock)
    assert () == policy.problems


def test_a_broken_guarantee_may_be_a_warning(path, clock, caplog):
    """Where somebody wants the file in force whatever it promises."""
    policy = ReloadingPolicy(path, None, guarantees="warn", monotonic=clock)
    path.write_text(WALLS_PAYERS, encoding="utf-8")
    with caplog.at_level(logging.WARNING, "meter.reloading"):
        assert "second" == rest(policy, clock)
    assert [("broken-guarantee", "warning")] == [
        (problem.code, problem.severity) for problem in policy.problems
    ]
    assert ["broken-guarantee"] == [
        "broken-guarantee" for message in caplog.messages if "broken-guarantee" in message
    ]


# Without the site's help


def test_a_file_is_looked_at_without_being_asked(path):
    """By a thread; whoever decides only reads an attribute."""
    with ReloadingPolicy(path, every=0.01, settle=0.01) as policy:
        path.write_text(TEXT.format("second"), encoding="utf-8")
        assert wait_for(policy, "second")


def test_a_closed_policy_stays_in_force_and_is_not_looked_at(path):
    """The thread is gone when `close` returns; closing twice is closing once."""
    before = threading.active_count()
    policy = ReloadingPolicy(path, every=0.01, settle=0)
    assert before + 1 == threading.active_count()
    policy.close()
    policy.close()
    assert before == threading.active_count()
    path.write_text(TEXT.format("second"), encoding="utf-8")
    assert "first" == policy.policy.publication.name
    assert policy.refresh(now=True)


def test_a_policy_that_nobody_uses_is_let_go(path):
    """Its thread keeps nothing alive, and ends."""
    before = threading.active_count()
    gone = ref(ReloadingPolicy(path, every=0.01))
    until = time.monotonic() + PATIENCE
    while (gone() or threading.active_count() > before) and time.monotonic() < until:
        gc.collect()
    assert (None, before) == (gone(), threading.active_count())


def test_a_forked_process_looks_by_itself(path):
    """Parent and child each see the change, without a decision in between."""
    with ReloadingPolicy(path, every=0.01, settle=0.01) as policy:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, b"s")
            os._exit(0 if wait_for(policy, "second") else 1)
        os.read(read, 1)
        path.write_text(TEXT.format("second"), encoding="utf-8")
        assert wait_for(policy, "second")
        assert 0 == os.waitpid(child, 0)[1]
        os.close(read)
        os.close(write)


def test_a_closed_policy_stays_closed_after_a_fork(path):
    """No thread comes back."""
    policy = ReloadingPolicy(path, every=0.01)
    policy.close()
    child = os.fork()
    if child == 0:
        os._exit(threading.active_count() - 1)
    assert 0 == os.waitpid(child, 0)[1]


def test_forks_while_the_file_changes_never_hang(path):
    """Whatever the thread was doing at that moment: a child can look by hand at once."""
    with ReloadingPolicy(path, every=0.0001, settle=0) as policy:
        for number in range(50):
            path.write_text(TEXT.format(f"version {number}"), encoding="utf-8")
            child = os.fork()
            if child == 0:
                policy.refresh(now=True)
                os._exit(0 if policy.policy.publication.name == f"version {number}" else 1)
            assert 0 == os.waitpid(child, 0)[1]


def test_a_change_of_an_included_file_is_taken_over_once_all_have_rested(path, clock):
    """All files are looked at; a broken one leaves the last good policy, and is named."""
    walls = path.parent / "walls.toml"
    walls.write_text(RULE.format("first"), encoding="utf-8")
    path.write_text(f'include = ["walls.toml"]\n{TEXT.format("first")}', encoding="utf-8")
    policy = ReloadingPolicy(path, None, settle=1.0, monotonic=clock)
    walls.write_text(RULE.format("second"), encoding="utf-8")
    assert not policy.refresh()
    clock.seconds += 1
    path.write_text(f'include = ["walls.toml"]\n{TEXT.format("second")}', encoding="utf-8")
    assert not policy.refresh()  # the other file changed meanwhile
    clock.seconds += 1
    assert policy.refresh()
    assert [rule.name for rule in policy.policy.rules] == ["second", "everything is open"]
    walls.write_text(RULE.format("third").replace("show", "shwo"), encoding="utf-8")
    assert not policy.refresh(now=True)
    assert {(Path(one.name).name, one.line) for one in policy.problems} == {("walls.toml", 4)}
    walls.unlink()
    assert not policy.refresh(now=True)
    assert [(Path(one.name).name, one.code) for one in policy.problems] == [
        ("policy.toml", "no-such-file")
    ]
    assert policy.policy.rules[0].name == "second"
