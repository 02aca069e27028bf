"""Read a JSON Lines log: blocks that are surely well formed at once, all others line by line.

pyarrow's reader ends the process on `null` where an event is expected and on deep nesting, misreads
lists with `null` in them, and takes two halves of events on two lines for two events. So a block is
looked at before it gets there.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.json

from meter.columns.attributes import Form
from meter.replay.logs.columns import NAMES, REQUIRED, column_names, known_columns
from meter.replay.logs.lines import DEEPEST, NO_EVENT, TABLES, one_by_one
from meter.replay.logs.rows import BadRows, RawRows, RowProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

__all__ = ["read_lines"]

_BLOCK = 1 << 22
"""How many bytes are read at a time.

Every name in a block's events is a column for a while, so blocks are not large.
"""
_LONGEST = 1 << 22
"""A line with more bytes is no event."""
_SHORT = 1024
"""A line with no more bytes is nested at most half as deep, which pyarrow's reader bears."""
_TEXTS_OF_A_RIGHT = ("kind", "product", "article", "section", "starts", "ends", "grace")
_RIGHT = pa.struct(
    [*((name, pa.string()) for name in _TEXTS_OF_A_RIGHT), ("tags", pa.list_(pa.string()))]
)
_EVENT = [
    ("at", pa.string()),
    ("reader", pa.struct([("id", pa.string()), ("entitlements", pa.list_(_RIGHT))])),
    ("article", pa.struct([("id", pa.string()), ("published", pa.string())])),
]
_BREAK = ord("\n")
_OPEN = ord("{")
_CLOSE = ord("}")
_LIST = ord("[")
_COMMA = ord(",")
_N = ord("n")
_U = ord("u")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(
    stream: IO[bytes], mapping: Mapping[str, str], bad: BadRows, *, clock: bool
) -> Iterator[RawRows]:
    """Yield the events of a log; lines that hold none are added to `bad`.

    Raises `LogError` if no event has a column that is needed.
    """
    seen: dict[str, None] = {}
    for text, line in _blocks(stream, bad):
        table, rows, form = _read(text, line, mapping, bad)
        seen |= dict.fromkeys(table.column_names)
        if len(rows):
            yield RawRows(_named(table, len(rows), mapping, clock=clock), rows, form)
    if seen:
        column_names(mapping, list(seen), clock=clock)


def _blocks(stream: IO[bytes], bad: BadRows) -> Iterator[tuple[bytes, int]]:
    """Yield whole lines, many at a time, with the number of the first."""
    line = 1
    rest = b""  # the beginning of a line whose end is in the next block
    too_long = False
    while block := stream.read(_BLOCK):
        if line == 1 and not rest:
            block = block.removeprefix(_BYTE_ORDER_MARK)
        text = rest + block
        if too_long:  # pass by what is left of that line, and keep nothing of it
            _, end, text = text.partition(b"\n")
            if not end:
                continue
            too_long = False
            line += 1
        cut = text.rfind(b"\n") + 1
        rest = text[cut:]
        text = text[:cut]
        if text.strip():
            yield text, line
        line += text.count(b"\n")
        if len(rest) > _LONGEST:
            reason = f"a line of more than {_LONGEST >> 20} MiB; each event has a line of its own"
            bad.add(line, RowProblem.NO_EVENT, reason, NO_EVENT)
            rest = b""
            too_long = True
    if rest.strip():
        yield rest, line


def _read(
    text: bytes, line: int, mapping: Mapping[str, str], bad: BadRows
) -> tuple[pa.Table, NDArray[np.int64], Form]:
    """Return a block of lines as a table, each row's line, and how attributes are written.

    The table has the log's own names, with `reader` and `article` laid flat.
    """
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    table = _at_once(text, lines, mapping)
    if table is None:
        return *one_by_one(text, line, mapping, bad), Form.JSON
    return table, np.arange(line, line + lines), Form.VALUE


def _at_once(text: bytes, lines: int, mapping: Mapping[str, str]) -> pa.Table | None:
    """Read a block of lines that have one form, or return `None` where that could go wrong."""
    schemas = _schemas(mapping) if _plain(text) else []
    found = (_alike(text, schema, lines) for schema in schemas)
    table = next((table for table in found if table is not None), None)
    if table is None or _says_twice(table):
        return None
    for name in TABLES:
        if name in table.column_names and pa.types.is_struct(table[name].type):
            table = _laid_flat(table, name)
    given = [name for name in table.column_names if table[name].null_count < table.num_rows]
    table = table.select(list(dict.fromkeys(given)))
    return table if _keeps_ids(table, mapping) else None


def _says_twice(table: pa.Table) -> bool:
    """Say whether lines have `reader` and `reader.id` side by side."""
    return any(
        column.startswith(f"{name}.")
        for name in TABLES
        if name in table.column_names
        for column in table.column_names
    )


def _laid_flat(table: pa.Table, name: str) -> pa.Table:
    """Return a table with the fields of one column as columns, such as `reader.id`."""
    inner = table[name].combine_chunks()
    if isinstance(inner, pa.ChunkedArray):
        inner = inner.chunk(0)
    columns = {other: table[other] for other in table.column_names if other != name}
    for kind, part in zip(inner.type, inner.flatten(), strict=True):
        columns[f"{name}.{kind.name}"] = part
    return pa.table(columns)


def _keeps_ids(table: pa.Table, mapping: Mapping[str, str]) -> bool:
    """Say whether no id and no time is a list, or a long number that lost its last digits."""
    known = known_columns(mapping, [*table.column_names, *mapping.values()])
    for name in ("reader.id", "article.id", "id", "at"):
        if known.get(name) not in table.column_names:
            continue
        kind = table[known[name]].type
        if pa.types.is_nested(kind) or (pa.types.is_floating(kind) and name != "at"):
            return False
    return True


def _schemas(mapping: Mapping[str, str]) -> list[pa.Schema]:
    """Return what lines may look like: our events, flat rows, rows whose times are numbers.

    Times stay texts: they have zones.
    """
    times = dict.fromkeys((*NAMES["at"], "at", "published", *mapping.values()), pa.string())
    return [pa.schema(_EVENT), pa.schema(list(times.items())), pa.schema([])]


def _plain(text: bytes) -> bool:
    """Say whether a block has nothing that pyarrow's reader is known to misread.

    The bytes are looked at as an array, since a loop over them would take longer than reading.
    """
    letters = np.frombuffer(b"\n" + text.rstrip(b"\r\n").replace(b"\r\n", b"\n") + b"\n", np.uint8)
    ends = np.flatnonzero(letters == _BREAK)
    # No text holds a line break, and `} {` is an error inside of an event: so no event goes over
    # two lines.
    if not ((letters[ends[:-1] + 1] == _OPEN).all() and (letters[ends[1:] - 1] == _CLOSE).all()):
        return False
    long = np.diff(ends) > _SHORT
    if long.any():
        # As many open brackets as a line has in all: more than enough to see that none is deep.
        opens = (letters == _OPEN) | (letters == _LIST)
        brackets = np.add.reduceat(opens, ends[:-1], dtype=np.int64)
        if (brackets[long] > DEEPEST).any():
            return False
    if b"null" in text and _has_null_beside(text):
        return False
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _has_null_beside(text: bytes) -> bool:
    """Say whether a `null` stands after an event, or in a list (or seems to, within a text)."""
    tight = np.frombuffer(text.translate(None, b" \t\r\n"), np.uint8)
    before = tight[:-2]
    after = (before == _CLOSE) | (before == _LIST) | (before == _COMMA)
    return bool((after & (tight[1:-1] == _N) & (tight[2:] == _U)).any())


def _alike(text: bytes, schema: pa.Schema, lines: int) -> pa.Table | None:
    """Read lines that all have one form, or return `None`."""
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(text),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=max(len(text), 1)),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=schema, newlines_in_values=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if table.num_rows != lines or "timestamp" in str(table.schema):  # a time read without its zone
        return None
    too_deep = any(str(kind).count("<") > DEEPEST for kind in table.schema.types)  # for Python
    return None if too_deep else table


def _named(table: pa.Table, rows: int, mapping: Mapping[str, str], *, clock: bool) -> pa.Table:
    """Return a table with our names.

    What these lines lack and others have is missing in each of them.
    """
    needed = [name for name in REQUIRED if clock or name != "at"]
    names = dict.fromkeys(needed, "")
    names |= known_columns(mapping, [*table.column_names, *mapping.values()], clock=clock)
    none = pa.nulls(rows, pa.string())
    return pa.table(
        {
            name: table[column] if column in table.column_names else none
            for name, column in names.items()
        }
    )
