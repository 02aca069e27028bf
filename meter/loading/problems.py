"""Where is a problem in the text, what did the editor mean, and how is it told?

Positions come from a tree-sitter parse, which is only made when there is something to point at.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Literal, NamedTuple

from attrs import evolve

from meter.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tree_sitter import Node

__all__ = ["MOST_PROBLEMS", "Path", "Place", "Positions", "Report", "meant", "quoted"]

MOST_PROBLEMS = 50
"""How many problems are listed; the rest is counted."""

_LONGEST_QUOTE = 60
_LONGEST_SOURCE = 160
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

Path = tuple[str | int, ...]
"""Where something is in the tables of a file: keys by name, items of a list by number from 0."""

At = Literal["key", "value"]


class Place(NamedTuple):
    """A line and a column, both from 1; columns count characters."""

    line: int
    column: int


def quoted(value: object, most: int = _LONGEST_QUOTE) -> str:
    """Return what an editor wrote, in backticks, cut to `most` characters, with nothing in it that
    could upset a terminal.

    >>> quoted("summer"), quoted(True), quoted(["a"])
    ('`summer`', '`true`', '`["a"]`')
    """
    text = printable(value if isinstance(value, str) else _literal(value))
    return f"`{text if len(text) <= most else text[: most - 1] + '…'}`"


def printable(text: str) -> str:
    """Return a text without anything in it that could upset a terminal or turn the direction of a
    line.
    """
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04X}", text)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return f'"{value[:_LONGEST_QUOTE]}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_LONGEST_QUOTE else "a number of more than 60 digits"
    if isinstance(value, list):
        return (
            f"[{', '.join(_literal(item) for item in value[:3])}{', …' if len(value) > 3 else ''}]"
        )
    if isinstance(value, dict):
        return (
            f"{{ {', '.join(f'{str(key)[:20]} = …' for key in list(value)[:3])} }}"
            if value
            else "{}"
        )
    return "null" if value is None else str(value)


def meant(word: str, known: Collection[str]) -> str:
    """Return the next step for a word that is not known.

    The one that was probably meant, or the list of all.

    >>> meant("artcles", ["articles", "views"])
    'did you mean `articles`?'
    """
    return step_to(closest(word, known), known)


def step_to(close: str | None, known: Collection[str]) -> str:
    """Return the next step where `close` is the known word that was probably meant, if there is
    one.
    """
    if close is not None:
        return f"did you mean `{close}`?"
    listed = sorted(known)
    return (
        f"there are: {', '.join(f'`{item}`' for item in listed[:40])}"
        if listed
        else "there are none yet"
    )


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that is most like `word`, whatever its capitals and whether `-` or `_`
    joins it; `None` if none is.
    """
    folded = {_folded(item): item for item in sorted(known, reverse=True)}
    found = difflib.get_close_matches(_folded(word[:_LONGEST_QUOTE]), folded, 1)
    return folded[found[0]] if found else None


def _folded(word: str) -> str:
    return word.casefold().replace("_", "-")


class Report:
    """Collects what is wrong, up to a bound, and remembers where."""

    def __init__(self) -> None:
        self.found: list[tuple[Problem, At]] = []
        self.more = 0
        self._dropped: set[Path] = set()
        self._above: set[Path] = set()

    def __call__(
        self, code: str, path: Path, message: str, advice: str | None = None, *, at: At = "value"
    ) -> None:
        """Note one problem. `at` says whether to point at the value at `path` or at its key."""
        self.add(Problem(code=code, path=path, message=message, help=advice), at)

    def add(self, problem: Problem, at: At = "value") -> None:
        """Note a problem that somebody else has found."""
        if self.full:
            self.more += 1
        else:
            message, advice = printable(problem.message), printable(problem.help or "")
            self.found.append((evolve(problem, message=message, help=advice or None), at))

    @property
    def full(self) -> bool:
        """Whether no more problems will be listed."""
        return len(self.found) >= MOST_PROBLEMS

    def drop(self, path: Path) -> None:
        """Note that the value at `path` was not read, so that nothing is said of what follows from
        that.
        """
        self._dropped.add(path)
        self._above.update(path[:length] for length in range(1, len(path) + 1))

    def dropped_at(self, path: Path) -> bool:
        """Say whether the value at `path`, or what holds it, was not read."""
        return any(path[:length] in self._dropped for length in range(1, len(path) + 1))

    def dropped_under(self, path: Path) -> bool:
        """Say whether something inside the value at `path` was not read."""
        return path in self._above

    def problems(self, text: str, name: str) -> tuple[Problem, ...]:
        """Return every problem with its place in `text`, in the order of the text."""
        if not self.found:
            return ()
        positions = Positions(text, [(problem.path, at) for problem, at in self.found])
        located = [positions.locate(problem, at, name) for problem, at in self.found]
        located.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
        return (*located, *self._rest(name))

    def unlocated(self, name: str, line: int | None = None) -> tuple[Problem, ...]:
        """Return every problem of a text whose lines are read one by one.

        All are on `line`, or where they say they are.
        """
        found = [
            evolve(problem, name=name, line=problem.line if line is None else line)
            for problem, _ in self.found
        ]
        return (*found, *self._rest(name))

    def _rest(self, name: str) -> tuple[Problem, ...]:
        """Return what is said of the problems that are not listed."""
        if not self.more:
            return ()
        message = (
            f"the first {len(self.found)} problems are listed; there are at least {self.more} more"
        )
        return (
            Problem(
                code="too-many-problems",
                message=message,
                name=name,
                help="mend these and check again",
            ),
        )


class Positions:
    """Where the keys and values of a TOML text are.

    With `wanted`, the text is only searched for those paths, and no further than the last of them.
    """

    def __init__(self, text: str, wanted: Iterable[tuple[Path, At]] | None = None) -> None:
        self.lines = text.split("\n")
        self._places: dict[tuple[Path, At], tuple[int, int]] = {}
        self._counts: dict[Path, int] = {}
        self._defined: set[Path] = set()
        self.repeated: Place | None = None
        """Where the first key or heading is that was there before."""
        self._missing = None if wanted is None else {(path, at) for path, at in wanted if path}
        self._inside = {
            path[:length] for path, _ in self._missing or () for length in range(1, len(path) + 1)
        }
        if self._missing != set():
            for node in _parse(text).named_children:
                self._statement(node)
                if self._missing == set() or self.repeated:
                    break

    def locate(self, problem: Problem, at: At, name: str) -> Problem:
        """Return a problem with line, column and source line.

        Where its path is not in the text, those of what holds it.
        """
        path = problem.path
        order: tuple[At, At] = ("value", "key") if at == "value" else ("key", "value")
        point = next(
            (self._places[path, side] for side in order if (path, side) in self._places), None
        )
        while point is None and path:
            path = path[:-1]
            point = self._places.get((path, "key")) or self._places.get((path, "value"))
        line, column = self._place(point or (0, 0))
        return evolve(
            problem, name=name, line=line, column=column, source=source_line(self.lines, line)
        )

    def _place(self, point: tuple[int, int]) -> Place:
        """Return a point of the parser as people count.

        From 1, and in characters where the parser counts bytes.
        """
        row, column = point
        raw = self.lines[row] if row < len(self.lines) else ""
        return Place(
            row + 1, len(raw.encode("utf-8", "replace")[:column].decode(errors="ignore")) + 1
        )

    def _statement(self, node: Node) -> None:
        if node.type == "pair":
            self._pair((), node)
        elif node.type in ("table", "table_array_element"):
            children = node.named_children
            header = next(child for child in children if child.type != "comment")
            parts = tuple(_key_parts(header))
            path: Path = (*self._resolve(parts[:-1]), parts[-1])
            if node.type == "table_array_element":
                self._note(path, "key", header)
                self._counts[path] = self._counts.get(path, 0) + 1
                path = (*path, self._counts[path] - 1)
            self._define(path, header)
            if self._missing is None or path in self._inside:
                for child in children:
                    if child.type == "pair":
                        self._pair(path, child)
                    if self._missing == set():
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
        key, value = node.named_children[0], node.named_children[-1]
        path = (*base, *_key_parts(key))
        self._define(path, key)
        if self._missing is None or path in self._inside:
            self._value(path, value)

    def _value(self, path: Path, node: Node) -> None:
        self._note(path, "value", node)
        if self._missing == set():
            return
        if node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(path, child)
        elif node.type == "array":
            for index, child in enumerate(
                child for child in node.named_children if child.type != "comment"
            ):
                if self._missing is None or (*path, index) in self._inside:
                    self._value((*path, index), child)

    def _define(self, path: Path, node: Node) -> None:
        """Note where a key is; the tables that a dotted key opens on the way are there as well."""
        if path in self._defined:
            self.repeated = self.repeated or self._place(
                (node.start_point.row, node.start_point.column)
            )
        self._defined.add(path)
        for length in range(1, len(path) + 1):
            self._note(path[:length], "key", node)

    def _note(self, path: Path, at: At, node: Node) -> None:
        if (path, at) not in self._places and (self._missing is None or path in self._inside):
            self._places[path, at] = node.start_point.row, node.start_point.column
            if self._missing is not None:
                self._missing.discard((path, at))


def source_line(lines: list[str], line: int) -> str:
    """Return a line of a text as it can be shown: bounded, and without control characters."""
    raw = lines[line - 1] if 0 < line <= len(lines) else ""
    shown = raw.rstrip("\r").replace("\t", " ")
    shown = shown if len(shown) <= _LONGEST_SOURCE else shown[: _LONGEST_SOURCE - 1] + "…"
    return _UNPRINTABLE.sub("�", shown)


def _parse(text: str) -> Node:
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node


def _key_parts(node: Node) -> Iterator[str]:
    if node.type == "dotted_key":
        for child in node.named_children:
            yield from _key_parts(child)
    elif node.text is not None:
        word = node.text.decode()
        yield next(iter(tomllib.loads(f"{word}=1"))) if node.type == "quoted_key" else word
