"""What is kept under one key: the bytes of a usage, and what they mean.

An id is a record: one key, one usage. Earlier releases made two ids one reader; what they wrote is
read for good. Their record of a joined reader (`J`, a list of keys, a line break, then a usage) is
that usage, and their alias (`A`, then the key it led to) is a reader of whom nothing is counted
yet. The next write replaces both.
"""

from __future__ import annotations

import re

from attrs import field, frozen

from meter.errors import CorruptUsageError
from meter.usage import Usage

__all__ = ["NOTHING", "Record", "read_record", "usage_record"]

_KEY = rb"[A-Za-z0-9._~%:=#-]{1,200}"
_JOINED = re.compile(rb'J\[\d{1,9},\[(?:"' + _KEY + rb'"(?:,"' + _KEY + rb'")*)?\]\]\n')
_ALIAS = re.compile(rb"A" + _KEY)


@frozen
class Record:
    """The bytes found under a key (`raw`, or `None` for nothing), and the usage they hold."""

    raw: bytes | None = None
    usage: Usage = field(factory=Usage)


NOTHING = Record()


def usage_record(usage: Usage) -> Record:
    """Return the record of a usage."""
    return Record(usage.to_bytes(), usage)


def read_record(raw: bytes | None) -> Record:
    """Read the bytes under a key. Raises `CorruptUsageError` for bytes that are no record."""
    if raw is None:
        return NOTHING
    if not isinstance(raw, bytes) or raw[:1] not in b"AJ":
        return Record(raw, Usage.from_bytes(raw))
    joined = _JOINED.match(raw)
    if joined is not None:
        return Record(raw, Usage.from_bytes(raw[joined.end() :]))
    if _ALIAS.fullmatch(raw):
        return Record(raw)
    raise CorruptUsageError(
        f"the record of {len(raw)} bytes cannot be read: it was cut short or changed; put it back,"
        " or forget the reader"
    )
