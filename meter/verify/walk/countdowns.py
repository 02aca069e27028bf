"""Where a countdown misleads its reader: a last article in silence, a wall before the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.facts.meters import Opening
from meter.verify.diagram import FALSE
from meter.verify.walk.symbolic import among, previews, spends
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.rulebook import Verdict
    from meter.verify.clock.passing import Earlier
    from meter.verify.space import Space

__all__ = ["Unannounced", "unannounced"]


@frozen
class Unannounced:
    """Where a countdown on a meter misleads its reader.

    That is by a last one in silence, or by a wall before the meter is spent.
    """

    silent: int = FALSE
    walled: int = FALSE
    last: int = FALSE
    """The situations in which nothing would be left after the view."""


def unannounced(
    space: Space, whole: int, meter: str, earlier: Earlier | None = None
) -> Unannounced:
    """Return where a countdown on a meter may end otherwise than it said.

    With `earlier` also where that comes later than the countdown, in the same window.
    """
    diagrams = space.diagrams
    lists = dict.fromkeys(r.spend for r in space.rulebooks[0].rules if meter in r.spend)
    counting = among(space, whole, lambda v: v.show is Show.COUNTDOWN and meter in v.spend)
    if counting == FALSE:
        return Unannounced()
    new = diagrams.test(space.known_levels[0], [0])
    last = diagrams.conjoin(
        new,
        space.meter_state(meter, 0, "open", [Opening.OPEN]),
        space.meter_state(meter, 0, "left", [_nothing(space, meter)]),
    )
    # Silent is the last article of any kind, to a reader who sees a countdown with some kind.
    reader = diagrams.exists(counting, frozenset(range(len(space.variables))) - space.who)
    if earlier is not None:
        reader = earlier.of(reader, [meter])
    silent = diagrams.conjoin(
        among(space, whole, spends(meter, but=Show.LAST_FREE_ARTICLE)), last, reader
    )
    # Walled is an article of the very kind that is counted down, whatever the state of the meters,
    # while something is left of each that is spent for it, or would be under the limit of then.
    walled = []
    for spent in lists:
        counted_down = among(space, whole, _counts_down(spent))
        opens = [space.meter_state(name, 0, "open", _LASTING) for name in spent]
        alike = diagrams.exists(counted_down, space.state_levels)
        if earlier is None:
            misled = diagrams.conjoin(*opens, alike)
        else:
            misled = diagrams.disjoin(
                diagrams.conjoin(*opens, earlier.of(alike, spent)),
                earlier.otherwise_limited(alike, spent),
            )
        walled.append(diagrams.conjoin(among(space, whole, previews), new, misled))
    return Unannounced(silent, diagrams.disjoin(*walled), last)


_LASTING = (Opening.OPEN, Opening.UNLIMITED)


def _nothing(space: Space, meter: str) -> object:
    """Return the code of nothing left of a meter."""
    return space.vocabulary.slots[space.vocabulary.place("left", meter)].code(0)


def _counts_down(spent: tuple[str, ...]) -> Callable[[Verdict], bool]:
    """Return whether a verdict counts down while it spends exactly some meters."""
    return lambda verdict: verdict.show is Show.COUNTDOWN and verdict.spend == spent
