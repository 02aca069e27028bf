"""How does a policy file become a `Policy`, and how does a running site follow its changes?

The text is bounded before any parser sees it; every problem of form and of meaning is then collected and located. A file that
is broken while a site runs leaves the last good policy in force.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from meter.errors import PolicyError, Problem
from meter.faults import find_faults
from meter.policy import Links, Policy, to_table
from meter.problems import Report, closest, quoted, source_line
from meter.schema import POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from meter.policy import Copy, Guarantee, Meter, Offer, Publication, Rule

__all__ = ["MOST_BYTES", "ReloadingPolicy", "check_text", "dumps_policy", "load_policy", "loads_policy"]

MOST_BYTES = 64 * 1024
"""The largest policy file there may be. The parser of Python 3.11 needs up to a gigabyte for some texts of 40 KB, so form is bounded too."""

_MOST_NESTED = 24
_MOST_PARTS = 12


def loads_policy(text: str, *, name: str = "policy.toml") -> Policy:
    """Read a policy from the text of a policy file.

    `name` is what messages call the text. Raises `PolicyError` with every problem there is, each with line and column.
    """
    policy, problems = check_text(text, name)
    if policy is None:
        raise PolicyError(problems)
    return policy


def load_policy(path: str | PathLike[str]) -> Policy:
    """Read a policy from a file. Raises `PolicyError` with every problem there is, also when there is no such file."""
    return loads_policy(_read(FilePath(path)), name=str(path))


def check_text(text: str, name: str = "policy.toml") -> tuple[Policy | None, tuple[Problem, ...]]:
    """Return the policy of a text, if it can be used, and every problem in it."""
    text = text.removeprefix("\ufeff")
    refusal = _bounded(text, name)
    if refusal is not None:
        return None, (refusal,)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return None, (_syntax_problem(text, name, error),)
    report = Report()
    draft = _draft(table, report)
    for problem in _meaning(draft, report):
        report.add(problem)
    if report.found:
        return None, report.problems(text, name)
    return Policy(**{key: getattr(draft, key) for key in ("publication", "rules", "meters", "offers", "guarantees", "copy", "links")}), ()


def dumps_policy(policy: Policy) -> str:
    """Write a policy as the text of a policy file; reading it again gives an equal policy."""
    import tomli_w  # noqa: PLC0415 - only writing pays for it

    return tomli_w.dumps(to_table(policy))


@frozen(kw_only=True)
class _Draft:
    """What could be read of a policy, whole or not: `find_faults` checks it as it would a policy."""

    publication: Publication
    rules: tuple[Rule, ...]
    meters: tuple[Meter, ...]
    offers: tuple[Offer, ...]
    guarantees: tuple[Guarantee, ...]
    copy: dict[str, Copy]
    links: Links


def _draft(table: dict[str, Any], report: Report) -> _Draft:
    given, _ = POLICY.fields(table, (), report)
    publication = given["publication"]
    copy = given.get("copy", {})
    if "" in copy:
        if publication.locale in copy:
            path = ("copy", publication.locale)
            report("duplicate-name", path, f"the words in `{publication.locale}` are given twice", "leave them in `[copy]`", at="key")
        copy = {publication.locale: copy[""], **{locale: words for locale, words in copy.items() if locale}}
    return _Draft(
        publication=publication,
        rules=given["rules"],
        meters=tuple(evolve(meter, name=name) for name, meter in given.get("meters", {}).items()),
        offers=tuple(evolve(offer, name=name) for name, offer in given.get("offers", {}).items()),
        guarantees=given.get("guarantees", ()),
        copy=copy,
        links=given.get("links", Links()),
    )


def _meaning(draft: _Draft, report: Report) -> Iterator[Problem]:
    """Yield what the core finds wrong, except what only follows from a value that was refused already."""
    refused = {problem.path for problem, _ in report.found}
    for fault in find_faults(draft):
        if not any(path == fault.path[: len(path)] for path in refused):
            yield fault


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
            "too-large", name, f"the file is larger than {MOST_BYTES // 1024} KiB", "a policy is a few pages; is this the right file?"
        )
    strange = _CONTROL.search(text) or re.search("[\ud800-\udfff]", text)
    if strange:
        return _refusal(
            "control-character", name, f"there is a control character {quoted(strange[0])} in the file", "remove it", text, strange.start()
        )
    quiet = _QUIET.sub(lambda match: "s" * len(match[0]), text)
    dotted = _DOTTED.search(quiet)
    if dotted:
        message = f"a dotted key has more than {_MOST_PARTS} parts"
        return _refusal("too-deep", name, message, "keys of a policy have at most a few parts", text, dotted.start())
    depth = 0
    for mark in re.finditer(r"[\[\]{}]", quiet):
        depth += 1 if mark[0] in "[{" else -1
        if depth > _MOST_NESTED:
            message = f"lists and tables are nested more than {_MOST_NESTED} deep"
            return _refusal("too-deep", name, message, "split the condition into several rules", text, mark.start())
    return None


def _refusal(code: str, name: str, message: str, advice: str, text: str = "", at: int = 0) -> Problem:  # noqa: PLR0917
    """Return the one problem for which a text is not read any further."""
    line = text.count("\n", 0, at) + 1
    source = source_line([text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]], 1) if text else None
    return Problem(code=code, name=name, message=message, help=advice, line=line, column=at - text.rfind("\n", 0, at), source=source)


_WORDS_FOR = (
    ("Cannot overwrite a value", "duplicate-key", "this key is given twice", "remove one of the two"),
    ("Cannot declare", "duplicate-key", "this table is declared twice", "put its keys under one heading"),
    ("Cannot mutate immutable", "duplicate-key", "this table is complete already", "put its keys in one place"),
    (
        "Invalid value",
        "toml-syntax",
        "a value is missing or not understood",
        "words stand in quotes, lists in brackets, dates as 2026-06-30",
    ),
    ("Expected '=' after", "toml-syntax", "a key is followed by `=` and a value", "write `key = value`"),
    ("Expected newline", "toml-syntax", "something is left over after the value", "one `key = value` a line; words stand in quotes"),
    ("Unclosed array", "toml-syntax", "a list is not closed", "add `]`"),
    ("Unclosed inline table", "toml-syntax", "a table is not closed", "add `}`"),
    (
        "Invalid initial character for a key",
        "toml-syntax",
        "a key is missing or not understood",
        "remove the last comma, or put the key in quotes",
    ),
    ("Invalid statement", "toml-syntax", "this is neither a heading nor a key", "a line is `key = value`, `[heading]` or `# comment`"),
    ("Expected ']", "toml-syntax", "a heading is not closed", "write `[heading]`, or `[[rules]]` for a rule"),
    ("Invalid date", "toml-syntax", "there is no such date", "dates are written year-month-day, as in `2026-06-30`"),
    ("Duplicate inline table key", "duplicate-key", "this key is given twice", "remove one of the two"),
    ("Unterminated string", "toml-syntax", "a text is not closed", "add the closing quotes"),
    ("Expected '", "toml-syntax", "a text is not closed", "add the closing quotes"),
    ('Expected "', "toml-syntax", "a text is not closed", "add the closing quotes"),
    ("Unescaped", "toml-syntax", "a backslash in a text has a meaning of its own", "write two of them, or use single quotes"),
    ("Illegal character", "toml-syntax", "a text goes on past the end of its line", "close it before the end of the line"),
    ("Exceeds the limit", "bad-number", "a number has more than 4,300 digits", "is it meant to be a text?"),
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
        ("toml-syntax", f"this is not TOML: {said.partition(' (at')[0]}", "see https://toml.io for how it is written"),
    )
    return Problem(code=code, message=message, help=advice, name=name, line=line, column=column, source=source_line(lines, line))


def _read(path: FilePath) -> str:
    """Return the text of a policy file."""
    name = str(path)
    try:
        if path.exists() and not path.is_file():
            inside = sorted(str(found) for found in path.glob("*.toml"))[:5] if path.is_dir() else []
            advice = f"did you mean {_either(inside)}?" if inside else "name the policy file itself"
            raise PolicyError((Problem(code="no-such-file", name=name, message=f"{quoted(name)} is not a file", help=advice),))
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise PolicyError((_missing(path),)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{quoted(name)} cannot be read: {reason.lower()}"
        raise PolicyError(
            (Problem(code="unreadable-file", name=name, message=message, help="check the name and who may read it"),)
        ) from error
    return _decoded(raw, name)


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > MOST_BYTES:
        raw = raw.decode("utf-8", "replace").encode()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        message = f"the file is not UTF-8: byte {raw[error.start]:#04x} means nothing there"
        problem = _refusal("bad-encoding", name, message, "save the file as UTF-8", before + "\ufffd", len(before))
        raise PolicyError((problem,)) from error


def _missing(path: FilePath) -> Problem:
    folder = path.parent
    there = sorted(found.name for found in folder.iterdir()) if folder.is_dir() else []
    close = closest(path.name, there)
    toml = [found for found in there if found.endswith(".toml")][:5]
    if not folder.is_dir():
        advice = f"there is no folder {quoted(str(folder))}"
    elif close:
        advice = f"did you mean {quoted(str(folder / close))}?"
    else:
        advice = f"there are: {', '.join(map(quoted, toml))}" if toml else "`meter init` writes a sample policy"
    return Problem(code="no-such-file", name=str(path), message=f"there is no file {quoted(str(path))}", help=advice)


def _either(names: list[str]) -> str:
    return " or ".join(map(quoted, names))


class ReloadingPolicy:
    """A policy file that may change while a site runs; a broken change leaves the last good policy in force.

    `policy` is the policy in force, `problems` what is wrong with the file as it is now (empty when it is in force). The first
    reading must succeed: raises `PolicyError` otherwise.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = FilePath(path)
        self._raw = ""
        self._seen: tuple[int, int, int] | None = None
        self.problems: tuple[Problem, ...] = ()
        self._seen = self._stamp()
        self._raw = _read(self.path)
        self.policy = loads_policy(self._raw, name=str(path))

    def refresh(self) -> bool:
        """Read the file again if its size, time or identity on the disk changed; say whether another policy is in force now."""
        return self._stamp() != self._seen and self.reload()

    def reload(self) -> bool:
        """Read the file again; say whether another policy is in force now. Never raises for what the file holds."""
        self._seen = self._stamp()
        try:
            raw = _read(self.path)
            if raw == self._raw and not self.problems:
                return False
            policy = loads_policy(raw, name=str(self.path))
        except PolicyError as error:
            self.problems = error.problems
            return False
        self._raw, self.problems = raw, ()
        changed = policy != self.policy
        if changed:
            self.policy = policy
        return changed

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except (OSError, ValueError):
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
