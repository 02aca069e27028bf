"""Tell what a replay found reader by reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from meter.columns.decide import Decided
    from meter.replay.gathering import ReaderShard

__all__ = ["READER_COLUMNS", "reader_rows"]

_DENSE = 4
"""Readers' numbers below this many times the views are looked up in a table."""
READER_COLUMNS = ("reader", "views", "counted", "blocked", "first_stop", "first_stop_at")


def reader_rows(shard: ReaderShard, decided: Decided, zone: ZoneInfo) -> pa.Table:
    """Return one row a reader of a shard, with the row of the log that first names them."""
    readers = decided.readers
    place = _places(shard.views[0].reader, readers.reader)
    first_row = np.empty(len(readers.reader), np.int64)
    first_row[place[::-1]] = shard.rows[::-1]  # rows ascend, so the first one is written last
    unstopped = readers.first_stop == 0
    names = [str(name) for name in shard.reader_names(readers.reader)]
    stopped_at = pa.array(readers.first_stop_at, pa.timestamp("us", "UTC"), mask=unstopped)
    return pa.table(
        {
            "reader": pa.array(names, pa.string()),
            "views": readers.views,
            "counted": readers.counted,
            "blocked": readers.blocked,
            "first_stop": pa.array(readers.first_stop, mask=unstopped),
            "first_stop_at": stopped_at.cast(pa.timestamp("us", str(zone))),
            "row": first_row,
        }
    )


def _places(who: NDArray[np.uint64], readers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the place among `readers` of each reader in `who`."""
    most = int(readers.max(initial=0))
    if most < _DENSE * len(who):
        place_of = np.empty(most + 1, np.int64)
        place_of[readers] = np.arange(len(readers))
        return place_of[who]
    order = np.argsort(readers)
    return order[np.searchsorted(readers[order], who)]
