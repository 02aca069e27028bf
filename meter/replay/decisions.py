"""What was decided of each row of a log?

Kept by row while the readers are decided one after the other, told in the log's order.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from meter.replay.logs.log import BadRows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from meter.columns.decide import Columns, Decided
    from meter.columns.tables import Array
    from meter.replay.gathering import Gathered, Part
    from meter.replay.logs.log import Log

__all__ = ["Decisions"]


class Decisions:
    """Decisions by row of the log: in memory, or in a file where the log itself did not fit."""

    def __init__(self, gathered: Gathered) -> None:
        self._folder = (
            TemporaryDirectory(prefix="meter-replay-", ignore_cleanup_errors=True)
            if gathered.spilled
            else None
        )
        self.verdict = self._column("verdict", gathered.rows, np.int32)
        self.verdict[:] = -1
        self.used = self._column("used", gathered.rows, np.int32)
        self.group = self._column("group", gathered.rows, np.int32)
        self.counted = self._column("counted", gathered.rows, np.bool_)
        self.at = self._column("at", gathered.rows, np.int64)

    def _column(self, name: str, rows: int, kind: Any) -> Array:
        if self._folder is None or not rows:
            return np.empty(rows, kind)
        return np.memmap(f"{self._folder.name}/{name}", kind, "w+", shape=(rows,))

    def keep(self, part: Part, decided: Decided) -> None:
        self.verdict[part.rows], self.used[part.rows], self.counted[part.rows] = (
            decided.verdict,
            decided.used,
            decided.counted,
        )
        self.group[part.rows], self.at[part.rows] = part.views[0].group, part.views[0].at

    def tables(self, source: Log, columns: Columns, zone: ZoneInfo) -> Iterator[pa.Table]:
        """Yield the log's rows with their decisions, in the order of the log.

        Rows that could not be read are left out.
        """
        start, verdicts = 0, columns.verdicts
        words = {
            name: pa.array([getattr(verdict, name) for verdict in verdicts], pa.string())
            for name in ("rule", "prompt", "offer", "meter")
        }
        words["show"] = pa.array([str(verdict.show) for verdict in verdicts], pa.string())
        words["access"] = pa.array([str(verdict.show.access) for verdict in verdicts], pa.string())
        for piece in source.pieces(BadRows()):
            rows = np.arange(start, start + piece.table.num_rows)
            start += len(rows)
            fine = np.asarray(self.verdict[rows]) >= 0
            rows = rows[fine]
            if not len(rows):
                continue
            verdict, used = np.asarray(self.verdict[rows]), np.asarray(self.used[rows])
            limit = _limits(columns, np.asarray(self.group[rows]), verdict)
            none = used < 0
            at = pa.array(np.asarray(self.at[rows]), pa.timestamp("us", "UTC")).cast(
                pa.timestamp("us", str(zone))
            )
            yield pa.table(
                {
                    "row": piece.rows[fine],
                    "reader": piece.table["reader.id"].filter(pa.array(fine)).cast(pa.string()),
                    "at": at if source.clock else pa.nulls(len(rows)),
                    "article": piece.table["article.id"].filter(pa.array(fine)).cast(pa.string()),
                    **{
                        name: words[name].take(pa.array(verdict))
                        for name in ("show", "access", "rule", "prompt", "offer")
                    },
                    "counted": np.asarray(self.counted[rows]),
                    "meter": words["meter"].take(pa.array(verdict)),
                    "limit": pa.array(limit, mask=none),
                    "used": pa.array(used, mask=none),
                    "left": pa.array(limit - used, mask=none),
                }
            )
        if self._folder is not None:
            self._folder.cleanup()


def _limits(columns: Columns, group: Array, verdict: Array) -> Array:
    pairs, place = np.unique(
        group.astype(np.int64) * len(columns.verdicts) + verdict, return_inverse=True
    )
    limits = [columns.limit(*divmod(int(pair), len(columns.verdicts))) for pair in pairs]
    return np.array([0 if limit is None else limit for limit in limits], np.int32)[place]
