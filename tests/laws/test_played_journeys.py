"""A journey is what the live paywall does, step by step; `tests.laws.played` plays more of them."""

from __future__ import annotations

import pytest

from tests.laws.played import play_all
from tests.laws.test_planted_bugs import Bug, copy_with, run_suite
from tests.planted import some

BUGS = (
    Bug(
        "signing in goes both ways",
        "paywall/transactions.py",
        "        lambda own: (None, brings(usage, own)),\n        recent,\n"
        "        at=at,\n        expires=expires,\n        attempts=attempts,\n    )\n",
        "        lambda own: (None, brings(usage, own)),\n        recent,\n"
        "        at=at,\n        expires=expires,\n        attempts=attempts,\n    )\n"
        "    yield Swap(source.current, record.raw, (yield Load(target.current)))\n",
    ),
    Bug(
        "a fixed window is laid into the older one",
        "usage/tally.py",
        "max(own.ats[0], brought.ats[0])",
        "min(own.ats[0], brought.ats[0])",
    ),
    Bug(
        "signing out keeps the account",
        "journeys/actions.py",
        "person.signed_in.pop(person.device, None) is None",
        "person.signed_in.get(person.device) is None",
    ),
    Bug(
        "a re-read is charged by another meter",
        "engine/counting.py",
        "if rulebook.sharing and len(rulebook.meters) > 1 and",
        "if len(rulebook.sharing) > 9 and",
    ),
)
JOIN_BUGS = (
    Bug(
        "what the source reads later is brought",
        "usage/tally.py",
        "inside(source.up_to(at), when)",
        "inside(source, when)",
    ),
    Bug(
        "what is over is brought",
        "usage/tally.py",
        "inside(source.up_to(at), when)",
        "source.up_to(at)",
    ),
    Bug(
        "a window is laid into the older one",
        "usage/tally.py",
        "max(own.ats[0], brought.ats[0])",
        "min(own.ats[0], brought.ats[0])",
    ),
    Bug(
        "the start of a window is lost",
        "usage/tally.py",
        "_laid(brought, start), min)",
        "_laid(brought, start), max)",
    ),
    Bug(
        "an id on both sides keeps its earlier instant",
        "usage/tally.py",
        "partial(later_of, believed=believed)",
        "min",
    ),
    Bug(
        "a window begun since is swallowed",
        "usage/tally.py",
        "if fixed and self.ids:",
        "if fixed and not self.ids:",
    ),
    Bug(
        "what the target reads later is lost",
        "usage/tally.py",
        "tally_of(table_of(both) | table_of(later))",
        "both",
    ),
)


def test_journeys_and_paywalls_differ_in_nothing(store_url):
    """A quarter of the journeys over memory, a tenth of them over each other store."""
    assert [] == play_all(range(125 if store_url == "memory://" else 5), store_url)


@pytest.mark.parametrize("bug", some(BUGS), ids=lambda bug: bug.name)
def test_a_planted_bug_makes_a_journey_differ(bug, tmp_path):
    """On one side, or in what both share."""
    done = run_suite(
        copy_with(tmp_path, bug),
        ("laws/test_played_journeys.py",),
        "differ_in_nothing and memory",
    )
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]


@pytest.mark.parametrize("bug", some(JOIN_BUGS), ids=lambda bug: bug.name)
def test_a_planted_bug_breaks_a_law_of_joining(bug, tmp_path):
    """In the arithmetic of one tally."""
    done = run_suite(copy_with(tmp_path, bug), ("laws/test_joining.py",), "test")
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]
