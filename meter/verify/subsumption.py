"""Whether a policy is never stricter than another: nobody who read on meets a preview instead.

Both are laid over one vocabulary. What either does is compared for the same reader, page view and
record: the same articles counted by the meters of the same names. Where the two count otherwise, no
record is the same for long, and lives are searched instead, each from a new reader on.
"""

from __future__ import annotations

from functools import cached_property, partial
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve

from meter.errors import listed
from meter.facts import Vocabulary
from meter.memo import decide
from meter.rulebook import Rulebook, Verdict
from meter.usage import Usage
from meter.verify.answers import NEVER_STRICTER, ProofAnswer, ProofOutcome
from meter.verify.budget import decided
from meter.verify.counterexample import Counterexample, describe_reader, expected_rule, single_view
from meter.verify.diagram import FALSE, MOST_STEPS, UndecidedError
from meter.verify.frequency.proof import is_shown_by
from meter.verify.properties import FULL
from meter.verify.rows import counting
from meter.verify.search import find, scenario_of, scenarios
from meter.verify.switches import MOST_POSITIONS, positions, shared_switches, together
from meter.verify.walk.histories import KeptViews
from meter.verify.walk.symbolic import verdicts
from meter.vocabulary import Access

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.policy import Policy
    from meter.verify.search import Scenario, SearchStep
    from meter.verify.space import Space

__all__ = ["never_stricter"]

_NAME = "nobody is worse off than under the other policy"
_MEANS = (
    "whoever sees the whole article under the other policy sees it under this one too: the same"
    " reader and page view, with the same articles counted so far; whoever was let read more"
    " meanwhile may have less left"
)
_MOST_SEARCHED = 4_000


def never_stricter(
    new: Policy, old: Policy, *, seconds: float | None = 10.0, steps: int = MOST_STEPS
) -> ProofAnswer:
    """Answer whether `new` gives the whole article wherever `old` does.

    `fails` comes with a story: the shortest life of a new reader who is worse off or, where a
    reader has to come from the old policy, the page view and what was counted before. `seconds` and
    `steps` bound the work; what is not answered within them is `not decided`.
    """
    names = shared_switches(old, new)
    pairs = list(
        islice(zip(positions(new, names), positions(old, names), strict=True), MOST_POSITIONS)
    )
    share = None if seconds is None else seconds / len(pairs)
    found = [
        (mine, [evolve(_answer(mine.policy, theirs.policy, share, steps), means=_MEANS)])
        for mine, theirs in pairs
    ]
    (answer,) = together(found, complete=2 ** len(names) == len(found))
    return answer


def _answer(new: Policy, old: Policy, seconds: float | None, steps: int) -> ProofAnswer:
    vocabulary = Vocabulary([new, old])
    rulebooks = [Rulebook(policy, vocabulary) for policy in (new, old)]
    until = None if seconds is None else monotonic() + seconds
    try:
        return decided(
            rulebooks,
            lambda space: _Subsumption(space, until).answer(),
            steps=steps,
            seconds=seconds,
        )
    except UndecidedError as error:
        return _told(ProofOutcome.NOT_DECIDED, str(error))


def _frequencies(policy: Policy) -> frozenset[object]:
    """Return all that says how often the prompts of a policy are shown."""
    return frozenset(
        (each.name, each.at_most, each.every, each.quiet_after, each.once, each.instead, each.group)
        for each in policy.prompts
    )


class _Subsumption:
    """Two policies over one space, the one that may be stricter first."""

    def __init__(self, space: Space, until: float | None) -> None:
        self.space = space
        self.new, self.old = (book.policy for book in space.rulebooks)
        self.until = until

    def answer(self) -> ProofAnswer:
        """Compare records first, and lives where those are not the same for long."""
        unlike = self._counted_otherwise()
        if self.stricter == FALSE and not unlike and self.other_records == FALSE:
            how = "for every possible reader, page view and count, the same under both"
            return _told(ProofOutcome.PROVED, how)
        tried = 0
        for scenario in self._scenarios():
            if self.until is not None and monotonic() > self.until:
                break
            result = find(
                self.new,
                scenario,
                partial(_is_worse_off, self.old),
                partial(_old_counts, self.old),
                most=_MOST_SEARCHED - tried,
                until=self.until,
            )
            tried += result.views
            if result.found is not None:
                return _broken(self._life(scenario, result.found))
            if tried >= _MOST_SEARCHED:
                break
        if self.stricter != FALSE and not unlike:
            situation = self.space.witness(self.stricter)
            return _broken(single_view(self.space, situation, FULL))
        what = f"{listed(unlike, 'and')} differ" if unlike else "one counts what the other does not"
        how = f"{what}; {tried:,} page views were tried, and nobody was worse off"
        return _told(ProofOutcome.NOT_DECIDED, how)

    @cached_property
    def whole(self) -> list[int]:
        """What each policy says of every situation."""
        return [verdicts(self.space, side) for side in (0, 1)]

    @cached_property
    def pairs(self) -> int:
        """What both policies say of every situation."""
        new, old = self.whole
        return self.space.diagrams.combine(new, old, lambda one, other: (one, other))

    @cached_property
    def stricter(self) -> int:
        """The situations in which the old policy shows the whole article, and the new one not."""
        wrong = self.space.diagrams.relabel(self.pairs, _takes_away)
        return self.space.diagrams.conjoin(self.space.possible, wrong)

    @cached_property
    def other_records(self) -> int:
        """What makes the record of a reader another one who was never turned away.

        That is where the new policy counts what the old one does not. And where it does not count
        what the old one does: such an article is not counted already, so it is here only if the new
        policy turns the same reader away from such an article at another time or count.
        """
        diagrams = self.space.diagrams
        moved = self.space.state_levels | frozenset(self.space.known_levels) | self.space.clock
        lost = diagrams.exists(self._counted_by_one(1, 0), moved)
        walled = diagrams.conjoin(self.space.possible, diagrams.relabel(self.whole[0], _is_preview))
        missed = diagrams.conjoin(lost, diagrams.exists(walled, moved))
        return diagrams.disjoin(self._counted_by_one(0, 1), missed)

    def _counted_by_one(self, side: int, other: int) -> int:
        """Return the situations open under both in which only one policy counts on some meter."""
        diagrams = self.space.diagrams
        parts = [diagrams.relabel(self.pairs, partial(_spends_more, side=side))]
        kept = KeptViews(self.space, self.whole)
        parts += [
            diagrams.difference(kept.keeps(side, name), kept.keeps(other, name))
            for name in self.space.meters
        ]
        both = diagrams.relabel(self.pairs, _open_in_both)
        return diagrams.conjoin(self.space.possible, both, diagrams.disjoin(*parts))

    def _counted_otherwise(self) -> list[str]:
        """Return what makes the same record mean another count: meters, or the time zone."""
        mine = {meter.name for meter in self.new.meters}
        theirs = {meter.name for meter in self.old.meters}
        unlike = [
            f"`{name}`"
            for name in sorted(mine | theirs)
            if name not in mine & theirs or counting(self.new, name) != counting(self.old, name)
        ]
        unlike += self._shown_otherwise()
        return unlike if self.new.zone == self.old.zone else [*unlike, "the time zones"]

    def _shown_otherwise(self) -> list[str]:
        """Return what both ask of the showings of a prompt that they do not show alike."""
        asked = {*self.new.rulebook.vocabulary.seen} & {*self.old.rulebook.vocabulary.seen}
        alike = _frequencies(self.new) == _frequencies(self.old)
        return [
            f"the showings of `{prompt}`"
            for prompt in sorted(asked)
            if not alike or self._is_shown_elsewhere(prompt)
        ]

    def _is_shown_elsewhere(self, prompt: str) -> bool:
        """Say whether one policy may show a prompt at a page view at which the other does not."""
        here, there = (is_shown_by(policy, prompt) for policy in (self.new, self.old))

        def differ(both: object) -> bool:
            mine, theirs = both if isinstance(both, tuple) else (both, both)
            if isinstance(mine, Verdict) and isinstance(theirs, Verdict):
                return here(mine) != there(theirs)
            return False

        elsewhere = self.space.diagrams.relabel(self.pairs, differ)
        return self.space.diagrams.conjoin(self.space.possible, elsewhere) != FALSE

    def _scenarios(self) -> list[Scenario]:
        if self.stricter == FALSE:
            return list(islice(scenarios(self.space, self.pairs, self.space.possible), 64))
        situation = self.space.witness(self.stricter)
        return [scenario_of(self.space, self.pairs, situation, self.stricter)]

    def _life(self, scenario: Scenario, found: SearchStep) -> Counterexample:
        facts = self.space.observe(found.asked)
        return Counterexample(
            policy=self.new,
            reader=describe_reader(self.space, scenario.situation),
            steps=found.steps(),
            wanted=FULL,
            expected=expected_rule(self.space, facts, found, FULL),
        )


def _takes_away(pair: object) -> bool:
    """Say whether the second of two verdicts gives the whole article, and the first does not."""
    new, old = _accesses(pair)
    return new is Access.PREVIEW and old is Access.FULL


def _open_in_both(pair: object) -> bool:
    return _accesses(pair) == (Access.FULL, Access.FULL)


def _is_preview(leaf: object) -> bool:
    return isinstance(leaf, Verdict) and leaf.show.access is Access.PREVIEW


def _spends_more(pair: object, *, side: int) -> bool:
    """Say whether one of two verdicts spends a meter that the other does not."""
    match pair:
        case (Verdict(), Verdict()):
            return not set(pair[side].spend) <= set(pair[1 - side].spend)
    return False


def _accesses(pair: object) -> tuple[Access | None, Access | None]:
    """Return what two verdicts give; nothing where the situation cannot be."""
    match pair:
        case (Verdict() as new, Verdict() as old):
            return new.show.access, old.show.access
    return None, None


def _lived(policy: Policy, last: SearchStep) -> tuple[Decision, Usage]:
    """Return what the last page view of a journey gets under a policy, and what is remembered."""
    after = Usage()
    for step in last.steps():
        asked = step.asked
        decision, after = decide(policy, asked.reader, asked.view, after, asked.now)
    return decision, after


def _is_worse_off(old: Policy, last: SearchStep) -> bool:
    if last.decision.access is Access.FULL:
        return False
    decision, _ = _lived(old, last)
    return decision.access is Access.FULL


def _old_counts(old: Policy, last: SearchStep) -> tuple[tuple[str, int], ...]:
    """Return how much each meter of the old policy holds: both of two such lives are lived."""
    _, usage = _lived(old, last)
    return tuple((name, len(tally.ids)) for name, tally in sorted(usage.tallies.items()))


def _told(outcome: ProofOutcome, how: str) -> ProofAnswer:
    return ProofAnswer(code=NEVER_STRICTER, name=_NAME, outcome=outcome, how=how)


def _broken(story: Counterexample) -> ProofAnswer:
    how = "the shortest journey of a reader who is worse off"
    return evolve(_told(ProofOutcome.FAILS, how), counterexample=story)
