"""Mistakes in a meter: its limits, its window, what it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from attrs import evolve

from meter.verify.mutants.conditions import when_edits
from meter.verify.mutants.edit import Edit, Kind, lifted, listing, replaced, with_field
from meter.vocabulary import Count, Status, Unit, Weekday
from meter.windows import Window

if TYPE_CHECKING:
    from meter.policy import Limit, Meter
    from meter.policy.conditions import Allowed

__all__ = ["meter_edits", "window_edits", "zone_edits"]

_UNITS = (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR)
_MONTH = timedelta(days=30)
_DAY = timedelta(days=1)
_ZONES = ("UTC", "Asia/Tokyo")
_OTHER_COUNT = {Count.ARTICLES: Count.VIEWS, Count.VIEWS: Count.ARTICLES}


def meter_edits(meter: Meter, *, spent: bool) -> Iterator[Edit[Meter]]:
    """Yield every mistake in a meter; `spent` says whether some rule spends it."""
    name = f"meter `{meter.name}`"
    yield from _one_limit(meter, name)
    yield from _several_limits(meter, name)
    windows = lifted(
        window_edits(meter.window, name), ("window",), partial(with_field, meter, "window")
    )
    yield from windows
    if spent or _counts_several(meter):
        yield from _other_count(meter, name)
    words = sorted(map(str, meter.access))
    for place in range(len(words) if len(words) > 1 else 0):
        rest = replaced(tuple(words), place)
        make = partial(with_field, meter, "access", rest)
        yield Edit(
            Kind.LISTS, f"{name}, `access`", listing(words), listing(rest), ("access",), make
        )
    if meter.counts is not None:
        edits = when_edits(meter.counts, f"{name}, `counts`")
        yield from lifted(edits, ("counts",), partial(with_field, meter, "counts"))


def _counts_several(meter: Meter) -> bool:
    """Say whether a meter may count more than one: of one it is the same what it counts."""
    return any(limit.limit == "none" or limit.limit > 1 for limit in meter.allowances())


def _other_count(meter: Meter, name: str) -> Iterator[Edit[Meter]]:
    other = _OTHER_COUNT[meter.count]
    yield Edit(
        Kind.WINDOWS,
        f"{name}, `count`",
        f'"{meter.count}"',
        f'"{other}"',
        ("count",),
        lambda: evolve(meter, count=other),
    )


def _one_limit(meter: Meter, name: str) -> Iterator[Edit[Meter]]:
    if meter.limits:
        return
    if not isinstance(meter.limit, Mapping):
        edits = _allowed(meter.limit, f"{name}, limit")
        yield from lifted(edits, ("limit",), partial(with_field, meter, "limit"))
        return
    for status, allowed in meter.limit.items():
        edits = _allowed(allowed, f"{name}, limit of `{status}`")
        whole = partial(_with_limit_of, meter, dict(meter.limit), status)
        yield from lifted(edits, ("limit", str(status)), whole)


def _with_limit_of(
    meter: Meter, limits: dict[Status, Allowed], status: Status, allowed: Allowed
) -> Meter:
    return evolve(meter, limit={**limits, status: allowed})


def _several_limits(meter: Meter, name: str) -> Iterator[Edit[Meter]]:
    for place, limit in enumerate(meter.limits):
        where = f"{name}, limit {place + 1}"
        edits = chain(
            lifted(_allowed(limit.limit, where), ("limit",), partial(with_field, limit, "limit")),
            lifted(when_edits(limit.when, where), ("when",), partial(with_field, limit, "when")),
        )
        yield from lifted(edits, ("limits", place), partial(_with_entry, meter, place))
        if len(meter.limits) > 1:
            rest = replaced(meter.limits, place)
            make = partial(with_field, meter, "limits", rest)
            yield Edit(Kind.LIMITS, where, "there", "left out", ("limits", place), make)


def _with_entry(meter: Meter, place: int, limit: Limit) -> Meter:
    return evolve(meter, limits=replaced(meter.limits, place, limit))


def _allowed(limit: Allowed, what: str) -> Iterator[Edit[Allowed]]:
    others: tuple[Allowed, ...] = (0, 1)
    if limit != "none":
        others = (*(count for count in (limit - 1, limit + 1) if count >= 0), "none")
    for other in others:
        yield Edit(Kind.LIMITS, what, _said(limit), _said(other), (), partial(_count, other))


def _said(limit: Allowed) -> str:
    return '"none"' if limit == "none" else str(limit)


def _count(limit: Allowed) -> Allowed:
    return limit


def window_edits(window: Window, name: str) -> Iterator[Edit[Window]]:
    """Yield the mistakes in a window: another sort, another length, another first day."""
    for make in _other_windows(window):
        try:
            other = make()
        except ValueError:
            continue
        yield Edit(
            Kind.WINDOWS, f"{name}, window", str(window), str(other), (), partial(_window, other)
        )


def _window(window: Window) -> Window:
    return window


def _other_windows(window: Window) -> Iterator[partial[Window]]:
    if window.calendar is not None:
        place = _UNITS.index(window.calendar)
        for unit in (*_UNITS[max(0, place - 1) : place], *_UNITS[place + 1 : place + 2]):
            yield partial(Window, calendar=unit)
        if window.calendar is Unit.WEEK:
            days = list(Weekday)
            starts = window.starts or Weekday.MONDAY
            yield partial(Window, calendar="week", starts=days[(days.index(starts) + 1) % 7])
        yield partial(Window, rolling=_MONTH)
    elif window.lifetime:
        yield partial(Window, calendar="year")
    for sort, other in (("rolling", "fixed"), ("fixed", "rolling")):
        length = getattr(window, sort)
        if length is None:
            continue
        step = timedelta(hours=1) if length % _DAY else _DAY
        for moved in (length - step, length + step):
            yield partial(Window, **{sort: moved})
        yield partial(Window, **{other: length})


def zone_edits(zone: str) -> Iterator[Edit[str]]:
    """Yield the mistake in a zone: it is another one."""
    other = next(name for name in _ZONES if name != zone)
    what = "the publication's time zone"
    yield Edit(Kind.WINDOWS, what, f'"{zone}"', f'"{other}"', (), lambda: other)
