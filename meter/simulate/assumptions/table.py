"""Everything taken for granted in one simulation, by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.errors import ProblemsError, meant, quoted
from meter.loading.problems import ProblemCollector
from meter.simulate.assumptions.assumption import Assumption, AssumptionRow, AssumptionValue, Basis
from meter.simulate.assumptions.defaults import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["AssumptionError", "Assumptions", "meant_assumption", "published_assumptions"]

_DEFAULTS = {item.name: item for item in PUBLISHED}


class AssumptionError(ProblemsError):
    """A file of assumptions cannot be used.

    `problems` holds every problem, with its place in the file.
    """


@frozen
class Assumptions:
    """Everything taken for granted in one simulation.

    >>> published_assumptions()["walls.leave"]
    0.1
    >>> published_assumptions().replace({"walls.leave": 0.2})["walls.leave"]
    0.2
    """

    table: dict[str, Assumption]

    def __getitem__(self, name: str) -> AssumptionValue:
        return self.table[name].value

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self.table.values())

    def number(self, name: str) -> float:
        """Return the value of an assumption that is a number."""
        value = self.table[name].value
        if not isinstance(value, int | float):
            raise TypeError(f"`{name}` is not a number")
        return value

    def shares(self, name: str) -> Mapping[str, float]:
        """Return the value of an assumption that is a table of shares."""
        value = self.table[name].value
        if not isinstance(value, Mapping):
            raise TypeError(f"`{name}` is not a table of shares")
        return value

    def day(self, name: str) -> date:
        """Return the value of an assumption that is a day."""
        value = self.table[name].value
        if not isinstance(value, date):
            raise TypeError(f"`{name}` is not a day")
        return value

    def word(self, name: str) -> str:
        """Return the value of an assumption that is a word."""
        value = self.table[name].value
        if not isinstance(value, str):
            raise TypeError(f"`{name}` is not a word")
        return value

    def replace(self, values: Mapping[str, AssumptionValue]) -> Assumptions:
        """Return these with other values in place of some.

        Raises `AssumptionError` for a name that does not exist.
        """
        report = ProblemCollector()
        for name in values:
            if name not in self.table:
                report.add(
                    "unknown-assumption",
                    (name,),
                    f"there is no assumption called {quoted(name)}",
                    meant_assumption(name, self.table),
                )
        if report.found:
            raise AssumptionError(problem for problem, _ in report.found)
        replaced = {name: evolve(self.table[name], value=value) for name, value in values.items()}
        return Assumptions({**self.table, **replaced})

    def uncertain(self) -> list[Assumption]:
        """Return those that have a range."""
        return [item for item in self if item.uncertain]

    def given(self) -> list[Assumption]:
        """Return those that somebody said or fitted."""
        return [item for item in self if item.basis is Basis.YOURS]

    def changed(self) -> list[Assumption]:
        """Return those that are not the published defaults."""
        return [item for item in self if item != _DEFAULTS[item.name]]

    def rows(self) -> list[AssumptionRow]:
        """Return one plain dictionary an assumption, for a table or for JSON."""
        return [item.row() for item in self]


@cache
def published_assumptions() -> Assumptions:
    """Return the defaults: published or derived where a number was found, assumed where not."""
    return Assumptions(dict(_DEFAULTS))


def meant_assumption(name: str, known: Iterable[str]) -> str:
    """Return the next step for a name that is not known: what it may have meant.

    That is one of its group that is alike, or the same word in another group.
    """
    group, _, short = name.rpartition(".")
    here = [full.partition(".")[2] for full in known if full.startswith(f"{group}.")]
    elsewhere = [full for full in known if full.rpartition(".")[2] == short]
    if elsewhere:
        return f"did you mean `{elsewhere[0]}`?"
    return meant(short, here or list(known))
