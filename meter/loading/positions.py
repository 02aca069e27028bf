"""Find where the keys and values of a TOML text are, with a tree-sitter parse.

The parse is only made when there is something to point at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from attrs import evolve

from meter.resources import source_line, toml_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

    from meter.errors import Problem

__all__ = ["At", "Pair", "Path", "Place", "Positions"]


Path = tuple[str | int, ...]
"""Where something is in the tables of a file: keys by name, items of a list by number from 0."""

At = Literal["key", "value"]


class Place(NamedTuple):
    """A line and a column, both from 1; columns count characters."""

    line: int
    column: int


class Pair(NamedTuple):
    """A key with its value: where both start and end, in bytes of the text as UTF-8.

    `table` is the table it is written in: below its heading or in its braces. A dotted key is of a
    table further in.
    """

    start: int
    end: int
    table: Path


class Positions:
    """Where the keys and values of a TOML text are.

    With `wanted`, the text is only searched for those paths, and no further than the last of them.
    A mark of the order of its bytes, which no editor shows, takes up no place.
    """

    def __init__(self, text: str, wanted: Iterable[tuple[Path, At]] | None = None) -> None:
        text = text.removeprefix("\ufeff")
        self.lines = text.split("\n")
        self._places: dict[tuple[Path, At], tuple[int, int]] = {}
        self.spans: dict[Path, tuple[int, int]] = {}
        """Where each value starts and ends, in bytes of the text as UTF-8."""
        self.pairs: dict[Path, Pair] = {}
        """Where each key with its value is."""
        self.headings: dict[Path, int] = {}
        """Where the heading of each table that has one ends, in bytes."""
        self._counts: dict[Path, int] = {}
        self._defined: set[Path] = set()
        self.repeated: Place | None = None
        """Where the first key or heading is that was there before."""
        self._missing = None if wanted is None else {(path, at) for path, at in wanted if path}
        self._inside = {
            path[:length] for path, _ in self._missing or () for length in range(1, len(path) + 1)
        }
        if not self._complete:
            for node in _parse(text).named_children:
                self._statement(node)
                if self._complete or self.repeated:
                    break

    @property
    def _complete(self) -> bool:
        """Whether every place that is wanted was found."""
        return self._missing == set()

    def _is_searched(self, path: Path) -> bool:
        """Say whether a wanted place is at `path` or inside it."""
        return self._missing is None or path in self._inside

    def locate(self, problem: Problem, at: At, name: str) -> Problem:
        """Return a problem with line, column and source line.

        Where its path is not in the text, those of what holds it.
        """
        path = problem.path
        order: tuple[At, At] = ("value", "key") if at == "value" else ("key", "value")
        point = self._point(path, order)
        while point is None and path:
            path = path[:-1]
            point = self._point(path, ("key", "value"))
        line, column = self._place(point or (0, 0))
        source = source_line(self.lines, line)
        return evolve(problem, name=name, line=line, column=column, source=source)

    def _point(self, path: Path, order: tuple[At, At]) -> tuple[int, int] | None:
        """Return the point of the first of the two sides of `path` that is in the text."""
        first, second = order
        return self._places.get((path, first)) or self._places.get((path, second))

    def _place(self, point: tuple[int, int]) -> Place:
        """Return a point of the parser as people count.

        From 1, and in characters where the parser counts bytes.
        """
        row, column = point
        raw = self.lines[row] if row < len(self.lines) else ""
        before = raw.encode("utf-8", "replace")[:column].decode(errors="ignore")
        return Place(row + 1, len(before) + 1)

    def _statement(self, node: Node) -> None:
        if node.type == "pair":
            self._pair((), node)
        elif node.type in ("table", "table_array_element"):
            self._table(node)

    def _table(self, node: Node) -> None:
        """Note the heading of a table and what stands below it."""
        children = node.named_children
        header = next(child for child in children if child.type != "comment")
        parts = tuple(_key_parts(header))
        path: Path = (*self._resolve(parts[:-1]), parts[-1])
        if node.type == "table_array_element":
            self._note(path, "key", header)
            self._counts[path] = self._counts.get(path, 0) + 1
            path = (*path, self._counts[path] - 1)
        self._define(path, header)
        self.headings[path] = next(
            child.end_byte for child in node.children if child.type in ("]", "]]")
        )
        if not self._is_searched(path):
            return
        for child in children:
            if child.type == "pair":
                self._pair(path, child)
            if self._complete:
                break

    def _resolve(self, parts: Iterable[str]) -> Path:
        """Return the path of a header's parts: under a list of tables, the last one is meant."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, base: Path, node: Node) -> None:
        # A comment at the end of the line is a part of its pair.
        key, value = (child for child in node.named_children if child.type != "comment")
        path = (*base, *_key_parts(key))
        self._define(path, key)
        self.pairs.setdefault(path, Pair(key.start_byte, value.end_byte, base))
        if self._is_searched(path):
            self._value(path, value)

    def _value(self, path: Path, node: Node) -> None:
        self._note(path, "value", node)
        self.spans.setdefault(path, (node.start_byte, node.end_byte))
        if self._complete:
            return
        if node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(path, child)
        elif node.type == "array":
            items = [child for child in node.named_children if child.type != "comment"]
            for index, item in enumerate(items):
                if self._is_searched((*path, index)):
                    self._value((*path, index), item)

    def _define(self, path: Path, node: Node) -> None:
        """Note where a key is; the tables that a dotted key opens on the way are there as well."""
        if path in self._defined:
            self.repeated = self.repeated or self._place(_start(node))
        self._defined.add(path)
        for length in range(1, len(path) + 1):
            self._note(path[:length], "key", node)

    def _note(self, path: Path, at: At, node: Node) -> None:
        if (path, at) not in self._places and self._is_searched(path):
            self._places[path, at] = _start(node)
            if self._missing is not None:
                self._missing.discard((path, at))


def _parse(text: str) -> Node:
    # a parser that only a text with a problem needs
    import tree_sitter_toml  # noqa: PLC0415
    from tree_sitter import Language, Parser  # noqa: PLC0415

    return Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node


def _start(node: Node) -> tuple[int, int]:
    return node.start_point.row, node.start_point.column


def _key_parts(node: Node) -> Iterator[str]:
    if node.type == "dotted_key":
        for child in node.named_children:
            yield from _key_parts(child)
    elif node.text is not None:
        word = node.text.decode()
        yield next(iter(toml_tables(f"{word}=1", ""))) if node.type == "quoted_key" else word
