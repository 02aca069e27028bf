"""The options `--as` and `--at`: one page view that needs no file of events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, TypeVar

import click
from attrs import frozen

from meter.clock import system_clock
from meter.errors import quoted
from meter.loading.events import Event
from meter.validation import YEARS
from meter.verify.together.tenure import rights_of
from meter.view import Article, PageView, Reader
from meter.vocabulary import Status
from meter.windows import day_start, moment

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["OneView", "day_or_time", "in_zone", "one_view_options"]

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
        reader = Reader(
            id="reader",
            registered=status is not Status.ANONYMOUS,
            entitlements=rights_of(status, (), {}, now),
        )
        return Event(now, reader, PageView(article=Article(id="article")))


def in_zone(at: datetime | None, policy: Policy) -> datetime:
    """Return a time in the publication's zone; without one, now."""
    if at is None:
        return system_clock().astimezone(policy.zone)
    if at.tzinfo is not None:
        return at.astimezone(policy.zone)
    if at.time() == time():
        return moment(day_start(at.date(), policy.zone), policy.zone)
    return at.replace(tzinfo=policy.zone).astimezone(UTC).astimezone(policy.zone)


def day_or_time(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Return a time, or the first moment of a day, as ISO 8601 writes them: a callback of click."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        step = "write a day such as `2026-06-01`, or a time such as `2026-06-01T09:00`"
        message = f"{quoted(value)} is no day and no time; {step}"
        raise click.BadParameter(message, ctx, param) from None
    if at.year not in YEARS:
        message = f"{quoted(value)} is in no year from {YEARS[0]} to {YEARS[-1]}; check the year"
        raise click.BadParameter(message, ctx, param)
    return at


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
        metavar="DATE",
        help=(
            "The day of that page view, or its time, such as `2026-06-01T09:00`, in the"
            " publication's zone; without it, now."
        ),
    )
    return status(at(command))
