"""Replay a log through a policy for a page: with progress, and an end when somebody cancels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from meter.policy import Policy
from meter.replay.logs.log import Log
from meter.replay.result import Replay
from meter.replay.run import replay
from meter.studio.log.events import write_events
from meter.studio.log.reading import LogReading
from meter.studio.log.shelf import StoredLog
from meter.studio.runs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.replay.logs.rows import BadRows, RawRows

__all__ = ["LogAnswer", "ReplayAsked", "replayed"]


@frozen(kw_only=True)
class ReplayAsked:
    """A policy, a log, how to read it, and what was in force when it was written.

    `names` is what the policy and the recorded one are called; `events` is where the log is written
    again, for what else is asked of it.
    """

    policy: Policy
    log: StoredLog
    reading: LogReading
    recorded: Policy | str | None
    names: tuple[str, str]
    events: Path


@frozen(kw_only=True)
class LogAnswer:
    """What a replay found, and how many of the log's views were written to `events`."""

    found: Replay
    events: Path
    views: int

    @property
    def is_kept(self) -> bool:
        """Whether the views that were written are there still."""
        return self.events.is_file()

    @property
    def is_whole(self) -> bool:
        """Whether every view that could be read is among them."""
        return self.views == self.found.views


class _WatchedLog(Log):
    """A log that tells how far it has been read, and can be stopped between two pieces."""

    def __init__(self, asked: ReplayAsked, tell: Callable[[Progress], None]) -> None:
        super().__init__(asked.log.path, dict(asked.reading.mapping), clock=asked.reading.has_clock)
        self.name = asked.log.name
        self._tell = tell

    def pieces(self, bad: BadRows) -> Iterator[RawRows]:
        """Yield the log's rows in order, and tell how many."""
        done = 0
        self._tell(Progress("rows read", done, None))
        for piece in super().pieces(bad):
            yield piece
            done += piece.table.num_rows
            self._tell(Progress("rows read", done, None))


def replayed(asked: ReplayAsked, tell: Callable[[Progress], None]) -> LogAnswer:
    """Replay a log as `meter replay` does. Raises `LogError`."""
    reading = asked.reading
    log = _WatchedLog(asked, tell)
    found = replay(
        asked.policy,
        log,
        recorded_under=asked.recorded,
        zone=reading.zone or None,
        article_ids=reading.article_ids,
        walls=reading.keeps_walls,
        time_format=reading.time_format or None,
        names=asked.names,
    )
    tell(Progress("the log is kept for Policy", 0, None))
    views = write_events(log, asked.policy, reading, asked.events)
    return LogAnswer(found=found, events=asked.events, views=views)
