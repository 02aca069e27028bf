"""Which column of a log is what? Usual names are known, others are said."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from meter.errors import MeterError
from meter.replay.logs.attributes import ATTRIBUTES
from meter.replay.logs.rows import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NAMES", "REQUIRED", "LogError", "column_names", "known_columns"]

REQUIRED = {
    "reader.id": (
        "reader",
        "reader_id",
        "user_id",
        "user",
        "visitor_id",
        "visitor",
        "client_id",
        "cookie",
    ),
    "at": ("time", "timestamp", "event_time", "datetime", "ts"),
    "article.id": ("article", "article_id", "page", "page_id", "url", "path", "content_id"),
}
NAMES = {
    **REQUIRED,
    "id": ("view_id", "event_id", "pageview_id"),
    **{name: attribute.names for name, attribute in ATTRIBUTES.items()},
}
"""Our name of every column a log can have, and the usual ones."""


_MOST, _LONGEST = 24, 60


class LogError(MeterError):
    """A log cannot be read at all: no such file, no such column, not the form its name says."""


def known_columns(
    mapping: Mapping[str, str], there: Sequence[str], *, clock: bool = True
) -> dict[str, str]:
    """Return which column of a log stands for what.

    `mapping` first, then columns that go by a usual name.

    Raises `LogError` if a mapping leads nowhere, or two columns have one name.
    """
    found: dict[str, str] = {}
    for given, column in mapping.items():
        name = next((name for name, others in NAMES.items() if given in (name, *others)), None)
        if name is None:
            known = ", ".join(
                f"`{others[0] if name in REQUIRED else name}`" for name, others in NAMES.items()
            )
            raise LogError(f"`--column {given}=…` names nothing that a log has; there are: {known}")
        if column not in there:
            close = difflib.get_close_matches(column, there, 1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            raise LogError(
                f"the log has no column `{column}` for `{given}`; it has {_listed(there)}{hint}"
            )
        found[name] = column
    lower = {column.lower(): column for column in reversed(there)}
    taken = set(mapping.values())
    for name, others in NAMES.items():
        usual = next(
            (lower[word] for word in (name, *others) if word in lower and lower[word] not in taken),
            None,
        )
        if name not in found and usual is not None:
            found[name] = usual
    if not clock:
        found.pop("at", None)
    return found


def column_names(
    mapping: Mapping[str, str], there: Sequence[str], *, clock: bool = True
) -> dict[str, str]:
    """Return which column of a log stands for what (see `known_columns`).

    Raises `LogError` also if one that is needed is not there, or stands there twice.
    """
    found = known_columns(mapping, there, clock=clock)
    for name, others in REQUIRED.items():
        if name not in found and (clock or name != "at"):
            close = [
                column
                for column in there
                if column not in found.values()
                and difflib.get_close_matches(column.lower(), (name, *others), 1)
            ]
            example = f"`--column {others[0]}={close[0] if close else 'NAME'}`"
            rest = ", or `--no-clock` if it has none but is in order" if name == "at" else ""
            raise LogError(
                f"the log has no column for the {others[0]}; it has {_listed(there)}: say which"
                f" with {example}{rest}"
            )
    twice = next((column for column in found.values() if list(there).count(column) > 1), None)
    if twice is not None:
        raise LogError(f"the log has two columns named `{twice}`; rename one of them")
    return found


def _listed(there: Sequence[str]) -> str:
    shown = ", ".join(f"`{printable(name, _LONGEST)}`" for name in there[:_MOST])
    return f"{shown} and {len(there) - _MOST:,} more" if len(there) > _MOST else shown or "none"
