"""Can the columns of a log be what they stand for?

Types that cannot are refused, texts that are not UTF-8 cost their rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from meter.replay.logs.columns import LogError
from meter.replay.logs.rows import BadRows, Fault, Piece, printable

__all__ = ["check_types", "decoded"]

_IDS = ("reader.id", "article.id", "id")
_SHOWN = 60


def check_types(table: pa.Table, columns: dict[str, str]) -> None:
    """Raise `LogError` if a column (named ours to the log's) has a type that cannot be read at all."""
    for name, column in columns.items():
        kind = table[name].type
        if pa.types.is_nested(kind) and name not in ("at", *_IDS):
            continue
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        try:
            pc.dictionary_encode(pa.array([], kind))
            pa.array([], kind).cast(pa.string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
            wanted = (
                "times"
                if name == "at"
                else "texts or whole numbers"
                if name in _IDS
                else "texts, numbers, times or lists"
            )
            raise LogError(
                f"the column `{column}` of the log holds `{kind}`; it should hold {wanted}"
            ) from error


def decoded(piece: Piece, bad: BadRows) -> Piece:
    """Return a piece whose bytes are texts, without the rows that have a cell that is not UTF-8."""
    table, fine = piece.table, np.ones(piece.table.num_rows, np.bool_)
    for place, name in enumerate(table.column_names):
        column = table[name]
        if not _is_text(column.type):
            continue
        if pa.types.is_dictionary(column.type):
            if all(_reads(chunk.dictionary) for chunk in column.chunks):
                continue
            column = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks])
        raw = column.cast(pa.large_binary())
        if not _reads(raw):
            cells: list[bytes | None] = raw.to_pylist()
            texts = [None if cell is None else cell.decode("utf-8", "replace") for cell in cells]
            for row, (cell, text) in enumerate(zip(cells, texts, strict=True)):
                if fine[row] and text is not None and text.encode() != cell:
                    fine[row] = False
                    bad.add(
                        int(piece.rows[row]),
                        Fault.NOT_TEXT,
                        f"`{printable(text, _SHOWN)}` is not UTF-8",
                        "text that is not UTF-8",
                    )
            table = table.set_column(place, name, pa.array(texts, pa.string()))
        elif column.type not in (pa.string(), pa.large_string()):
            table = table.set_column(place, name, column.cast(pa.string()))
    return (
        Piece(table, piece.rows)
        if fine.all()
        else Piece(table.filter(pa.array(fine)), piece.rows[fine])
    )


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (
        "string",
        "large_string",
        "string_view",
        "binary",
        "large_binary",
        "binary_view",
        "fixed_size_binary",
    )
    return any(getattr(pa.types, f"is_{test}")(kind) for test in tests)


def _reads(raw: pa.Array) -> bool:
    """Say whether bytes are UTF-8."""
    try:
        raw.cast(pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True
