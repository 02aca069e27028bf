"""A story: who reads, from when on, and what happens, step by step.

It is written in an address and turned into a `Journey`, which is the only thing that is ever run:
what reading, signing in and an offer mean is said there and nowhere else.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from attrs import Factory, evolve, frozen

from meter.errors import quoted
from meter.journeys import Journey
from meter.journeys.action_keys import AT
from meter.loading.today import first_day
from meter.studio.numbers import whole_number
from meter.studio.reader.checking import StoryError, check
from meter.studio.reader.moves import Move, Until, parse_moves, planned, write_moves
from meter.studio.reader.packing import unpack
from meter.studio.reader.who import Who
from meter.windows import instant, local_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from meter.policy import Policy

__all__ = ["Past", "Story", "parse_start", "until", "write_start"]

_MORNING = time(9)
_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_MOST_WHOLE = 99_999


@frozen(kw_only=True)
class Past:
    """A journey that a story goes on from: a file beside the policy, or one in the address.

    `key` is `journey` (and `value` the file's name) or `text` (and `value` its packed text).
    """

    key: str
    value: str
    journey: Journey


@frozen(kw_only=True)
class Story:
    """Who reads, a start, and steps; or the first `upto` steps of a journey, and steps after it.

    Where there is a `past`, it says who reads and when it starts. Times without an offset are in
    the publication's zone.
    """

    who: Who = Factory(Who)
    start: datetime | None = None
    moves: tuple[Move, ...] = ()
    past: Past | None = None
    upto: int = 0

    @classmethod
    def parse(cls, given: Mapping[str, str], load: Callable[[str], Journey]) -> Story:
        """Read a story from the words of an address; `load` opens a journey file by its name.

        Raises `StoryError` for what is no story, and `JourneyError` for a journey with problems.
        """
        past = _past(given, load)
        length = 0 if past is None else len(past.journey.steps)
        return cls(
            who=Who.parse(given),
            start=parse_start(given.get("start", "")),
            moves=parse_moves(given.get("steps", "")),
            past=past,
            upto=min(length, whole(given.get("upto", ""), length)),
        )

    def write(self) -> dict[str, str]:
        """Return the words of the address, as `parse` reads them."""
        said = {}
        if self.past is None:
            said = self.who.write()
            if self.start is not None:
                said["start"] = write_start(self.start)
        else:
            said[self.past.key] = self.past.value
            if self.upto != len(self.past.journey.steps):
                said["upto"] = str(self.upto)
        if self.moves:
            said["steps"] = write_moves(self.moves)
        return said

    def __len__(self) -> int:
        return self.upto + len(self.moves)

    def first(self, count: int) -> Story:
        """Return the story of the first steps alone."""
        own = max(0, count - self.upto)
        return evolve(self, upto=min(self.upto, count), moves=self.moves[:own])

    def then(self, *moves: Move) -> Story:
        """Return the story with more steps."""
        return evolve(self, moves=(*self.moves, *moves))

    def started(self, policy: Policy) -> Story:
        """Return the story with a start, where it has none: the morning of the policy's first day.

        See `meter.loading.today.first_day`.
        """
        if self.start is not None or self.past is not None:
            return self
        return evolve(self, start=datetime.combine(first_day([policy]), _MORNING))

    def journey(self, policy: Policy) -> Journey:
        """Return the story as a journey through a policy."""
        if self.past is not None:
            before = self.past.journey.steps[: self.upto]
            return evolve(self.past.journey, steps=(*before, *planned(self.moves, before)))
        story = self.started(policy)
        start = story.start
        now = Journey(steps=(), start=start).starts_at(policy)
        return Journey(
            steps=planned(self.moves),
            reader=self.who.reader(now),
            start=start,
            device=self.who.device,
            language=self.who.language or None,
            channel=self.who.channel or None,
        )


def parse_start(text: str) -> datetime | None:
    """Read a start such as `2026-06-12T09:00`; an empty text is none."""
    if not text:
        return None
    try:
        start = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        message = f"{quoted(text)} is no time to start at: write one such as `2026-06-12T09:00`"
        raise StoryError(message) from None
    check(AT, start, "start")
    return start


def write_start(start: datetime) -> str:
    """Write a start, to the minute where it is one."""
    is_whole = not (start.second or start.microsecond)
    return start.isoformat(timespec="minutes" if is_whole else "auto")


def until(at: datetime, zone: ZoneInfo) -> Until:
    """Return the move to an instant; in the zone's own time, where that says it exactly."""
    local = at.astimezone(zone).replace(tzinfo=None, fold=0)
    minute_before = local_instant(local - _MINUTE, zone)
    if minute_before + _MINUTE // _MICROSECOND == instant(at):
        return Until(local)
    # An offset of its own: a minute before it is a minute before, whatever the zone's clock did.
    return Until(at.astimezone(timezone(at.astimezone(zone).utcoffset() or timedelta())))


def whole(text: str, otherwise: int) -> int:
    """Read a number of steps; an empty text is `otherwise`."""
    if not text:
        return otherwise
    number = whole_number(text, _MOST_WHOLE)
    if number is None:
        raise StoryError(f"{quoted(text)} is no number of steps")
    return number


def _past(given: Mapping[str, str], load: Callable[[str], Journey]) -> Past | None:
    name = given.get("journey", "")
    text = given.get("text", "")
    if name:
        return Past(key="journey", value=name, journey=load(name))
    if text:
        return Past(key="text", value=text, journey=Journey.loads(unpack(text), name="the story"))
    return None
