"""A usage as bytes: a byte for the version of the format, then JSON.

What is written is canonical: equal usages are equal bytes. Nearly every record is a table of meters
and nothing else; that one is put together here, byte for byte as `json` writes it.
"""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from json.encoder import encode_basestring
from typing import NamedTuple, cast

from meter.usage.tally import AFTER, FIRST, Tally

__all__ = ["ONLY_METERS", "VERSIONS", "UsageParts", "extended", "read", "write"]

ONLY_METERS = b"1"
"""Of what is written where nothing was started, as ever; an object of meters."""
_WITH_STARTED = b"2"
"""Of what is written else: a list of that object and of the names of what was started."""
_WITH_PARTS = b"3"
"""Of what is written where a prompt was shown or closed, or an offer with a deadline of one's own
was shown: an object of all the parts there are.
"""
VERSIONS = (ONLY_METERS, _WITH_STARTED, _WITH_PARTS)
_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class UsageParts(NamedTuple):
    """What is kept of a usage, by the names that the format has for it; `None` is nothing."""

    meters: dict[str, Tally]
    started: frozenset[str] = frozenset()
    shown: dict[str, Tally] | None = None
    closed: dict[str, int] | None = None
    offered: dict[str, int] | None = None


def write(parts: UsageParts) -> bytes:
    """Return the bytes of a usage, in the oldest version that can hold it."""
    meters, started, shown, closed, offered = parts
    if not (started or shown or closed or offered):
        return ONLY_METERS + _plain(meters).encode("utf-8", "surrogatepass")
    table = {name: _written(tally) for name, tally in meters.items()}
    if not (shown or closed or offered):
        return _encoded(_WITH_STARTED, [table, sorted(started)])
    showings = {name: _written(tally) for name, tally in (shown or {}).items()}
    written = UsageParts._fields, (table, sorted(started), showings, closed, offered)
    return _encoded(_WITH_PARTS, {name: part for name, part in zip(*written, strict=True) if part})


def extended(raw: bytes, name: str, step: int) -> bytes:
    """Return the bytes of a usage of one meter and nothing else after it has counted one more id.

    `raw` are those before, and `step` is how much later than the last id before it was counted.
    """
    # Behind the ids there are only numbers and brackets, so the last `],[` is the end of the ids.
    ids = raw.rindex(b"],[")
    written = encode_basestring(name).encode("utf-8", "surrogatepass")
    return b"%b,%b%b,%d]]}" % (raw[:ids], written, raw[ids:-3], step)


def _plain(meters: dict[str, Tally]) -> str:
    entries = []
    for name, tally in meters.items():
        ids = ",".join([encode_basestring(each) for each in tally.ids])
        steps = ",".join([str(step) for step in _steps(tally)])
        entries.append(f"{encode_basestring(name)}:[[{ids}],[{steps}]]")
    return "{" + ",".join(entries) + "}"


def _written(tally: Tally) -> list[object]:
    return [tally.ids, _steps(tally)]


def _steps(tally: Tally) -> list[int]:
    # Instants are written as steps from the one before: a tenth of the digits.
    return [at - before for before, at in pairwise((0, *tally.ats))]


def _encoded(version: bytes, value: object) -> bytes:
    return version + _JSON.encode(value).encode("utf-8", "surrogatepass")


def read(raw: bytes) -> UsageParts:
    """Return the parts of a usage; what is no such part is an error of one kind or another."""
    found = json.loads(raw[1:].decode("utf-8", "surrogatepass"))
    if raw[:1] == ONLY_METERS:
        return UsageParts(_read_tallies(found))
    parts: dict[str, object] = found
    if raw[:1] == _WITH_STARTED:
        parts = dict(zip(UsageParts._fields, found, strict=False))
    started = cast("list[str]", parts.get("started", []))
    closed = cast("dict[str, int]", parts.get("closed", {}))
    offered = cast("dict[str, int]", parts.get("offered", {}))
    if not {*map(type, started)} <= {str}:
        raise ValueError("what was started is a list of names")
    instants = (*closed.values(), *offered.values())
    if not all(type(at) is int and FIRST <= at < AFTER for at in instants):
        raise ValueError("an instant is in the years 1 to 9999")
    meters = _read_tallies(parts.get("meters", {}))
    shown = _read_tallies(parts.get("shown", {}))
    return UsageParts(meters, frozenset(started), shown, closed, offered)


def _read_tallies(table: object) -> dict[str, Tally]:
    entries = cast("dict[str, tuple[list[str], list[int]]]", table).items()
    return {name: _read_tally(*entry) for name, entry in entries}


def _read_tally(ids: list[str], steps: list[int]) -> Tally:
    if not ({*map(type, ids)} <= {str} and {*map(type, steps)} <= {int}):
        raise ValueError("a tally is a list of ids and a list of whole numbers")
    if len(ids) != len(steps) or len({*ids}) != len(ids):
        raise ValueError("a tally has one instant for each distinct id")
    ats = tuple(accumulate(steps))
    if ats and (ats[0] < FIRST or ats[-1] >= AFTER):
        raise ValueError("an instant is in the years 1 to 9999")
    read = [*zip(ats, ids, strict=True)]
    if read != sorted(read):
        raise ValueError("a tally is in order of time and then of id")
    return Tally(tuple(ids), ats)
