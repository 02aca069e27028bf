"""A group of rules as a file has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.policy import Rule, RuleGroup, When
from meter.policy.groups import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WrittenGroup"]

_EVERYONE = When()


@frozen(kw_only=True)
class WrittenGroup:
    """Rules under one name, with the condition that they share."""

    name: str
    when: When = _EVERYONE
    rules: tuple[Rule, ...] = ()

    def joined_rules(self) -> Iterator[Rule]:
        """Yield the rules as a policy has them: each with the shared condition in its own."""
        group = RuleGroup(name=self.name, when=self.when)
        for rule in self.rules:
            yield evolve(rule, when=joined(self.when, rule.when), group=group)
