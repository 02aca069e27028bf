"""The events that are no page views.

An account has started an offer, `{"at", "reader", "started": "summer"}`, or a reader has closed a
prompt, `{"at", "reader", "dismissed": "give"}`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from meter.errors import meant
from meter.loading.event_parts import Moment, reader_table
from meter.loading.fields import Key, Table, Text
from meter.view import Reader

if TYPE_CHECKING:
    from collections.abc import Collection
    from zoneinfo import ZoneInfo

    from meter.loading.problems import ProblemCollector

__all__ = ["DISMISSED", "KEY", "Dismissed", "Started", "check_name", "other_shape"]

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
def _started_shape(zone: ZoneInfo) -> Table:
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
def _dismissed_shape(zone: ZoneInfo) -> Table:
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


def other_shape(table: object, zone: ZoneInfo) -> Table | None:
    """Return the form of an event that is no page view; `None` for a page view."""
    keys = table if isinstance(table, dict) else {}
    if KEY in keys:
        return _started_shape(zone)
    return _dismissed_shape(zone) if DISMISSED in keys else None


def check_name(
    event: object,
    offers: Collection[str] | None,
    prompts: Collection[str] | None,
    report: ProblemCollector,
) -> None:
    """Report what was started or closed that is none of these, where they are known."""
    if report.dropped_at((KEY,)) or report.dropped_at((DISMISSED,)):
        return  # its name could not be read, which is told already
    if isinstance(event, Started) and offers is not None and event.started not in offers:
        message = f"`{event.started}` is not an offer of the policy"
        report.add("unknown-offer", (KEY,), message, meant(event.started, offers))
    if isinstance(event, Dismissed) and prompts is not None and event.dismissed not in prompts:
        message = f"`{event.dismissed}` is not a prompt of the policy"
        report.add("unknown-prompt", (DISMISSED,), message, meant(event.dismissed, prompts))
