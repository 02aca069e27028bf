"""Readers in phases: times at which one reader would meet the same at every page view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING

from attrs import frozen

from meter.verify.clock.passing import Earlier, Follows, Moved
from meter.verify.concretize import concretize
from meter.verify.diagram import FALSE
from meter.verify.search import behaviour_of, first_below
from meter.view import PageView, Reader

if TYPE_CHECKING:
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = ["Phase", "PhasedReader", "phased_readers", "situation_of"]

_MOST_READERS = 24

Codes = dict[int, int]
"""Codes by level."""


@frozen(kw_only=True)
class Phase:
    """Codes of the clocks at which one reader meets the same; of one of them, who and what.

    `views` has a view of each kind that there can be then.
    """

    codes: tuple[Moved, ...]
    reader: Reader
    now: datetime
    views: Mapping[int, PageView]


@frozen(kw_only=True)
class PhasedReader:
    """A reader who stays who they are, in each phase, with the codes of each kind of view."""

    codes: Codes
    kinds: tuple[Codes, ...]
    phases: tuple[Phase, ...]
    after: tuple[tuple[int, ...], ...]
    """The phases that may follow on each while a window runs, itself first."""
    any_later: tuple[tuple[int, ...], ...]
    """The phases that may follow on each at any time."""


def phased_readers(
    space: Space, whole: int, suspects: int, earlier: Earlier
) -> Iterator[PhasedReader | None]:
    """Yield each kind of reader who has a situation among some, in all phases.

    `None` for one whose phases are too many. Where readers are not the first variables it is some.
    """
    follows = earlier.follows(space.meters)
    any_later = earlier.follows_ever()
    for node, codes in _nodes(space, whole, suspects):
        if follows is None or any_later is None:
            yield None
        else:
            yield _phased(space, node, codes, follows, any_later)


def _nodes(space: Space, whole: int, suspects: int) -> Iterator[tuple[int, Codes]]:
    """Yield what different readers meet, as functions of clocks and views, with their codes."""
    diagrams = space.diagrams
    staying = space.who - space.clock
    if space.by_mention:
        for _ in range(_MOST_READERS):
            if suspects == FALSE:
                return
            situation = space.witness(suspects)
            codes = {level: situation.codes[level] for level in staying}
            yield behaviour_of(space, whole, codes), codes
            alike = {level: frozenset({code}) for level, code in codes.items()}
            suspects = diagrams.difference(suspects, diagrams.box(alike))
        return
    inside = diagrams.exists(suspects, frozenset(range(len(space.variables))) - staying)
    met = diagrams.combine(behaviour_of(space, whole), inside, lambda said, wanted: wanted and said)
    yield from first_below(space, met, {}, len(staying))


def _phased(
    space: Space, node: int, codes: Codes, follows: Follows, any_later: Follows
) -> PhasedReader:
    levels = sorted(space.clock)
    sizes = [range(len(space.variables[level].domain)) for level in levels]
    by_node: dict[int, list[Moved]] = {}
    for moved in product(*sizes):
        here = space.diagrams.fixed(node, dict(zip(levels, moved, strict=True)))
        if here != FALSE:
            by_node.setdefault(here, []).append(moved)
    kinds = _kinds(space, tuple(by_node))
    phases = tuple(
        _phase(space, here, codes, tuple(several), kinds) for here, several in by_node.items()
    )
    return PhasedReader(
        codes=codes,
        kinds=kinds,
        phases=phases,
        after=_edges(phases, follows),
        any_later=_edges(phases, any_later),
    )


def _kinds(space: Space, nodes: tuple[int, ...]) -> tuple[Codes, ...]:
    """Return one view of each kind that is told apart in some phase."""
    diagrams = space.diagrams
    joint = diagrams.leaf(())
    for node in nodes:
        joint = diagrams.combine(joint, node, _with)
    nobody = diagrams.leaf((False,) * len(nodes))
    found = first_below(space, joint, {}, space.first_count)
    return tuple(codes for below, codes in found if below != nobody)


def _with(met: tuple[object, ...], one: object) -> tuple[object, ...]:
    return (*met, one)


def _phase(
    space: Space, node: int, codes: Codes, moved: tuple[Moved, ...], kinds: tuple[Codes, ...]
) -> Phase:
    views = {}
    for number, kind in enumerate(kinds):
        if space.diagrams.fixed(node, kind) != FALSE:
            situation = situation_of(space, codes, moved[0], kind)
            asked = concretize(space.rulebooks[0].policy, space.vocabulary, situation.values)
            views[number] = asked.view
    return Phase(codes=moved, reader=asked.reader, now=asked.now, views=views)


def situation_of(space: Space, reader: Codes, moved: Moved, kind: Codes) -> Situation:
    """Return the situation of a reader with a view of a kind, at some codes of the clocks."""
    codes = {**reader, **dict(zip(sorted(space.clock), moved, strict=True)), **kind}
    return space.situation([codes.get(level, 0) for level in range(len(space.variables))])


def _edges(phases: tuple[Phase, ...], follows: Follows) -> tuple[tuple[int, ...], ...]:
    edges = []
    for place, phase in enumerate(phases):
        after = {codes for one in phase.codes for codes in follows.get(one, ())}
        others = [
            number
            for number, other in enumerate(phases)
            if number != place and not after.isdisjoint(other.codes)
        ]
        edges.append((place, *others))
    return tuple(edges)
