"""Which caps of a prompt can never be what keeps it back, since others always do so first.

A prompt that counts its own showings only is never shown where one of its caps leaves no room, so
that a cap is idle where the others together leave room for no more than its `times` in any of its
windows. In a group more may be shown in a window than the caps of one prompt allow: there a cap is
idle beside one that allows no more, and whose window always reaches as far back.

Told of it is what one identity is shown. What two were shown before they are joined is not taken
back, so that even an idle cap may keep a prompt back from both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.policy import Cap
from meter.verify.frequency.bounds import Room, fullest
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from meter.policy import Prompt, Quiet

__all__ = ["IdleCap", "PlacedCap", "binding_caps", "idle_caps", "is_no_looser", "never_stands_in"]

_SILENCES = ("closed", "purchase")
_PAIR = 2


class PlacedCap(NamedTuple):
    """A cap, and the key of a prompt that says it."""

    path: tuple[str | int, ...]
    cap: Cap


class IdleCap(NamedTuple):
    """A cap that never keeps a prompt back, and those that together always do so first."""

    idle: PlacedCap
    beside: tuple[PlacedCap, ...]


def _caps_of(prompt: Prompt) -> tuple[PlacedCap, ...]:
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


def idle_caps(
    prompt: Prompt, zone: ZoneInfo, *, alone: bool, kept: Cap | None = None
) -> tuple[IdleCap, ...]:
    """Return the caps that can never bind, in the zone of a publication.

    Without all of them the prompt is shown as with them: of two that come to the same it is the
    later one. `alone` says that no other prompt's showings are counted beside its own. A cap that
    is `kept` is needed for something else, and none of them.
    """
    left = [*_caps_of(prompt)]
    found = []
    for placed in reversed(left.copy()):
        others = [each for each in left if each is not placed]
        beside = () if placed.cap == kept else _needed(others, placed.cap, zone, alone=alone)
        if beside:
            found.append(IdleCap(placed, beside))
            left = others
    return tuple(reversed(found))


def _needed(
    others: Sequence[PlacedCap], cap: Cap, zone: ZoneInfo, *, alone: bool
) -> tuple[PlacedCap, ...]:
    """Return those beside which a cap is idle, and no more of them; none where it is not."""
    if not _is_idle(others, cap, zone, alone=alone):
        return ()
    needed = others
    for each in reversed(others):
        fewer = [other for other in needed if other is not each]
        if _is_idle(fewer, cap, zone, alone=alone):
            needed = fewer
    return tuple(needed)


def binding_caps(prompt: Prompt, zone: ZoneInfo, *, alone: bool) -> tuple[Cap, ...]:
    """Return the caps that can keep a prompt back."""
    idle = {found.idle.path for found in idle_caps(prompt, zone, alone=alone)}
    return tuple(placed.cap for placed in _caps_of(prompt) if placed.path not in idle)


def is_no_looser(prompt: Prompt, other: Prompt, zone: ZoneInfo, *, alone: bool) -> bool:
    """Say whether the caps of a prompt keep it back wherever those of another one would.

    Both are looked at in one zone, and count the same showings.
    """
    mine = _caps_of(prompt)
    return all(_is_idle(mine, theirs.cap, zone, alone=alone) for theirs in _caps_of(other))


def never_stands_in(prompt: Prompt, other: Prompt, zone: ZoneInfo) -> bool:
    """Say whether a prompt of the same group is kept back wherever this one is.

    Both count the same showings and closings then, each by its own numbers.
    """
    if prompt.group is None or prompt.group != other.group or prompt.every is not None:
        return False
    quiet = _is_silent_as_long(prompt.quiet_after, other.quiet_after)
    return quiet and is_no_looser(other, prompt, zone, alone=False)


def _is_silent_as_long(one: Quiet | None, other: Quiet | None) -> bool:
    """Say whether another silence lasts as long, after a closing and after a purchase."""
    lengths = [(getattr(one, key, None), getattr(other, key, None)) for key in _SILENCES]
    return all(mine is None or (yours is not None and yours >= mine) for mine, yours in lengths)


def _is_idle(caps: Iterable[PlacedCap], cap: Cap, zone: ZoneInfo, *, alone: bool) -> bool:
    """Say whether a cap leaves room wherever some others all do."""
    rooms = [Room(placed.cap.times, placed.cap.window) for placed in caps]
    tight = [room for room in rooms if room.times <= cap.times]
    # Two windows that a showing begins are the same one, whoever begins it.
    if any(room.window == cap.window for room in tight):
        return True
    if not alone:
        return any(_reaches_as_far(room.window, cap.window, zone) for room in tight)
    return bool(rooms) and _most(rooms, cap.window, cap.times + 1, zone) <= cap.times


def _reaches_as_far(window: Window, other: Window, zone: ZoneInfo) -> bool:
    """Say whether a window always holds what another one does that ends at the same instant.

    It does where two showings in each of the one leave no room for a third in the other. Two, since
    a window that a showing begins has to hold one more to end with any of them inside.
    """
    return _most((Room(_PAIR, window),), other, _PAIR + 1, zone) == _PAIR


def _most(rooms: Iterable[Room], asked: Window, most: int, zone: ZoneInfo) -> int:
    return fullest(tuple(rooms), asked, most, zone).shown
