"""An engine that gives too much is found by the search for it, and a search that is blind is not.

Both are planted in a copy by their text.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with
from tests.planted import some

GENEROUS = Bug(
    "one more than the limit",
    "engine/counting.py",
    "used >= limit and not seen",
    "used > limit and not seen",
)
BLIND = (
    Bug(
        "a limit and one more is not over it",
        "verify/prove.py",
        "timeline.inside(ats, instant(last.asked.now)) > limit",
        "timeline.inside(ats, instant(last.asked.now)) > limit + 1",
    ),
    Bug(
        "no meter is looked at",
        "verify/prove.py",
        "self._is_over(last, name) for name in last.counted",
        "self._is_over(last, name) for name in ()",
    ),
    Bug(
        "nothing is tried where the diagram says nothing",
        "verify/prove.py",
        "most = _ENOUGH - views if suspects == FALSE",
        "most = 0 - views if suspects == FALSE",
    ),
    Bug(
        "the search ends before it begins", "verify/prove.py", "if most <= 0 or", "if most >= 0 or"
    ),
)
UNCOUNTED = Bug(
    "what is tried is not counted", "verify/prove.py", "views += result.views", "views += 0"
)
ROLLING = Bug(
    "a window that rolls is searched as if it did not",
    "verify/search.py",
    "if any(window.rolling is not None for window in windows):",
    "if False:",
)
APART = Bug("windows that end apart", "verify/search.py", "len(ends) > 1", "len(ends) > 9")

OPTIONS = ("-q", "-n0", "-x", "-p", "no:cacheprovider", "--assert=plain")
ASKED = """
from meter import loads_policy
from meter.verify import guarantees

HEAD = '[publication]\\nname = "X"\\ntimezone = "UTC"\\n'
WALL = '[[rules]]\\nname = "else"\\nshow = "wall"\\n'
MONTH = 'window = { calendar = "month" }\\n'
RULE = '[[rules]]\\nname = "m"\\nspend = SPENT\\nshow = "article"\\n'
ONE = HEAD + "[meters.m]\\n" + MONTH + "limit = 2\\n" + RULE.replace("SPENT", '"m"') + WALL
LIST = (
    HEAD + "[meters.m]\\n" + MONTH + "limit = 1\\n" + "[meters.n]\\n" + MONTH + "limit = 3\\n"
    + RULE.replace("SPENT", '["m", "n"]') + WALL
)
BY_VIEW = (
    HEAD + "[meters.m]\\n" + MONTH
    + 'limits = [ { when = { tags = ["x"] }, limit = 1 }, { limit = 2 } ]\\n'
    + RULE.replace("SPENT", '"m"') + WALL
)
for text in (ONE, LIST, BY_VIEW):
    for answer in guarantees(loads_policy(text)):
        if answer.code == "never-more-than-the-limit":
            print(answer.outcome, "|", answer.how)
"""


def asked(folder, *bugs: Bug) -> list[str]:
    """Return what a copy with bugs says of three policies."""
    first, *others = bugs or (None,)
    copy_with(folder, first)
    for bug in others:
        path = folder / "meter" / bug.module
        assert bug.right in path.read_text(), bug.name
        path.write_text(path.read_text().replace(bug.right, bug.wrong))
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_an_engine_that_gives_too_much_fails_the_promise(tmp_path) -> None:
    """One meter, a list of them, and a limit by article; as it is, it is proved for all three."""
    assert ["fails"] * 3 == [line.partition(" |")[0] for line in asked(tmp_path / "a", GENEROUS)]
    fine = asked(tmp_path / "b")
    assert ["proved"] * 3 == [line.partition(" |")[0] for line in fine]
    assert all(" page views by " in line and " 0 page views" not in line for line in fine)


@pytest.mark.parametrize("bug", some(BLIND), ids=lambda bug: bug.name)
def test_a_search_that_is_blind_is_noticed(tmp_path, bug) -> None:
    """The same engine, and it is not found."""
    assert any(not line.startswith("fails") for line in asked(tmp_path, GENEROUS, bug))


@pytest.mark.parametrize("bug", some([UNCOUNTED]), ids=lambda bug: bug.name)
def test_the_number_that_is_told_is_the_number_tried(tmp_path, bug) -> None:
    """Planted: none is counted."""
    assert all(" 0 page views by " in line for line in asked(tmp_path, bug))


@pytest.mark.parametrize("bug", [ROLLING, APART], ids=lambda bug: bug.name)
def test_mixed_windows_hold_the_search_to_what_it_tried(tmp_path, bug) -> None:
    """The suite beside this fails with each."""
    copy_with(tmp_path, bug)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, "tests/verify/test_moving_times.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout[-1500:]
    assert "1 failed" in done.stdout
