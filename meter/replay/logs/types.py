"""Check that the columns of a log can be what they stand for.

Types that cannot are refused; texts that are not UTF-8 cost their rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from meter.replay.logs.columns import LogError
from meter.replay.logs.rows import BadRows, RawRows, RowProblem, shortened

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["check_types", "decoded"]

_IDS = ("reader.id", "article.id", "id")
_WANTED = {"at": "times", **dict.fromkeys(_IDS, "texts or whole numbers")}
_OTHERWISE = "texts, numbers, times or lists"
_SHOWN = 60
_TEXTS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)


def check_types(table: pa.Table, columns: dict[str, str]) -> None:
    """Raise `LogError` if a column (named ours to the log's) has a type that cannot be read."""
    for name, column in columns.items():
        kind = table[name].type
        if pa.types.is_nested(kind) and name not in _WANTED:
            continue
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        try:
            pc.dictionary_encode(pa.array([], kind))
            pa.array([], kind).cast(pa.string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
            wanted = _WANTED.get(name, _OTHERWISE)
            raise LogError(
                f"the column `{column}` of the log holds `{kind}`; it should hold {wanted}"
            ) from error


def decoded(piece: RawRows, bad: BadRows) -> RawRows:
    """Return a piece whose bytes are texts, without the rows that have a cell that is not UTF-8."""
    table = piece.table
    fine = np.ones(table.num_rows, np.bool_)
    for place, name in enumerate(table.column_names):
        column = table[name]
        if not _is_text(column.type):
            continue
        if pa.types.is_dictionary(column.type):
            if all(_is_utf8(chunk.dictionary) for chunk in column.chunks):
                continue
            column = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks])
        raw = column.cast(pa.large_binary())
        if not _is_utf8(raw):
            texts = _texts(raw.to_pylist(), piece.rows, fine, bad)
            table = table.set_column(place, name, texts)
        elif column.type not in (pa.string(), pa.large_string()):
            table = table.set_column(place, name, column.cast(pa.string()))
    return RawRows(table, piece.rows).where(fine)


def _texts(
    cells: list[bytes | None], rows: NDArray[np.int64], fine: NDArray[np.bool_], bad: BadRows
) -> pa.Array:
    """Return cells as texts; rows with one that is not UTF-8 are marked in `fine` and reported."""
    texts = [None if cell is None else cell.decode("utf-8", "replace") for cell in cells]
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        if fine[place] and text is not None and text.encode() != cell:
            fine[place] = False
            reason = f"`{shortened(text, _SHOWN)}` is not UTF-8"
            bad.add(int(rows[place]), RowProblem.NOT_TEXT, reason, "text that is not UTF-8")
    return pa.array(texts, pa.string())


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(kind) for test in _TEXTS)


def _is_utf8(raw: pa.Array) -> bool:
    try:
        raw.cast(pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True
