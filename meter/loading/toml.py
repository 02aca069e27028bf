"""Make a text from outside safe to read, and read it as TOML.

Size, depth and form are bounded before any parser sees the text: the parser of Python 3.11 takes a
gigabyte for some texts of 40 KB. Policies and journeys are both read this way.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meter.errors import PolicyError, Problem, problem_at, quoted
from meter.loading.files import file_problem, not_a_file, unreadable_file
from meter.loading.syntax import syntax_problem
from meter.resources import MOST_BYTES

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["parse_toml", "read_text"]

_MOST_NESTED = 24
_MOST_PARTS = 8
_MOST_MARKS = 8000


def read_text(path: str | PathLike[str]) -> str:
    """Return the text of a file.

    Raises `PolicyError` if it is not there, cannot be read, is too large or not UTF-8.
    """
    return _decoded(_bytes(Path(path)), str(path))


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Return the tables of a TOML text, called `name` in messages.

    Raises `PolicyError` with the one problem that stopped the reading.
    """
    text = text.removeprefix("\ufeff")
    refusal = _bounded(text, name)
    if refusal is not None:
        raise PolicyError((refusal,))
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError((syntax_problem(text, name, error),)) from None


_QUIET = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)|'
    r"'''(?:[^']|'(?!''))*+(?:'''|\Z)|"
    r'"(?:[^"\\\n]|\\[^\n])*+"?|'
    r"'[^'\n]*+'?|#[^\n]*+",
    re.DOTALL,
)
"""Strings and comments, closed or not, in one pass: nothing in here backtracks."""

_DOTTED = re.compile(rf"(?<![\w.-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{_MOST_PARTS},}}", re.ASCII)
_BRACKET = re.compile(r"[\[\]{}]")
# What TOML forbids in a file; halves of characters, which no file in UTF-8 can hold, come second.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def _bounded(text: str, name: str) -> Problem | None:
    """Return what makes a text too large, too deep or too strange to be given to a parser."""
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return _too_large(name)
    strange = _CONTROL.search(text) or _HALF_CHARACTER.search(text)
    if strange:
        message = f"there is a control character {quoted(strange[0])} in the file"
        return problem_at(
            "control-character",
            message,
            "remove it",
            name=name,
            source=text,
            offset=strange.start(),
        )
    quiet = _QUIET.sub(lambda match: "s" * len(match[0]), text)
    dotted = _DOTTED.search(quiet)
    if dotted:
        message = f"a dotted key has more than {_MOST_PARTS} parts"
        advice = "keys of a policy have at most a few parts"
        return problem_at(
            "too-deep", message, advice, name=name, source=text, offset=dotted.start()
        )
    deep = _first_too_deep(quiet)
    if deep is not None:
        message = f"lists and tables are nested more than {_MOST_NESTED} deep"
        advice = "split the condition into several rules"
        return problem_at("too-deep", message, advice, name=name, source=text, offset=deep)
    if sum(map(quiet.count, ".,=[{")) > _MOST_MARKS:
        message = f"there are more than {_MOST_MARKS} keys, values and brackets in the file"
        return _whole("too-many", name, message, "shorten the lists, or split the policy")
    return None


def _first_too_deep(quiet: str) -> int | None:
    """Return where the first bracket opens that is nested too deep."""
    depth = 0
    for bracket in _BRACKET.finditer(quiet):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > _MOST_NESTED:
            return bracket.start()
    return None


def _too_large(name: str) -> Problem:
    message = f"the file is larger than {MOST_BYTES // 1024} KiB"
    return _whole("too-large", name, message, "a policy is a few pages; is this the right file?")


def _whole(code: str, name: str, message: str, advice: str) -> Problem:
    """Return the one problem, of the file as a whole, for which it is not read any further."""
    return Problem(code=code, name=name, message=message, help=advice, line=1, column=1)


def _bytes(path: Path) -> bytes:
    """Return what is in a file, up to one byte more than there may be."""
    problem = file_problem(path)
    if problem is None and not path.is_file():
        problem = not_a_file(path)
    if problem is not None:
        raise PolicyError((problem,))
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PolicyError((unreadable_file(path, error),)) from error


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > MOST_BYTES:
        raise PolicyError((_too_large(name),))
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
