"""How the command line talks: data on stdout, messages on stderr, colour only where somebody looks.

`NO_COLOR`, `COLUMNS` and pipes are respected. Every problem is told in an editor's words and ends
in exit code 2.
"""

from __future__ import annotations

import codecs
import difflib
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar
from unicodedata import east_asian_width

import click

from meter.errors import MeterError

if TYPE_CHECKING:
    from rich.console import Console

    from meter.errors import Problem

__all__ = [
    "EXIT_BAD_INPUT",
    "EXIT_NO",
    "FilePath",
    "bear_any_terminal",
    "format_option",
    "locale_option",
    "open_console",
    "out",
    "say",
    "stop",
    "styled",
    "tell",
    "write_json",
]

EXIT_NO = 1
"""The answer is no: a policy has errors, an expectation is broken."""
EXIT_BAD_INPUT = 2
"""Wrong usage, or input that cannot be read."""

_WIDEST = 100
_Command = TypeVar("_Command", bound=Callable[..., Any])


class FilePath(click.Path):
    """A file that is there; for one that is not, the error names what may have been meant."""

    name = "file"

    def __init__(self, *, dash: bool = False) -> None:
        super().__init__(dir_okay=False, allow_dash=dash, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(value)
        if path.is_dir():
            inside = sorted(
                item.name
                for item in path.iterdir()
                if item.is_file() and not item.name.startswith(".")
            )
            self.fail(
                f"`{value}` is a folder; name a file in it"
                + (f", such as `{path / inside[0]}`" if inside else ""),
                param,
                ctx,
            )
        if not path.exists() and not (self.allow_dash and str(value) == "-"):
            self.fail(f"there is no file `{value}`{_meant(path)}", param, ctx)
        return path


def _meant(path: Path) -> str:
    if not path.parent.is_dir():
        return f": there is no folder `{path.parent}`"
    there = sorted(
        item.name
        for item in path.parent.iterdir()
        if item.is_file() and not item.name.startswith(".")
    )
    close = difflib.get_close_matches(path.name, there, 1)
    if close:
        return f"; did you mean `{path.with_name(close[0])}`?"
    alike = [name for name in there if Path(name).suffix == path.suffix][:5]
    return (
        f"; there are: {', '.join(f'`{path.with_name(name)}`' for name in alike)}" if alike else ""
    )


def format_option(*choices: str) -> Callable[[_Command], _Command]:
    """Add `--format`, with the first of `choices` as the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help=(
            "How to print the answer; `json` is one document for other programs."
            if "json" in choices
            else "How to print the answer."
        ),
    )


def locale_option(command: _Command) -> _Command:
    """Add `--locale`, and refuse what is no language."""
    words = "The language of the prompts, such as `ja`; without it, the publication's."
    return click.option("--locale", callback=_known_locale, metavar="LOCALE", help=words)(command)


def _known_locale(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    from meter.loading.codes import locale_step
    from meter.prompts.locales import (
        parse_locale,
    )

    if parse_locale(value) is None:
        raise click.BadParameter(f"`{value}` is not a locale; {locale_step(value)}", ctx, param)
    return value


def open_console(
    *, stderr: bool = False, width: int | None = None, widest: int = _WIDEST
) -> Console:
    """Return a rich console on stdout (or stderr).

    As wide as the terminal, and not wider than `widest`; or exactly `width`.
    """
    from rich.console import Console

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


def bear_any_terminal() -> None:
    """Let no letter that the terminal cannot show end the program.

    A mark has a plain form, anything else is a question mark.
    """
    codecs.register_error("meter-plain", _plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="meter-plain")


def _plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return (
        "".join(
            _PLAIN.get(letter, "??" if east_asian_width(letter) in "WF" else "?")
            for letter in letters
        ),
        error.end,
    )


def write_json(document: Any) -> None:
    """Print one JSON document on stdout. Times are ISO 8601, other values their words."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset | set) else str(value)


def out(answer: str) -> None:
    """Print a line of the answer on stdout."""
    click.echo(answer, color=_colour(sys.stdout))


def say(message: str) -> None:
    """Print a message for a person on stderr."""
    click.echo(message, err=True, color=_colour(sys.stderr))


def tell(error: MeterError | Iterable[Problem]) -> None:
    """Print an error, or problems, on stderr."""
    problems = getattr(error, "problems", ()) if isinstance(error, MeterError) else tuple(error)
    for problem in problems:
        say(styled(problem))
    if not problems and isinstance(error, MeterError):
        say(f"{click.style('error', fg='red', bold=True)}: {error}")


def stop(error: MeterError) -> NoReturn:
    """Print an error and end with exit code 2."""
    tell(error)
    raise click.exceptions.Exit(EXIT_BAD_INPUT)


def styled(problem: Problem) -> str:
    """Return a problem's words, with its severity in colour."""
    head, *rest = str(problem).splitlines()
    word = f"{problem.severity}[{problem.code}]"
    colour = "red" if problem.severity == "error" else "yellow"
    return "\n".join((head.replace(word, click.style(word, fg=colour, bold=True), 1), *rest))


def _colour(stream: IO[str] | None) -> bool | None:
    """Say no where `NO_COLOR` asks for it (no-color.org).

    Otherwise let click find out what `stream` is (closed, it is `None`).
    """
    return (
        None if stream is not None and stream.isatty() and not os.environ.get("NO_COLOR") else False
    )
