"""From what somebody typed in the form to edits of the text.

No value is checked here: the edits are made, and reading the text says what is wrong with it.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.errors import PolicyError
from meter.loading import check_text
from meter.loading.toml import parse_toml
from meter.studio.edits import TokenEdit, edited
from meter.studio.policy.field import LENGTH, LENGTHS, WINDOW, FieldGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from meter.errors import Problem
    from meter.loading.positions import Path
    from meter.studio.edits import Value
    from meter.studio.policy.field import Field, Kind

__all__ = ["Filled", "filled"]

_NUMBER = re.compile(r"[0-9]{1,15}")
_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


@frozen(kw_only=True)
class Filled:
    """A form that was sent: the text with what was typed in it, or what is wrong.

    Where something is wrong, `text` is as it was, each message stands at its field, and `message`
    says what no field can.
    """

    groups: tuple[FieldGroup, ...]
    text: str
    message: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether something that was typed cannot stand in a policy."""
        return bool(self.message) or any(
            one.message for group in self.groups for one in group.fields
        )


def filled(groups: Sequence[FieldGroup], text: str, typed: Mapping[str, str], name: str) -> Filled:
    """Return what becomes of a text by what somebody typed in the fields of a form.

    Only fields whose value differs from the policy's change anything. `name` is the file's.
    """
    given = tuple(_typed(group, typed) for group in groups)
    edits = [edit for group in given for edit in _edits(group)]
    if not edits:
        return Filled(groups=given, text=text)
    try:
        parse_toml(text, name)
    except PolicyError as error:
        problem = error.problems[0]
        where = f"line {problem.line}: " if problem.line else ""
        message = f"mend the text first, so that this can be written into it: {where}"
        return Filled(groups=given, text=text, message=message + problem.message)
    changed = edited(text, edits)
    _, problems = check_text(changed, name, folder=FilePath(name).parent)
    marked = tuple(_marked(group, problems) for group in given)
    found = Filled(groups=marked, text=text)
    return found if found.is_wrong else Filled(groups=marked, text=changed)


def _typed(group: FieldGroup, typed: Mapping[str, str]) -> FieldGroup:
    """Return a group with what was typed in its fields; one that was not sent stays."""
    fields = []
    for one in group.fields:
        value = typed.get(one.name, one.value).replace("\r\n", "\n").strip()
        fields.append(evolve(one, value=one.was if value == one.was.strip() else value))
    return evolve(group, fields=tuple(fields))


def _edits(group: FieldGroup) -> Iterator[TokenEdit]:
    said = {one.path: one for one in group.fields}
    for one in group.fields:
        if one.path[-1] == WINDOW:
            length = said[*one.path[:-1], LENGTH]
            if one.is_changed or length.is_changed:
                yield from _window_edits(one, length)
        elif one.is_changed and one.path[-1] != LENGTH:
            yield TokenEdit(one.path, _READERS[one.kind](one.value))


def _window_edits(window: Field, length: Field) -> Iterator[TokenEdit]:
    """Yield the edits to another window: its key may take the place of another."""
    path = window.path[:-1]
    was, _, _ = window.was.partition(" ")
    sort, _, unit = window.value.partition(" ")
    value: Value = True if sort == "lifetime" else unit or length.value
    if window.is_changed or (sort in LENGTHS and length.is_changed):
        yield TokenEdit((*path, sort), value, None if sort == was else was)
    if was == "calendar" and window.value != "calendar week":
        yield TokenEdit((*path, "starts"), None)


def _number(text: str) -> Value | None:
    return int(text) if _NUMBER.fullmatch(text) else text or None


def _price(text: str) -> Value | None:
    if not _PRICE.fullmatch(text):
        return text
    return int(text) if text.isdecimal() else Decimal(text)


def _day(text: str) -> Value | None:
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    return text or None


def _lines(text: str) -> Value | None:
    return tuple(line.strip() for line in text.splitlines() if line.strip()) or None


_FORMS: Mapping[Kind, str] = {
    "number": "write a whole number from 0, such as 5, or none for no limit",
    "price": "write a price such as 9 or 12.50",
    "share": "write a share from 0 to 1, such as 0.5",
    "date": "write a day such as 2027-06-30",
}
"""What is asked of somebody whose words are none of these."""

_READERS: Mapping[Kind, Callable[[str], Value | None]] = {
    "number": _number,
    "price": _price,
    "share": _price,
    "date": _day,
    "lines": _lines,
    "text": lambda text: text or None,
    "words": lambda text: text or None,
    "choice": lambda text: text,
}
"""How what was typed becomes a value; what cannot is written as a text, and reading it says why."""


def _marked(group: FieldGroup, problems: Iterable[Problem]) -> FieldGroup:
    """Return a group with each error at the changed field it is about."""
    errors = [problem for problem in problems if problem.severity == "error"]
    fields = []
    for one in group.fields:
        about = [each for each in errors if one.is_changed and _is_about(one.path, each.path)]
        fields.append(evolve(one, message=_words(one, about[0]) if about else ""))
    return evolve(group, fields=tuple(fields))


def _words(one: Field, problem: Problem) -> str:
    """Return what is wrong with a field, in words of the form, not of the file."""
    if one.kind in _FORMS and isinstance(_READERS[one.kind](one.value), str):
        return _FORMS[one.kind]
    return f"{problem.message}; {problem.help}" if problem.help else problem.message


def _is_about(path: Path, of_problem: Path) -> bool:
    """Say whether a problem is about a field: at its value, in it, or at the table it is of."""
    if path[-1] in (WINDOW, LENGTH):
        return path[:-1] == of_problem[: len(path) - 1]
    return of_problem[: len(path)] == path or of_problem == path[:-1]
