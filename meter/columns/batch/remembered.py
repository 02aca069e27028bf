"""The records of a table's readers after it was decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from meter.columns.arrays import Integers
from meter.columns.arrow import bytes_of
from meter.columns.batch.known import start_of_meter
from meter.columns.batch.writing import RawTexts, measure, order_ids, write
from meter.columns.remembering import CountedAfter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meter.columns.batch.asked import AskedTable
    from meter.columns.batch.known import GivenUsages
    from meter.rulebook import Rulebook
    from meter.usage import Usage

__all__ = ["WrittenRecords", "records_of", "usage_table", "written_records"]

_ESCAPED = '["\\\\\\x00-\\x1f]'
"""The letters that JSON does not write as they are."""


@frozen(kw_only=True, eq=False)
class WrittenRecords:
    """Records that were written anew: the number of the reader of each, and its bytes."""

    reader: Integers
    raw: pa.Array


def records_of(usages: Mapping[int, Usage]) -> WrittenRecords:
    """Return the usages of some readers as records."""
    raw = [usage.to_bytes() for usage in usages.values()]
    return WrittenRecords(
        reader=np.fromiter(usages, np.int64, len(usages)), raw=pa.array(raw, pa.large_binary())
    )


def written_records(
    parts: Sequence[CountedAfter], names: pa.Array, rulebook: Rulebook
) -> WrittenRecords:
    """Return what readers have counted as records; `names` are what the marks stand for."""
    after = _together(parts)
    ids = RawTexts(*bytes_of(names))
    order_ids(after, ids)
    meters = RawTexts(*bytes_of(pa.array(map(start_of_meter, rulebook.places), pa.large_string())))
    words = RawTexts(*bytes_of(_quoted(names)))
    offsets = np.empty(len(after.reader) + 1, np.int64)
    measure(after, meters, words, offsets)
    letters = np.empty(max(int(offsets[-1]), 1), np.uint8)
    write(after, meters, words, offsets, letters)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    raw = pa.Array.from_buffers(pa.large_binary(), len(after.reader), buffers)
    return WrittenRecords(reader=after.reader, raw=raw)


def _together(parts: Sequence[CountedAfter]) -> CountedAfter:
    """Return several parts as one."""
    none = np.empty(0, np.int64)
    sizes = [int(part.starts[-1]) for part in parts]
    starts = [np.zeros(1, np.int64)]
    for begin, part in zip(np.cumsum([0, *sizes]), parts, strict=False):
        starts.append(begin + part.starts[1:])
    return CountedAfter(
        reader=np.concatenate([none, *(part.reader for part in parts)]),
        starts=np.concatenate(starts),
        meter=np.concatenate([np.empty(0, np.int32), *(part.meter for part in parts)]),
        mark=np.concatenate([none, *(part.mark for part in parts)]),
        at=np.concatenate([none, *(part.at for part in parts)]),
    )


def _quoted(names: pa.Array) -> pa.Array:
    """Return ids as JSON writes them."""
    words = pc.binary_join_element_wise('"', names, '"', "").cast(pa.large_string())
    special = pc.match_substring_regex(names, _ESCAPED)
    if not pc.any(special).as_py():
        return words
    written = [json.dumps(name, ensure_ascii=False) for name in names.filter(special).to_pylist()]
    return pc.replace_with_mask(words, special, pa.array(written, pa.large_string()))


def usage_table(
    asked: AskedTable, given: GivenUsages, places: Integers, written: Sequence[WrittenRecords]
) -> pa.Table:
    """Return all records: those given, in their order, then those of readers who had none."""
    total = len(given.raw)
    reader = np.concatenate([part.reader for part in written])
    raw = pa.concat_arrays([given.raw, *(part.raw for part in written)])
    number = total + np.arange(len(reader))
    place = places[reader]
    index = np.arange(total)
    index[place[place >= 0]] = number[place >= 0]
    changed = index >= total
    is_new = place < 0
    order = np.argsort(reader[is_new], kind="stable")
    new = reader[is_new][order]
    return pa.table(
        {
            "reader": pa.concat_arrays([given.readers, asked.readers.take(pa.array(new))]),
            "usage": raw.take(pa.array(np.concatenate([index, number[is_new][order]]))),
            "changed": pa.array(np.concatenate([changed, np.ones(len(new), np.bool_)])),
        }
    )
