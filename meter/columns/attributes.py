"""Every attribute that a log can carry, read by the table of fields that `meter decide` uses.

A value of JSON is read as it is. A cell (of CSV, or of a Parquet column) is first turned into what
JSON would say: `a;b` into a list, `yes` into `true`. Each distinct value is read once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import frozen

from meter.loading.event_parts import article_table, reader_table
from meter.loading.events import event_shape
from meter.loading.fields import Choice, Shape
from meter.loading.problems import ProblemCollector
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import EntitlementKind, Status
from meter.windows import local_instant, moment

if TYPE_CHECKING:
    from typing import Any

    from meter.errors import Problem

__all__ = ["LOG_ATTRIBUTES", "BadValueError", "Form", "LogAttribute", "read_value", "scene"]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_SEPARATORS = (";", "|", ",")
_SETS = ("reader.segments", "article.tags")
_DATE_LENGTH = len("2026-06-30")


class Form(StrEnum):
    """How attributes are written."""

    CELL = "cell"
    """As in a table: a list may be `a;b`, a flag `yes`."""
    VALUE = "value"
    """As JSON has them."""
    JSON = "json"
    """Each as the text of its JSON, since one column has values of several types."""


class BadValueError(ValueError):
    """A value of a log or a table that cannot be what its column stands for."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


@frozen(kw_only=True)
class LogAttribute:
    """One attribute of a reader, an article or a view.

    `names` are those its column may have in a log beside its own. `from_cell` turns a cell into
    what JSON would say; what it cannot turn it leaves alone, and the field says what is wrong.
    """

    names: tuple[str, ...]
    from_cell: Callable[[object, ZoneInfo], object]


def _text(cell: object, _zone: ZoneInfo) -> str:
    return str(cell)


def _flag(cell: object, _zone: ZoneInfo) -> object:
    return _FLAGS.get(str(cell).strip().lower(), cell)


def _flag_or_word(cell: object, _zone: ZoneInfo) -> object:
    return _FLAGS.get(word := str(cell).strip().lower(), word)


def _number(cell: object, _zone: ZoneInfo) -> object:
    if not isinstance(cell, str):
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell


def _words(cell: object, _zone: ZoneInfo) -> object:
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    if text.startswith("["):
        return _json(text)
    mark = next((mark for mark in _SEPARATORS if mark in text), ";")
    return [word for part in text.split(mark) if (word := part.strip())]


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _time(cell: object, zone: ZoneInfo) -> object:
    """Return a time as text with its offset; without one it is a local time in the zone."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    text = str(cell).strip()
    if len(text) == _DATE_LENGTH:
        return text
    try:
        when = cell if isinstance(cell, datetime) else datetime.fromisoformat(text)
        if when.tzinfo is None:
            when = moment(local_instant(when, zone), zone)
    except (ValueError, OverflowError):
        return text
    return when.isoformat()


def _choice(cell: object, _zone: ZoneInfo) -> str:
    return str(cell).strip().lower()


def _entitlements(cell: object, zone: ZoneInfo) -> object:
    listed = _json(cell) if isinstance(cell, str) else cell
    if not isinstance(listed, list):
        return listed
    return [_entitlement(right, zone) if isinstance(right, dict) else right for right in listed]


def _entitlement(right: Mapping[str, object], zone: ZoneInfo) -> dict[str, object]:
    dated = {key: _time(right[key], zone) for key in ("starts", "ends") if right.get(key)}
    return {**right, **dated}


LOG_ATTRIBUTES = {
    "reader.registered": LogAttribute(names=("registered",), from_cell=_flag),
    "reader.status": LogAttribute(names=("status",), from_cell=_choice),
    "reader.entitlements": LogAttribute(names=("entitlements",), from_cell=_entitlements),
    "reader.segments": LogAttribute(names=("segments",), from_cell=_words),
    "reader.country": LogAttribute(names=(), from_cell=_text),
    "reader.score": LogAttribute(names=("score",), from_cell=_number),
    "reader.registered_at": LogAttribute(names=("registered_at",), from_cell=_time),
    "reader.visitor": LogAttribute(names=("visitor",), from_cell=_text),
    "article.access": LogAttribute(names=("access",), from_cell=_choice),
    "article.section": LogAttribute(names=("section",), from_cell=_text),
    "article.tags": LogAttribute(names=("tags",), from_cell=_words),
    "article.kind": LogAttribute(names=("kind",), from_cell=_text),
    "article.published": LogAttribute(names=("published",), from_cell=_time),
    "article.value": LogAttribute(names=("value",), from_cell=_number),
    "referrer": LogAttribute(names=("referer",), from_cell=_text),
    "channel": LogAttribute(names=(), from_cell=_text),
    "device": LogAttribute(names=(), from_cell=_text),
    "country": LogAttribute(names=(), from_cell=_text),
    "language": LogAttribute(names=(), from_cell=_text),
    "gift": LogAttribute(names=(), from_cell=_flag),
    "crawler": LogAttribute(names=("bot",), from_cell=_flag_or_word),
    "prefetch": LogAttribute(names=(), from_cell=_flag),
}
"""Every attribute by its path in an event, `reader.country` and `country` of the view apart."""


def read_value(name: str, value: object, zone: ZoneInfo, form: Form) -> object:
    """Return the value of an attribute as the classes want it; `None` where it is missing.

    Raises `BadValueError`, in the words in which `meter decide` refuses the same value.
    """
    if value is None:
        return None
    if form is Form.CELL:
        # An empty cell is a missing value, but an empty referrer says that there was none.
        if value == "" and name != "referrer":
            return None
        value = LOG_ATTRIBUTES[name].from_cell(value, zone)
    elif form is Form.JSON:
        value = json.loads(str(value))
    report = ProblemCollector()
    read = _fields(zone)[name].read(value, tuple(name.split(".")), report)
    if report.found:
        problem, _ = report.found[0]
        raise BadValueError(problem)
    return frozenset(read) if name in _SETS and isinstance(read, tuple) else read


@lru_cache(maxsize=64)
def _fields(zone: ZoneInfo) -> dict[str, Shape]:
    """Return the field of each attribute: that of an event, and a status which only logs have."""
    tables = {
        "reader": reader_table(zone),
        "article": article_table(zone),
        "": event_shape(zone),
    }
    fields: dict[str, Shape] = {"reader.status": Choice(words=Status)}
    for path in LOG_ATTRIBUTES:
        part, _, key = path.rpartition(".")
        if path not in fields:
            fields[path] = tables[part].keys[key].resolve()
    return fields


_FOR_STATUS = {
    Status.TRIAL: (EntitlementKind.TRIAL, None),
    Status.SUBSCRIBER: (EntitlementKind.SUBSCRIPTION, None),
    Status.STAFF: (EntitlementKind.STAFF, None),
    Status.TRIAL_EXPIRED: (EntitlementKind.TRIAL, _LONG_AGO),
    Status.SUBSCRIPTION_EXPIRED: (EntitlementKind.SUBSCRIPTION, _LONG_AGO),
}
"""The right by which a reader has a status, where a log names only the status."""


def scene(values: Mapping[str, object]) -> tuple[Reader, PageView]:
    """Return a reader and a view that have these attributes (by path; a missing one is `None`)."""
    of_part: dict[str, dict[str, Any]] = {"reader": {}, "article": {}, "": {}}
    for path, value in values.items():
        part, _, name = path.rpartition(".")
        if value is not None:
            of_part[part][name] = value
    reader = of_part["reader"]
    status = reader.pop("status", None)
    if status is not None and "entitlements" not in reader:
        reader["registered"] = reader.get("registered", False) or status is not Status.ANONYMOUS
        if status in _FOR_STATUS:
            kind, ends = _FOR_STATUS[status]
            reader["entitlements"] = (Entitlement(kind=kind, ends=ends),)
    if reader.get("registered") is False:
        reader.pop("registered_at", None)
    elif "registered_at" in reader:
        reader["registered"] = True
    article = Article(**{"id": "-", **of_part["article"]})
    return Reader(**{"id": "-", **reader}), PageView(article=article, **of_part[""])
