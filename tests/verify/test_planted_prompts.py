"""Bugs of how often prompts are shown, planted in a copy, are found by a table of cases."""

from __future__ import annotations

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with, run_suite, said_in
from tests.planted import some

BUGS = (
    Bug(
        "one more than is promised",
        "verify/frequency/proof.py",
        "if most > cap.times:",
        "if most > cap.times + 1:",
    ),
    Bug(
        "a cap leaves room for one more",
        "verify/frequency/bounds.py",
        "if len(inside) >= times:",
        "if len(inside) > times:",
    ),
    Bug(
        "one too many is not looked for",
        "verify/frequency/proof.py",
        "cap.window, cap.times + 1, zone",
        "cap.window, cap.times, zone",
    ),
    Bug(
        "a day of a calendar is any 24 hours",
        "verify/frequency/bounds.py",
        "elif window.calendar is None or aligned:",
        "elif True:",
    ),
    Bug(
        "any 24 hours are a day of a calendar",
        "verify/frequency/bounds.py",
        "    if asked.calendar is not None:\n",
        "    if asked.rolling is not None and asked.rolling.days == 1:\n"
        "        asked = Window(calendar='day')\n"
        "    if asked.calendar is not None:\n",
    ),
    Bug(
        "every day has 24 hours",
        "verify/frequency/bounds.py",
        "    if asked.calendar is not None:\n",
        "    zone = type(zone)('UTC')\n    if asked.calendar is not None:\n",
    ),
    Bug(
        "a day that a showing begins begins nowhere else",
        "verify/frequency/bounds.py",
        "        if window.fixed is not None:\n",
        "        if False:\n",
    ),
    Bug(
        "the rest of a group begins no window",
        "verify/frequency/proof.py",
        "cap.window.fixed is None or len(group.names) > 1",
        "cap.window.fixed is None",
    ),
    Bug(
        "a group keeps back whoever is in it",
        "verify/frequency/proof.py",
        "    caps = rooms(judged.caps)\n    group = frequencies.groups[judged.group]\n",
        "    group = frequencies.groups[judged.group]\n    caps = rooms(group.windows)\n",
    ),
    Bug(
        "what stands in is not shown",
        "verify/frequency/proof.py",
        "return any(each.name == prompt for each in may_show(declared, verdict.prompt))",
        "return False",
    ),
    Bug(
        "a guarantee of some is one of all",
        "verify/frequency/proof.py",
        "return bool(formula.holds(space.observe(step.asked)))",
        "return True",
    ),
)


SITUATION_BUGS = (
    Bug(
        "any number of showings can be",
        "verify/together/showings.py",
        "    found = [most for book",
        "    return 9\n    found = [most for book",
    ),
    Bug(
        "each prompt of a group is shown for itself",
        "verify/together/couplings.py",
        "if few + more <= most",
        "if True",
    ),
    Bug(
        "who is in an experiment may be in any other",
        "verify/together/couplings.py",
        "yield _met(layout, pair, experiments)",
        "yield from ()",
    ),
    Bug(
        "three experiments are looked at pair by pair",
        "verify/together/couplings.py",
        "if len(group) > _PAIR and prod(sizes)",
        "if len(group) > 9 and prod(sizes)",
    ),
    Bug(
        "nothing was shown to the reader of a story",
        "verify/concretize.py",
        "shown=dict(shown_before(vocabulary, values, at)),",
        "shown={},",
    ),
    Bug(
        "records of showings never part",
        "verify/subsumption.py",
        "if not alike or self._is_shown_elsewhere(prompt)",
        "if False",
    ),
)


@pytest.mark.parametrize("bug", some(SITUATION_BUGS), ids=lambda bug: bug.name)
def test_a_bug_of_what_can_be_is_found(bug, tmp_path):
    """By the examples of showings and of experiments."""
    assert run_suite(copy_with(tmp_path, bug), ("verify/test_seen.py",)).returncode == 1


IDLE_BUGS = (
    Bug(
        "what others of a group are shown is not reckoned with",
        "verify/frequency/idle.py",
        "if not alone:",
        "if False:",
    ),
    Bug(
        "of two caps that come to the same both are told",
        "verify/frequency/idle.py",
        "            left = others\n",
        "",
    ),
    Bug(
        "a cap that allows one less is told too",
        "verify/frequency/idle.py",
        "cap.times + 1, zone) <= cap.times",
        "cap.times + 1, zone) <= cap.times + 1",
    ),
    Bug(
        "caps are idle beside each of the others, and not beside all together",
        "verify/frequency/idle.py",
        "others = [each for each in left if each is not placed]",
        "others = [each for each in left if each is not placed][:1]",
    ),
    Bug(
        "who begins a window is nobody else",
        "verify/frequency/idle.py",
        "_PAIR = 2",
        "_PAIR = 1",
    ),
    Bug(
        "a cap that a condition looks at is told",
        "verify/lints/frequency.py",
        "if prompt.name in asked else None",
        "if False else None",
    ),
    Bug(
        "every week of a calendar is cut like the first",
        "verify/frequency/bounds.py",
        "if (end - start, cuts) in known:",
        "if known:",
    ),
)


@pytest.mark.parametrize("bug", some(IDLE_BUGS), ids=lambda bug: bug.name)
def test_a_bug_of_idle_caps_is_found(bug, tmp_path):
    """By the cases of those that are told, and of groups."""
    found = run_suite(copy_with(tmp_path, bug), ("verify/test_idle_caps.py",), "not journey")
    assert found.returncode == 1


@pytest.mark.parametrize("bug", some(BUGS), ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug, tmp_path):
    """Some case says something else than it should."""
    assert said_in(copy_with(tmp_path, bug), "tests.verify.words_of_prompts")


def test_without_a_bug_every_case_is_as_it_should_be(tmp_path):
    """What finds the bugs finds nothing else."""
    assert [] == said_in(copy_with(tmp_path, None), "tests.verify.words_of_prompts")
