"""The records of a table's readers after it was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from meter.usage import NOTHING, Tally, Usage

if TYPE_CHECKING:
    from meter.columns.arrays import Integers
    from meter.columns.batch.asked import AskedTable
    from meter.columns.batch.known import GivenUsages, PlainRecords
    from meter.columns.batch.marks import Marks
    from meter.rulebook import Rulebook

__all__ = ["counted_usages", "usage_table"]


def counted_usages(
    asked: AskedTable,
    before: PlainRecords,
    kept: Integers,
    marks: Marks,
    rulebook: Rulebook,
) -> dict[int, Usage]:
    """Return the usages of the readers whose views have counted on some meter.

    `kept` has the meters that have counted each row, a bit each. A record that is written holds
    what its windows held at that moment.
    """
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((rows, asked.at[rows], asked.reader[rows]))]
    usages: dict[int, Usage] = {}
    tallies: dict[int, dict[str, Tally]] = {}
    last: dict[int, int] = {}
    for row in rows.tolist():
        reader = int(asked.reader[row])
        at = int(asked.at[row])
        mine = tallies.get(reader)
        if mine is None:
            mine = tallies[reader] = _before(before, reader, rulebook)
        for place, meter in enumerate(rulebook.meters):
            if kept[row] >> place & 1:
                mine[meter.name] = mine.get(meter.name, NOTHING).add(marks.name(place, row), at)
        last[reader] = at
    for reader, mine in tallies.items():
        held = {name: rulebook.inside(name, tally, last[reader]) for name, tally in mine.items()}
        usages[reader] = Usage(held)
    return usages


def _before(before: PlainRecords, reader: int, rulebook: Rulebook) -> dict[str, Tally]:
    """Return what a reader had counted before the table."""
    ids: dict[str, list[str]] = {}
    ats: dict[str, list[int]] = {}
    for entry in range(int(before.starts[reader]), int(before.starts[reader + 1])):
        name = rulebook.meters[before.meter[entry]].name
        ids.setdefault(name, []).append(before.ids[entry])
        ats.setdefault(name, []).append(int(before.at[entry]))
    return {name: Tally(tuple(ids[name]), tuple(ats[name])) for name in ids}


def usage_table(
    asked: AskedTable, given: GivenUsages, places: Integers, usages: dict[int, Usage]
) -> pa.Table:
    """Return all records: those given, in their order, then those of readers who had none.

    `usages` are those that were written, by the number of the reader.
    """
    raw = given.raw.to_pylist()
    changed = [False] * len(raw)
    new: list[str] = []
    for reader in sorted(usages):
        written = usages[reader].to_bytes()
        place = int(places[reader])
        if place < 0:
            new.append(asked.readers[reader].as_py())
            raw.append(written)
            changed.append(True)
        elif written != raw[place]:
            raw[place] = written
            changed[place] = True
    return pa.table(
        {
            "reader": pa.concat_arrays(
                [given.readers.cast(pa.string()), pa.array(new, pa.string())]
            ),
            "usage": pa.array(raw, pa.binary()),
            "changed": pa.array(changed, pa.bool_()),
        }
    )
