"""What does one reader see, month after month?

A journey is a reader and dated steps, run through the engine.

Every count and every answer comes from `engine.decide` and `Usage.merge`; a journey only moves the
clock, the device and the account. Days, weeks, months and years between steps are the calendar's in
the publication's zone, hours and minutes absolute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, fields, frozen

from meter.decision import Decision, MeterReading
from meter.engine import ledger
from meter.errors import PolicyError, Problem
from meter.explanation import explain
from meter.journeys.actions import Action, Read, Wait
from meter.journeys.life import Life, Misstep, Right, later
from meter.memo import decide
from meter.view import Article, PageView, Reader
from meter.vocabulary import Access, Show
from meter.windows import Term, instant, local_instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy
    from meter.usage import Usage

__all__ = ["Expect", "Journey", "JourneyError", "JourneyStep", "Renewal", "Step"]


_SOMEONE = Reader(id="reader")


class JourneyError(PolicyError):
    """A journey file cannot be used.

    `problems` holds every problem, located as those of a policy are.
    """


def _texts(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _steps(value: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(value)


def _rights(value: Iterable[Right]) -> tuple[Right, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Expect:
    """What a step must bring.

    What is `None` is not looked at; `offer = false` and `prompt = false` ask for none.

    `says` are texts that the prompt must contain, word for word; spaces and line breaks are alike.
    """

    show: Show | None = None
    access: Access | None = None
    rule: str | None = None
    offer: str | bool | None = None
    prompt: str | bool | None = None
    left: int | None = None
    used: int | None = None
    counted: bool | None = None
    resets_at: datetime | date | None = None
    says: tuple[str, ...] = field(default=(), converter=_texts)


@frozen(kw_only=True)
class Step:
    """One thing that happens.

    `at` a time, or a stretch of time `after` the step before, or at the same time as that.
    """

    action: Action
    at: datetime | date | None = None
    after: Term | timedelta | None = None
    expect: Expect | None = None
    line: int | None = None


@frozen(kw_only=True)
class Renewal:
    """What was counted and counts no more since the step before.

    From when on, on which meter, and how many.
    """

    at: datetime
    meter: str
    back: int


@frozen(kw_only=True)
class JourneyStep:
    """A step that has happened.

    `at` is in the publication's zone. `decision` is what a read step got; for any other step it is
    what the article on screen (the one opened last, or the first to come) would get now, and counts
    nothing. `before` and `after` say by meter where the reader stood, `renewals` which windows
    ended since the step before. `problem` is a broken expectation and why, or `None`.
    """

    number: int
    at: datetime
    action: Action
    what: str
    reader: Reader
    view: PageView
    decision: Decision
    before: Mapping[str, MeterReading]
    after: Mapping[str, MeterReading]
    renewals: tuple[Renewal, ...] = ()
    problem: str | None = None
    line: int | None = None

    @property
    def is_read(self) -> bool:
        """Whether an article was opened."""
        return isinstance(self.action, Read)


@frozen(kw_only=True)
class Journey:
    """A reader and what happens to them, step by step.

    `policy` is the policy file the journey was written for, `start` the time before the first step
    (a time or date without a zone is in the publication's), `locale` the language in which
    expectations say what a prompt says (`None` for the publication's). A reader who is registered
    or has rights starts signed in. `rights` are entitlements whose dates are the publication's;
    they join those of `reader`.
    """

    steps: tuple[Step, ...] = field(converter=_steps)
    reader: Reader = _SOMEONE
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
        from meter.journeys.file import (
            load_journey,
        )

        return load_journey(Path(path))

    @classmethod
    def loads(cls, text: str, *, name: str = "journey.toml") -> Journey:
        """Read the text of a journey file; `name` is what problems call it.

        Raises `JourneyError`.
        """
        from meter.journeys.file import loads_journey

        return loads_journey(text, name)

    def run(self, policy: Policy | None = None, *, locale: str | None = None) -> list[JourneyStep]:
        """Run the steps through a policy (the journey's own unless one is given) and return what
        each brought.

        `locale` is the language that expectations about words are read in, if not the journey's
        own. Raises `JourneyError` where a step is earlier than the one before it.
        """
        return list(self.steps_of(policy or self.load_policy(), locale=locale))

    def load_policy(self) -> Policy:
        """Return the policy that the journey names. Raises `JourneyError` if it names none."""
        from meter.loading import (
            load_policy,
        )

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
        rights = (
            *self.reader.entitlements,
            *(right.entitlement(policy.zone) for right in self.rights),
        )
        life = Life.begin(
            evolve(self.reader, entitlements=rights), self.device, self.language, self.channel
        )
        on_screen = next(
            (step.action.seen(policy.zone) for step in self.steps if isinstance(step.action, Read)),
            PageView(article=Article(id="any")),
        )
        now = self._start(policy)
        for number, step in enumerate(self.steps, 1):
            before, now = now, self._move(step, number, now, policy)
            renewals = tuple(_renewals(policy, life.usage, before, now))
            if isinstance(step.action, Read):
                on_screen = step.action.seen(policy.zone)
            stood = _readings(policy, life, life.seen(on_screen, number), now)
            problem = None
            try:
                what = step.action.do(life, now, policy)
            except Misstep as misstep:
                what, problem = f"cannot {step.action.verb}", f"this step cannot happen: {misstep}"
            reader, view = life.as_reader(), life.seen(on_screen, number)
            asked = view if isinstance(step.action, Read) else evolve(view, prefetch=True)
            decision, life.usage = decide(policy, reader, asked, life.usage, now)
            problem = problem or _broken(step.expect, decision, policy, locale or self.locale)
            yield JourneyStep(
                number=number,
                at=now,
                action=step.action,
                what=what,
                reader=reader,
                view=view,
                decision=decision,
                before=stood,
                after=_readings(policy, life, view, now),
                renewals=renewals,
                problem=problem,
                line=step.line,
            )

    def _start(self, policy: Policy) -> datetime:
        start = self.start if self.start is not None else (self.steps[0].at if self.steps else None)
        if start is None:
            problem = Problem(
                code="no-start",
                message="the journey has no time to start at",
                name=self.name,
                help="add `start = 2026-06-01` above the first table, or `at` to the first step",
            )
            raise JourneyError((problem,))
        return moment(local_instant(start, policy.zone), policy.zone)

    def _move(self, step: Step, number: int, now: datetime, policy: Policy) -> datetime:
        at = now if step.at is None else moment(local_instant(step.at, policy.zone), policy.zone)
        if at < now:
            stands = f"{now:%Y-%m-%d %H:%M} where the journey stands (times in {policy.zone})"
            message = f"step {number} is at {at:%Y-%m-%d %H:%M}, before {stands}"
            raise self._lost(
                "step-goes-back",
                step,
                number,
                message,
                "put the steps in the order they happen: time only moves forward",
            )
        try:
            for span in (step.after, step.action.span if isinstance(step.action, Wait) else None):
                at = at if span is None else later(at, span, policy.zone)
        except Misstep as misstep:
            message = f"step {number} leads too far: {misstep}"
            raise self._lost(
                "step-too-far", step, number, message, "give it a shorter stretch of time"
            ) from None
        return at

    def _lost(self, code: str, step: Step, number: int, message: str, advice: str) -> JourneyError:
        return JourneyError(
            (
                Problem(
                    code=code,
                    name=self.name,
                    line=step.line,
                    path=("steps", number - 1),
                    message=message,
                    help=advice,
                ),
            )
        )


def _readings(policy: Policy, life: Life, view: PageView, now: datetime) -> dict[str, MeterReading]:
    """Return where the reader stands on every meter."""
    rulebook, at = policy.rulebook, instant(now)
    values = rulebook.vocabulary.observe(life.as_reader(), view, at)
    readings = {}
    for name, (tally, _) in ledger(policy, life.usage, now).items():
        limit = rulebook.limit(name, values)
        used = min(len(tally.ids), limit)
        resets = rulebook.timelines[name].resets(tally.ats, limit, max(at, *tally.ats[-1:], at))
        readings[name] = MeterReading(
            name=name,
            limit=limit,
            used=used,
            left=limit - used,
            resets_at=None if resets is None else moment(resets, policy.zone),
        )
    return readings


def _renewals(policy: Policy, usage: Usage, before: datetime, now: datetime) -> Iterator[Renewal]:
    """Yield what left its window after `before`, up to and including `now`."""
    for name, timeline in policy.rulebook.timelines.items():
        tally = usage.tally(name)
        held = tally.ats[timeline.inside(tally.ats, instant(before)) :]
        back = timeline.inside(held, instant(now)) if held else 0
        if back:
            rolling = timeline.window.rolling is not None
            at = (
                timeline.ends(held[:back])
                if rolling
                else timeline.resets(held, len(held), instant(before))
            )
            yield Renewal(at=now if at is None else moment(at, policy.zone), meter=name, back=back)


def _broken(
    expect: Expect | None, decision: Decision, policy: Policy, locale: str | None
) -> str | None:
    """Return what differs from an expectation, and why it is so; `None` if nothing does."""
    if expect is None:
        return None
    differs = [
        *_different_values(expect, decision, policy),
        *_unsaid(expect, decision, policy, locale),
    ]
    return (
        None
        if not differs
        else "\n".join((*differs, *(f"  {line}" for line in explain(decision).splitlines())))
    )


def _different_values(expect: Expect, decision: Decision, policy: Policy) -> Iterator[str]:
    for key in (item.name for item in fields(Expect) if item.name not in ("says", "resets_at")):
        wanted = getattr(expect, key)
        if wanted is None:
            continue
        found: Any = (
            getattr(decision.meter, key, None)
            if key in ("left", "used")
            else getattr(decision, key)
        )
        if (wanted is False and key in ("offer", "prompt") and found is None) or (
            wanted is True and key in ("offer", "prompt") and found is not None
        ):
            continue
        if wanted != found:
            yield (
                f"expected `{key} = {_word(wanted)}`, got"
                f" {'none' if found is None else f'`{_word(found)}`'}"
            )
    if expect.resets_at is not None:
        wanted = moment(local_instant(expect.resets_at, policy.zone), policy.zone)
        resets = None if decision.meter is None else decision.meter.resets_at
        if resets != wanted:
            yield (
                f"expected `resets_at = {wanted.isoformat()}`, got"
                f" {'none' if resets is None else f'`{resets.isoformat()}`'}"
            )


def _unsaid(
    expect: Expect, decision: Decision, policy: Policy, locale: str | None
) -> Iterator[str]:
    if not expect.says:
        return
    from meter.prompts import render

    text = " ".join(render(decision, policy, locale=locale, format="text").split())
    for words in expect.says:
        if " ".join(words.split()) not in text:
            yield f"expected it to say `{words}`, but it says {f'`{text}`' if text else 'nothing'}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
