"""Change single values in the text of a policy file; every other byte stays as it is.

Where things are is asked of `meter.loading.positions`. A value that is there is replaced in its
place. One that is missing is added to the table it belongs to, written as that table is: below its
heading, in its braces, or with its dots. What is removed takes its line with it, but no comment. A
new rule or table stands before a rule, and before the comment above that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from meter.loading.positions import Positions
from meter.studio.edits.tokens import Value, dotted, given, is_list, key_token, token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from meter.loading.positions import Pair, Path

__all__ = [
    "TokenEdit",
    "Value",
    "add_key",
    "add_rule",
    "add_table",
    "edited",
    "set_value",
    "toml_value",
]

_BOM = "\ufeff"
_COMMA = re.compile(rb"[ \t]*,")


@frozen
class TokenEdit:
    """A value to stand at a path of the tables; `None` removes what is there.

    With `instead_of`, a key of the same table, that key goes and this one takes its place.
    """

    path: tuple[str | int, ...]
    value: Value | None
    instead_of: str | None = None


def edited(text: str, edits: Iterable[TokenEdit]) -> str:
    """Return a text that is a policy with some values changed.

    Nothing is checked: a value that no policy may have there is written all the same, and reading
    the text says so.
    """
    mark, raw = _opened(text)
    for edit in edits:
        raw = _Text(raw).after(edit)
    return mark + raw.decode()


def set_value(text: str, path: Path, value: Value) -> str:
    r"""Put another value where the text has one. Raises `LookupError` where it has none there.

    >>> set_value("limit = 3  # a month\n", ("limit",), 5)
    'limit = 5  # a month\n'
    """
    mark, raw = _opened(text)
    found = _Text(raw)
    if path not in found.places.spans:
        raise LookupError(path)
    return mark + found.after(TokenEdit(path, value)).decode()


def add_key(text: str, table: Path, key: str, value: Value) -> str:
    """Add a key to a table that has none of that name."""
    return edited(text, [TokenEdit((*table, key), value)])


def add_rule(text: str, number: int, keys: Mapping[str, Value]) -> str:
    """Add a rule before that of a number, from 0, and before the comment above its heading.

    Raises `LookupError` where that rule has no heading.
    """
    mark, raw = _opened(text)
    return mark + _Text(raw).above_rule(number, b"[[rules]]", keys).decode()


def add_table(text: str, path: Path, keys: Mapping[str, Value]) -> str:
    """Add a table before the first rule. Raises `LookupError` where no rule has a heading."""
    mark, raw = _opened(text)
    return mark + _Text(raw).above_rule(0, b"[" + dotted(path) + b"]", keys).decode()


def toml_value(value: Value) -> str:
    """Return a value as TOML, on one line.

    >>> toml_value(["summer", "spring"])
    '["summer", "spring"]'
    """
    return token(value).decode()


def _opened(text: str) -> tuple[str, bytes]:
    """Return the mark that a text begins with, if it does, and the rest of it."""
    mark = _BOM if text.startswith(_BOM) else ""
    return mark, text.removeprefix(_BOM).encode()


class _Text:
    """A text with its positions, as bytes."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.places = Positions(raw.decode())
        self.line_end = b"\r\n" if b"\r\n" in raw else b"\n"

    def after(self, edit: TokenEdit) -> bytes:
        """Return the bytes with one edit made."""
        path = edit.path
        if edit.instead_of is not None:
            pair = self.places.pairs.get((*path[:-1], edit.instead_of))
            if pair is not None and edit.value is not None:
                words = dotted(path[len(pair.table) :]) + b" = " + token(edit.value)
                return self._spliced(pair.start, pair.end, words)
        span = self.places.spans.get(path)
        if edit.value is None:
            return self.raw if span is None else self._without(path)
        if span is None:
            return self._with(path, edit.value)
        if is_list(edit.value):
            return self._listing(path, edit.value)
        return self._spliced(*span, token(edit.value))

    def above_rule(self, number: int, heading: bytes, keys: Mapping[str, Value]) -> bytes:
        """Return the bytes with a table before a rule and the comment that belongs to that."""
        lines = self.raw.split(b"\n")
        place = self.raw.count(b"\n", 0, self.places.headings["rules", number])
        while place and lines[place - 1].lstrip().startswith(b"#"):
            place -= 1
        pairs = (key_token(key) + b" = " + token(value) for key, value in keys.items())
        written = [line + self.line_end[:-1] for line in (heading, *pairs, b"")]
        return b"\n".join([*lines[:place], *written, *lines[place:]])

    def _spliced(self, start: int, end: int, words: bytes) -> bytes:
        return self.raw[:start] + words + self.raw[end:]

    def _listing(self, path: Path, texts: Sequence[str]) -> bytes:
        """Return the bytes with a list changed item by item, so that its layout stays."""
        spans = self._items(path)
        if not spans or not texts:
            return self._spliced(*self.places.spans[path], token(texts))
        raw = self.raw
        if len(texts) > len(spans):
            more = b"".join(b", " + token(text) for text in texts[len(spans) :])
            raw = raw[: spans[-1][1]] + more + raw[spans[-1][1] :]
        for place in reversed(range(len(texts), len(spans))):
            start, end = self._with_its_comma(spans, place)
            raw = raw[:start] + raw[end:]
        was = tuple(given(self.raw[start:end]) for start, end in spans)
        for (start, end), text, old in reversed(list(zip(spans, texts, was, strict=False))):
            if text != old:
                raw = raw[:start] + token(text) + raw[end:]
        return raw

    def _with_its_comma(self, spans: Sequence[tuple[int, int]], place: int) -> tuple[int, int]:
        """Return what to take away with an item of a list: a comma, and never a comment."""
        start, end = spans[place]
        before = self.raw[spans[place - 1][1] : start]
        comma = _COMMA.match(self.raw, end)
        if comma is not None:
            return start, comma.end()
        return (spans[place - 1][1], end) if before.strip() == b"," else (start, end)

    def _items(self, path: Path) -> list[tuple[int, int]]:
        """Return where the items of a list are, in order."""
        found: list[tuple[int, int]] = []
        while (*path, len(found)) in self.places.spans:
            found.append(self.places.spans[*path, len(found)])
        return found

    def _with(self, path: Path, value: Value) -> bytes:
        """Return the bytes with a key that was not there."""
        table, key = path[:-1], path[-1:]
        if table in self.places.spans:
            return self._in_braces(table, dotted(key) + b" = " + token(value))
        if table in self.places.headings:
            return self._below(table, dotted(key) + b" = " + token(value))
        beside = self._dotted_beside(table)
        if beside is not None:
            words = dotted(path[len(beside.table) :]) + b" = " + token(value)
            if beside.table in self.places.spans:
                return self._spliced(beside.end, beside.end, b", " + words)
            return self._on_the_next_line(beside.end, beside.start, words)
        if table[:-1] in self.places.spans:
            words = dotted(table[-1:]) + b" = { " + dotted(key) + b" = " + token(value) + b" }"
            return self._in_braces(table[:-1], words)
        return self._at_the_end(b"[" + dotted(table) + b"]", dotted(key) + b" = " + token(value))

    def _in_braces(self, table: Path, words: bytes) -> bytes:
        pairs = self._pairs_of(table)
        if not pairs:
            return self._spliced(*self.places.spans[table], b"{ " + words + b" }")
        return self._spliced(pairs[-1].end, pairs[-1].end, b", " + words)

    def _below(self, table: Path, words: bytes) -> bytes:
        pairs = self._pairs_of(table)
        if not pairs:
            end = self.places.headings[table]
            return self._on_the_next_line(end, end, words)
        return self._on_the_next_line(pairs[-1].end, pairs[-1].start, words)

    def _on_the_next_line(self, end: int, start: int, words: bytes) -> bytes:
        """Return the bytes with words on the line after `end`, indented as what is at `start`."""
        line_start = self.raw.rfind(b"\n", 0, start) + 1
        indent = self.raw[line_start:start]
        words = (b"" if indent.strip() else indent) + words
        line_end = self.raw.find(b"\n", end)
        if line_end < 0:
            return self.raw + self.line_end + words
        return self._spliced(line_end + 1, line_end + 1, words + self.line_end)

    def _at_the_end(self, heading: bytes, words: bytes) -> bytes:
        ends = b"" if self.raw.endswith(b"\n") else self.line_end
        return self.raw + ends + self.line_end.join((b"", heading, words, b""))

    def _pairs_of(self, table: Path) -> list[Pair]:
        """Return the pairs written in a table, in order."""
        return sorted(pair for pair in self.places.pairs.values() if pair.table == table)

    def _dotted_beside(self, table: Path) -> Pair | None:
        """Return the last pair whose dotted key leads into a table from outside, if any."""
        length = len(table)
        found = [
            pair
            for path, pair in self.places.pairs.items()
            if path[:length] == table and len(pair.table) < length
        ]
        return max(found, default=None)

    def _without(self, path: Path) -> bytes:
        """Return the bytes without a key and its value."""
        pair = self.places.pairs[path]
        if pair.table not in self.places.spans:
            return self._without_line(pair)
        pairs = self._pairs_of(pair.table)
        place = pairs.index(pair)
        if place + 1 < len(pairs):
            return self._spliced(pair.start, pairs[place + 1].start, b"")
        if place:
            return self._spliced(pairs[place - 1].end, pair.end, b"")
        return self._spliced(pair.start, pair.end, b"")

    def _without_line(self, pair: Pair) -> bytes:
        """Return the bytes without a pair; of its line a comment stays."""
        line_start = self.raw.rfind(b"\n", 0, pair.start) + 1
        line_end = self.raw.find(b"\n", pair.end)
        line_end = len(self.raw) if line_end < 0 else line_end + 1
        after = self.raw[pair.end : line_end]
        if after.strip():
            return self._spliced(pair.start, line_end - len(after.lstrip()), b"")
        return self._spliced(line_start, line_end, b"")
