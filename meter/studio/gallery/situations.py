"""Every prompt of a policy: who gets it, by which rule, and how much is left to them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from meter.decision import Decision
from meter.explanation import frequency_words, in_turn
from meter.loading.lints.prompts import unused_prompts
from meter.prompts import render
from meter.studio.gallery.missing import missing, needed
from meter.studio.gallery.witnesses import witnesses
from meter.verify.diagram import MOST_STEPS
from meter.verify.switches import MOST_POSITIONS, positions
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    from meter.policy import Policy
    from meter.studio.gallery.witnesses import PromptWitness

__all__ = ["COUNTS", "PromptSituation", "Survey", "situations", "survey"]

COUNTS = (21, 5, 2, 1)
"""How much is left where something is; nothing is left of the last free article, and at a wall."""

_MOST_COUNTED = 500
_SHOWS = list(Show)
_MET_FIRST = (
    Show.COUNTDOWN,
    Show.LAST_FREE_ARTICLE,
    Show.REGISTRATION_WALL,
    Show.TRIAL_OFFER,
    Show.SUBSCRIPTION_WALL,
)
"""What strangers meet, in the order in which they do."""


@frozen(kw_only=True)
class PromptSituation:
    """One prompt of a policy, as the engine gives it to somebody.

    `who` says in words who reads what, `turned` which switches are not as the file has them.
    `is_reached` is false where the policy's own limit does not reach the count: then only the
    number is made up.
    """

    decision: Decision
    who: str
    turned: str = ""
    is_reached: bool = True

    @property
    def rule(self) -> str:
        """The name of the rule that shows it."""
        return self.decision.rule

    @property
    def show(self) -> Show:
        """What is shown."""
        return self.decision.show

    @property
    def count(self) -> int | None:
        """How much is left after this view, or `None` where nothing is counted."""
        reading = self.decision.meter
        return None if reading is None else reading.left

    @property
    def frequency(self) -> str:
        """How often it is shown, in words; nothing where it comes at every such view."""
        prompts = {prompt.name: prompt for prompt in in_turn(self.decision)}
        shown = prompts.get(self.decision.prompt or "")
        return "" if shown is None else frequency_words(shown)

    def missing(self, locale: str, folder: Path | None = None) -> tuple[str, ...]:
        """Say what is missing of this prompt in a language; nothing is said where all is there.

        `folder` holds the publisher's own prompts.
        """
        return missing(self.decision, locale, folder)

    def needed(self, locale: str) -> tuple[str, ...]:
        """Say what the words of this prompt need in a language and do not have here."""
        return needed(self.decision, locale)


@frozen(kw_only=True)
class Survey:
    """The prompts of a policy, those first that strangers meet, and what of it shows none.

    `silent` are the rules that open articles and say nothing, `unseen` says in words what nobody
    meets. `is_exact` is false for a policy too large to be looked at whole: then something may be
    missing.
    """

    situations: tuple[PromptSituation, ...]
    silent: tuple[str, ...] = ()
    unseen: tuple[str, ...] = field(default=())
    is_exact: bool = True


def situations(policy: Policy) -> tuple[PromptSituation, ...]:
    """Return every prompt that a policy shows to anybody, each with an example.

    >>> from meter import load_policy
    >>> from meter.resources import template_root
    >>> sample = load_policy(template_root() / "sample" / "policy.toml")
    >>> [(str(one.show), one.count) for one in situations(sample)][1:3]
    [('countdown', 2), ('countdown', 1)]
    """
    return survey(policy).situations


def survey(policy: Policy, *, steps: int = MOST_STEPS) -> Survey:
    """Return every prompt of a policy, those first that strangers meet, and what nobody sees.

    Two that read the same are one. Prompts that need a switch turned come after those of the policy
    as it is. `steps` bounds the work of the exact answer, for each position of the switches.
    """
    names = [rule.name for rule in policy.rules]
    found: dict[Hashable, PromptSituation] = {}
    known: set[Hashable] = set()
    deciding: set[str] = set()
    is_exact = True
    for position in islice(positions(policy), MOST_POSITIONS):
        there = witnesses(position.policy, steps=steps)
        is_exact = is_exact and there.is_exact
        deciding |= there.deciding
        new = [one for one in there.found if _shown(one.decision) not in known]
        for one in new:
            for situation in _counted(one, position.turned):
                found.setdefault(_read(situation), situation)
        known |= {_shown(one.decision) for one in new}
    ordered = sorted(found.values(), key=lambda one: _order(one, names))
    spoken = {one.rule for one in ordered}
    return Survey(
        situations=tuple(ordered),
        silent=tuple(name for name in names if name in deciding and name not in spoken),
        unseen=tuple(_unseen(policy, deciding, ordered, is_exact=is_exact)),
        is_exact=is_exact,
    )


def _shown(decision: Decision) -> Hashable:
    return decision.rule, decision.show, decision.prompt, decision.offers


def _read(situation: PromptSituation) -> Hashable:
    """Return what makes a prompt another one: rule, offers, and words in the policy's language."""
    decision = situation.decision
    words = render(decision, format="text")
    # A publisher's own template has words that are not known here: then each count is one.
    told = words or (decision.show, situation.count)
    return decision.rule, decision.prompt, decision.offers, told


def _order(situation: PromptSituation, names: list[str]) -> tuple[bool, int, int, int]:
    """Return the place of a prompt: what strangers meet first, made-up counts last."""
    show = situation.show
    is_met = show in _MET_FIRST
    place = _MET_FIRST.index(show) if is_met else len(_MET_FIRST) + _SHOWS.index(show)
    left = 0 if situation.count is None else -situation.count
    return not situation.is_reached, place, names.index(situation.rule), left


def _counted(witness: PromptWitness, turned: str) -> Iterator[PromptSituation]:
    """Yield what somebody gets, at each of the counts where something is left to them."""
    decision = witness.decision
    plain = PromptSituation(decision=decision, who=witness.who, turned=turned)
    reading = decision.meter
    if decision.show.access is not Access.FULL or reading is None or not reading.left:
        yield plain
        return
    for left in COUNTS:
        reached = _reached(witness, left)
        if reached is not None:
            yield evolve(plain, decision=reached)
            continue
        limit = max(reading.limit or 0, left + 1)
        made = evolve(reading, limit=limit, left=left, used=limit - left)
        yield evolve(plain, decision=evolve(decision, meter=made), is_reached=False)


def _reached(witness: PromptWitness, left: int) -> Decision | None:
    """Return what the reader gets with so much left, or `None` where the limit does not reach."""
    reading = witness.decision.meter
    if reading is None or reading.limit is None:
        return None
    used = reading.limit - left - 1
    if not 0 <= used <= _MOST_COUNTED:
        return None
    decision = witness.with_used(reading.name, used)
    counted = decision.meter
    alike = counted is not None and (counted.name, counted.left) == (reading.name, left)
    return decision if alike and _shown(decision) == _shown(witness.decision) else None


def _unseen(
    policy: Policy, deciding: set[str], shown: list[PromptSituation], *, is_exact: bool
) -> Iterator[str]:
    nobody = "that anybody meets" if is_exact else "to anybody who was tried"
    for rule in policy.rules:
        if rule.name not in deciding:
            yield f"rule `{rule.name}` shows nothing {nobody}"
    offered = {name for one in shown for name in one.decision.offers}
    for offer in policy.offers:
        if offer.name not in offered:
            yield f"offer `{offer.name}` is shown by no prompt {nobody}"
    for problem in unused_prompts(policy, None):
        yield problem.message
