"""Keep what is decided of each row, reader by reader, and return it in the log's order."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from meter.columns.told import limits_told
from meter.replay.gathering import ASKED
from meter.replay.logs.rows import BadRows
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from meter.columns.decide import Columns, Decided
    from meter.decision import Exposure
    from meter.replay.gathering import ReaderShard, ShardedLog
    from meter.replay.logs.log import Log
    from meter.replay.logs.rows import RawRows

__all__ = ["Decisions"]

_UNREAD = -1
"""The verdict on a row that could not be read."""
_OF_VERDICT = ("rule", "prompt", "offer")


_Kind = TypeVar("_Kind", bound=np.generic)


class Decisions:
    """Decisions by row of the log: in memory, or in a file where the log itself did not fit."""

    def __init__(self, gathered: ShardedLog, asked: Columns) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        if gathered.spilled:
            self._folder = TemporaryDirectory(prefix="meter-replay-", ignore_cleanup_errors=True)
        self._rows = gathered.rows
        self.verdict = self._column("verdict", np.int32)
        self.verdict[:] = _UNREAD
        self.told = self._column("told", np.int32)
        self.used = self._column("used", np.int32)
        self.group = self._column("group", np.int32)
        self.counted = self._column("counted", np.bool_)
        self.speculative = self._column("speculative", np.bool_)
        self.at = self._column("at", np.int64)
        self.prompt: NDArray[np.int32] | None = None
        self.exposed: NDArray[np.int32] | None = None
        if asked.has_campaigns:
            self.prompt = self._column("prompt", np.int32)
        if asked.rulebook.experiments:
            self.exposed = self._column("exposed", np.int32)

    def _column(self, name: str, kind: type[_Kind]) -> NDArray[_Kind]:
        if self._folder is None or not self._rows:
            return np.empty(self._rows, kind)
        return np.memmap(f"{self._folder.name}/{name}", kind, "w+", shape=(self._rows,))

    def keep(self, shard: ReaderShard, decided: Decided) -> None:
        """Write the decisions of a shard to the rows of its views."""
        views = shard.views[ASKED]
        self.verdict[shard.rows] = decided.verdict
        self.told[shard.rows] = decided.told
        self.used[shard.rows] = decided.used
        self.counted[shard.rows] = decided.counted
        self.speculative[shard.rows] = decided.speculative
        self.group[shard.rows] = views.group
        self.at[shard.rows] = views.at
        if decided.campaigns is not None and self.prompt is not None:
            self.prompt[shard.rows] = decided.campaigns.prompt
        if decided.campaigns is not None and self.exposed is not None:
            self.exposed[shard.rows] = decided.campaigns.exposed

    def tables(self, source: Log, columns: Columns, zone: ZoneInfo) -> Iterator[pa.Table]:
        """Yield the log's rows with their decisions, in the order of the log.

        Rows that could not be read are left out.
        """
        words = _words(columns)
        start = 0
        for piece in source.pieces(BadRows()):
            rows = np.arange(start, start + piece.table.num_rows)
            start += len(rows)
            fine = np.asarray(self.verdict[rows]) != _UNREAD
            if fine.any():
                yield self._table(piece.where(fine), rows[fine], columns, words, source, zone)
        if self._folder is not None:
            self._folder.cleanup()

    def _table(
        self,
        piece: RawRows,
        rows: NDArray[np.int64],
        columns: Columns,
        words: dict[str, pa.Array],
        source: Log,
        zone: ZoneInfo,
    ) -> pa.Table:
        """Return the decisions of a piece whose rows are numbered `rows` in the log."""
        verdict = np.asarray(self.verdict[rows])
        used = np.asarray(self.used[rows])
        told = np.asarray(self.told[rows])
        limit = limits_told(columns, np.asarray(self.group[rows]), told)
        no_meter = told < 0
        no_limit = limit < 0
        names = pa.array(columns.meters, pa.string())
        at = pa.nulls(len(rows))
        if source.clock:
            at = pa.array(np.asarray(self.at[rows]), pa.timestamp("us", "UTC"))
            at = at.cast(pa.timestamp("us", str(zone)))
        said = {name: texts.take(pa.array(verdict)) for name, texts in words.items()}
        speculative = pa.array(np.asarray(self.speculative[rows]))
        preview = pa.scalar(str(Access.PREVIEW))
        nothing = pa.scalar(None, pa.string())
        prompt = pc.if_else(speculative, nothing, said["prompt"])
        if self.prompt is not None:
            number = np.asarray(self.prompt[rows])
            prompt = pa.array(columns.prompts, pa.string()).take(pa.array(number, mask=number < 0))
        exposed = {}
        if self.exposed is not None:
            texts = pa.array(map(_exposures, columns.exposed), pa.string())
            exposed["exposed"] = texts.take(pa.array(np.asarray(self.exposed[rows])))
        return pa.table(
            {
                "row": piece.rows,
                "reader": piece.table["reader.id"].cast(pa.string()),
                "at": at,
                "article": piece.table["article.id"].cast(pa.string()),
                "show": said["show"],
                "access": pc.if_else(speculative, preview, said["access"]),
                "rule": said["rule"],
                "prompt": prompt,
                "offer": said["offer"],
                "counted": np.asarray(self.counted[rows]),
                "speculative": speculative,
                "meter": names.take(pa.array(told, mask=no_meter)),
                "limit": pa.array(limit, mask=no_limit),
                "used": pa.array(used, mask=no_meter),
                "left": pa.array(limit - used, mask=no_limit),
                **exposed,
            }
        )


def _exposures(exposures: tuple[Exposure, ...]) -> str | None:
    """Return the variants that a view exposes to, such as `price=nine;layout=wide`."""
    words = [f"{exposure.experiment}={exposure.variant}" for exposure in exposures]
    return ";".join(words) or None


def _words(columns: Columns) -> dict[str, pa.Array]:
    """Return what each verdict says, by column."""
    words = {
        name: pa.array([getattr(verdict, name) for verdict in columns.verdicts], pa.string())
        for name in _OF_VERDICT
    }
    shows = [verdict.show for verdict in columns.verdicts]
    words["show"] = pa.array([str(show) for show in shows], pa.string())
    words["access"] = pa.array([str(show.access) for show in shows], pa.string())
    return words
