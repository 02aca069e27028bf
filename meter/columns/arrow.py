"""Columns of a log in one plain form: without encodings, as ids, as distinct values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ArrowStream", "bytes_of", "distinct", "ids_of", "is_empty", "plain_column", "shown"]


class ArrowStream(Protocol):
    """What hands out Arrow data: a `pyarrow` table, a Polars frame, a DuckDB result."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


def plain_column(table: pa.Table, name: str) -> pa.Array:
    """Return a column in one piece, without encodings that other functions do not know."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        values = column.dictionary
        if pa.types.is_string_view(values.type):
            values = values.cast(pa.string())
        column = values.take(column.indices)
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def bytes_of(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return where texts or bytes start and end, and the bytes of all."""
    kind = pa.large_binary() if pa.types.is_binary(column.type) else pa.large_string()
    if not (pa.types.is_large_binary(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(kind)
    # An Arrow column of texts is one buffer of bytes, and one of the places at which they start; a
    # slice of a column shares both, and begins at its offset.
    _, offsets, data = column.buffers()
    if not len(column):
        return np.zeros(1, np.int64), np.zeros(1, np.uint8)
    places = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    if data is None or not data.size:
        return places, np.zeros(1, np.uint8)
    return places, np.frombuffer(data, np.uint8)


def ids_of(table: pa.Table, name: str, *, texts: bool) -> pa.Array:
    """Return ids: whole numbers as such unless they should be `texts`, else texts."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    column = plain_column(table, name)
    fits = pa.types.is_integer(column.type) and not pa.types.is_uint64(column.type)
    return column if fits and not texts else column.cast(pa.string())


def is_empty(column: pa.Array) -> NDArray[np.bool_]:
    """Return which ids are missing, or are the empty text."""
    if pa.types.is_integer(column.type):
        return np.asarray(column.is_null())
    return np.asarray(pc.fill_null(pc.equal(column, ""), fill_value=True))


def distinct(column: pa.Array) -> tuple[NDArray[np.int64], list[object]]:
    """Return a column as codes, and its distinct values; a missing one is `None`."""
    nested = pa.types.is_nested(column.type)
    if nested:
        texts = [
            None if value is None else json.dumps(value, default=str)
            for value in column.to_pylist()
        ]
        column = pa.array(texts, pa.string())
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    coded = pc.dictionary_encode(column)
    indices = coded.indices
    if indices.null_count:
        indices = pc.fill_null(indices, len(coded.dictionary))
    codes = np.asarray(indices).astype(np.int64)
    values = [_value(value) for value in coded.dictionary]
    if nested:
        values = [json.loads(str(text), object_hook=_given) for text in values]
    return codes, [*values, None]


def _given(table: dict[str, object]) -> dict[str, object]:
    """Return a table without the fields that only other rows have."""
    return {name: value for name, value in table.items() if value is not None}


def _value(value: pa.Scalar) -> object:
    """Return a value as Python has it; a time that Python cannot have is a text."""
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return shown(value)


def shown(value: pa.Scalar) -> str:
    """Return a value as a text."""
    try:
        return str(value.as_py())
    except (ValueError, OverflowError):
        return str(value.value)  # a time beyond the calendar
