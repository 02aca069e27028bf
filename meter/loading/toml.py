"""Read the file of a policy or a journey, and the tables in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from meter.errors import PolicyError, problem_at
from meter.loading.files import file_problem, not_a_file, unreadable_file
from meter.loading.positions import Positions
from meter.resources import MOST_BYTES, TomlError, source_line, toml_tables, too_large

if TYPE_CHECKING:
    from os import PathLike

    from meter.errors import Problem

__all__ = ["parse_toml", "read_text"]

_SEVERAL = re.compile(r"\s*\[\[([\w-]+)\]\]\s*")
_LISTS = ("rules", "guarantees", "steps", "institutions")
"""What a file has several of in a list, each below a heading with two brackets."""


def read_text(path: str | PathLike[str], *, room: int = 1) -> str:
    """Return the text of a file, which may be `room` times as large as a policy.

    Raises `PolicyError` if it is not there, cannot be read, is too large or not UTF-8.
    """
    return _decoded(_bytes(Path(path), room), str(path), room)


def parse_toml(text: str, name: str, *, room: int = 1) -> dict[str, Any]:
    """Return the tables of a TOML text, called `name` in messages; `room` as for `read_text`.

    Raises `PolicyError` with the one problem that stopped the reading.
    """
    try:
        return toml_tables(text, name, room=room)
    except TomlError as error:
        (problem,) = error.problems
    if problem.code == "duplicate-key":  # the parser points behind it
        positions = Positions(text)
        lines, repeated = positions.lines, positions.repeated
        if repeated is not None:
            source = source_line(lines, repeated.line)
            problem = evolve(problem, line=repeated.line, column=repeated.column, source=source)
        problem = _single_brackets(problem, lines)
    raise PolicyError((problem,))


def _single_brackets(problem: Problem, lines: list[str]) -> Problem:
    """Return the problem of a list of tables that began with one bracket, where that is it."""
    last = problem.line or 1
    heading = source_line(lines, last)
    name = heading.strip().strip("[]")
    if heading.strip() == f"[{name}]" and name in _LISTS:
        return evolve(
            problem,
            message=f"there are two tables `[{name}]`, and a list of them is meant",
            help=f"write `[[{name}]]` with two brackets before each of them",
        )
    repeated = _SEVERAL.fullmatch(heading)
    if repeated is None:
        return problem
    name = repeated[1]
    for number, raw in enumerate(lines[: last - 1], 1):
        if raw.strip() == f"[{name}]":
            return evolve(
                problem,
                message=f"`[{name}]` is one table, and `[[{name}]]` further down are several",
                help=f"write `[[{name}]]` with two brackets before each of them",
                line=number,
                column=1,
                source=source_line(lines, number),
            )
    return problem


def _bytes(path: Path, room: int) -> bytes:
    """Return what is in a file, up to one byte more than there may be."""
    problem = file_problem(path)
    if problem is None and not path.is_file():
        problem = not_a_file(path)
    if problem is not None:
        raise PolicyError((problem,))
    try:
        with path.open("rb") as file:
            return file.read(room * MOST_BYTES + 1)
    except OSError as error:
        raise PolicyError((unreadable_file(path, error),)) from error


def _decoded(raw: bytes, name: str, room: int) -> str:
    if len(raw) > room * MOST_BYTES:
        raise PolicyError((too_large(name, room=room),))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        message = f"the file is not UTF-8: byte {raw[error.start]:#04x} means nothing there"
        text = f"{before}\ufffd"
        problem = problem_at(
            "bad-encoding",
            message,
            "save the file as UTF-8",
            name=name,
            source=text,
            offset=len(before),
        )
        raise PolicyError((problem,)) from error
