"""Bugs of lists, histories and walls, planted in a copy, are found in diagrams and in z3."""

from __future__ import annotations

import pytest

from meter.verify.budget import is_installed
from tests.laws.test_planted_bugs import Bug, copy_with, said_in
from tests.planted import some

BOTH = {"diagrams", "z3"}
BUGS = (
    (
        Bug(
            "a list that spends only one",
            "verify/walk/rules.py",
            "(self._openings(meter) for meter in rule.spend)",
            "(self._openings(meter) for meter in rule.spend[:1])",
        ),
        BOTH,
    ),
    (
        Bug(
            "a list whose last free article is that of its first meter",
            "verify/walk/rules.py",
            "pairs = zip(rule.spend, rule.nothing_left, strict=True)",
            "pairs = zip(rule.spend[:1], rule.nothing_left)",
        ),
        BOTH,
    ),
    (
        Bug(
            "wall forgets expiry",
            "verify/walk/rules.py",
            "for status in Status:",
            "for status in [Status.ANONYMOUS]:",
        ),
        BOTH,
    ),
    (
        Bug(
            "counts opens",
            "verify/together/counts.py",
            "by_view else known\n",
            "by_view else known or own\n",
        ),
        BOTH,
    ),
    (
        Bug(
            "exhausted of the wrong meter",
            "verify/space.py",
            "            if slot.meter is not None:\n",
            "            if slot.meter is not None and slot.name == 'open':\n"
            "                return self.meter_state(self.meters[0], side, 'open', [0])\n"
            "            if slot.meter is not None:\n",
        ),
        {"diagrams"},
    ),
    (
        Bug(
            "exhausted of the wrong meter",
            "verify/smt/solver.py",
            "            if slot.meter is not None:\n",
            "            if slot.meter is not None and slot.name == 'open':\n"
            "                return self.meter_state(space.meters[0], side, 'open', [0])\n"
            "            if slot.meter is not None:\n",
        ),
        {"z3"},
    ),
)


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
@pytest.mark.parametrize(
    ("bug", "found_by"), some(BUGS), ids=lambda one: getattr(one, "name", None)
)
def test_a_planted_bug_is_found(bug, found_by, tmp_path):
    """By whoever reads the text that was changed; the engine is the one that is right."""
    said = said_in(copy_with(tmp_path, bug), "tests.verify.words_of_meters")
    assert found_by == {line.split()[0] for line in said}
