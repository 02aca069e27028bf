"""What makes the terms that a rule has for machines unusable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from meter.validation import fault_of
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meter.errors import Problem
    from meter.vocabulary import RuleShow
    from meter.vocabulary.machine_terms import MachineTerms

__all__ = ["CODES", "machine_faults"]

_SAID = {
    "machines-need-preview": (
        "rule `{rule}` shows `{show}`, which gives the whole article, so `machines` refuses nobody",
        "move `machines` to the rule that shows a wall or a gate, or remove it",
    ),
}
CODES = sorted({key.partition("/")[0] for key in _SAID})


class _RuleForMachines(Protocol):
    """A rule, as far as machines go."""

    @property
    def name(self) -> str: ...
    @property
    def show(self) -> RuleShow: ...
    @property
    def machines(self) -> MachineTerms | None: ...


class _PolicyForMachines(Protocol):
    """A policy, or what could be read of one, as far as machines go."""

    @property
    def rules(self) -> Iterable[_RuleForMachines]: ...


def machine_faults(policy: _PolicyForMachines) -> Iterator[Problem]:
    """Yield the rules that open articles and refuse machines, each with its path."""
    for index, rule in enumerate(policy.rules):
        if rule.machines is not None and rule.show.access is Access.FULL:
            path = ("rules", index, "machines")
            yield fault_of(_SAID, "machines-need-preview", path, rule=rule.name, show=rule.show)
