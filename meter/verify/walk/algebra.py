"""The few operations that rules are walked by; decision diagrams and z3 both have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence

    from meter.formulas import Formula
    from meter.verify.together.counts import Case

__all__ = ["Algebra", "Atoms", "charged", "opposite"]

_Result = TypeVar("_Result")
_Atom_co = TypeVar("_Atom_co", covariant=True)


class Atoms(Protocol[_Atom_co]):
    """What rules ask for, each as a function of all situations."""

    def where(self, formula: Formula, side: int = 0) -> _Atom_co: ...

    def is_(self, name: str, *codes: object) -> _Atom_co: ...

    def meter_state(
        self, meter: str, side: int, name: str, codes: Collection[object]
    ) -> _Atom_co: ...


class Algebra(Protocol[_Result]):
    """How functions of all situations are put together."""

    def conjoin(self, *parts: _Result) -> _Result: ...

    def disjoin(self, *parts: _Result) -> _Result: ...

    def ite(self, test: _Result, yes: _Result, no: _Result) -> _Result: ...

    def leaf(self, value: Hashable) -> _Result: ...


def charged(atoms: Atoms[_Result], algebra: Algebra[_Result], cases: Sequence[Case]) -> _Result:
    """Return where a view is one of some cases: of an access, and kept by histories as it says."""
    found = []
    for case in cases:
        parts = [atoms.is_("access", case.access)]
        for side, history, keeps in case.kept:
            holds = atoms.where(history, side)
            parts.append(holds if keeps else opposite(algebra, holds))
        found.append(algebra.conjoin(*parts))
    return algebra.disjoin(*found)


def opposite(algebra: Algebra[_Result], part: _Result) -> _Result:
    """Return where a part does not hold."""
    return algebra.ite(part, algebra.disjoin(), algebra.conjoin())
