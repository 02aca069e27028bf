"""The text of a journey file in an address, where no list of steps can say it."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from meter.resources import MOST_BYTES
from meter.studio.reader.checking import StoryError

__all__ = ["pack", "unpack"]

_LONGEST = 8_000
"""A server takes an address of twice as much, and a page has one for each step."""


def pack(text: str) -> str:
    """Return a text compressed, in letters that an address holds as they are.

    Raises `StoryError` for a text that is too long for an address.

    >>> unpack(pack("[[steps]]"))
    '[[steps]]'
    """
    packed = urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(packed) > _LONGEST:
        raise StoryError("this journey is too long for an address; save it as a file and open that")
    return packed


def unpack(packed: str) -> str:
    """Return the text that `pack` was given. Raises `StoryError` for anything else."""
    unpacking = zlib.decompressobj()
    try:
        raw = urlsafe_b64decode(packed.encode() + b"=" * (-len(packed) % 4))
        text = unpacking.decompress(raw, MOST_BYTES).decode()
    except (ValueError, zlib.error):
        text = ""
    if not text or unpacking.unconsumed_tail or not unpacking.eof:
        raise StoryError("the journey in this address is not whole; copy the address again")
    return text
