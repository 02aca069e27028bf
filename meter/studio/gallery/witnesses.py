"""Everything a policy shows with a prompt, each with somebody who gets it.

The rules are laid out as a decision diagram, as for a proof: whatever some reader can be shown is
found, with the plainest reader and page view for it. A policy that is too large for that is
searched, rule by rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from operator import eq
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import evolve, field, frozen

from meter.decision import Decision
from meter.errors import listed
from meter.explanation import in_turn, kept_back
from meter.memo import decide
from meter.rulebook import Rulebook, Verdict
from meter.studio.gallery.candidates import candidates
from meter.verify.budget import decided
from meter.verify.concretize import concretize
from meter.verify.diagram import FALSE, MOST_STEPS, UndecidedError
from meter.verify.phrasing import reader_words, view_words
from meter.verify.together.counts import Way
from meter.verify.walk.symbolic import verdicts
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from meter.policy import Policy
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = ["PromptWitness", "Witnesses", "witnesses"]


@frozen(kw_only=True)
class PromptWitness:
    """Somebody who gets a prompt: what is known of them in codes, and what was decided.

    `used` says by meter how much is counted before, `who` in words who reads what. `prompt` is what
    is shown at another view than the one decided, where that depends on how often it was.
    """

    rulebook: Rulebook = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)
    used: Mapping[str, Way]
    who: str
    decision: Decision
    prompt: str | None = None

    def with_used(self, meter: str, used: int) -> Decision:
        """Return what the same reader gets after `used` articles on one of the meters."""
        ways = {**self.used, meter: self.used[meter]._replace(used=used, own=False)}
        decision = _decision(self.rulebook, self.values, ways)
        return decision if self.prompt is None else evolve(decision, prompt=self.prompt)

    def in_turn(self) -> Iterator[PromptWitness]:
        """Yield what the same reader gets at such views, as how often it is shown allows it."""
        prompts = in_turn(self.decision)
        if not prompts:
            yield self
        for prompt in prompts:
            decision = evolve(self.decision, prompt=prompt.name)
            held = [f"`{one.prompt}`" for one in kept_back(decision)]
            verb = "is" if len(held) == 1 else "are"
            where = f", where {listed(held, 'and')} {verb} kept back" if held else ""
            who = f"{self.who}{where}"
            yield evolve(self, who=who, decision=decision, prompt=prompt.name)


class Witnesses(NamedTuple):
    """Who gets prompts, and the names of the rules that decide for somebody.

    `is_exact` says that these are all there are.
    """

    found: tuple[PromptWitness, ...]
    deciding: frozenset[str]
    is_exact: bool


def witnesses(policy: Policy, *, steps: int = MOST_STEPS) -> Witnesses:
    """Return somebody for everything that a policy shows with a prompt.

    What is shown differs by the rule, its `show`, prompt, offers and meters, and by whether the
    reader is signed in. `steps` bounds the work of the exact answer.
    """
    try:
        return decided([policy.rulebook], _all_shown, steps=steps)
    except UndecidedError:
        return _searched(policy.rulebook)


def _all_shown(space: Space) -> Witnesses:
    diagrams = space.diagrams
    whole = diagrams.ite(space.possible, verdicts(space), FALSE)
    anonymous = space.is_("reader", Status.ANONYMOUS)
    signed_in = diagrams.difference(space.possible, anonymous)
    said = [leaf for leaf in diagrams.values(whole) if isinstance(leaf, Verdict)]
    found: list[PromptWitness] = []
    for verdict in said:
        if verdict.prompt is None:
            continue
        here = diagrams.relabel(whole, partial(eq, verdict))
        for readers in (anonymous, signed_in):
            situation = space.example(diagrams.conjoin(here, readers))
            if situation is not None:
                found += _witness(space, situation).in_turn()
    return Witnesses(tuple(found), frozenset(verdict.rule for verdict in said), is_exact=True)


def _witness(space: Space, situation: Situation) -> PromptWitness:
    # What was read before differs by the count that is shown: it is told beside each.
    levels = situation.matters - space.state_levels - frozenset(space.known_levels)
    return PromptWitness(
        rulebook=space.rulebooks[0],
        values=situation.values,
        used=space.used(situation),
        who=space.describe(evolve(situation, matters=levels)),
        decision=space.ask(situation),
    )


def _searched(rulebook: Rulebook) -> Witnesses:
    """Return who is found to get a prompt among some candidates for each rule."""
    found: dict[Hashable, PromptWitness] = {}
    deciding = set()
    for values, used in candidates(rulebook):
        try:
            decision = _decision(rulebook, values, used)
        except (LookupError, UndecidedError):  # no time has these codes, or no id
            continue
        deciding.add(decision.rule)
        if decision.prompt is None and not in_turn(decision):
            continue
        meter = decision.meter and decision.meter.name
        signed_in = values["reader"] is not Status.ANONYMOUS
        seen = (decision.rule, decision.show, decision.prompt, decision.offers, meter, signed_in)
        if seen not in found:
            found[seen] = PromptWitness(
                rulebook=rulebook,
                values=values,
                used=used,
                who=" ".join(_words(rulebook, values)),
                decision=decision,
            )
    every = (one for witness in found.values() for one in witness.in_turn())
    return Witnesses(tuple(every), frozenset(deciding), is_exact=False)


def _words(rulebook: Rulebook, values: Mapping[str, Any]) -> Iterator[str]:
    yield reader_words(values, rulebook.vocabulary)
    yield view_words(values, rulebook.vocabulary)


def _decision(rulebook: Rulebook, values: Mapping[str, Any], used: Mapping[str, Way]) -> Decision:
    asked = concretize(rulebook.policy, rulebook.vocabulary, values, used=used)
    decision, _ = decide(rulebook.policy, asked.reader, asked.view, asked.usage, asked.now)
    return decision
