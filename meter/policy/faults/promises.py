"""What makes a guarantee that names exclude each other unusable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from meter.errors import meant
from meter.validation import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.errors import Problem
    from meter.vocabulary import Show

__all__ = ["CODES", "promise_faults"]

_SAID = {
    "bad-disjoint/few": (
        "guarantee `{name}` names one only, so there is nothing that it excludes",
        "name at least two offers, or two rules",
    ),
    "bad-disjoint/twice": (
        "guarantee `{name}` names `{other}` twice, and nothing excludes itself",
        "leave one out",
    ),
    "bad-disjoint/mixed": (
        "guarantee `{name}` names offers and rules: `{other}` is {kind}, the first is not",
        "name offers only, or rules only",
    ),
    "bad-disjoint/shown": (
        "guarantee `{name}` says both what excludes each other and what is shown",
        "make two guarantees of it",
    ),
    "unknown-disjoint": (
        "guarantee `{name}` names `{other}`, which is neither an offer nor a rule",
        "{meant}",
    ),
}
CODES = sorted({key.partition("/")[0] for key in _SAID})


class _Named(Protocol):
    """An offer or a rule."""

    @property
    def name(self) -> str: ...


class _Guarantee(Protocol):
    """A guarantee."""

    @property
    def name(self) -> str: ...
    @property
    def never(self) -> frozenset[Show]: ...
    @property
    def always(self) -> frozenset[Show]: ...
    @property
    def disjoint(self) -> tuple[str, ...]: ...


class _PromisingPolicy(Protocol):
    """A policy, or what could be read of one, as far as guarantees go."""

    @property
    def guarantees(self) -> Sequence[_Guarantee]: ...
    @property
    def offers(self) -> Iterable[_Named]: ...
    @property
    def rules(self) -> Iterable[_Named]: ...


def promise_faults(policy: _PromisingPolicy) -> Iterator[Problem]:
    """Yield what is wrong in the lists of names that exclude each other."""
    kinds = {rule.name: "a rule" for rule in policy.rules}
    kinds |= {offer.name: "an offer" for offer in policy.offers}
    for index, guarantee in enumerate(policy.guarantees):
        if guarantee.disjoint:
            yield from _faults(guarantee, kinds, index)


def _faults(guarantee: _Guarantee, kinds: dict[str, str], index: int) -> Iterator[Problem]:
    name = guarantee.name
    path = ("guarantees", index, "disjoint")
    names = guarantee.disjoint
    if guarantee.never or guarantee.always:
        yield fault_of(_SAID, "bad-disjoint/shown", path, name=name)
    if len(names) == 1:
        yield fault_of(_SAID, "bad-disjoint/few", path, name=name)
    for place, other in enumerate(names):
        where = (*path, place)
        if other not in kinds:
            step = meant(other, kinds)
            yield fault_of(_SAID, "unknown-disjoint", where, name=name, other=other, meant=step)
        elif other in names[:place]:
            yield fault_of(_SAID, "bad-disjoint/twice", where, name=name, other=other)
        elif kinds[other] != kinds.get(names[0], kinds[other]):
            kind = kinds[other]
            yield fault_of(_SAID, "bad-disjoint/mixed", where, name=name, other=other, kind=kind)
