"""The event that an account has started an offer: `{"at", "reader", "started": "summer"}`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from meter.loading.event_parts import Moment, reader_table
from meter.loading.fields import Key, Table, Text
from meter.view import Reader

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["KEY", "Started", "started_shape"]

KEY = "started"
"""The key that tells such an event from a page view."""


class Started(NamedTuple):
    """A reader has started an offer: when (a time with a zone), who, and the offer's name."""

    at: datetime
    reader: Reader
    started: str


@lru_cache(maxsize=64)
def started_shape(zone: ZoneInfo) -> Table:
    """Return the form of such an event; its dates without a time are days in `zone`."""
    return Table(
        noun="an event",
        make=Started,
        example='{"at": …, "reader": {"id": "r1"}, "started": "summer"}',
        keys={
            "at": Key(
                shape=Moment(),
                says="when it was started",
                required=True,
                filler=datetime(1970, 1, 1, tzinfo=UTC),
            ),
            "reader": Key(
                shape=reader_table(zone),
                says="who started it",
                required=True,
                filler=Reader(id="?"),
            ),
            KEY: Key(
                shape=Text(form='the name of an offer such as `"summer"`'),
                says="the offer that was started",
                required=True,
                filler="?",
            ),
        },
    )
