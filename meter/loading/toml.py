"""How is a text from outside made safe to read, and what is said when it is not TOML?

Size, depth and form are bounded before any parser sees the text: the parser of Python 3.11 takes a
gigabyte for some texts of 40 KB. Policies and journeys are both read this way.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meter.errors import PolicyError, Problem
from meter.loading.problems import Positions, closest, quoted, source_line

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["MOST_BYTES", "parse_toml", "read_text"]

MOST_BYTES = 64 * 1024
"""The largest file there may be."""

_MOST_NESTED = 24
_MOST_PARTS = 8
_MOST_MARKS = 8000
_LONGEST_PATH = 300


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
        raise PolicyError((_syntax_problem(text, name, error),)) from None


_QUIET = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)|'
    r"'''(?:[^']|'(?!''))*+(?:'''|\Z)|"
    r'"(?:[^"\\\n]|\\[^\n])*+"?|'
    r"'[^'\n]*+'?|#[^\n]*+",
    re.DOTALL,
)
"""Strings and comments, closed or not, in one pass: nothing in here backtracks."""

_DOTTED = re.compile(rf"(?<![\w.-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{_MOST_PARTS},}}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _bounded(text: str, name: str) -> Problem | None:
    """Return what makes a text too large, too deep or too strange to be given to a parser."""
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return _refusal(
            "too-large",
            name,
            f"the file is larger than {MOST_BYTES // 1024} KiB",
            "a policy is a few pages; is this the right file?",
        )
    strange = _CONTROL.search(text) or re.search("[\ud800-\udfff]", text)
    if strange:
        return _refusal(
            "control-character",
            name,
            f"there is a control character {quoted(strange[0])} in the file",
            "remove it",
            text,
            strange.start(),
        )
    quiet = _QUIET.sub(lambda match: "s" * len(match[0]), text)
    dotted = _DOTTED.search(quiet)
    if dotted:
        message = f"a dotted key has more than {_MOST_PARTS} parts"
        return _refusal(
            "too-deep",
            name,
            message,
            "keys of a policy have at most a few parts",
            text,
            dotted.start(),
        )
    depth = 0
    for mark in re.finditer(r"[\[\]{}]", quiet):
        depth += 1 if mark[0] in "[{" else -1
        if depth > _MOST_NESTED:
            message = f"lists and tables are nested more than {_MOST_NESTED} deep"
            return _refusal(
                "too-deep",
                name,
                message,
                "split the condition into several rules",
                text,
                mark.start(),
            )
    if sum(map(quiet.count, ".,=[{")) > _MOST_MARKS:
        message = f"there are more than {_MOST_MARKS} keys, values and brackets in the file"
        return _refusal("too-many", name, message, "shorten the lists, or split the policy")
    return None


def _too_large(name: str) -> Problem:
    advice = "a policy is a few pages of text; is this the right file?"
    return _refusal("too-large", name, f"the file is larger than {MOST_BYTES // 1024} KiB", advice)


def _refusal(
    code: str, name: str, message: str, advice: str, text: str = "", at: int = 0
) -> Problem:
    """Return the one problem for which a text is not read any further."""
    line = text.count("\n", 0, at) + 1
    source = (
        source_line([text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]], 1) if text else None
    )
    return Problem(
        code=code,
        name=name,
        message=message,
        help=advice,
        line=line,
        column=at - text.rfind("\n", 0, at),
        source=source,
    )


_WORDS_FOR = (
    (
        "Cannot overwrite a value",
        "duplicate-key",
        "this key is given twice",
        "remove one of the two",
    ),
    (
        "Cannot declare",
        "duplicate-key",
        "this table is declared twice",
        "put its keys under one heading",
    ),
    (
        "Cannot mutate immutable",
        "duplicate-key",
        "this table is complete already",
        "put its keys in one place",
    ),
    (
        "Invalid value",
        "toml-syntax",
        "a value is missing or not understood",
        "words stand in quotes, lists in brackets, dates as 2026-06-30",
    ),
    (
        "Expected '=' after",
        "toml-syntax",
        "a key is followed by `=` and a value",
        "write `key = value`",
    ),
    (
        "Expected newline",
        "toml-syntax",
        "something is left over after the value",
        "one `key = value` a line; words stand in quotes",
    ),
    ("Unclosed array", "toml-syntax", "a list is not closed", "add `]`"),
    ("Unclosed inline table", "toml-syntax", "a table is not closed", "add `}`"),
    (
        "Invalid initial character for a key",
        "toml-syntax",
        "a key is missing or not understood",
        "remove the last comma, or put the key in quotes",
    ),
    (
        "Invalid statement",
        "toml-syntax",
        "this is neither a heading nor a key",
        "a line is `key = value`, `[heading]` or `# comment`",
    ),
    (
        "Expected ']",
        "toml-syntax",
        "a heading is not closed",
        "write `[heading]`, or `[[rules]]` for a rule",
    ),
    (
        "Invalid date",
        "toml-syntax",
        "there is no such date",
        "dates are written year-month-day, as in `2026-06-30`",
    ),
    (
        "Duplicate inline table key",
        "duplicate-key",
        "this key is given twice",
        "remove one of the two",
    ),
    ("Unterminated string", "toml-syntax", "a text is not closed", "add the closing quotes"),
    ("Expected '", "toml-syntax", "a text is not closed", "add the closing quotes"),
    ('Expected "', "toml-syntax", "a text is not closed", "add the closing quotes"),
    (
        "Unescaped",
        "toml-syntax",
        "a backslash in a text has a meaning of its own",
        "write two of them, or use single quotes",
    ),
    (
        "Illegal character",
        "toml-syntax",
        "a text goes on past the end of its line",
        "close it before the end of the line",
    ),
    (
        "Exceeds the limit",
        "bad-number",
        "a number has more than 4,300 digits",
        "is it meant to be a text?",
    ),
)


def _syntax_problem(text: str, name: str, error: Exception) -> Problem:
    """Return the parser's complaint in an editor's words."""
    said = str(error)
    place = re.search(r"\(at line (\d+), column (\d+)\)", said)
    lines = text.replace("\r\n", "\n").split("\n")
    if place:
        line, column = int(place[1]), int(place[2])
    else:
        line = max((number for number, raw in enumerate(lines, 1) if raw.strip()), default=1)
        column = len(lines[line - 1]) + 1
    code, message, advice = next(
        (known[1:] for known in _WORDS_FOR if said.startswith(known[0])),
        (
            "toml-syntax",
            f"this is not TOML: {said.partition(' (at')[0]}",
            "see https://toml.io for how it is written",
        ),
    )
    if code == "duplicate-key":
        line, column = Positions(text).repeated or (line, column)  # the parser points behind it
    return Problem(
        code=code,
        message=message,
        help=advice,
        name=name,
        line=line,
        column=column,
        source=source_line(lines, line),
    )


def _bytes(path: Path) -> bytes:
    """Return what is in a file, up to one byte more than there may be."""
    name = str(path)
    try:
        if path.exists() and not path.is_file():
            inside = (
                sorted(str(found) for found in path.glob("*.toml"))[:5] if path.is_dir() else []
            )
            advice = (
                f"did you mean {' or '.join(quoted(found, _LONGEST_PATH) for found in inside)}?"
                if inside
                else "name the file itself"
            )
            raise PolicyError(
                (
                    Problem(
                        code="no-such-file",
                        name=name,
                        message=f"{quoted(name, _LONGEST_PATH)} is not a file",
                        help=advice,
                    ),
                )
            )
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise PolicyError((_missing(path),)) from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        problem = Problem(
            code="unreadable-file",
            name=name,
            message=f"{quoted(name, _LONGEST_PATH)} cannot be read: {reason}",
            help="check the name and who may read it",
        )
        raise PolicyError((problem,)) from error


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > MOST_BYTES:
        raise PolicyError((_too_large(name),))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        message = f"the file is not UTF-8: byte {raw[error.start]:#04x} means nothing there"
        problem = _refusal(
            "bad-encoding", name, message, "save the file as UTF-8", before + "\ufffd", len(before)
        )
        raise PolicyError((problem,)) from error


def _missing(path: Path) -> Problem:
    folder = path.parent
    there = sorted(found.name for found in folder.iterdir()) if folder.is_dir() else []
    close = closest(path.name, there)
    toml = [found for found in there if found.endswith(".toml")][:5]
    if not folder.is_dir():
        advice = f"there is no folder {quoted(str(folder), _LONGEST_PATH)}"
    elif close:
        advice = f"did you mean {quoted(str(folder / close), _LONGEST_PATH)}?"
    else:
        advice = (
            f"there are: {', '.join(map(quoted, toml))}"
            if toml
            else "`meter init` writes a sample policy"
        )
    return Problem(
        code="no-such-file",
        name=str(path),
        message=f"there is no file {quoted(str(path), _LONGEST_PATH)}",
        help=advice,
    )
