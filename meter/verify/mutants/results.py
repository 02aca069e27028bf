"""What came of the mistakes: those that change nothing, those noticed, those that survive."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from meter.verify.mutants.edit import Kind, Mutant

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COUNTED", "Killed", "MutationResult", "Survivor"]

COUNTED = ("mutants", "equivalent", "killed", "survived")


@frozen(kw_only=True)
class Killed:
    """A mistake that was noticed, and by what."""

    mutant: Mutant
    by: str


@frozen(kw_only=True)
class Survivor:
    """A mistake that nothing noticed.

    `journey` is the text of a journey file that notices it, if there is one; `decided` says that it
    is known to change something; `kept` is the file that was written and notices it.
    """

    mutant: Mutant
    journey: str | None = None
    decided: bool = True
    kept: Path | None = None


@frozen(kw_only=True)
class MutationResult:
    """How good the tests of a policy are."""

    equivalent: tuple[Mutant, ...]
    killed: tuple[Killed, ...]
    survivors: tuple[Survivor, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many mistakes there are, and what came of them."""
        parts = self._parts()
        return {"mutants": sum(map(len, parts.values())), **{k: len(v) for k, v in parts.items()}}

    @property
    def by_kind(self) -> dict[str, dict[str, int]]:
        """The same for each kind of mistake."""
        found = {name: _kinds(mutants) for name, mutants in self._parts().items()}
        table = {}
        for kind in Kind:
            row = {name: counts[kind] for name, counts in found.items()}
            table[str(kind)] = {"mutants": sum(row.values()), **row}
        return table

    def _parts(self) -> dict[str, list[Mutant]]:
        return {
            "equivalent": list(self.equivalent),
            "killed": [one.mutant for one in self.killed],
            "survived": [one.mutant for one in self.survivors],
        }


def _kinds(mutants: Iterable[Mutant]) -> Counter[Kind]:
    return Counter(mutant.kind for mutant in mutants)
