"""Say what is wrong in a text that is not TOML, in an editor's words."""

from __future__ import annotations

import re

from meter.errors import Problem
from meter.loading.positions import Positions, source_line

__all__ = ["SYNTAX", "syntax_problem"]

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

_SEVERAL = re.compile(r"\s*\[\[([\w-]+)\]\]\s*")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def syntax_problem(text: str, name: str, error: Exception) -> Problem:
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
    if code == "duplicate-key":
        line, column = Positions(text).repeated or (line, column)  # the parser points behind it
        single = _single_brackets(lines, line)
        if single is not None:
            line, name_of_it = single
            column = 1
            message = (
                f"`[{name_of_it}]` is one table, and `[[{name_of_it}]]` further down are several"
            )
            advice = f"write `[[{name_of_it}]]` with two brackets before each of them"
    return Problem(
        code=code,
        message=message,
        help=advice,
        name=name,
        line=line,
        column=column,
        source=source_line(lines, line),
    )


def _single_brackets(lines: list[str], line: int) -> tuple[int, str] | None:
    """Return where a list of tables began with one bracket instead of two, and its name."""
    repeated = _SEVERAL.fullmatch(lines[line - 1])
    if repeated is None:
        return None
    single = f"[{repeated[1]}]"
    found = (number for number, raw in enumerate(lines[: line - 1], 1) if raw.strip() == single)
    first = next(found, None)
    return None if first is None else (first, repeated[1])


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
