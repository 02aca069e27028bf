"""What is kept under one key: a usage and the ids joined to its reader, or an alias.

Two ids of one person are one reader once they are joined. The record of the one that stays (the
*root*) lists the others; each of those is an *alias*, a few bytes that lead to it. An alias holds
only while the root lists it: what is left of a join after a `forget` means nothing.
"""

from __future__ import annotations

import json

from attrs import field, frozen

from meter.errors import CorruptUsageError
from meter.usage import Usage

__all__ = ["NOTHING", "Record", "alias_record", "read_record", "usage_record"]

_JOINED = b"J"
_ALIAS = b"A"


@frozen
class Record:
    """The bytes found under a key (`raw`, or `None` for nothing), and what they mean.

    `usage` is what the reader has read, `joined` the keys that lead here, and `into` the key that
    an alias leads to.
    """

    raw: bytes | None = None
    usage: Usage = field(factory=Usage)
    joined: tuple[str, ...] = ()
    turn: int = 0
    """How many joins have changed this record.

    Every join changes the bytes, so of two at once one sees the other.
    """
    into: str | None = None


NOTHING = Record()


def usage_record(usage: Usage, joined: tuple[str, ...] = (), turn: int = 0) -> Record:
    """Return the record of a usage; without a join, its bytes are the usage's own."""
    raw = usage.to_bytes()
    if joined or turn:
        raw = _JOINED + json.dumps([turn, joined], separators=(",", ":")).encode() + b"\n" + raw
    return Record(raw, usage, joined, turn)


def alias_record(into: str) -> Record:
    """Return the record that leads to another key."""
    return Record(_ALIAS + into.encode(), into=into)


def read_record(raw: bytes | None) -> Record:
    """Read the bytes under a key. Raises `CorruptUsageError` for bytes that are no record."""
    if raw is None:
        return NOTHING
    if raw[:1] == _ALIAS:
        return Record(raw, into=raw[1:].decode("ascii", "replace"))
    if raw[:1] != _JOINED:
        return Record(raw, Usage.from_bytes(raw))
    head, _, usage = raw[1:].partition(b"\n")
    try:
        turn, joined = json.loads(head)
        keys = tuple(str(key) for key in joined)
        return Record(raw, Usage.from_bytes(usage), keys, int(turn))
    except (ValueError, TypeError) as error:
        raise CorruptUsageError(
            f"the list of joined readers cannot be read in a record of {len(raw)} bytes"
        ) from error
