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

__all__ = ["DISMISSED", "STARTED", "Dismissed", "Started", "check_named", "other_shape"]

STARTED = "started"
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


class _Kind(NamedTuple):
    """A kind of such events: its class, what it names with an example, and what was done to it."""

    make: type[Started | Dismissed]
    noun: str
    example: str
    done: str


_KINDS = {
    STARTED: _Kind(Started, "an offer", "summer", "started"),
    DISMISSED: _Kind(Dismissed, "a prompt", "give", "closed"),
}
"""Each kind by its key; of two keys in one event the first counts, and the other is not known."""


def other_shape(table: object, zone: ZoneInfo) -> Table | None:
    """Return the form of an event that is no page view; `None` for a page view."""
    keys = table if isinstance(table, dict) else {}
    key = next((key for key in _KINDS if key in keys), None)
    return None if key is None else _shape(key, zone)


@lru_cache(maxsize=128)
def _shape(key: str, zone: ZoneInfo) -> Table:
    """Return the form of one kind of event; its dates without a time are days in `zone`."""
    make, noun, example, done = _KINDS[key]
    return Table(
        noun="an event",
        make=make,
        example=f'{{"at": …, "reader": {{"id": "r1"}}, "{key}": "{example}"}}',
        keys={
            "at": Key(
                shape=Moment(),
                says=f"when it was {done}",
                required=True,
                filler=datetime(1970, 1, 1, tzinfo=UTC),
            ),
            "reader": Key(
                shape=reader_table(zone),
                says=f"who {done} it",
                required=True,
                filler=Reader(id="?"),
            ),
            key: Key(
                shape=Text(form=f'the name of {noun} such as `"{example}"`'),
                says=f"{noun} that was {done}",
                required=True,
                filler="?",
            ),
        },
    )


def check_named(
    event: object,
    offers: Collection[str] | None,
    prompts: Collection[str] | None,
    report: ProblemCollector,
) -> None:
    """Report what was started or closed that is none of these, where they are known.

    A name that could not be read is told already.
    """
    if report.dropped_at((STARTED,)) or report.dropped_at((DISMISSED,)):
        return
    if isinstance(event, Started):
        _check(event.started, STARTED, offers, report)
    elif isinstance(event, Dismissed):
        _check(event.dismissed, DISMISSED, prompts, report)


def _check(name: str, key: str, known: Collection[str] | None, report: ProblemCollector) -> None:
    if known is None or name in known:
        return
    noun = _KINDS[key].noun
    message = f"`{name}` is not {noun} of the policy"
    report.add(f"unknown-{noun.split()[-1]}", (key,), message, meant(name, known))
