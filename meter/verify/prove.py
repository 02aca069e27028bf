"""Whether a policy keeps its promises: those every paywall makes, and its own `[[guarantees]]`.

A promise about single page views is decided for every reader, view and standing at once, on the
diagram. A promise about what happens over time is proved the same way where one page view is enough
to break it, and searched for with the real `decide`.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve

from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.verify.answers import EVERYONE, Answer, Outcome
from meter.verify.budget import decided
from meter.verify.counterexample import Story, cast_words, expected_rule, scene
from meter.verify.diagram import FALSE, MOST_STEPS, UndecidedError
from meter.verify.properties import (
    FULL,
    MEANING,
    STANDING,
    Promise,
    own_promise,
    standing_by_code,
    unannounced,
)
from meter.verify.search import cast_of, casts, find
from meter.verify.smt.opinion import second_opinion
from meter.verify.symbolic import among, spends, verdicts
from meter.vocabulary import Access, Show
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from meter.policy import Policy
    from meter.verify.search import Cast, Told
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = ["guarantees"]

_MOST_SEARCHED = 4_000
_ENOUGH = 1_000


def guarantees(
    policy: Policy,
    *,
    seconds: float | None = 10.0,
    steps: int = MOST_STEPS,
    leave_out: Sequence[str] = (),
) -> tuple[Answer, ...]:
    """Answer every standing promise and every guarantee of a policy.

    `leave_out` names standing ones that are not meant to hold.

    `steps` and `seconds` bound the work; what is not answered within them is `not decided`.
    """
    rulebook = Rulebook(
        policy, Vocabulary([policy], [guarantee.when for guarantee in policy.guarantees])
    )
    until = None if seconds is None else monotonic() + seconds
    try:
        return decided(
            [rulebook],
            lambda space: tuple(_Proof(space, until, leave_out).all()),
            steps=steps,
            seconds=None if seconds is None else seconds / 2,
        )
    except UndecidedError as error:
        left = None if until is None else max(0.1, until - monotonic())
        return tuple(second_opinion(rulebook, leave_out, str(error), left))


class _Proof:
    def __init__(self, space: Space, until: float | None, leave_out: Sequence[str]) -> None:
        self.space = space
        self.forest = space.forest
        self.policy = space.rulebooks[0].policy
        self.until = until
        self.leave_out = frozenset(leave_out)
        self.whole = verdicts(space)

    def all(self) -> Iterator[Answer]:
        views = standing_by_code(self.space)
        over_time = {
            "never-more-than-the-limit": self._within_limit,
            "last-free-is-announced": self._last_free,
            "nothing-free-at-zero": self._at_zero,
        }
        for code, name in STANDING.items():
            if code in self.leave_out:
                continue
            if code in views:
                answer = self._single(code, name, views[code])
            else:
                answer = over_time[code](code, name)
            yield evolve(answer, means=MEANING[code])
        for guarantee in self.policy.guarantees:
            yield self._single("guarantee", guarantee.name, [own_promise(self.space, guarantee)])

    # Promises about single page views.

    def _single(self, code: str, name: str, promises: Sequence[Promise]) -> Answer:
        """Answer promises about single page views, for all of them at once."""
        possible = self.space.possible
        if all(self.forest.both(possible, promise.where) == FALSE for promise in promises):
            return _proved(code, name, "nobody can be in that situation")
        for promise in promises:
            broken = among(self.space, self.whole, promise.is_broken)
            wrong = self.forest.both(broken, promise.where)
            if wrong != FALSE:
                return self._fails(code, name, wrong, promise.wanted)
        return _proved(code, name, EVERYONE)

    def _at_zero(self, code: str, name: str) -> Answer:
        parts = []
        for meter in self.policy.meters:
            told = among(self.space, self.whole, spends(meter.name, but=Show.ARTICLE))
            parts.append(self.forest.both(told, self.space.limited(meter.name, (0,))))
        wrong = self.forest.either(*parts)
        if wrong != FALSE:
            return self._fails(code, name, wrong, frozenset(Show) - FULL)
        return _proved(code, name, EVERYONE)

    def _fails(self, code: str, name: str, wrong: int, wanted: frozenset[Show]) -> Answer:
        situation = self.space.witness(wrong)
        story = self._journey(situation, wrong, wanted) or scene(self.space, situation, wanted)
        return _broken(code, name, story)

    def _journey(self, situation: Situation, wrong: int, wanted: frozenset[Show]) -> Story | None:
        """Return the shortest journey of a new reader into a set of situations, if there is one."""
        if self.space.by_mention:
            return None
        cast = cast_of(self.space, self.whole, situation, wrong)
        found = find(
            self.policy,
            cast,
            lambda told: self._is_in(wrong, told),
            most=_MOST_SEARCHED,
            until=self.until,
        ).found
        return None if found is None else self._story(cast.situation, found, wanted)

    def _is_in(self, wrong: int, told: Told) -> bool:
        facts = self.space.observe(told.met)
        codes = self.space.codes(facts, counts=not told.met.view.prefetch)
        return bool(self.forest.at(wrong, codes))

    def _story(self, situation: Situation, found: Told, wanted: frozenset[Show]) -> Story:
        facts = self.space.observe(found.met)
        return Story(
            policy=self.policy,
            cast=cast_words(self.space, situation),
            steps=found.steps(),
            wanted=wanted,
            expected=expected_rule(self.space, facts, found, wanted),
        )

    # Promises about what happens over time.

    def _within_limit(self, code: str, name: str) -> Answer:
        """Prove that a rule only spends an open meter, and try to read more than the limit.

        A meter that is open has something left, so that one more never exceeds the limit.
        """
        spent = []
        for meter in self.policy.meters:
            opens = self.space.standing(meter.name, 0, "open", [True])
            spending = among(self.space, self.whole, spends(meter.name))
            spent.append(self.forest.minus(spending, opens))
        wrong = self.forest.either(*spent)
        if wrong != FALSE:  # pragma: no cover - the engine would have to be broken
            return self._fails(code, name, wrong, frozenset(Show) - FULL)
        return self._searched(code, name, self._too_many, lambda _: None, FALSE)

    def _too_many(self, told: Told) -> bool:
        """Say whether more was opened on a meter inside its window than the reader's limit."""
        meter = told.decision.meter
        if meter is None or told.decision.access is not Access.FULL:
            return False
        timeline = self.policy.rulebook.timelines[meter.name]
        views = self.policy.meter(meter.name).count == "views"
        opened: dict[str, int] = {}
        for step in told.steps():
            if step.opened_on(meter.name):
                key = str(step.met.view.id) if views else step.met.view.article.id
                at = instant(step.met.now)
                if key not in opened or timeline.inside((opened[key],), at):
                    opened[key] = at
        ats = sorted(opened.values())
        return len(ats) - timeline.inside(ats, instant(told.met.now)) > meter.limit

    def _last_free(self, code: str, name: str) -> Answer:
        misled = [unannounced(self.space, self.whole, meter.name) for meter in self.policy.meters]
        suspects = [part for each in misled for part in (each.silent, each.walled)]
        return self._searched(
            code, name, _unannounced_step, _countdowns, self.forest.either(*suspects)
        )

    def _searched(
        self,
        code: str,
        name: str,
        broken: Callable[[Told], bool],
        mark: Callable[[Told], Hashable],
        suspects: int,
    ) -> Answer:
        """Answer a promise about time.

        Without `suspects`, situations that might break it, it is proved, and some search is enough.
        """
        # Where a window rolls it matters when each article was read, and one pause between two
        # reads is not all there are.
        rolls = any(meter.window.rolling is not None for meter in self.policy.meters)
        complete = not (self.space.by_mention or rolls)
        views = readers = 0
        for cast in self._casts(self.space.possible if suspects == FALSE else suspects):
            most = _ENOUGH - views if suspects == FALSE else _MOST_SEARCHED
            if most <= 0 or (self.until is not None and monotonic() > self.until):
                complete = False
                break
            result = find(self.policy, cast, broken, mark, most=most, until=self.until)
            complete = complete and result.complete
            views += result.views
            readers += 1
            if result.found is not None:
                story = self._story(cast.situation, result.found, _wanted(result.found))
                return _broken(code, name, story)
        searched = f"{views:,} page views by {readers} kinds of reader were tried"
        if suspects == FALSE:
            return _proved(code, name, f"for every journey there can be; {searched} as well")
        if complete:
            how = f"no journey of a new reader breaks it; {searched}, all there are"
            return _proved(code, name, how)
        how = f"{searched}, and none broke it"
        return Answer(code=code, name=name, outcome=Outcome.NOT_DECIDED, how=how)

    def _casts(self, among_these: int) -> Iterator[Cast]:
        if self.space.by_mention:
            return iter(())
        return casts(self.space, self.whole, among_these)


def _proved(code: str, name: str, how: str) -> Answer:
    return Answer(code=code, name=name, outcome=Outcome.PROVED, how=how)


def _broken(code: str, name: str, story: Story) -> Answer:
    how = "here is the shortest way there"
    return Answer(code=code, name=name, outcome=Outcome.FAILS, how=how, story=story)


def _wanted(told: Told) -> frozenset[Show]:
    """Return what should have been shown at the end of a journey that was not announced."""
    return frozenset({Show.LAST_FREE_ARTICLE}) if told.decision.access is Access.FULL else FULL


def _unannounced_step(told: Told) -> bool:
    """Say whether the last free article just went by unannounced to a reader who was counting."""
    decision = told.decision
    earlier = told.earlier
    if earlier is None:
        return False
    if decision.counted and decision.meter is not None and decision.meter.left == 0:
        counted_down = [name for name, _ in _countdowns(earlier)]
        return decision.show is not Show.LAST_FREE_ARTICLE and decision.meter.name in counted_down
    if decision.access is Access.FULL or told.again or told.waited:
        return False
    announced = earlier.decision.show is Show.COUNTDOWN and earlier.decision.counted
    return announced and earlier.kind == told.kind


def _countdowns(told: Told) -> tuple[tuple[str, int], ...]:
    """Return what of the past matters.

    The meters that were counted down since time was last let pass, and the last kind of view.
    """
    names = set()
    for step in reversed(told.steps()):
        if step.decision.show is Show.COUNTDOWN and step.decision.meter is not None:
            names.add(step.decision.meter.name)
        if step.waited:
            break
    return tuple(sorted((name, told.kind) for name in names))
