"""What an edit of an experiment does to whom, as exact shares.

Nothing is sampled. Each pair of a hash and a seed is a coordinate of an id; its numbers are taken
as equally likely, and coordinates as independent of each other. The ranges cut a coordinate into
pieces; of each, the answer before and after the edit is known, and how long it is.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.experiments.experiment import Experiment
    from meter.experiments.hashes import Hash

__all__ = ["Flow", "Moves", "apart", "met_together", "moves", "shares"]


class Flow(NamedTuple):
    """The share of all ids that are in one variant before and in one after; `None` is none."""

    before: str | None
    after: str | None
    share: Fraction


@frozen
class Moves:
    """Where everybody is before an edit and after it; the shares add up to 1."""

    flows: tuple[Flow, ...]

    @property
    def switching(self) -> Fraction:
        """The share of ids that are in a variant before and in another after."""
        return _sum(flow for flow in self._changes() if None not in flow[:2])

    @property
    def entering(self) -> Fraction:
        """The share of ids that are in no variant before and in one after."""
        return _sum(flow for flow in self._changes() if flow.before is None)

    @property
    def leaving(self) -> Fraction:
        """The share of ids that are in a variant before and in none after."""
        return _sum(flow for flow in self._changes() if flow.after is None)

    def _changes(self) -> list[Flow]:
        return [flow for flow in self.flows if flow.before != flow.after]


def _sum(flows: Iterable[Flow]) -> Fraction:
    return sum((flow.share for flow in flows), Fraction())


class _Answer(NamedTuple):
    """What is known of an id in an experiment: whether it may be in one, and its variant."""

    admitted: bool = True
    variant: str | None = None

    def joined(self, other: _Answer) -> _Answer:
        if not (self.admitted and other.admitted):
            return _OUT
        return _Answer(variant=self.variant or other.variant)


_OUT = _Answer(admitted=False)

_Several = tuple[_Answer, ...]
"""What is known of an id in each of several experiments."""

_Joint = dict[_Several, Fraction]


class _Coordinate(NamedTuple):
    """What gives an id one of its numbers."""

    hash: Hash
    seed: str


def moves(before: Experiment | None, after: Experiment | None) -> Moves:
    """Return the share of ids that an edit takes from each variant to each; `None`: no experiment.

    Variants are the same where their names are. The shares are of all ids, and so of any of them
    that were chosen without regard to the hash, such as those that a condition is about.
    """
    joint = _together([before, after])
    flows = [Flow(was.variant, now.variant, share) for (was, now), share in joint.items() if share]
    return Moves(tuple(sorted(flows, key=lambda flow: (flow.before or "", flow.after or ""))))


def shares(experiment: Experiment) -> dict[str | None, Fraction]:
    """Return the share of ids in each variant, in their order, and under `None` in none.

    It may differ from the weight by what one number of the hash is: a tenth of a thousandth with
    `growthbook-2`.

    >>> from meter.experiments import Experiment
    >>> shares(Experiment(seed="s", variants={"a": 0.5, "b": 0.25}))
    {'a': Fraction(1, 2), 'b': Fraction(1, 4), None: Fraction(1, 4)}
    """
    found = {flow.before: flow.share for flow in moves(experiment, experiment).flows}
    names = [*(name for name, _ in experiment.variants), None]
    return {name: found.get(name, Fraction()) for name in names}


def met_together(experiments: Sequence[Experiment]) -> frozenset[tuple[str | None, ...]]:
    """Return the variants of several experiments that some id is in at once; `None` is none.

    >>> from meter.experiments import Experiment
    >>> halves = {"a": 0.5, "b": 0.5}
    >>> one, other = (Experiment(seed="s", variants=halves) for _ in range(2))
    >>> sorted(met_together([one, other]))
    [('a', 'a'), ('b', 'b')]
    """
    joint = _together(experiments)
    return frozenset(tuple(each.variant for each in answers) for answers in joint)


def apart(experiments: Sequence[Experiment]) -> Iterator[tuple[int, ...]]:
    """Yield the places of experiments that hang together, however indirectly.

    Those of two of these groups share no number of an id: each says nothing of the other.
    """
    groups: list[tuple[set[_Coordinate], list[int]]] = []
    for place, experiment in enumerate(experiments):
        coordinates, places = set(_coordinates(experiment)), [place]
        for other in [each for each in groups if each[0] & coordinates]:
            groups.remove(other)
            coordinates |= other[0]
            places = [*other[1], *places]
        groups.append((coordinates, places))
    return (tuple(sorted(places)) for _, places in groups)


def _together(experiments: Sequence[Experiment | None]) -> _Joint:
    """Return how many ids have which answers of all of some experiments."""
    places = dict.fromkeys(place for each in experiments for place in _coordinates(each))
    joint: _Joint = {tuple(map(_unasked, experiments)): Fraction(1)}
    for place in places:
        joint = _product(joint, _pieces(place, experiments))
    return joint


def _unasked(experiment: Experiment | None) -> _Answer:
    """Return what is known before any coordinate is: nobody is in an experiment there is not."""
    return _OUT if experiment is None else _Answer()


def _coordinates(experiment: Experiment | None) -> list[_Coordinate]:
    if experiment is None:
        return []
    filters = (_Coordinate(filter_.hash, filter_.seed) for filter_ in experiment.filters)
    return [_Coordinate(experiment.hash, experiment.seed), *filters]


def _pieces(place: _Coordinate, experiments: Sequence[Experiment | None]) -> _Joint:
    """Return how much of a coordinate has which answers."""
    parts = place.hash.parts
    cuts = {0, parts}.union(*(_bounds(each, place) for each in experiments))
    found: _Joint = {}
    for first, end in pairwise(sorted(cuts)):
        answers = tuple(_answer(each, place, first) for each in experiments)
        found[answers] = found.get(answers, Fraction()) + Fraction(end - first, parts)
    return found


def _bounds(experiment: Experiment | None, place: _Coordinate) -> set[int]:
    """Return the numbers of a coordinate at which an experiment may begin to answer otherwise."""
    found: set[int] = set()
    if experiment is None:
        return found
    for filter_ in experiment.filters:
        if (filter_.hash, filter_.seed) == place:
            found.update(filter_.bounds())
    if (experiment.hash, experiment.seed) == place:
        found.update(bound for arm in experiment.arms for bound in (arm.first, arm.end))
    return found


def _answer(experiment: Experiment | None, place: _Coordinate, number: int) -> _Answer:
    """Return what a number of one coordinate says of an id in an experiment."""
    if experiment is None:
        return _OUT
    for filter_ in experiment.filters:
        if (filter_.hash, filter_.seed) == place and not filter_.admits_number(number):
            return _OUT
    if (experiment.hash, experiment.seed) != place:
        return _Answer()
    variant = experiment.variant_of_number(number)
    return _OUT if variant is None else _Answer(variant=variant)


def _product(left: _Joint, right: _Joint) -> _Joint:
    """Return the answers of two independent coordinates together."""
    found: _Joint = {}
    for known, share in left.items():
        for more, part in right.items():
            both = tuple(one.joined(other) for one, other in zip(known, more, strict=True))
            found[both] = found.get(both, Fraction()) + share * part
    return found
