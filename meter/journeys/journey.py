"""A journey: a reader and dated steps, run through the engine.

Every count and every answer comes from `meter.decide` and `engine.join`; a journey only moves the
clock, the device and the account. Days, weeks, months and years between steps are the calendar's in
the publication's zone, hours and minutes absolute.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from meter.decision import Decision, MeterReading
from meter.engine import ledger
from meter.errors import Problem
from meter.journeys.actions import ReadArticle, StepContext, Wait
from meter.journeys.expectations import broken
from meter.journeys.file import load_keys, loads_keys
from meter.journeys.holdings import renew
from meter.journeys.person import ImpossibleStepError, Person, Right, later
from meter.journeys.steps import JourneyError, JourneyStep, PlannedStep, Renewal
from meter.loading import load_policy
from meter.loading.today import first_day
from meter.memo import decide
from meter.view import Article, PageView, Reader
from meter.windows import instant, local_instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meter.journeys.rights import Continuation
    from meter.policy import Policy
    from meter.usage import Usage

__all__ = ["Journey"]

_ANONYMOUS = Reader(id="reader")


def _steps(value: Iterable[PlannedStep]) -> tuple[PlannedStep, ...]:
    return tuple(value)


def _rights(value: Iterable[Right]) -> tuple[Right, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Journey:
    """A reader and what happens to them, step by step.

    `policy` is the policy file the journey was written for, `start` the time before the first step
    (a time or date without a zone is in the publication's; where neither it nor the first step says
    one, the first day that the policy names, else the first of next month), `locale` the language
    in which expectations say what a prompt says (`None` for the publication's). A reader who is
    registered or has rights starts signed in. `rights` are entitlements whose dates are the
    publication's; they join those of `reader`.
    """

    steps: tuple[PlannedStep, ...] = field(converter=_steps)
    reader: Reader = _ANONYMOUS
    rights: tuple[Right, ...] = field(default=(), converter=_rights)
    start: datetime | date | None = None
    device: str = "laptop"
    language: str | None = None
    channel: str | None = None
    policy: Path | None = None
    title: str | None = None
    locale: str | None = None
    name: str = "journey"

    @classmethod
    def load(cls, path: str | Path) -> Journey:
        """Read a journey file.

        Raises `JourneyError` with every problem it has, `MeterError` if it cannot be read.
        """
        return cls(**load_keys(Path(path)))

    @classmethod
    def loads(cls, text: str, *, name: str = "journey.toml") -> Journey:
        """Read the text of a journey file; `name` is what problems call it.

        Raises `JourneyError`.
        """
        return cls(**loads_keys(text, name))

    def run(self, policy: Policy | None = None, *, locale: str | None = None) -> list[JourneyStep]:
        """Run the steps through a policy and return what each brought.

        The policy is the journey's own unless one is given. `locale` is the language that
        expectations about words are read in, if not the journey's own. Raises `JourneyError` where
        a step is earlier than the one before it.
        """
        return list(self.steps_of(policy or self.load_policy(), locale=locale))

    def load_policy(self) -> Policy:
        """Return the policy that the journey names. Raises `JourneyError` if it names none."""
        if self.policy is None:
            problem = Problem(
                code="no-policy",
                message="the journey names no policy",
                name=self.name,
                help='add `policy = "policy.toml"`, or use `--policy`',
            )
            raise JourneyError((problem,))
        return load_policy(self.policy)

    def steps_of(self, policy: Policy, *, locale: str | None = None) -> Iterator[JourneyStep]:
        """Run as `run` does, one step at a time."""
        run = _Passage(self, policy)
        for number, step in enumerate(self.steps, 1):
            before = run.now
            continued = run.advance(step, number)
            renewals = tuple(_renewals(policy, run.person.usage, before, run.now))
            readings = _readings(policy, run.person, run.seen(number), run.now)
            what, why_not = run.do(step, number)
            decision = run.decide(step, number)
            view = run.seen(number)
            yield JourneyStep(
                number=number,
                at=run.now,
                action=step.action,
                what=what,
                reader=run.person.as_reader(),
                view=view,
                decision=decision,
                before=readings,
                after=_readings(policy, run.person, view, run.now),
                renewals=renewals,
                continued=continued,
                happened=why_not is None,
                problem=why_not or broken(step.expect, decision, policy, locale or self.locale),
                line=step.line,
            )

    def answers_of(self, policy: Policy) -> Iterator[tuple[Decision, str | None]]:
        """Run as `run` does, and yield of each step only what is decided, and why it cannot happen.

        For those who run a journey through very many policies.
        """
        run = _Passage(self, policy)
        for number, step in enumerate(self.steps, 1):
            run.advance(step, number)
            _, why_not = run.do(step, number)
            yield run.decide(step, number), why_not

    def begin(self, policy: Policy) -> Person:
        """Return the reader before the first step."""
        dated = (right.entitlement(policy.zone) for right in self.rights)
        reader = evolve(self.reader, entitlements=(*self.reader.entitlements, *dated))
        return Person.begin(reader, self.device, self.language, self.channel)

    def starting(self, today: date) -> Journey:
        """Return this journey from a day on, where it has no time of its own."""
        dated = self.start is not None or (self.steps and self.steps[0].at is not None)
        return self if dated else evolve(self, start=today)

    def starts_at(self, policy: Policy) -> datetime:
        """Return when the journey starts."""
        start = self.start
        if start is None and self.steps:
            start = self.steps[0].at
        if start is None:
            start = first_day([policy])
        return moment(local_instant(start, policy.zone), policy.zone)

    def moved(self, step: PlannedStep, number: int, now: datetime, policy: Policy) -> datetime:
        """Return when a step happens, after `now`. Raises `JourneyError` where it cannot."""
        at = now
        if step.at is not None:
            at = moment(local_instant(step.at, policy.zone), policy.zone)
        if at < now:
            stands = f"{now:%Y-%m-%d %H:%M} where the journey stands (times in {policy.zone})"
            message = f"step {number} is at {at:%Y-%m-%d %H:%M}, before {stands}"
            advice = "put the steps in the order they happen: time only moves forward"
            raise self._lost("step-goes-back", step, number, message, advice)
        spans = [step.after]
        if isinstance(step.action, Wait):
            spans.append(step.action.span)
        try:
            for span in spans:
                at = at if span is None else later(at, span, policy.zone)
        except ImpossibleStepError as error:
            message = f"step {number} leads too far: {error}"
            advice = "give it a shorter stretch of time"
            raise self._lost("step-too-far", step, number, message, advice) from None
        return at

    def _lost(
        self, code: str, step: PlannedStep, number: int, message: str, advice: str
    ) -> JourneyError:
        problem = Problem(
            code=code,
            name=self.name,
            line=step.line,
            path=("steps", number - 1),
            message=message,
            help=advice,
        )
        return JourneyError((problem,))


class _Passage:
    """A journey on its way through a policy."""

    def __init__(self, journey: Journey, policy: Policy) -> None:
        self.journey = journey
        self.policy = policy
        self.person = journey.begin(policy)
        self.now = journey.starts_at(policy)
        actions = (step.action for step in journey.steps)
        first = next((action for action in actions if isinstance(action, ReadArticle)), None)
        self._on_screen = PageView(article=Article(id="any"))
        if first is not None:
            self._on_screen = first.seen(policy.zone)

    def seen(self, number: int) -> PageView:
        """Return the page on the reader's screen."""
        return self.person.seen(self._on_screen, number)

    def advance(self, step: PlannedStep, number: int) -> tuple[Continuation, ...]:
        """Move to the time of a step; return what was paid for again until then."""
        self.now = self.journey.moved(step, number, self.now, self.policy)
        continued = renew(self.person, self.now, self.policy.zone)
        if isinstance(step.action, ReadArticle):
            self._on_screen = step.action.seen(self.policy.zone)
        return tuple(continued)

    def do(self, step: PlannedStep, number: int) -> tuple[str, str | None]:
        """Do what a step says; return what happened, and why it could not."""
        context = StepContext(
            person=self.person, now=self.now, policy=self.policy, view=self.seen(number)
        )
        return _done(step, context)

    def decide(self, step: PlannedStep, number: int) -> Decision:
        """Return what the page on screen gets now; only one that a step opens is counted."""
        reader = self.person.as_reader()
        decision, after = decide(
            self.policy, reader, self.seen(number), self.person.usage, self.now
        )
        if isinstance(step.action, ReadArticle):
            self.person.usage = after
            return decision
        return evolve(decision, counted=False)


def _done(step: PlannedStep, context: StepContext) -> tuple[str, str | None]:
    """Do what a step says; return what happened, and why it could not."""
    try:
        return step.action.do(context), None
    except ImpossibleStepError as error:
        return f"cannot {step.action.verb}", f"this step cannot happen: {error}"


def _readings(
    policy: Policy, person: Person, view: PageView, now: datetime
) -> dict[str, MeterReading]:
    """Return the reading of every meter."""
    rulebook = policy.rulebook
    at = instant(now)
    values = rulebook.vocabulary.observe(person.as_reader(), view, at)
    readings = {}
    for name, (tally, _) in ledger(policy, person.usage, now).items():
        limit = rulebook.limit(name, values)
        counted = len(tally.ids)
        used = counted if limit is None else min(counted, limit)
        timeline = rulebook.timelines[name]
        resets = timeline.resets(tally.ats, limit, max((at, *tally.ats[-1:])))
        readings[name] = MeterReading(
            name=name,
            limit=limit,
            used=used,
            left=None if limit is None else limit - used,
            resets_at=None if resets is None else moment(resets, policy.zone),
        )
    return readings


def _renewals(policy: Policy, usage: Usage, before: datetime, now: datetime) -> Iterator[Renewal]:
    """Yield what left its window after `before`, up to and including `now`."""
    for name, timeline in policy.rulebook.timelines.items():
        tally = usage.tally(name)
        held = tally.ats[timeline.inside(tally.ats, instant(before)) :]
        back = timeline.inside(held, instant(now)) if held else 0
        if not back:
            continue
        if timeline.window.rolling is not None:  # each comes back on its own; the last one says
            at = timeline.ends(held[:back])
        else:
            at = timeline.resets(held, len(held), instant(before))
        yield Renewal(at=now if at is None else moment(at, policy.zone), meter=name, back=back)
