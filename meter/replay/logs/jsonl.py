"""How is a JSON Lines log read?

Blocks of lines that are surely well formed at once, all others line by line.

pyarrow's reader ends the process on `null` where an event is expected and on deep nesting, misreads
lists with `null` in them, and takes two halves of events on two lines for two events. So a block is
looked at before it gets there.
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.json

from meter.replay.logs.columns import NAMES, REQUIRED, column_names, known_columns
from meter.replay.logs.rows import BadRows, Fault, Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["read_lines"]

_BLOCK = 1 << 22
"""How many bytes are read at a time.

Every name in a block's events is a column for a while, so blocks are not large.
"""
_LONGEST = 1 << 22
"""A line with more bytes is no event."""
_DEEPEST = 64
"""How many brackets may be open at a time."""
_SHORT = 1024
"""A line with no more bytes is nested at most half as deep, which pyarrow's reader bears."""
_TABLES = ("reader", "article")
_RIGHT = pa.struct([(name, pa.string()) for name in ("kind", "product", "starts", "ends", "grace")])
_EVENT = [
    ("at", pa.string()),
    ("reader", pa.struct([("id", pa.string()), ("entitlements", pa.list_(_RIGHT))])),
    ("article", pa.struct([("id", pa.string()), ("published", pa.string())])),
]
_BREAK, _OPEN, _CLOSE, _LIST, _COMMA, _NULL = *b"\n{}[,", b"nu"
_NO_EVENT = "no event in it"
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"?')
_MARKS = re.compile(r"[][{}]")


def read_lines(
    stream: IO[bytes], mapping: Mapping[str, str], bad: BadRows, *, clock: bool
) -> Iterator[Piece]:
    """Yield the events of a log; lines that hold none are added to `bad`.

    Raises `LogError` if no event has a column that is needed.
    """
    seen: dict[str, None] = {}
    for text, line in _blocks(stream, bad):
        table, rows = _read(text, line, mapping, bad)
        seen |= dict.fromkeys(table.column_names)
        if len(rows):
            yield Piece(_named(table, len(rows), mapping, clock=clock), rows)
    if seen:
        column_names(mapping, list(seen), clock=clock)


def _blocks(stream: IO[bytes], bad: BadRows) -> Iterator[tuple[bytes, int]]:
    """Yield whole lines, many at a time, with the number of the first."""
    line, rest, too_long = 1, b"", False
    while block := stream.read(_BLOCK):
        if line == 1 and not rest:
            block = block.removeprefix(b"\xef\xbb\xbf")
        text = rest + block
        if too_long:
            _, end, text = text.partition(b"\n")
            if not end:
                continue
            too_long, line = False, line + 1
        cut = text.rfind(b"\n") + 1
        text, rest = text[:cut], text[cut:]
        yield from [(text, line)] if text.strip() else []
        line += text.count(b"\n")
        if len(rest) > _LONGEST:
            bad.add(
                line,
                Fault.NO_EVENT,
                f"a line of more than {_LONGEST >> 20} MiB; each event has a line of its own",
                _NO_EVENT,
            )
            rest, too_long = b"", True
    if rest.strip():
        yield rest, line


def _read(text: bytes, line: int, mapping: Mapping[str, str], bad: BadRows) -> tuple[pa.Table, Any]:
    """Return a block of lines as a table with the log's own names, `reader` and `article` laid
    flat, and each row's line.
    """
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    schemas = _schemas(mapping) if _plain(text) else []
    table = next(
        (table for schema in schemas if (table := _alike(text, schema, lines)) is not None), None
    )
    if table is None or any(
        n.startswith(f"{name}.")
        for name in _TABLES
        if name in table.column_names
        for n in table.column_names
    ):
        return _one_by_one(
            text, line, mapping, bad
        )  # lines that differ in form, or `reader` and `reader.id` in one line
    for name in _TABLES:
        if name in table.column_names and pa.types.is_struct(table[name].type):
            inner = table[name].combine_chunks()
            inner = inner.chunk(0) if isinstance(inner, pa.ChunkedArray) else inner
            fields = {
                f"{name}.{f.name}": part
                for f, part in zip(inner.type, inner.flatten(), strict=True)
            }
            table = pa.table({**{n: table[n] for n in table.column_names if n != name}, **fields})
    table = table.select(
        [
            name
            for name in dict.fromkeys(table.column_names)
            if table[name].null_count < table.num_rows
        ]
    )
    known = known_columns(mapping, [*table.column_names, *mapping.values()])
    there = [
        name
        for name in ("reader.id", "article.id", "id", "at")
        if known.get(name) in table.column_names
    ]
    kinds = {name: table[known[name]].type for name in there}
    if any(
        pa.types.is_nested(kind) or (pa.types.is_floating(kind) and name != "at")
        for name, kind in kinds.items()
    ):
        return _one_by_one(
            text, line, mapping, bad
        )  # no ids, or long numbers that have lost their last digits
    return table, np.arange(line, line + lines)


def _schemas(mapping: Mapping[str, str]) -> list[pa.Schema]:
    """Return what lines may look like: our events, flat rows, rows whose times are numbers.

    Times stay texts: they have zones.
    """
    times = dict.fromkeys((*NAMES["at"], "at", "published", *mapping.values()), pa.string())
    return [pa.schema(_EVENT), pa.schema(list(times.items())), pa.schema([])]


def _plain(text: bytes) -> bool:
    """Say whether nothing in a block is known to lead pyarrow's reader astray."""
    letters = np.frombuffer(b"\n" + text.rstrip(b"\r\n").replace(b"\r\n", b"\n") + b"\n", np.uint8)
    ends = np.flatnonzero(letters == _BREAK)
    # No text holds a line break, and `} {` is an error inside of an event: so no event goes over
    # two lines.
    if not ((letters[ends[:-1] + 1] == _OPEN).all() and (letters[ends[1:] - 1] == _CLOSE).all()):
        return False
    if (long := np.diff(ends) > _SHORT).any():
        brackets = np.add.reduceat(
            (letters == _OPEN) | (letters == _LIST), ends[:-1], dtype=np.int64
        )
        if (brackets[long] > _DEEPEST).any():
            return False
    if b"null" in text:
        tight = np.frombuffer(text.translate(None, b" \t\r\n"), np.uint8)
        after = (tight[:-2] == _CLOSE) | (tight[:-2] == _LIST) | (tight[:-2] == _COMMA)
        if (after & (tight[1:-1] == _NULL[0]) & (tight[2:] == _NULL[1])).any():
            return False
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


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
    if any(
        str(kind).count("<") > _DEEPEST for kind in table.schema.types
    ):  # deeper than Python bears
        return None
    return table


def _one_by_one(
    text: bytes, line: int, mapping: Mapping[str, str], bad: BadRows
) -> tuple[pa.Table, Any]:
    events, rows = [], []
    for number, raw in enumerate(text.split(b"\n"), line):
        if not raw.strip():
            continue
        event = _event(raw, number, bad)
        if event is None:
            continue
        for name in _TABLES:
            if isinstance(event.get(name), dict):
                event |= {f"{name}.{key}": value for key, value in event.pop(name).items()}
            elif name in event and name not in mapping.values():
                event[f"{name}.id"] = event.pop(
                    name
                )  # an id stands for a reader or an article of which nothing else is known
        events.append(event)
        rows.append(number)
    there = list(
        dict.fromkeys(
            name for event in events for name, value in event.items() if value is not None
        )
    )
    wanted = known_columns(mapping, [*there, *mapping.values()])
    fine = [
        _has_ids(event, number, wanted, bad) for event, number in zip(events, rows, strict=True)
    ]
    events = [event for event, kept in zip(events, fine, strict=True) if kept]
    known = set(wanted.values())
    columns = {
        name: (
            _texts(event.get(name) for event in events) if name in known else pa.nulls(len(events))
        )
        for name in there
    }
    return pa.table(columns), np.array(rows, np.int64)[np.array(fine, np.bool_)]


def _has_ids(
    event: Mapping[str, Any], number: int, wanted: Mapping[str, str], bad: BadRows
) -> bool:
    """Say whether what should be ids are no lists or tables; otherwise add the line to `bad`."""
    for name, word, code in (
        ("reader.id", "reader", Fault.NO_READER),
        ("article.id", "article", Fault.NO_ARTICLE),
    ):
        value = event.get(wanted.get(name, ""))
        if isinstance(value, dict | list):
            bad.add(
                number,
                code,
                f"`{json.dumps(value, ensure_ascii=False)}` is not the id of one {word}",
                f"no {word}",
            )
            return False
    return True


def _event(raw: bytes, number: int, bad: BadRows) -> dict[str, Any] | None:
    """Return what a line holds, or add it to `bad`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        bad.add(number, Fault.NOT_TEXT, "text that is not UTF-8")
        return None
    if _depth(text) > _DEEPEST:
        bad.add(number, Fault.NO_EVENT, f"nested more than {_DEEPEST} deep", _NO_EVENT)
        return None
    try:
        event = json.loads(text)
    except ValueError:
        bad.add(number, Fault.NO_EVENT, "not JSON", _NO_EVENT)
        return None
    if not isinstance(event, dict):
        bad.add(number, Fault.NO_EVENT, "not a JSON object", _NO_EVENT)
        return None
    if "\\ud" in text.lower() and not _is_text(event):
        bad.add(
            number,
            Fault.NOT_TEXT,
            "half of a character, written as `\\ud…`",
            "text that is not UTF-8",
        )
        return None
    return event


def _depth(text: str) -> int:
    """Return how many brackets are open at a time, at most."""
    if text.count("{") + text.count("[") <= _DEEPEST:
        return 0
    deepest = depth = 0
    for mark in _MARKS.findall(_TEXT.sub("", text)):
        depth += 1 if mark in "{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _is_text(event: Mapping[str, Any]) -> bool:
    try:
        json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _named(table: pa.Table, rows: int, mapping: Mapping[str, str], *, clock: bool) -> pa.Table:
    """Return a table with our names.

    What these lines lack and others have is missing in each of them.
    """
    names = known_columns(mapping, [*table.column_names, *mapping.values()], clock=clock)
    names = (
        dict.fromkeys(REQUIRED if clock else [name for name in REQUIRED if name != "at"], "")
        | names
    )
    none = pa.nulls(rows, pa.string())
    return pa.table(
        {
            name: table[column] if column in table.column_names else none
            for name, column in names.items()
        }
    )


def _texts(values: Iterable[Any]) -> pa.Array:
    """Return JSON values as texts: what is not a text stays JSON."""
    return pa.array(
        [
            (
                value
                if value is None or isinstance(value, str)
                else json.dumps(value, ensure_ascii=False)
            )
            for value in values
        ],
        pa.string(),
    )
