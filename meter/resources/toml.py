"""Read a TOML text from outside within bounds.

This is the only place that gives a text to the TOML parser. Size, depth and form are bounded before
it sees the text: the parser of Python 3.11 takes a gigabyte for some texts of 40 KB. Policies,
journeys, files of texts and assumptions are all read this way.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from meter.errors import Problem, ProblemsError, problem_at, quoted, shown_line
from meter.resources.files import MOST_BYTES

__all__ = ["SYNTAX", "TomlError", "source_line", "toml_tables", "too_large"]

_MOST_NESTED = 24
_MOST_PARTS = 8
_MOST_MARKS = 8000


class TomlError(ProblemsError):
    """A text is no TOML, or too large or too deep to be given to a parser."""


def toml_tables(text: str, name: str, *, room: int = 1) -> dict[str, Any]:
    """Return the tables of a TOML text, called `name` in messages.

    It may be `room` times as large as a policy. Raises `TomlError` with the one problem that
    stopped the reading.
    """
    text = text.removeprefix("\ufeff")
    refusal = _bounded(text, name, room)
    if refusal is not None:
        raise TomlError([refusal])
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise TomlError([_syntax_problem(text, name, error)]) from None


def source_line(lines: list[str], line: int) -> str:
    """Return a line by its number as it can be shown; one that is not there is empty."""
    return shown_line(lines[line - 1]) if 0 < line <= len(lines) else ""


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


def _bounded(text: str, name: str, room: int) -> Problem | None:
    """Return what makes a text too large, too deep or too strange to be given to a parser."""
    most = room * MOST_BYTES
    if len(text) > most or len(text.encode("utf-8", "surrogatepass")) > most:
        return too_large(name, room=room)
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
        advice = "a key has at most a few parts"
        return problem_at(
            "too-deep", message, advice, name=name, source=text, offset=dotted.start()
        )
    deep = _first_too_deep(quiet)
    if deep is not None:
        message = f"lists and tables are nested more than {_MOST_NESTED} deep"
        advice = "split the condition into several rules"
        return problem_at("too-deep", message, advice, name=name, source=text, offset=deep)
    if sum(map(quiet.count, ".,=[{")) > room * _MOST_MARKS:
        message = f"there are more than {room * _MOST_MARKS} keys, values and brackets in the file"
        return _whole("too-many", name, message, "shorten the lists, or split the file")
    return None


def _first_too_deep(quiet: str) -> int | None:
    """Return where the first bracket opens that is nested too deep."""
    depth = 0
    for bracket in _BRACKET.finditer(quiet):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > _MOST_NESTED:
            return bracket.start()
    return None


def too_large(name: str, *, room: int = 1) -> Problem:
    """Return the problem of a file that is larger than `room` times `MOST_BYTES`."""
    message = f"the file is larger than {room * MOST_BYTES // 1024} KiB"
    advice = "a policy is a few pages; is this the right file?"
    if room > 1:
        advice = "is this the right file? join what belongs together, or leave some out"
    return _whole("too-large", name, message, advice)


def _whole(code: str, name: str, message: str, advice: str) -> Problem:
    """Return the one problem, of the file as a whole, for which it is not read any further."""
    return Problem(code=code, name=name, message=message, help=advice, line=1, column=1)


# fmt: off
SYNTAX = (
    ("Cannot overwrite a value", "duplicate-key",
     "this key is given twice", "remove one of the two"),
    ("Cannot declare", "duplicate-key",
     "this table is declared twice", "put its keys under one heading"),
    ("Cannot mutate immutable", "duplicate-key",
     "this table is complete already", "put its keys in one place"),
    ("Invalid value", "toml-syntax",
     "a value is missing or not understood",
     "words stand in quotes, lists in brackets, dates as 2026-06-30"),
    ("Expected '=' after", "toml-syntax",
     "a key is followed by `=` and a value", "write `key = value`"),
    ("Expected newline", "toml-syntax",
     "something is left over after the value", "one `key = value` a line; words stand in quotes"),
    ("Unclosed array", "toml-syntax", "a list is not closed", "add `]`"),
    ("Unclosed inline table", "toml-syntax", "a table is not closed", "add `}`"),
    ("Invalid initial character for a key", "toml-syntax",
     "a key is missing or not understood", "remove the last comma, or put the key in quotes"),
    ("Invalid statement", "toml-syntax",
     "this is neither a heading nor a key",
     "a line is `key = value`, `[heading]` or `# comment`"),
    ("Expected ']", "toml-syntax",
     "a heading is not closed", "write `[heading]`, or `[[rules]]` for a rule"),
    ("Invalid date", "toml-syntax",
     "there is no such date", "dates are written year-month-day, as in `2026-06-30`"),
    ("Duplicate inline table key", "duplicate-key",
     "this key is given twice", "remove one of the two"),
    ("Unterminated string", "toml-syntax", "a text is not closed", "add the closing quotes"),
    ("Expected '", "toml-syntax", "a text is not closed", "add the closing quotes"),
    ('Expected "', "toml-syntax", "a text is not closed", "add the closing quotes"),
    ("Unescaped", "toml-syntax",
     "a backslash in a text has a meaning of its own",
     "write two of them, or use single quotes"),
    ("Illegal character", "toml-syntax",
     "a text goes on past the end of its line", "close it before the end of the line"),
    ("Exceeds the limit", "bad-number",
     "a number has more than 4,300 digits", "is it meant to be a text?"),
)
# fmt: on
"""How the parser's complaint begins; code, message and next step for it. The first one holds."""

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def _syntax_problem(text: str, name: str, error: Exception) -> Problem:
    """Return the parser's complaint in an editor's words."""
    complaint = str(error)
    code, message, advice = _words_for(complaint)
    lines = text.replace("\r\n", "\n").split("\n")
    place = _PLACE.search(complaint)
    if place:
        line, column = int(place[1]), int(place[2])
    else:
        line = max((number for number, raw in enumerate(lines, 1) if raw.strip()), default=1)
        column = len(lines[line - 1]) + 1
    return Problem(
        code=code,
        message=message,
        help=advice,
        name=name,
        line=line,
        column=column,
        source=source_line(lines, line),
    )


def _words_for(complaint: str) -> tuple[str, str, str]:
    """Return code, message and next step for a complaint of the parser."""
    for start, code, message, advice in SYNTAX:
        if complaint.startswith(start):
            return code, message, advice
    return (
        "toml-syntax",
        f"this is not TOML: {complaint.partition(' (at')[0]}",
        "see https://toml.io for how it is written",
    )
