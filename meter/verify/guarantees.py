"""Does the policy keep its promises? Those every paywall makes, and the publisher's own `[[guarantees]]`.

A promise about single page views is decided for every reader, view and standing at once, on the diagram. A promise about what
happens over time is proved the same way where one page view is enough to break it, and searched for with the real `decide`.
"""

from __future__ import annotations

from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from meter.decision import Access, Show
from meter.engine import _verdict
from meter.facts import Rulebook, Vocabulary
from meter.verify.budget import decided
from meter.verify.diagram import FALSE, MOST_STEPS, UndecidedError
from meter.verify.journeys import Told, cast_of, casts, find
from meter.verify.people import listed, reader_words, view_words
from meter.view import ArticleAccess, Status
from meter.windows import instant
from meter.words import why_not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meter.engine import Verdict
    from meter.facts import JudgedRule
    from meter.policy import Guarantee, Policy
    from meter.verify.journeys import Cast
    from meter.verify.space import Situation, Space

__all__ = ["STANDING", "Answer", "Outcome", "Promise", "Story", "guarantees", "standing_promises", "unannounced"]

FULL = frozenset(show for show in Show if show.access is Access.FULL)
UNENTITLED = (Status.ANONYMOUS, Status.REGISTERED, Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED)
_RIGHT_WALLS = {Status.TRIAL_EXPIRED: Show.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED: Show.SUBSCRIPTION_EXPIRED}
_MOST_SEARCHED = 4_000

STANDING = {
    "subscriber-never-walled": "a subscriber never meets a wall",
    "premium-stays-closed": "premium never opens for the unentitled",
    "never-more-than-the-limit": "nobody reads more than the limit",
    "last-free-is-announced": "the last free article is announced",
    "nothing-free-at-zero": "nobody is told of free articles at limit 0",
    "right-wall-after-expiry": "after expiry comes the right wall",
}
"""The promises every policy is held to: a code for each, and the promise in words."""

MEANING = {
    "subscriber-never-walled": "a subscriber who holds every product the policy names sees the whole article",
    "premium-stays-closed": "the unentitled are readers without a running trial, subscription or staff right; sponsored content, gift links and crawlers are exempt",
    "never-more-than-the-limit": "the limit is that of the reader at the time of each read; what a rule opens without spending is not counted",
    "last-free-is-announced": "where a reader is told how many are left, the last one is told to be the last",
    "nothing-free-at-zero": "no countdown is shown for a meter whose limit is 0",
    "right-wall-after-expiry": "a reader whose trial has expired meets `trial-expired`, one whose subscription has expired `subscription-expired`, or no wall at all",
}
"""What exactly each standing promise means."""


class Outcome(StrEnum):
    """The three answers. Nothing is ever rounded up to `proved`."""

    PROVED = "proved"
    FAILS = "fails"
    NOT_DECIDED = "not decided"


@frozen(kw_only=True)
class Promise:
    """What must be shown where: `always` one of these, or `never` one of them. `where` is a set of situations."""

    where: int
    always: frozenset[Show] = frozenset()
    never: frozenset[Show] = frozenset()
    wants: frozenset[Show] = frozenset()
    """What is missing where it is broken, if that is less than what would keep it."""

    @property
    def wanted(self) -> frozenset[Show]:
        """What should have been shown where it is broken."""
        return self.wants or self.always or frozenset(Show) - self.never

    def broken_by(self, show: Show) -> bool:
        """Say whether showing this breaks the promise."""
        return show in self.never or (bool(self.always) and show not in self.always)


@frozen(kw_only=True)
class Story:
    """A journey that breaks a promise: what was remembered `before` it (nothing, where it starts with a new reader), its steps,
    and which rule was `expected` and why it lost.
    """  # noqa: D205

    policy: Policy = field(repr=False)
    cast: str
    steps: tuple[Told, ...]
    before: str | None = None
    wanted: frozenset[Show]
    expected: str


@frozen(kw_only=True)
class Answer:
    """What came of one promise. `how` says how it was decided, `means` what exactly it says."""

    code: str
    name: str
    outcome: Outcome
    how: str
    means: str | None = None
    story: Story | None = None


def guarantees(
    policy: Policy, *, seconds: float | None = 10.0, steps: int = MOST_STEPS, leave_out: Sequence[str] = ()
) -> tuple[Answer, ...]:
    """Answer every standing promise and every guarantee of a policy. `leave_out` names standing ones that are not meant to hold.

    `steps` and `seconds` bound the work; what is not answered within them is `not decided`.
    """
    rulebook = Rulebook(policy, Vocabulary([policy], [guarantee.when for guarantee in policy.guarantees]))
    until = None if seconds is None else monotonic() + seconds
    try:
        return decided([rulebook], lambda space: tuple(_Proof(space, until, leave_out).all()), steps=steps, seconds=seconds)
    except UndecidedError as error:
        from meter.verify.smt import second_opinion  # noqa: PLC0415 - the diagram answers most policies

        left = None if until is None else max(0.1, until - monotonic())
        return tuple(second_opinion(rulebook, leave_out, str(error), left))


def standing_by_code(space: Space) -> dict[str, list[Promise]]:
    """Return the standing promises about single page views, by code."""
    forest, is_ = space.forest, space.is_
    products = [is_("product", True, member=v.member) for v in space.variables if v.name == "product"]
    exempt = [is_("gift", True), is_("crawler", True), is_("tags", True, member="sponsored")]
    unentitled = forest.both(is_("reader", *UNENTITLED), is_("access", ArticleAccess.PREMIUM), forest.negate(forest.either(*exempt)))
    walls = frozenset(Show) - FULL
    return {
        "subscriber-never-walled": [Promise(where=forest.both(is_("reader", Status.SUBSCRIBER), *products), always=FULL)],
        "premium-stays-closed": [Promise(where=unentitled, never=FULL)],
        "right-wall-after-expiry": [
            Promise(where=is_("reader", status), never=walls - {wall}, wants=frozenset({wall})) for status, wall in _RIGHT_WALLS.items()
        ],
    }


def standing_promises(space: Space) -> list[Promise]:
    """Return the standing promises about single page views."""
    return [promise for promises in standing_by_code(space).values() for promise in promises]


def own_promise(space: Space, guarantee: Guarantee) -> Promise:
    """Return a guarantee of the policy file as a promise."""
    formula = space.vocabulary.formula(guarantee.when, space.rulebooks[0].policy.zone)
    return Promise(where=space.where(formula), always=guarantee.always, never=guarantee.never)


def unannounced(space: Space, whole: int, meter: str) -> tuple[int, int]:
    """Return where a reader who is told what is left of a meter takes the last one without being told, and where it is refused."""
    forest = space.forest
    counting = space.among(whole, lambda v: v.show is Show.COUNTDOWN and v.spend == meter)
    if counting == FALSE:
        return FALSE, FALSE
    rule = next(rule for rule in space.rulebooks[0].rules if rule.spend == meter)
    last = forest.both(
        space.is_("access", ArticleAccess.METERED), forest.test(space.counts, [0]),
        space.standing(meter, 0, "open", [True]), space.standing(meter, 0, "left", [rule.nothing_left]),
    )  # fmt: skip
    who = forest.exists(counting, frozenset(range(len(space.variables))) - space.who)
    silent = space.among(whole, lambda v: v.spend == meter and v.show is not Show.LAST_FREE_ARTICLE)
    walled = space.among(whole, lambda v: v.show.access is Access.PREVIEW)
    return forest.both(silent, last, who), forest.both(walled, last, forest.exists(counting, space.standing_levels))


class _Proof:
    def __init__(self, space: Space, until: float | None, leave_out: Sequence[str]) -> None:
        self.space = space
        self.forest = space.forest
        self.policy = space.rulebooks[0].policy
        self.until = until
        self.leave_out = frozenset(leave_out)
        self.whole = space.verdicts()

    def all(self) -> Iterator[Answer]:
        views = standing_by_code(self.space)
        over_time = {
            "never-more-than-the-limit": self._within_limit, "last-free-is-announced": self._last_free, "nothing-free-at-zero": self._at_zero,
        }  # fmt: skip
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

    def _single(self, code: str, name: str, promises: Sequence[Promise]) -> Answer:
        """Answer promises about single page views, for all of them at once."""
        if all(self.forest.both(self.space.possible, promise.where) == FALSE for promise in promises):
            return Answer(code=code, name=name, outcome=Outcome.PROVED, how="nobody can be in that situation")
        for promise in promises:
            wrong = self.forest.both(self.space.among(self.whole, lambda v, p=promise: p.broken_by(v.show)), promise.where)
            if wrong != FALSE:
                return self._fails(code, name, wrong, promise.wanted)
        return Answer(code=code, name=name, outcome=Outcome.PROVED, how="for every reader, page view and count there can be")

    def _fails(self, code: str, name: str, wrong: int, wanted: frozenset[Show]) -> Answer:
        situation = self.space.example(wrong)
        assert situation is not None  # noqa: S101 - asked of sets that are not empty only
        story = self._journey(situation, wrong, wanted) or self._scene(situation, wanted)
        return Answer(code=code, name=name, outcome=Outcome.FAILS, how="here is the shortest way there", story=story)

    def _journey(self, situation: Situation, wrong: int, wanted: frozenset[Show]) -> Story | None:
        """Return the shortest journey of a new reader into a set of situations, if there is one."""
        if self.space.by_mention:
            return None
        cast = cast_of(self.space, self.whole, situation)
        found = find(self.policy, cast, lambda told: self._is_in(wrong, told), most=_MOST_SEARCHED, until=self.until).found
        return None if found is None else self._story(cast.situation, found, wanted)

    def _is_in(self, wrong: int, told: Told) -> bool:
        facts = self.space.observe(told.met)
        return bool(self.forest.at(wrong, self.space.codes(facts, counts=not told.met.view.prefetch)))

    def _story(self, situation: Situation, found: Told, wanted: frozenset[Show]) -> Story:
        facts = self.space.observe(found.met)
        return Story(
            policy=self.policy, cast=self._who(situation), steps=found.steps(), wanted=wanted, expected=self.expected(facts, found, wanted)
        )

    def _scene(self, situation: Situation, wanted: frozenset[Show]) -> Story:
        """Return a story of one view by a reader who has read before: the count cannot be come by under this policy alone."""
        decision = self.space.ask(situation)
        met = self.space.encounter(situation)
        told = Told(kind=0, met=met, decision=decision, words=self._view(situation))
        used = {meter: count for meter, (count, _) in self.space.used(situation).items() if count}
        before = " and ".join(f"{count} counted by `{meter}`" for meter, count in used.items())
        return Story(
            policy=self.policy, cast=self._who(situation), steps=(told,), before=before or None, wanted=wanted,
            expected=self.expected(self.space.facts(situation), told, wanted),
        )  # fmt: skip

    def _who(self, situation: Situation) -> str:
        return reader_words(situation.values, self.space.vocabulary)

    def _view(self, situation: Situation) -> str:
        return view_words(situation.values, self.space.vocabulary, counts=situation.counts)

    def expected(self, facts: tuple[Any, ...], told: Told, wanted: frozenset[Show]) -> str:
        """Say which rule would have kept the promise, and why it did not decide."""
        rules = self.space.rulebooks[0].rules
        fired = next(index for index, rule in enumerate(rules) if rule.name == told.decision.rule)
        near: list[tuple[int, str]] = []
        for index, rule in enumerate(rules):
            verdict = _would(rule, facts)
            if index == fired or verdict is None or verdict.show not in wanted:
                continue
            holds = rule.formula.holds(facts)
            if holds and index > fired:
                near.append((0, f"rule `{rule.name}` would show `{verdict.show}`, but `{rules[fired].name}` stands before it"))
            elif not holds:
                why = why_not(rule.formula, facts, self.space.vocabulary)
                near.append((1 + why.count(" and ") + why.count(";"), f"rule `{rule.name}` would show `{verdict.show}`, but {why}"))
            elif facts[1] == ArticleAccess.PREMIUM:
                near.append((1, f"rule `{rule.name}` would show `{verdict.show}`, but a premium article is never read on an allowance"))
            else:
                near.append((2, f"rule `{rule.name}` would show `{verdict.show}`, but nothing is left of `{rule.spend}`"))
        if near:
            return min(near, key=lambda item: item[0])[1]
        return f"no rule of this policy would show {listed([f'`{show}`' for show in Show if show in wanted])} to this reader here"

    def _at_zero(self, code: str, name: str) -> Answer:
        parts = []
        for meter in self.policy.meters:
            told = self.space.among(self.whole, lambda v, m=meter.name: v.spend == m and v.show is not Show.ARTICLE)
            parts.append(self.forest.both(told, self.space.limited(meter.name, (0,))))
        wrong = self.forest.either(*parts)
        if wrong != FALSE:
            return self._fails(code, name, wrong, frozenset(Show) - FULL)
        return Answer(code=code, name=name, outcome=Outcome.PROVED, how="for every reader, page view and count there can be")

    def _within_limit(self, code: str, name: str) -> Answer:
        """Prove that a spending rule needs an open meter (so that one more never exceeds the limit), and try to do otherwise."""
        spent = [
            self.forest.minus(
                self.space.among(self.whole, lambda v, m=meter.name: v.spend == m), self.space.standing(meter.name, 0, "open", [True])
            )
            for meter in self.policy.meters
        ]
        wrong = self.forest.either(*spent)
        if wrong != FALSE:  # pragma: no cover - the engine would have to be broken
            return self._fails(code, name, wrong, frozenset(Show) - FULL)
        return self._searched(code, name, self._too_many, lambda _: None, proved=True)

    def _too_many(self, told: Told) -> bool:
        """Say whether more different articles (or views) were opened on a meter inside its window than the reader's limit."""
        meter = told.decision.meter
        if meter is None or told.decision.access is not Access.FULL:
            return False
        timeline = self.policy.rulebook.timelines[meter.name]
        opened: dict[str, int] = {}
        views = self.policy.meter(meter.name).count == "views"
        for step in told.steps():
            reading = step.decision.meter
            if reading is not None and reading.name == meter.name and step.decision.access is Access.FULL:
                key = str(step.met.view.id) if views else step.met.view.article.id
                at = instant(step.met.now)
                if key not in opened or timeline.inside((opened[key],), at):
                    opened[key] = at
        ats = sorted(opened.values())
        return len(ats) - timeline.inside(ats, instant(told.met.now)) > meter.limit

    def _last_free(self, code: str, name: str) -> Answer:
        silent, walled = FALSE, FALSE
        for meter in self.policy.meters:
            one, other = unannounced(self.space, self.whole, meter.name)
            silent, walled = self.forest.either(silent, one), self.forest.either(walled, other)
        return self._searched(code, name, _unannounced_step, _countdowns, proved=silent == FALSE and walled == FALSE)

    def _searched(
        self, code: str, name: str, broken: Callable[[Told], bool], mark: Callable[[Told], Any], *, proved: bool
    ) -> Answer:
        """Answer a promise about time: search every kind of reader, as far as the budget goes."""
        complete, views, readers = True, 0, 0
        for cast in self._casts():
            result = find(self.policy, cast, broken, mark, most=_MOST_SEARCHED, until=self.until)
            complete, views, readers = complete and result.complete, views + result.views, readers + 1
            if result.found is not None:
                story = self._story(cast.situation, result.found, _wanted(result.found))
                return Answer(code=code, name=name, outcome=Outcome.FAILS, how="here is the shortest way there", story=story)
            if self.until is not None and monotonic() > self.until:
                complete = False
                break
        searched = f"{views:,} page views by {readers} kinds of reader were tried"
        if proved:
            return Answer(code=code, name=name, outcome=Outcome.PROVED, how=f"for every journey there can be; {searched} as well")
        if complete and not self.space.by_mention:
            return Answer(code=code, name=name, outcome=Outcome.PROVED, how=f"no journey of a new reader breaks it; {searched}, all there are")
        return Answer(code=code, name=name, outcome=Outcome.NOT_DECIDED, how=f"{searched}, and none broke it")

    def _casts(self) -> Iterator[Cast]:
        return iter(()) if self.space.by_mention else casts(self.space, self.whole)


def _would(rule: JudgedRule, facts: tuple[Any, ...]) -> Verdict | None:
    """Return what a rule would say if it decided."""
    return _verdict(rule, facts, facts[1], None)


def _wanted(told: Told) -> frozenset[Show]:
    """Return what should have been shown at the end of a journey that was not announced."""
    return frozenset({Show.LAST_FREE_ARTICLE}) if told.decision.access is Access.FULL else FULL


def _unannounced_step(told: Told) -> bool:
    """Say whether the last free article just went by unannounced, to a reader who had been told what was left."""
    decision, meter = told.decision, told.decision.meter
    counting = _countdowns(told.earlier) if told.earlier is not None else ()
    if decision.counted and meter is not None and meter.left == 0:
        return decision.show is not Show.LAST_FREE_ARTICLE and any(name == meter.name for name, _ in counting)
    if decision.access is Access.PREVIEW and told.earlier is not None and not (told.again or told.waited):
        before = told.earlier
        return before.kind == told.kind and before.decision.show is Show.COUNTDOWN and before.decision.counted
    return False


def _countdowns(told: Told) -> tuple[tuple[str, int], ...]:
    """Return what of the past matters: the meters that were counted down since time was last let pass, and the last kind of view."""
    names = set()
    for step in reversed(told.steps()):
        if step.decision.show is Show.COUNTDOWN and step.decision.meter is not None:
            names.add(step.decision.meter.name)
        if step.waited:
            break
    return tuple(sorted((name, told.kind) for name in names))

