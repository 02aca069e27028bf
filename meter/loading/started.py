"""The events that are no page views.

An account has started an offer, `{"at", "reader", "started": "summer"}`, or a reader has closed a
prompt, `{"at", "reader", "dismissed": "give"}`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from meter.loading.event_parts import Moment, reader_table
from meter.loading.fields import Key, Table, Text
from meter.view import Reader

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["DISMISSED", "KEY", "Dismissed", "Started", "dismissed_shape", "started_shape"]

KEY = "started"
DISMISSED = "dismissed"
"""The keys that tell such events from a page view."""


class Started(NamedTuple):
    """A reader has started an offer: when (a time with a zone), who, and the offer's name."""

    at: datetime
    reader: Reader
    started: str


class Dismissed(NamedTuple):
    """A reader has closed a prompt: when (a time with a zone), who, and the prompt's name."""

    at: datetime
    reader: Reader
    dismissed: str


@lru_cache(maxsize=64)
def started_shape(zone: ZoneInfo) -> Table:
    """Return the form of a start; its dates without a time are days in `zone`."""
    return Table(
        noun="an event",
        make=Started,
        example='{"at": …, "reader": {"id": "r1"}, "started": "summer"}',
        keys={
            **_who_and_when(zone, "when it was started", "who started it"),
            KEY: Key(
                shape=Text(form='the name of an offer such as `"summer"`'),
                says="the offer that was started",
                required=True,
                filler="?",
            ),
        },
    )


@lru_cache(maxsize=64)
def dismissed_shape(zone: ZoneInfo) -> Table:
    """Return the form of a closing; its dates without a time are days in `zone`."""
    return Table(
        noun="an event",
        make=Dismissed,
        example='{"at": …, "reader": {"id": "r1"}, "dismissed": "give"}',
        keys={
            **_who_and_when(zone, "when it was closed", "who closed it"),
            DISMISSED: Key(
                shape=Text(form='the name of a prompt such as `"give"`'),
                says="the prompt that was closed",
                required=True,
                filler="?",
            ),
        },
    )


def _who_and_when(zone: ZoneInfo, when: str, who: str) -> dict[str, Key]:
    first = datetime(1970, 1, 1, tzinfo=UTC)
    nobody = Reader(id="?")
    return {
        "at": Key(shape=Moment(), says=when, required=True, filler=first),
        "reader": Key(shape=reader_table(zone), says=who, required=True, filler=nobody),
    }
