"""The examples of how often prompts are shown catch the bugs that caps are known for."""

from __future__ import annotations

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with, run_suite
from tests.planted import some

SUITE = ("core/test_frequency.py",)
BUGS = (
    Bug(
        "a cap allows one more",
        "engine/showings.py",
        "if last - first >= times:",
        "if last - first > times:",
    ),
    Bug(
        "a window with just as many showings as its cap is not looked at",
        "engine/showings.py",
        "if count < times:",
        "if count <= times:",
    ),
    Bug(
        "a view that is sent twice is another showing",
        "engine/showings.py",
        "if not (key in own and key in shown.ids[first:last]):",
        "if True:",
    ),
    Bug(
        "a view that comes again after a window is two showings of one name",
        "engine/showings.py",
        "near = tally_of({name: at for name, at in table_of(near).items() if name != key})",
        "pass",
    ),
    Bug(
        "only the first cap of a list is asked",
        "engine/showings.py",
        "in prompt.checked:",
        "in prompt.checked[:1]:",
    ),
    Bug(
        "silence is closed at its end",
        "engine/showings.py",
        "when < closed + prompt.closed",
        "when <= closed + prompt.closed",
    ),
    Bug(
        "a purchase silences a moment too long",
        "engine/showings.py",
        "bought < prompt.purchase",
        "bought <= prompt.purchase",
    ),
    Bug(
        "each of a group counts for itself",
        "engine/showings.py",
        "shown = of_group(group, showings)",
        "shown = usage.showings(group.names[0])",
    ),
    Bug(
        "a closing silences the one prompt alone",
        "engine/showings.py",
        "for name in group.names if name in closings)",
        "for name in group.names[:1] if name in closings)",
    ),
    Bug(
        "every so many views is one early",
        "rulebook/frequency.py",
        "reached[place] % views == 0",
        "(reached[place] + 1) % views == 0",
    ),
    Bug(
        "what stands in is never shown",
        "rulebook/frequency.py",
        "name = prompt.instead",
        "name = None",
    ),
    Bug(
        "a closing is looked at only where something was shown",
        "engine/showings.py",
        "if bought is None and not showings and not closings:",
        "if bought is None and not showings:",
    ),
    Bug(
        "a prefetch is asked",
        "decision/__init__.py",
        "in frequencies.places and not counts[0]:",
        "in frequencies.places:",
    ),
    Bug(
        "a clock that is behind starts anew",
        "engine/showings.py",
        "when, ahead = latest_believed(showings.values(), at, when)",
        "ahead = False",
    ),
    Bug(
        "a sign-in brings nothing that was closed",
        "engine/keeping.py",
        "latest_of(target.closed, closings, believed)",
        "target.closed",
    ),
    Bug(
        "once ends with the longest window",
        "rulebook/frequency.py",
        "_FOR_LIFE = Window(lifetime=True)",
        "_FOR_LIFE = Window(rolling=timedelta(days=3660))",
    ),
)


@pytest.mark.parametrize("bug", some(BUGS), ids=lambda bug: bug.name)
def test_the_examples_catch_a_planted_bug(bug, tmp_path):
    """The suite fails."""
    done = run_suite(copy_with(tmp_path, bug), SUITE)
    assert done.returncode == 1, done.stdout[-2000:]
