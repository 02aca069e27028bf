"""What readers are told: whether two policies that decide alike also say the same words."""

from __future__ import annotations

import json
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from attrs import evolve

from meter.facts import Vocabulary
from meter.memo import decide
from meter.prompts import render
from meter.rulebook import Rulebook, Verdict
from meter.verify.budget import decided
from meter.verify.diagram import FALSE
from meter.verify.rows import visible
from meter.verify.switches import MOST_POSITIONS, positions
from meter.verify.walk.symbolic import among, verdicts
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.verify.concretize import ConcreteView
    from meter.verify.rows import Seen
    from meter.verify.space import Space

__all__ = ["Told", "locales", "words_told"]


class Told:
    """Every different thing that some reader of a policy is told, in each of its languages."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @cached_property
    def _views(self) -> list[tuple[Policy, list[ConcreteView]]]:
        """A view for each different thing that is said, in each position of the switches."""
        turned = islice(positions(self._policy), MOST_POSITIONS)
        return [
            (position.policy, decided([_book(position.policy)], lambda space: [*_views(space)]))
            for position in turned
        ]

    def differs(self, other: Policy) -> bool:
        """Say whether a policy that decides alike tells some reader anything in other words.

        Raises `UndecidedError` where that is too large to be known.
        """
        if (self._policy.copy, self._policy.publication) == (other.copy, other.publication):
            return False
        return any(
            _words_differ(policy, evolve(other, switches=policy.switches), view)
            for policy, views in self._views
            for view in views
        )


def _book(policy: Policy) -> Rulebook:
    return Rulebook(policy, Vocabulary([policy]))


def _views(space: Space) -> Iterator[ConcreteView]:
    whole = verdicts(space, telling=True)
    leaves = space.diagrams.values(space.diagrams.ite(space.possible, whole, FALSE))
    shown = {visible(leaf) for leaf in leaves if isinstance(leaf, Verdict) and leaf.prompt}
    for seen in sorted(shown, key=str):
        those = among(space, whole, _is(seen))
        for status in Status:
            of_status = space.diagrams.conjoin(those, space.is_("reader", status))
            situation = space.example(of_status)
            if situation is not None:
                yield space.concretize(situation)


def _is(seen: Seen) -> Callable[[Verdict], bool]:
    return lambda verdict: visible(verdict) == seen


def _words_differ(old: Policy, new: Policy, view: ConcreteView) -> bool:
    told = [words_told(policy, view) for policy in (old, new)]
    return told[0] != told[1]


def words_told(policy: Policy, view: ConcreteView) -> list[object]:
    """Return all that a view is told, in each language of a policy."""
    decision, _ = decide(policy, view.reader, view.view, view.usage, view.now)
    return [_said(decision, policy, locale) for locale in locales(policy)]


def _said(decision: Decision, policy: Policy, locale: str) -> object:
    """Return the parts of a prompt; what the meter reads is in the decision."""
    parts = json.loads(render(decision, policy, locale=locale, format="json"))
    return parts and {key: part for key, part in parts.items() if key != "counts"}


def locales(policy: Policy) -> tuple[str, ...]:
    """Return the languages a policy has words in, the publication's own first."""
    return tuple(dict.fromkeys((policy.publication.locale, *sorted(policy.copy))))
