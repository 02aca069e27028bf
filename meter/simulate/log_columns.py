"""Which column of a log is what? Usual names are known, others are said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import MeterError
from meter.simulate.attributes import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NAMES", "LogError", "column_names"]

_REQUIRED = {
    "reader.id": ("reader", "reader_id", "user_id", "user", "visitor_id", "visitor", "client_id", "cookie"),
    "at": ("time", "timestamp", "event_time", "datetime", "ts"),
    "article.id": ("article", "article_id", "page", "page_id", "url", "path", "content_id"),
}
NAMES = {
    **_REQUIRED, "id": ("view_id", "event_id", "pageview_id"), **{name: attribute.names for name, attribute in ATTRIBUTES.items()}
}  # fmt: skip
"""Our name of every column a log can have, and the usual ones."""


class LogError(MeterError):
    """A log cannot be read at all: no such file, no such column, not the form its name says."""


def column_names(mapping: Mapping[str, str], there: Sequence[str], *, clock: bool = True) -> dict[str, str]:
    """Return which column of a log stands for what: `mapping` first, then columns that go by a usual name.

    Raises `LogError` if one that is needed is not there, or a mapping leads nowhere.
    """
    listed = ", ".join(f"`{name}`" for name in there)
    found: dict[str, str] = {}
    for given, column in mapping.items():
        name = next((name for name, others in NAMES.items() if given in (name, *others)), None)
        if name is None:
            known = ", ".join(f"`{others[0] if name in _REQUIRED else name}`" for name, others in NAMES.items())
            raise LogError(f"`--column {given}=…` names nothing that a log has; there are: {known}")
        if column not in there:
            raise LogError(f"the log has no column `{column}` for `{given}`; it has {listed}")
        found[name] = column
    lower = {column.lower(): column for column in reversed(there)}
    for name, others in NAMES.items():
        usual = next((lower[word] for word in (name, *others) if word in lower and lower[word] not in mapping.values()), None)
        if name not in found and usual is not None:
            found[name] = usual
    if not clock:
        found.pop("at", None)
    for name, others in _REQUIRED.items():
        if name not in found and (clock or name != "at"):
            example = f"`--column {others[0]}=NAME`"
            rest = ", or `--no-clock` if it has none but is in order" if name == "at" else ""
            raise LogError(f"the log has no column for the {others[0]}; it has {listed}: say which with {example}{rest}")
    return found
