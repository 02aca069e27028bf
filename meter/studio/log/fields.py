"""What the fields of the form are called, and what is said of options in the words of fields."""

from __future__ import annotations

import re

from meter.replay.logs.columns import NAMES, REQUIRED

__all__ = ["FIELDS", "in_fields", "other_columns"]

FIELDS = {
    "--zone": "Zone of times without one",
    "--time-format": "How times are written, if not like 2026-06-30 18:05",
    "--no-clock": "There are no times; the rows are in order",
    "--recorded-under": "The policy in force then",
    "--walls": "Views that were refused then",
    "--article-ids": "Articles are addresses of pages: one page is one article",
}
"""The labels of fields, by the option of `meter replay` that says the same."""
_COLUMNS = {"reader.id": "Reader", "at": "Time", "article.id": "Article"}
_WORDS = {"id": "The view's own id", "started": "Offer that was started", "kind": "Kind of line"}
_OPTION = re.compile(r"`(--[a-z-]+)(?:[ =]([^`]*))?`")
_EXAMPLES = ("NAME", "COLUMN", "…", "")


def other_columns() -> dict[str, str]:
    """Return what a log may say of a view besides what is needed, in words."""
    return {name: _WORDS.get(name) or _in_words(name) for name in NAMES if name not in REQUIRED}


def in_fields(text: str) -> str:
    """Return what is said of options in the words of the form's fields."""
    return _OPTION.sub(lambda found: _field(found[1], found[2] or "", found[0]), text)


def _field(option: str, value: str, otherwise: str) -> str:
    label = FIELDS.get(option)
    if option == "--column":
        given, _, value = value.partition("=")
        name = next((name for name, others in NAMES.items() if given in (name, *others)), "")
        label = _COLUMNS.get(name) or other_columns().get(name, "Which column is which")
    if label is None:
        return otherwise
    value = value.strip("'\"")
    return f"“{label}”" if value in _EXAMPLES else f"“{label}”: `{value}`"


def _in_words(name: str) -> str:
    words = name.replace(".", ": ").replace("_", " ")
    return words[:1].upper() + words[1:]
