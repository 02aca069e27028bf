"""`meter` decides, proves and compares as an evaluator written from the documentation says.

`python -m tests.verify.oracle` asks more; here is a small part, and bugs that it has to notice.
"""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with
from tests.planted import some
from tests.verify.decided import asked
from tests.verify.oracle.__main__ import all_compared, all_decided, all_held
from tests.verify.random_campaigns import random_campaign
from tests.verify.random_policies import random_policy

if TYPE_CHECKING:
    from pathlib import Path

    from meter.policy import Policy
    from tests.verify.oracle.comparing import Compared
    from tests.verify.oracle.deciding import Agreement
    from tests.verify.oracle.proofs import Held

BUGS = (
    Bug(
        "one more than the limit",
        "engine/counting.py",
        "used >= limit and not seen",
        "used > limit and not seen",
    ),
    Bug(
        "a rolling window ends late",
        "windows.py",
        "return bisect_right(reads, at - self._length)",
        "return bisect_left(reads, at - self._length)",
    ),
    Bug(
        "what is broken is called proved",
        "verify/prove.py",
        "            if wrong != FALSE:\n                return self._fails(",
        "            if False:\n                return self._fails(",
    ),
    Bug(
        "what differs is called alike",
        "verify/rows.py",
        "return False if before == after",
        "return False if before.show.access is after.show.access",
    ),
)
ASKED = """
from tests.verify.test_oracle import decided, held, told_apart

print(len(decided().wrong) > 0)
print(any("proved, but" in line for line in held().wrong))
print(len(told_apart().wrong) > 0)
"""
IN_CAMPAIGNS = (
    Bug(
        "a prompt with a cap is shown once more",
        "engine/showings.py",
        "if last - first >= times:",
        "if last - first > times:",
    ),
    Bug(
        "a closing silences nothing",
        "engine/showings.py",
        "when < closed + prompt.closed",
        "when < closed",
    ),
    Bug(
        "what stands in is shown whatever its own caps say",
        "rulebook/frequency.py",
        "name = prompt.instead\n",
        "return prompt.instead\n",
    ),
    Bug(
        "every showing there ever was is seen",
        "engine/showings.py",
        "return min(len(inside.ids), window.times)",
        "return len(shown.ids)",
    ),
    Bug(
        "no prompt changes whom an experiment exposes",
        "engine/exposures.py",
        "mine.access, mine.prompt, mine.offers",
        "mine.access, yours.prompt, mine.offers",
    ),
    Bug(
        "a hash starts from nothing",
        "experiments/hashes.py",
        "murmur3(_utf8(unit + seed), 1)",
        "murmur3(_utf8(unit + seed), 0)",
    ),
    Bug(
        "a sign-in forgets what was shown",
        "engine/keeping.py",
        "return shown, latest_of(",
        "return target.shown, latest_of(",
    ),
)
ASKED_OF_CAMPAIGNS = """
from tests.verify.test_oracle import of_campaigns

print(len(of_campaigns().wrong) > 0)
"""
TOGETHER = [((0, 3), (0, 2)), ((1, 2), (0, 1))]
"""Bugs of an engine and of an answer in one copy, and the places of the questions they change."""


def drawn(*seeds: int) -> list[tuple[str, Policy]]:
    """Return random policies of a few rules."""
    return [(str(seed), random_policy(Random(seed), rules=2)) for seed in seeds]


def decided() -> Agreement:
    """Ask of decisions."""
    return all_decided(drawn(6_002, 6_020, 6_024, 6_027), views=60, lives=1)


def of_campaigns() -> Agreement:
    """Ask of decisions by policies with caps, what was seen, and experiments."""
    campaigns = [(str(seed), random_campaign(Random(seed), rules=2)) for seed in (7003, 7049, 7052)]
    return all_decided(campaigns, views=60, lives=2)


def held() -> Held:
    """Ask of promises, of policies with guarantees of their own."""
    return all_held([(str(seed), asked(seed)[0]) for seed in (500, 502)], encounters=60)


def told_apart() -> Compared:
    """Ask of differences."""
    return all_compared(drawn(6_005, 6_012), each=4, encounters=60)


def test_decides_as_the_documentation_says() -> None:
    """Page views and lives; some of what is read counts."""
    found = decided()
    assert [] == found.wrong
    assert found.counted > 10


def test_decides_of_campaigns_as_the_documentation_says() -> None:
    """Prompts are shown and kept back, what was seen is asked, and variants are exposed."""
    found = of_campaigns()
    assert [] == found.wrong
    assert {"shown", "kept back", "exposed", "asked what was seen"} == {
        word for word, number in found.campaigns.items() if number > 5
    }


@pytest.mark.parametrize("bug", some(IN_CAMPAIGNS), ids=lambda bug: bug.name)
def test_a_planted_bug_of_campaigns_is_noticed(tmp_path, bug) -> None:
    """Somebody is decided otherwise."""
    assert ["True"] == _said(copy_with(tmp_path, bug), ASKED_OF_CAMPAIGNS)


def test_proves_what_nobody_breaks_and_tells_stories_that_break() -> None:
    """Some is proved and some fails."""
    found = held()
    assert [] == found.wrong
    assert found.proved > 5
    assert found.failed > 5


def test_nobody_tells_apart_what_does_not_differ() -> None:
    """Of mutants; some are no mistake at all, and others are told apart."""
    found = told_apart()
    assert [] == found.wrong
    assert found.alike > 0
    assert found.told_apart > 0


@pytest.mark.parametrize(("bugs", "places"), TOGETHER)
def test_planted_bugs_are_noticed(tmp_path, bugs, places) -> None:
    """One in the engine and one in what is answered, each by another question."""
    first, second = (BUGS[place] for place in bugs)
    copy_with(tmp_path, first)
    path = tmp_path / "meter" / second.module
    assert second.right in path.read_text(), second.name
    path.write_text(path.read_text().replace(second.right, second.wrong))
    said = _said(tmp_path, ASKED)
    assert ["True"] * len(places) == [said[place] for place in places]


def _said(folder: Path, asked: str) -> list[str]:
    """Return what a copy of the package prints that is asked."""
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()
