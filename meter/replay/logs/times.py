"""Read columns of times as instants; those without a zone are in the publication's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from meter.replay.logs.time_forms import (
    COMPACT,
    FAR,
    SURELY_SECONDS,
    likely_forms,
    text_instant,
    unit_of,
)
from meter.validation import YEARS
from meter.windows import DAY, day_start, instant, local_instant

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Times"]

_EARLIEST = instant(datetime(YEARS.start, 1, 1, tzinfo=UTC))
_LATEST = instant(datetime(YEARS.stop, 1, 1, tzinfo=UTC))
_FEW_DAYS = 1 << 16
_MOST_UNREAD = 100
_EPOCH = date(1970, 1, 1)
_LOCAL_EPOCH = datetime.combine(_EPOCH, time.min)
"""What a clock showed, whatever its zone."""


@define
class Times:
    """Reads times in a zone, and remembers what it had to suppose.

    `without_zone` and `units` say so in the report; `unread` are some texts that are no times.
    """

    zone: ZoneInfo
    form: str | None = None
    """How times are written (see `strptime`), if not in ISO 8601."""
    without_zone: int = 0
    units: set[str] = field(factory=set)
    unread: dict[str, None] = field(factory=dict)
    _days: dict[int, tuple[int, bool]] = field(factory=dict)

    def read(self, column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return a column's instants in microseconds since 1970, and which could be read."""
        if pa.types.is_timestamp(column.type):
            return self._stamps(column)
        if self.form is not None and not pa.types.is_date(column.type):
            return self._one_by_one(column.cast(pa.string()))
        if pa.types.is_date(column.type):
            days = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
            near = pc.and_(pc.greater_equal(days, _EARLIEST // DAY), pc.less(days, _LATEST // DAY))
            stamps = pc.if_else(near, pc.multiply(days, DAY), None)
            return self._stamps(stamps.cast(pa.timestamp("us")))
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            return self._numbers(column)
        return self._texts(column.cast(pa.string()))

    @property
    def likely_forms(self) -> list[str]:
        """The forms in which what could not be read is a time, most likely."""
        return likely_forms(self.unread)

    def _are_days(self, column: pa.Array) -> bool:
        """Say whether whole numbers are dates such as 20260601, which could be seconds, too."""
        some = [str(number) for number in column[:_MOST_UNREAD].to_pylist() if number is not None]
        if not set(COMPACT) & set(likely_forms(some)):
            return False
        self.unread.update(dict.fromkeys(some))
        return True

    def _stamps(self, column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        known = _known(column)
        values = _microseconds(column, known)
        if column.type.tz is None:
            values = self._local(values, known)
        return _bounded(values, known)

    def _numbers(self, column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if pa.types.is_integer(column.type) and self._are_days(column):
            return np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_)
        finite = pc.fill_null(pc.is_finite(column), fill_value=False)
        known = _known(column) & np.asarray(finite)
        whole = pa.types.is_integer(column.type)
        numbers = np.asarray(pc.fill_null(column, 0)).astype(np.int64 if whole else np.float64)
        numbers = np.where(known, numbers, 0)
        # One unit for the whole column: its largest number decides.
        unit, scale = unit_of(float(np.abs(numbers).max()) if len(numbers) else 0.0)
        self.units.add(unit)
        known &= np.abs(numbers) < FAR // scale
        scaled = numbers * scale if whole else np.rint(numbers * scale)
        return _bounded(np.where(known, scaled, 0).astype(np.int64), known)

    def _texts(self, column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.int64(), pa.float64()):
            try:
                found = pc.cast(column, kind)
            except pa.ArrowInvalid:
                continue
            if pa.types.is_timestamp(kind):
                return self._stamps(found)
            if (pc.min(found).as_py() or 0) >= SURELY_SECONDS:
                return self._numbers(found)
        return self._one_by_one(column)

    def _one_by_one(self, column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Read texts of several forms, each distinct one once."""
        coded = pc.dictionary_encode(column)
        known = _known(column)
        if not len(coded.dictionary):
            return np.zeros(len(column), np.int64), known
        values = []
        fine = []
        naive = []
        for text in coded.dictionary.to_pylist():
            at, zoned = text_instant(text, self.zone, self.form)
            if at is None and len(self.unread) < _MOST_UNREAD:
                self.unread[text] = None
            values.append(at or 0)
            fine.append(at is not None)
            naive.append(at is not None and not zoned)
        codes = np.asarray(pc.fill_null(coded.indices, 0)).astype(np.int64)
        self.without_zone += int((np.array(naive)[codes] & known).sum())
        return _bounded(np.array(values, np.int64)[codes], known & np.array(fine)[codes])

    def _local(self, values: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the instants at which clocks in the zone showed these times.

        The times are counted as if they were UTC.
        """
        self.without_zone += int(known.sum())
        if not len(values):
            return values
        # All times of a day whose clocks go straight through it are off by the same: the zone is
        # asked once for each day that is met. On the other days it is asked for each time.
        out = np.where(known, values, 0)
        days, place = _numbered(out // DAY)
        shifts = np.zeros(len(days), np.int64)
        straight = np.ones(len(days), np.bool_)
        for index in np.flatnonzero(np.bincount(place, minlength=len(days))):
            number = int(days[index])
            start, straight[index] = self._day(number)
            if straight[index]:
                shifts[index] = start - number * DAY
        for row in np.flatnonzero(~straight[place]):
            shown = _LOCAL_EPOCH + timedelta(microseconds=int(out[row]))
            out[row] = local_instant(shown, self.zone)
        return out + shifts[place]

    def _day(self, number: int) -> tuple[int, bool]:
        """Return when a local day starts, and whether it is 24 hours without a change of clocks."""
        if number not in self._days:
            try:
                day = _EPOCH + timedelta(days=number)
                start = day_start(day, self.zone)
                end = day_start(day + timedelta(days=1), self.zone)
                self._days[number] = start, end - start == DAY
            except OverflowError:  # out of every range; refused when the bounds are checked
                self._days[number] = number * DAY, True
        return self._days[number]


def _numbered(days: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the days that may be met, and the place of each day among them.

    Where all are near each other, these are all days from the first to the last.
    """
    low = int(days.min())
    span = int(np.ptp(days))
    if span > _FEW_DAYS:
        return np.unique(days, return_inverse=True)
    return low + np.arange(span + 1), days - low


def _known(column: pa.Array) -> NDArray[np.bool_]:
    return np.array(column.is_valid())


def _microseconds(column: pa.Array, known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return stamps of any unit in microseconds; what does not fit is taken out of `known`."""
    values = np.asarray(pc.fill_null(column.cast(pa.int64()), 0))
    if column.type.unit == "ns":
        return values // 1000
    scale = {"s": 10**6, "ms": 1000, "us": 1}[column.type.unit]
    known &= (values >= -FAR // scale) & (values < FAR // scale)
    values = np.where(known, values, 0)
    return values if scale == 1 else values * scale


def _bounded(
    values: NDArray[np.int64], known: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    return values, known & (values >= _EARLIEST) & (values < _LATEST)
