"""An address of Reader for a journey that another place tells of, such as a counterexample."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from attrs import evolve

from meter.journeys.writing import journey_text
from meter.studio.desk import FILE
from meter.studio.reader.packing import pack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.journeys import Journey

__all__ = ["address", "story_link"]

_READABLE = ("steps", "b")
"""What is written with the signs that an address may have as they are."""
_SIGNS = ",:@+/="


def address(path: str, query: Mapping[str, str], v: str = FILE) -> str:
    """Return an address of Reader in which a person can read the steps."""
    given = {**query, "v": v} if v != FILE else query
    plain = {key: value for key, value in given.items() if key not in _READABLE}
    parts = [urlencode(plain)] if plain else []
    parts += (f"{key}={quote(given[key], safe=_SIGNS)}" for key in _READABLE if key in given)
    return f"{path}?{'&'.join(parts)}" if parts else path


def story_link(journey: Journey, *, step: int, v: str = FILE) -> str:
    """Return the address at which a journey is open in Reader, at one of its steps.

    The whole journey is in the address, with what its steps expect. `step` counts from 1, `v` is
    the key of the version of the policy. Raises `StoryError` for a journey too long for one.
    """
    text = journey_text(evolve(journey, policy=None))
    return address("/reader", {"text": pack(text), "at": str(step)}, v)
