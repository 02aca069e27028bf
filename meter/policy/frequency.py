"""Which caps of a prompt can never be what keeps it back, since another always does so first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from meter.policy.prompts import Cap
from meter.vocabulary import Unit, Weekday
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy.prompts import Prompt, Quiet

__all__ = ["IdleCap", "PlacedCap", "binding_caps", "caps_of", "idle_caps", "never_stands_in"]

# fmt: off
_UNITS = {
    (Unit.DAY, Unit.WEEK): 7, (Unit.DAY, Unit.MONTH): 31, (Unit.DAY, Unit.YEAR): 366,
    (Unit.WEEK, Unit.DAY): 1, (Unit.WEEK, Unit.MONTH): 6, (Unit.WEEK, Unit.YEAR): 54,
    (Unit.MONTH, Unit.DAY): 1, (Unit.MONTH, Unit.WEEK): 2, (Unit.MONTH, Unit.YEAR): 12,
    (Unit.YEAR, Unit.DAY): 1, (Unit.YEAR, Unit.WEEK): 2, (Unit.YEAR, Unit.MONTH): 1,
}
# fmt: on
"""How many of one calendar unit one of another touches at most."""
_SILENCES = ("closed", "purchase")
_SHORTEST = {
    Unit.DAY: timedelta(hours=20),
    Unit.WEEK: timedelta(days=6),
    Unit.MONTH: timedelta(days=27),
    Unit.YEAR: timedelta(days=364),
}
"""How long a calendar unit is at least, whatever a zone does with its clocks."""


class PlacedCap(NamedTuple):
    """A cap, and the key of a prompt that says it."""

    path: tuple[str | int, ...]
    cap: Cap


class IdleCap(NamedTuple):
    """A cap that never keeps a prompt back, and the one that always does so first."""

    idle: PlacedCap
    beside: PlacedCap


def caps_of(prompt: Prompt) -> tuple[PlacedCap, ...]:
    """Return all that limits how often a prompt is shown, as caps: `once` and `shown` are such."""
    found = []
    if prompt.once:
        found.append(PlacedCap(("once",), Cap(times=1, window=Window(lifetime=True))))
    found += [PlacedCap(("at_most", place), cap) for place, cap in enumerate(prompt.at_most)]
    quiet = prompt.quiet_after
    if quiet is not None and quiet.shown is not None:
        cap = Cap(times=1, window=Window(rolling=quiet.shown))
        found.append(PlacedCap(("quiet_after", "shown"), cap))
    return tuple(found)


def idle_caps(prompt: Prompt, *, alone: bool) -> Iterator[IdleCap]:
    """Yield the caps that can never bind; of two that come to the same it is the later one.

    `alone` says that no other prompt's showings are counted beside its own.
    """
    caps = caps_of(prompt)
    for place, one in enumerate(caps):
        for other, beside in enumerate(caps):
            if other == place or not _is_within(one.cap, beside.cap, alone=alone):
                continue
            if other < place or not _is_within(beside.cap, one.cap, alone=alone):
                yield IdleCap(one, beside)
                break


def binding_caps(prompt: Prompt, *, alone: bool) -> frozenset[Cap]:
    """Return the caps that can keep a prompt back, each in one form."""
    idle = {found.idle.path for found in idle_caps(prompt, alone=alone)}
    return frozenset(_plain(cap) for path, cap in caps_of(prompt) if path not in idle)


def never_stands_in(prompt: Prompt, other: Prompt) -> bool:
    """Say whether a prompt of the same group is kept back wherever this one is.

    Both count the same showings and closings then, each by its own numbers.
    """
    if prompt.group is None or prompt.group != other.group or prompt.every is not None:
        return False
    theirs = caps_of(other)
    return _is_silent_as_long(prompt.quiet_after, other.quiet_after) and all(
        any(_is_within(mine.cap, each.cap, alone=False) for each in theirs)
        for mine in caps_of(prompt)
    )


def _is_silent_as_long(one: Quiet | None, other: Quiet | None) -> bool:
    """Say whether another silence lasts as long, after a closing and after a purchase."""
    lengths = [(getattr(one, key, None), getattr(other, key, None)) for key in _SILENCES]
    return all(mine is None or (yours is not None and yours >= mine) for mine, yours in lengths)


def _is_within(one: Cap, beside: Cap, *, alone: bool) -> bool:
    """Say whether a cap leaves room wherever another one does.

    Where other prompts are counted too, more may be shown in a stretch than that other one allows.
    """
    touched = _touched(beside.window, one.window)
    if touched is None or (touched > 1 and not alone):
        return False
    return beside.times * touched <= one.times


def _touched(window: Window, stretch: Window) -> int | None:
    """Return how many of a window one stretch of another touches at most; `None` where no end."""
    if window.lifetime or _plain_window(window) == _plain_window(stretch):
        return 1
    longest = stretch.length
    if longest is None:
        return None
    if window.calendar is not None and stretch.calendar is not None:
        # Weeks that start on two different days cut each other.
        return _UNITS.get((window.calendar, stretch.calendar), 2)
    if window.rolling is not None:
        return -(-longest // window.rolling)
    if window.fixed is not None:
        return -(-longest // window.fixed) + 1
    return None if window.calendar is None else longest // _SHORTEST[window.calendar] + 2


def _plain(cap: Cap) -> Cap:
    return Cap(times=cap.times, window=_plain_window(cap.window))


def _plain_window(window: Window) -> Window:
    """Return a week that starts on Monday as one that says nothing of it."""
    return Window(calendar=Unit.WEEK) if window.starts is Weekday.MONDAY else window
