"""What was decided of random policies stays decided; `python -m tests.verify.decided` says so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with
from tests.verify.decided import POLICIES, STORIES, asked, changes, excuse, is_mixed, stored

SEEDS = range(0, POLICIES, 30)
LAST_FREE = "last-free-is-announced"
SEARCHED = 55
"""A policy of one sort of window that a search proves, and the diagram alone does not."""
GIVES_UP = Bug(
    "a search that looked at everything says it did not",
    "verify/prove.py",
    "        if tried.complete:\n",
    "        if False:\n",
)
SEES_NOTHING = Bug(
    "what is broken is called proved",
    "verify/prove.py",
    "            if wrong != FALSE:\n                return self._fails(",
    "            if False:\n                return self._fails(",
)


def test_what_was_decided_is_decided_alike() -> None:
    """A third of the policies that the command asks for; many are proved, and many fail."""
    assert [] == [str(change) for change in changes(SEEDS) if change.is_wrong]
    marks = [mark for seed in SEEDS for mark in stored()[seed][1].values()]
    assert marks.count("p") > 100
    assert marks.count("f") > 80


@pytest.mark.parametrize("seed", STORIES)
def test_a_reader_breaks_what_need_not_be_decided_any_more(seed) -> None:
    """By `decide`; the same reader is no excuse for another promise, nor for another policy."""
    policy, _ = asked(seed)
    assert excuse(seed, LAST_FREE, "p", "?", policy).startswith("it was wrong")
    assert excuse(seed, "nothing-free-at-zero", "p", "?", policy) == ""
    assert STORIES[seed].broken(asked(SEARCHED)[0]) == ""


def test_only_a_promise_over_time_is_excused_by_its_windows() -> None:
    """And only where they end at different times."""
    mixed = next(seed for seed in range(POLICIES) if is_mixed(asked(seed)[0]))
    policy, _ = asked(mixed)
    assert excuse(mixed, LAST_FREE, "p", "?", policy) == "its windows end at different times"
    assert excuse(mixed, LAST_FREE, "f", "?", policy) == ""
    assert excuse(mixed, LAST_FREE, "p", "f", policy) == ""
    assert excuse(mixed, "own 0", "p", "?", policy) == ""
    assert excuse(SEARCHED, LAST_FREE, "p", "?", asked(SEARCHED)[0]) == ""


@pytest.mark.parametrize(
    ("bug", "told"),
    [
        (GIVES_UP, "last-free-is-announced: proved -> not decided"),
        (SEES_NOTHING, "fails -> proved"),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_planted_bug_ends_the_command_with_1(tmp_path, bug, told) -> None:
    """Of one policy, which as it is ends it with 0."""
    copy_with(tmp_path, bug)
    done = subprocess.run(
        [sys.executable, "-m", "tests.verify.decided", str(SEARCHED)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert told in done.stdout
    assert [] == [str(change) for change in changes([SEARCHED]) if change.is_wrong]
