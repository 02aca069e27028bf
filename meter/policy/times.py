"""When a condition holds: stretches of dates and times, hours of the day, and lengths of time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast

from attrs import field, fields, frozen
from attrs.converters import optional

from meter.errors.kinds import as_set, instance, maybe, whole_number
from meter.errors.values import check_fields
from meter.forms import LENGTH, as_span, words
from meter.vocabulary import WORDS, Range, Weekday, weekday
from meter.windows import local_instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from meter.vocabulary import WeekdayWord

__all__ = ["Dates", "Hours", "Lengths", "Since", "Tenure", "stretch", "weekdays"]

_BOUNDS = ("at_least", "at_most", "above", "below")
_DAY = 24


def stretch(
    starts: date | datetime | None, ends: date | datetime | None, zone: ZoneInfo
) -> tuple[int | None, int | None]:
    """Return the half-open stretch of time from one date or time to another, in `zone`.

    Each bound goes by its own kind: a date at the end is included, a time is not.
    """
    return (
        None if starts is None else local_instant(starts, zone),
        None if ends is None else local_instant(ends, zone, end=True),
    )


_DATE_OR_TIME = maybe(
    instance(date, form="a date such as `2026-06-30` or a time such as `2026-06-30T18:00:00`")
)


@frozen(kw_only=True)
class Dates:
    """From one date or time to another; an open side is `None`.

    A date is a whole day in the publication's zone, included on either side. A time is half-open:
    from it on, or before it. A time without a zone is read in the publication's: one that comes
    twice there is the first of them, one that never comes is the moment the clocks jump.
    """

    from_: date | datetime | None = field(default=None, alias="from_")
    until: date | datetime | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(("from_", "until"), _DATE_OR_TIME))

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """Return the half-open stretch of time these days cover in `zone`."""
        return stretch(self.from_, self.until, zone)


@frozen(kw_only=True)
class Hours:
    """Hours of the day by the clock of the publication's zone, `[at_least, below)`.

    Whole hours from 0 to 24. Where the first is the larger, they go on over midnight. An open side
    (`None`) is midnight.
    """

    at_least: int | None = None
    below: int | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(("at_least", "below"), maybe(whole_number("18", 0, _DAY))))

    @property
    def edges(self) -> tuple[int, int]:
        """The hour they begin at and the hour that is no longer theirs, each from 0 to 23."""
        return ((self.at_least or 0) % _DAY, (self.below or 0) % _DAY)

    def hold(self, hour: int) -> bool:
        """Say whether an hour of the day is one of these."""
        first, end = self.edges
        return (hour - first) % _DAY < (end - first) % _DAY


def weekdays(value: Iterable[Weekday | WeekdayWord]) -> frozenset[Weekday]:
    """Return several days of the week as what they mean."""
    named = as_set(value)
    if type(named) is not frozenset:
        return cast("frozenset[Weekday]", named)
    return frozenset(weekday(day) for day in named)


@frozen(kw_only=True)
class Lengths:
    """A condition on a length of time; every bound given must hold, exactly.

    A day is 24 hours. Each is a `timedelta`, or a text such as `"7 days"`.
    """

    at_least: timedelta | None = field(default=None, converter=optional(as_span))
    at_most: timedelta | None = field(default=None, converter=optional(as_span))
    above: timedelta | None = field(default=None, converter=optional(as_span))
    below: timedelta | None = field(default=None, converter=optional(as_span))

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(_BOUNDS, maybe(LENGTH)))

    def bounds(self) -> Range:
        """Return the same condition on a number of microseconds."""
        given = {name: getattr(self, name) for name in _BOUNDS}
        bounds = {name: microseconds(at) for name, at in given.items() if at is not None}
        return Range(**bounds)


@frozen(kw_only=True)
class Tenure(Lengths):
    """A condition on the time since a right began or ended; `product` says which rights."""

    product: frozenset[str] | None = field(default=None, converter=optional(words))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_fields(self, {"product": maybe(WORDS)})


@frozen(kw_only=True)
class Since:
    """Conditions on the time since something happened to a reader.

    `expiry`: since the right ended (grace included) that ended last, while none runs. `purchase`:
    since the running right began that began last. `registration`: since they registered.
    """

    expiry: Tenure | None = None
    purchase: Tenure | None = None
    registration: Lengths | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(
            self,
            {
                **dict.fromkeys(("expiry", "purchase"), maybe(instance(Tenure))),
                "registration": maybe(instance(Lengths)),
            },
        )

    def asked(self) -> Iterator[tuple[str, Lengths]]:
        """Yield what is asked for, by its name."""
        for one in fields(type(self)):
            lengths = getattr(self, one.name)
            if lengths is not None:
                yield one.name, lengths
