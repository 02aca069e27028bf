"""Print data on stdout and messages on stderr, with colour only on a terminal.

`NO_COLOR`, `COLUMNS` and pipes are respected. Problems are printed in an editor's words.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
from datetime import date, time
from typing import IO, TYPE_CHECKING, NoReturn
from unicodedata import east_asian_width

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from meter.errors import MeterError, Problem

__all__ = [
    "EXIT_BAD_INPUT",
    "EXIT_NO",
    "allow_any_encoding",
    "fail",
    "open_console",
    "print_answer",
    "print_drawn",
    "print_error",
    "print_json",
    "print_message",
    "print_problems",
    "styled",
]

EXIT_NO = 1
"""The answer is no: a policy has errors, an expectation is broken."""
EXIT_BAD_INPUT = 2
"""Wrong usage, or input that cannot be read."""

_WIDEST = 100


def open_console(
    *, stderr: bool = False, width: int | None = None, widest: int = _WIDEST
) -> Console:
    """Return a rich console on stdout (or stderr).

    As wide as the terminal, and not wider than `widest`; or exactly `width`.
    """
    # rich is half of the start of a command that draws nothing
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=stderr, highlight=False, emoji=False, markup=False, soft_wrap=False)
    console.width = width or min(console.width, widest)
    return console


_PLAIN = {
    "●": "#",
    "○": "-",
    "→": ">",
    "↻": "*",
    "✗": "x",
    "✓": "v",
    "·": "-",
    "…": "~",
    "–": "-",
    "—": "-",
    "“": '"',
    "”": '"',
    "’": "'",
}
"""What stands for a mark where the terminal cannot show it: as wide as the mark, so that columns
stay columns.
"""


def allow_any_encoding() -> None:
    """Print a substitute for a letter that the terminal cannot show.

    A mark has a plain form, anything else becomes a question mark.
    """
    codecs.register_error("meter-plain", _plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="meter-plain")


def _plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(map(_plain_letter, letters)), error.end


def _plain_letter(letter: str) -> str:
    wide = east_asian_width(letter) in "WF"
    return _PLAIN.get(letter, "??" if wide else "?")


def print_json(document: object) -> None:
    """Print one JSON document on stdout. Times are ISO 8601, other values their words."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


def print_drawn(drawn: str) -> None:
    """Print on stdout what was drawn, without the blanks that fill its lines."""
    click.echo("\n".join(line.rstrip() for line in drawn.splitlines()))


def print_answer(answer: str) -> None:
    """Print a line of the answer on stdout."""
    click.echo(answer, color=_colour(sys.stdout))


def print_message(message: str) -> None:
    """Print a message for a person on stderr."""
    click.echo(message, err=True, color=_colour(sys.stderr))


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems on stderr."""
    for problem in problems:
        print_message(styled(problem))


def print_error(error: MeterError) -> None:
    """Print an error on stderr: the problems it has, or its words."""
    problems: tuple[Problem, ...] = getattr(error, "problems", ())
    if problems:
        print_problems(problems)
    else:
        print_message(f"{click.style('error', fg='red', bold=True)}: {error}")


def fail(error: MeterError) -> NoReturn:
    """Print an error and end with exit code 2."""
    print_error(error)
    raise click.exceptions.Exit(EXIT_BAD_INPUT)


def styled(problem: Problem) -> str:
    """Return a problem's words, with its severity in colour."""
    head, *rest = str(problem).splitlines()
    word = f"{problem.severity}[{problem.code}]"
    colour = "red" if problem.severity == "error" else "yellow"
    return "\n".join((head.replace(word, click.style(word, fg=colour, bold=True), 1), *rest))


def _colour(stream: IO[str] | None) -> bool | None:
    """Return `False` where `NO_COLOR` asks for it (no-color.org).

    Otherwise let click find out what `stream` is (closed, it is `None`).
    """
    if stream is None or not stream.isatty() or os.environ.get("NO_COLOR"):
        return False
    return None
