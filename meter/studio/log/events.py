"""A log written again as events in order of time: what `meter diff --log` and Policy read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from attrs import define, field

from meter.columns.attributes import LOG_ATTRIBUTES, BadValueError, read_value, scene
from meter.columns.decide import Columns
from meter.loading.article_ids import PageAddresses
from meter.loading.event_tables import event_table
from meter.replay.logs.rows import BadRows
from meter.replay.logs.times import Times
from meter.replay.preparation import ParseOptions, prepare
from meter.replay.question import NO_CLOCK_DAY
from meter.windows import EPOCH, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from meter.policy import Policy
    from meter.replay.logs.log import Log
    from meter.replay.logs.rows import RawRows
    from meter.studio.log.reading import LogReading

__all__ = ["MOST_EVENTS", "write_events"]

MOST_EVENTS = 200_000
"""How many of a log's views are written."""
_LONGEST_READER = 200
_LONGEST_ARTICLE = 2000


def write_events(log: Log, policy: Policy, reading: LogReading, path: Path) -> int:
    """Write the first views of a log as events, the earliest first; return how many.

    Rows that `meter replay` leaves out are left out, and ids that no event can have.
    """
    zone = ZoneInfo(reading.zone) if reading.zone else policy.zone
    options = ParseOptions(
        policies=(Columns(policy),),
        times=Times(zone, reading.time_format or None),
        day=None if reading.has_clock else NO_CLOCK_DAY,
        texts=True,
        article_ids=reading.article_ids,
        pages=PageAddresses(),
    )
    events: list[tuple[int, int, str]] = []
    scenes = _Scenes(zone)
    for piece in log.pieces(BadRows()):
        for at, event in _events(piece, options, scenes):
            events.append((at, len(events), json.dumps(event)))
            if len(events) == MOST_EVENTS:
                break
        if len(events) == MOST_EVENTS:
            break
    events.sort()
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for _, _, line in events)
    return len(events)


@define
class _Scenes:
    """The events that differ only in who, what and when, by the values of their attributes."""

    zone: ZoneInfo
    _known: dict[tuple[str, ...], dict[str, Any]] = field(factory=dict)

    def event(self, piece: RawRows, given: tuple[object, ...], names: list[str]) -> dict[str, Any]:
        """Return an event with these attributes, and no ids."""
        key = (str(piece.form), *names, *map(repr, given))
        if key not in self._known:
            read = {
                name: self._read(name, value, piece)
                for name, value in zip(names, given, strict=True)
            }
            reader, view = scene(read)
            self._known[key] = event_table(EPOCH, reader, view, reader_id="")
        return self._known[key]

    def _read(self, name: str, value: object, piece: RawRows) -> object:
        """Return a value; what cannot be read, and this policy does not ask for, is none."""
        try:
            return read_value(name, value, self.zone, piece.form)
        except BadValueError:
            return None


def _events(
    piece: RawRows, options: ParseOptions, scenes: _Scenes
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the views of a piece with their instants."""
    parsed = prepare(piece, options, BadRows())
    table = piece.table.filter(pa.array(parsed.fine))
    names = [name for name in table.column_names if name in LOG_ATTRIBUTES]
    rows = zip(*(table[name].to_pylist() for name in names), strict=True)
    attributes = rows if names else iter([()] * table.num_rows)
    ids = table["id"].to_pylist() if "id" in table.column_names else [None] * table.num_rows
    readers = parsed.reader.to_pylist()
    articles = parsed.article.to_pylist()
    views = zip(
        parsed.at.tolist(), map(str, readers), map(str, articles), ids, attributes, strict=True
    )
    for at, reader, article, view_id, given in views:
        if not (_fits(reader, _LONGEST_READER) and _fits(article, _LONGEST_ARTICLE)):
            continue
        event = scenes.event(piece, given, names)
        event = event | {
            "at": moment(at, options.zone).isoformat(),
            "reader": event["reader"] | {"id": reader},
            "article": event["article"] | {"id": article},
        }
        if view_id is not None and _fits(str(view_id), _LONGEST_READER):
            event["id"] = str(view_id)
        yield at, event


def _fits(name: str, longest: int) -> bool:
    return 0 < len(name) <= longest and name.isprintable() and not name.isspace()
