"""What Reader says of a story: its points in time, the meters, why, and in what two differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.explanation import Explanation, explanation_of
from meter.journeys.actions import SwitchDevice, Wait
from meter.journeys.person import span_text
from meter.journeys.telling import (
    campaign_parts,
    count_text,
    dots,
    format_time,
    moved_text,
    paid_again_text,
    renewed_text,
)
from meter.studio.reader.naming import with_plain_times
from meter.studio.reader.playing import step_differences
from meter.studio.reader.variants import variants_of
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from meter.decision import MeterReading
    from meter.journeys import JourneyStep
    from meter.studio.reader.playing import Played
    from meter.studio.reader.screen import Screen

__all__ = ["Contrast", "Point", "SideView", "Stand", "contrasts", "side_view", "when_text"]

_DIFFERENCES = {
    "at": "the time",
    "what": "what happens",
    "reader": "the reader's status",
    "show": "what is shown",
    "access": "how much can be read",
    "offers": "the offers",
    "prompt": "the prompt",
    "counted": "what is counted",
    "meter": "the meter",
    "says": "the words",
}
"""In what two steps may differ, as a person says it; every key of `step_differences`."""

_FOLLOWS = {"show": ("access", "prompt", "says"), "meter": ("counted",)}
"""What differs as well where something else does, and need not be told."""


@frozen(kw_only=True)
class Point:
    """A step of a timeline: when, what happened, and what came of it.

    `kind` is `open`, `wall`, `move` or `impossible`. `notes` say what came back or was paid for
    before it, `problem` what was expected and is not so, `differs` in what the other story differs.
    """

    number: int
    when: str
    what: str
    came: str
    kind: str
    address: str
    is_current: bool
    is_expected: bool
    notes: tuple[str, ...]
    problem: str
    differs: str


@frozen(kw_only=True)
class Stand:
    """How much of a meter is used."""

    name: str
    dots: str
    text: str
    resets: str


@frozen(kw_only=True)
class SideView:
    """One story on the screen.

    `is_read` says whether the step that is looked at opened the page; `why` is nothing while no
    page was opened.
    """

    side: str
    title: str
    now: str
    reader: str
    points: tuple[Point, ...]
    start: str
    start_title: str
    is_at_start: bool
    back: str | None
    forward: str | None
    frame: str | None
    frame_title: str
    is_read: bool
    came: str
    stands: tuple[Stand, ...]
    why: Explanation | None
    rule: str
    problem: str


@frozen(kw_only=True)
class Contrast:
    """One line of the comparison of two stories where they stand."""

    name: str
    a: str
    b: str

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.a != self.b


def side_view(
    screen: Screen, side: str, played: Played, title: str, other: Played | None = None
) -> SideView:
    """Return what is said of one of the stories on a screen."""
    step = played.current
    on_screen = played.on_screen
    at = played.at
    shared = _shared(screen, side)
    frame = None if on_screen is None else screen.address("/reader/frame", which=side)
    where = f"at step {at}" if other is None else f"at step {at} of {side.upper()}"
    return SideView(
        side=side,
        title=title,
        now=when_text(played.now, year=True),
        reader=_reader(played),
        points=tuple(_points(screen, side, played, other)),
        start=screen.looking(side, shared).address(),
        start_title=f"After step {shared} of A" if shared else "The beginning",
        is_at_start=at <= shared,
        back=screen.looking(side, at - 1).address() if at else None,
        forward=screen.looking(side, at + 1).address() if at < len(played.steps) else None,
        frame=frame,
        frame_title=f"What the reader sees {where}",
        is_read=step is not None and step.is_read,
        came="" if step is None else f"{_what(step)}: {_came(step)}".removesuffix(": "),
        stands=() if step is None else tuple(_stands(step)),
        why=None if on_screen is None else _why(on_screen, played),
        rule="" if on_screen is None else on_screen.decision.rule,
        problem="" if step is None else (step.problem or ""),
    )


def _why(step: JourneyStep, played: Played) -> Explanation:
    """Return why a page is shown, with times as the publication's clock shows them."""
    found = explanation_of(step.decision)
    lines = (with_plain_times(line, played.policy.zone, step.at) for line in found.lines)
    return evolve(found, lines=tuple(lines))


def contrasts(one: Played, other: Played) -> tuple[Contrast, ...]:
    """Return where two stories stand, line by line."""
    lines = (_standing(one), _standing(other))
    return tuple(Contrast(name=name, a=lines[0][name], b=lines[1][name]) for name in lines[0])


def when_text(at: datetime, *, year: bool = False) -> str:
    """Write a time, such as `Fri 12 June 09:00`."""
    of_year = f" {at.year}" if year else ""
    return f"{at:%a} {at.day} {at:%B}{of_year} {at:%H:%M}"


def _standing(played: Played) -> dict[str, str]:
    step = played.on_screen
    decision = None if step is None else step.decision
    meter = None if decision is None else decision.meter
    return {
        "When": when_text(played.now, year=True),
        "Who": _reader(played),
        "Shown": "nothing yet" if decision is None else str(decision.show),
        "Reads": "" if decision is None else _reads(decision.access),
        "Offer": "" if decision is None else ", ".join(decision.offers) or "none",
        "Meter": "none" if meter is None else f"{meter.name}: {_used(meter)}",
        "Says": "" if step is None else played.says(step).partition("\n")[0] or "nothing",
        "Rule": "" if decision is None else decision.rule,
    }


def _reads(access: Access) -> str:
    return "the whole article" if access is Access.FULL else "a preview"


def _used(meter: MeterReading) -> str:
    if meter.limit is None:
        return f"{meter.used} counted, without a limit"
    return f"{meter.used} of {meter.limit}"


def _reader(played: Played) -> str:
    """Say who reads now: the status, who is signed in, and the device."""
    person = played.journey.begin(played.policy)
    reader = person.as_reader() if played.current is None else played.current.reader
    device = person.device if played.current is None else played.current.view.device
    known = f"signed in as {reader.id}" if reader.registered else "not signed in"
    said = f"{reader.status(played.now)}, {known}"
    parts = [said, f"device: {device}" if _tells_devices(played) else ""]
    return ", ".join(filter(None, (*parts, variants_of(played.policy, reader))))


def _tells_devices(played: Played) -> bool:
    """Say whether the device may matter: the policy asks for it, or the reader changes it."""
    asks = any(slot.name == "device" for slot in played.policy.rulebook.vocabulary.slots)
    return asks or any(isinstance(step.action, SwitchDevice) for step in played.journey.steps)


def _points(screen: Screen, side: str, played: Played, other: Played | None) -> Iterator[Point]:
    alike = screen.fork or 0
    for step in played.steps[_shared(screen, side) :]:
        differs = ""
        is_in_both = other is not None and alike < step.number <= len(other.steps)
        if other is not None and is_in_both:
            keys = step_differences(played, other, step.number)
            differs = ", ".join(_told(keys, is_somebody_else=screen.b_who is not None))
        yield Point(
            number=step.number,
            when=when_text(step.at),
            what=_what(step),
            came=_came(step),
            kind=_kind(step),
            address=screen.looking(side, step.number).address(),
            is_current=step.number == played.at,
            is_expected=played.journey.steps[step.number - 1].expect is not None,
            notes=tuple(_notes(step, played)),
            problem=step.problem or "",
            differs=differs,
        )


def _told(keys: list[str], *, is_somebody_else: bool) -> Iterator[str]:
    """Yield in what two steps differ, without what follows from another difference."""
    follows = {word for key in keys for word in _FOLLOWS.get(key, ())}
    if is_somebody_else:
        follows.add("reader")
    for key in keys:
        if key not in follows:
            yield _DIFFERENCES[key]


def _shared(screen: Screen, side: str) -> int:
    """Return how many steps a branch need not tell: those that it has in common with A."""
    return screen.fork if side == "b" and screen.fork is not None else 0


def _notes(step: JourneyStep, played: Played) -> Iterator[str]:
    for renewal in step.renewals:
        yield f"{format_time(renewal.at, step.at)}: {renewed_text(renewal, played.policy)}"
    for paid in step.continued:
        yield f"{format_time(paid.at, step.at)}: {paid_again_text(paid)}"


def _what(step: JourneyStep) -> str:
    """Say what happened; the clock alone says until when it waits."""
    if isinstance(step.action, Wait):
        span = span_text(step.action.span)
        return f"{span} {'passes' if span.startswith('1 ') else 'pass'}"
    return step.what.replace("`", "")


def _came(step: JourneyStep) -> str:
    if not step.happened:
        return "cannot happen"
    if not step.is_read:
        return moved_text(step)
    came = " ".join(filter(None, (str(step.decision.show), count_text(step))))
    return ", ".join((came, *campaign_parts(step)))


def _kind(step: JourneyStep) -> str:
    if not step.happened:
        return "impossible"
    if not step.is_read:
        return "move"
    return "open" if step.decision.access is Access.FULL else "wall"


def _stands(step: JourneyStep) -> Iterator[Stand]:
    for name, reading in step.after.items():
        if reading.limit == 0:
            continue
        resets = reading.resets_at
        yield Stand(
            name=name,
            dots=dots(reading),
            text=_used(reading),
            resets="" if resets is None else f"more from {format_time(resets, step.at)}",
        )
