"""When was a view?

Columns of times become instants; those without a zone are read in the publication's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from meter.windows import DAY, day_start, instant, local_instant

__all__ = ["Times"]

_EARLIEST, _LATEST = (
    instant(datetime(1900, 1, 1, tzinfo=UTC)),
    instant(datetime(2200, 1, 1, tzinfo=UTC)),
)
_SECONDS, _MILLISECONDS = 10**11, 10**14
"""A whole number below the first counts seconds since 1970, below the second milliseconds, from
there on microseconds.
"""
_SURELY_SECONDS = 10**9
_EPOCH = date(1970, 1, 1)
Array = Any


@define
class Times:
    """Reads times in a zone, and remembers what it had to suppose.

    `without_zone` and `units` say so in the report.
    """

    zone: ZoneInfo
    without_zone: int = 0
    units: set[str] = field(factory=set)
    _days: dict[int, tuple[int, bool]] = field(factory=dict)

    def read(self, column: pa.Array) -> tuple[Array, Array]:
        """Return the instants of a column in microseconds since 1970, and which of them could be
        read.
        """
        if pa.types.is_timestamp(column.type):
            return self._stamps(column)
        if pa.types.is_date(column.type):
            days = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
            near = pc.and_(pc.greater_equal(days, _EARLIEST // DAY), pc.less(days, _LATEST // DAY))
            return self._stamps(
                pc.if_else(near, pc.multiply(days, DAY), None).cast(pa.timestamp("us"))
            )
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            return self._numbers(column)
        return self._texts(column.cast(pa.string()))

    def _stamps(self, column: pa.Array) -> tuple[Array, Array]:
        known = _known(column)
        values = _microseconds(column, known)
        if column.type.tz is None:
            values = self._local(values, known)
        return _bounded(values, known)

    def _numbers(self, column: pa.Array) -> tuple[Array, Array]:
        known = _known(column) & np.asarray(pc.fill_null(pc.is_finite(column), False))
        whole = pa.types.is_integer(column.type)
        numbers = np.asarray(pc.fill_null(column, 0)).astype(np.int64 if whole else np.float64)
        numbers = np.where(known, numbers, 0)
        most = float(np.abs(numbers).max()) if len(numbers) else 0.0
        unit, scale = (
            ("seconds", 10**6)
            if most < _SECONDS
            else ("milliseconds", 10**3)
            if most < _MILLISECONDS
            else ("microseconds", 1)
        )
        self.units.add(unit)
        limit = (1 << 62) // scale
        known &= np.abs(numbers) < limit
        return _bounded(
            np.where(known, np.rint(numbers * scale) if not whole else numbers * scale, 0).astype(
                np.int64
            ),
            known,
        )

    def _texts(self, column: pa.Array) -> tuple[Array, Array]:
        for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.int64(), pa.float64()):
            try:
                found = pc.cast(column, kind)
            except pa.ArrowInvalid:
                continue
            if pa.types.is_timestamp(kind):
                return self._stamps(found)
            if (pc.min(found).as_py() or 0) >= _SURELY_SECONDS:  # fewer digits may be a date
                return self._numbers(found)
        return self._one_by_one(column)

    def _one_by_one(self, column: pa.Array) -> tuple[Array, Array]:
        """Read texts of several forms, each distinct one once."""
        coded = pc.dictionary_encode(column)
        values, fine = [], []
        naive = []
        for text in coded.dictionary.to_pylist():
            at, zoned = _text_instant(text, self.zone)
            values.append(at or 0)
            fine.append(at is not None)
            naive.append(at is not None and not zoned)
        known = _known(column)
        codes = np.asarray(pc.fill_null(coded.indices, 0)).astype(np.int64)
        if not values:
            return np.zeros(len(column), np.int64), known
        self.without_zone += int((np.array(naive)[codes] & known).sum())
        return _bounded(np.array(values, np.int64)[codes], known & np.array(fine)[codes])

    def _local(self, values: Array, known: Array) -> Array:
        """Return the instants at which clocks in the zone showed these times (counted as if they
        were UTC).
        """
        self.without_zone += int(known.sum())
        if not len(values):
            return values
        out = np.where(known, values, 0)
        days = out // DAY
        low = int(days.min()) if len(days) else 0
        numbers, place = (
            np.unique(days - low, return_inverse=True)
            if np.ptp(days) > 1 << 16
            else (np.arange(np.ptp(days) + 1), days - low)
        )
        met = np.flatnonzero(np.bincount(place, minlength=len(numbers)))
        shifts, plain = np.zeros(len(numbers), np.int64), np.ones(len(numbers), np.bool_)
        for index in met:
            number = int(numbers[index]) + low
            start, plain[index] = self._day(number)
            shifts[index] = start - number * DAY if plain[index] else 0
        for row in np.flatnonzero(~plain[place]):
            out[row] = local_instant(
                datetime(1970, 1, 1) + timedelta(microseconds=int(out[row])), self.zone
            )
        return out + shifts[place]

    def _day(self, number: int) -> tuple[int, bool]:
        """Return when a local day starts, and whether its clocks go straight through its 24 hours."""
        if number not in self._days:
            try:
                day = _EPOCH + timedelta(days=number)
                start, end = (
                    day_start(day, self.zone),
                    day_start(day + timedelta(days=1), self.zone),
                )
                self._days[number] = start, end - start == DAY
            except OverflowError:
                self._days[number] = (
                    number * DAY,
                    True,
                )  # out of every range; refused when the bounds are checked
        return self._days[number]


def _text_instant(text: str, zone: ZoneInfo) -> tuple[int | None, bool]:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not abs(number) >= _SURELY_SECONDS:
        try:
            when = datetime.fromisoformat(text.strip())
            return local_instant(when, zone), when.tzinfo is not None
        except (ValueError, OverflowError):
            return None, True
    scale = 10**6 if abs(number) < _SECONDS else 10**3 if abs(number) < _MILLISECONDS else 1
    return (round(number * scale), True) if abs(number) < 1 << 62 else (None, True)


def _known(column: pa.Array) -> Array:
    return np.array(column.is_valid())


def _int64(column: pa.Array) -> Array:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), 0)).copy()


def _microseconds(column: pa.Array, known: Array) -> Array:
    """Return stamps of any unit in microseconds; what does not fit is taken out of `known`."""
    values = _int64(column)
    if column.type.unit == "ns":
        return values // 1000
    scale = {"s": 10**6, "ms": 1000, "us": 1}[column.type.unit]
    known &= (values >= -(1 << 62) // scale) & (values < (1 << 62) // scale)
    return np.where(known, values, 0) * scale


def _bounded(values: Array, known: Array) -> tuple[Array, Array]:
    return values, known & (values >= _EARLIEST) & (values < _LATEST)
