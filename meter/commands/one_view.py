"""The options `--as` and `--at`: one page view that needs no file of events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, TypeVar

import click
from attrs import frozen

from meter.clock import system_clock
from meter.commands.dates import AS_DATE, day_or_time
from meter.loading.events import Event
from meter.verify.together.tenure import reader_of
from meter.view import Article, PageView
from meter.vocabulary import Status
from meter.windows import day_start, moment

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["OneView", "in_zone", "one_view_options", "to_the_minute"]

_Command = TypeVar("_Command", bound=Callable[..., object])


@frozen
class OneView:
    """Who opens an article, and when: nothing else is known of reader or article."""

    status: Status | None
    at: datetime | None

    def __bool__(self) -> bool:
        """Say whether one is asked for."""
        return self.status is not None or self.at is not None

    def event(self, policy: Policy) -> Event:
        """Return the page view: a first metered article, at a time in the publication's zone."""
        now = in_zone(self.at, policy)
        status = self.status or Status.ANONYMOUS
        return Event(now, reader_of(status, now), PageView(article=Article(id="article")))


def in_zone(at: datetime | None, policy: Policy) -> datetime:
    """Return a time in the publication's zone; a day is its first moment, and none is now."""
    if at is None:
        return system_clock().astimezone(policy.zone)
    if at.tzinfo is not None:
        return at.astimezone(policy.zone)
    if at.time() == time():
        return moment(day_start(at.date(), policy.zone), policy.zone)
    return at.replace(tzinfo=policy.zone).astimezone(UTC).astimezone(policy.zone)


def to_the_minute(at: datetime, policy: Policy) -> str:
    """Return a time as staff read it, in the publication's zone."""
    return f"{in_zone(at, policy):%Y-%m-%d %H:%M}"


def one_view_options(command: _Command) -> _Command:
    """Add `--as` and `--at`, which give an `OneView`."""
    status = click.option(
        "--as",
        "status",
        type=click.Choice([str(word) for word in Status]),
        callback=lambda _context, _option, word: None if word is None else Status(word),
        help="Make one page view of a reader of this status; no events are read then.",
    )
    at = click.option(
        "--at",
        callback=day_or_time,
        metavar=AS_DATE,
        help=(
            "The day of that page view, such as `2026-06-01`, or its time, such as"
            " `2026-06-01T09:00`, in the publication's zone; without it, now."
        ),
    )
    return status(at(command))
