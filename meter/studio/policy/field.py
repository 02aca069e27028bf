"""One input of the form of a policy, and inputs that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from attrs import field, frozen

from meter.canonical import to_table
from meter.vocabulary import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.windows import Window

__all__ = [
    "LENGTH",
    "LENGTHS",
    "WINDOW",
    "Field",
    "FieldGroup",
    "Kind",
    "made",
    "window_fields",
]

WINDOW = "window"
LENGTH = "length"
"""The last parts of the paths of the two inputs of a window."""

LENGTHS = ("rolling", "fixed")
"""The sorts of window that have a length."""

WINDOWS = {
    **{f"calendar {unit}": f"calendar {unit}" for unit in Unit},
    "rolling": "rolling",
    "fixed": "from first read",
    "lifetime": "for ever",
}
"""The sorts of window, and what the form calls them."""

Kind = Literal["number", "price", "share", "text", "words", "date", "lines", "choice"]
"""What is typed in a field, and so how it is written in the file."""


@frozen(kw_only=True)
class Field:
    """One input: where its value stands, what the policy says, what somebody typed."""

    path: tuple[str | int, ...]
    label: str
    was: str
    value: str
    kind: Kind = "text"
    hint: str = ""
    message: str = ""
    """What is wrong with what was typed."""
    is_rare: bool = False
    """Whether it is hidden until somebody asks for more."""
    choices: Mapping[str, str] = field(factory=dict)
    of_file: str | None = None
    """What the file on disk says, where that is known."""

    @property
    def name(self) -> str:
        """The name under which a browser sends it."""
        return "/".join(quote(str(part), safe="") for part in self.path)

    @property
    def is_changed(self) -> bool:
        """Whether somebody typed something else than the policy says."""
        return self.value != self.was

    @property
    def differs(self) -> bool:
        """Whether it says something else than the file on disk."""
        return self.value != (self.was if self.of_file is None else self.of_file)

    @property
    def is_day(self) -> bool:
        """Whether it can be picked in a calendar: an instant or a slip cannot."""
        return self.kind == "date" and (not self.value or _is_day(self.value))


@frozen(kw_only=True)
class FieldGroup:
    """Fields that belong together: those of a meter, an offer or a language."""

    title: str
    fields: tuple[Field, ...]

    @property
    def usual(self) -> tuple[Field, ...]:
        """The fields that are shown at once: a changed one always is."""
        return tuple(one for one in self.fields if not self._is_hidden(one))

    @property
    def rare(self) -> tuple[Field, ...]:
        """The fields that are shown when somebody asks for more."""
        return tuple(one for one in self.fields if self._is_hidden(one))

    @staticmethod
    def _is_hidden(one: Field) -> bool:
        return one.is_rare and not one.value and not one.message


def made(
    path: tuple[str | int, ...],
    label: str,
    value: object,
    kind: Kind = "text",
    hint: str = "",
    *,
    is_rare: bool = False,
) -> Field:
    """Return an input for a value that a policy says; nothing is typed in it yet."""
    said = "" if value is None else str(value)
    return Field(
        path=path, label=label, was=said, value=said, kind=kind, hint=hint, is_rare=is_rare
    )


def window_fields(
    path: tuple[str | int, ...], window: Window, label: str = "Window", length: str = "Length"
) -> Iterator[Field]:
    """Yield the two inputs of a window, with what they are called: its sort and its length."""
    table = to_table(window)
    sort = next(key for key in table if key != "starts")
    said = f"calendar {table['calendar']}" if sort == "calendar" else sort
    yield Field(
        path=(*path, WINDOW),
        label=label,
        was=said,
        value=said,
        kind="choice",
        choices=WINDOWS,
    )
    shown = table[sort] if sort in LENGTHS else ""
    yield made((*path, LENGTH), length, shown, "text", "such as 30 days or 36 hours")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
