"""Every attribute that a log can carry, and how its values are read.

A value is what a CSV cell, a JSON value or a Parquet column holds, so it can be anything. Each
distinct one is read once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, SupportsFloat, cast
from zoneinfo import ZoneInfo

from attrs import frozen

from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import ArticleAccess, EntitlementKind, Status
from meter.windows import local_instant, moment

if TYPE_CHECKING:
    from enum import StrEnum

__all__ = ["ATTRIBUTES", "Attribute", "BadValueError", "scene"]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_SEPARATORS = (";", "|", ",")
_DATE_LENGTH = len("2026-06-30")


class BadValueError(ValueError):
    """A value of a log that cannot be what its column stands for."""


@frozen(kw_only=True)
class Attribute:
    """One attribute of a reader, an article or a view.

    `names` are those its column may have in a log beside its own, `read` reads a value (which is
    never missing).
    """

    names: tuple[str, ...]
    read: Callable[[object, ZoneInfo], object]


def _text(value: object, _zone: ZoneInfo) -> str:
    return str(value)


def _flag(value: object, _zone: ZoneInfo) -> bool:
    word = str(value).strip().lower()
    if word not in _FLAGS:
        raise BadValueError(f"`{value}` is not `true` or `false`")
    return _FLAGS[word]


def _number(value: object, _zone: ZoneInfo) -> float:
    try:
        number = float(cast("SupportsFloat | str", value))
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise BadValueError(f"`{value}` is not a score between 0 and 1")
    return number


def _words(value: object, _zone: ZoneInfo) -> frozenset[str]:
    if isinstance(value, list | tuple):
        return frozenset(str(word) for word in value)
    text = str(value).strip()
    if text.startswith("["):
        return _words(_json(text), _zone)
    mark = next((mark for mark in _SEPARATORS if mark in text), ";")
    return frozenset(word for part in text.split(mark) if (word := part.strip()))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValueError(f"`{text}` is not JSON") from error


def _time(value: object, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """Read a time; with `end`, a date holds to the end of that day."""
    try:
        if end and isinstance(value, str) and len(value.strip()) == _DATE_LENGTH:
            return moment(local_instant(date.fromisoformat(value.strip()), zone, end=True), zone)
        when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return when if when.tzinfo else moment(local_instant(when, zone), zone)
    except (ValueError, OverflowError) as error:
        raise BadValueError(
            f"`{value}` is not a time such as `2026-06-01T08:30:00+09:00`"
        ) from error


def _word_of(kind: type[StrEnum], what: str) -> Callable[[object, ZoneInfo], object]:
    def read(value: object, _zone: ZoneInfo) -> StrEnum:
        try:
            return kind(str(value).strip().lower())
        except ValueError as error:
            raise BadValueError(f"`{value}` is not {what}: {_listed(kind)}") from error

    return read


def _listed(kind: type[StrEnum]) -> str:
    return ", ".join(f"`{word}`" for word in kind)


_RIGHTS = ("kind", "product", "starts", "ends", "grace")


def _entitlements(value: object, zone: ZoneInfo) -> tuple[Entitlement, ...]:
    listed = _json(value) if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(right, Mapping) for right in listed):
        raise BadValueError(f"`{value}` is not a list of entitlements")
    return tuple(_entitlement(right, zone) for right in listed)


def _entitlement(right: Mapping[str, Any], zone: ZoneInfo) -> Entitlement:
    given = {key: part for key, part in right.items() if part is not None}
    unknown = sorted(given.keys() - set(_RIGHTS))
    if unknown:
        raise BadValueError(f"an entitlement has no `{unknown[0]}`")
    kind = given.get("kind")
    if kind not in tuple(EntitlementKind):
        known = _listed(EntitlementKind)
        raise BadValueError(f"`{kind}` is not a kind of entitlement: {known}")
    for side in ("starts", "ends"):
        if side in given:
            given[side] = _time(given[side], zone, end=side == "ends")
    try:
        return Entitlement(**given)
    except (ValueError, TypeError) as error:
        words = json.dumps(right, default=str)
        raise BadValueError(f"`{words}` is not an entitlement") from error


ATTRIBUTES = {
    "reader.registered": Attribute(names=("registered",), read=_flag),
    "reader.status": Attribute(names=("status",), read=_word_of(Status, "a status")),
    "reader.entitlements": Attribute(names=("entitlements",), read=_entitlements),
    "reader.segments": Attribute(names=("segments",), read=_words),
    "reader.country": Attribute(names=(), read=_text),
    "reader.score": Attribute(names=("score",), read=_number),
    "article.access": Attribute(names=("access",), read=_word_of(ArticleAccess, "one of")),
    "article.section": Attribute(names=("section",), read=_text),
    "article.tags": Attribute(names=("tags",), read=_words),
    "article.kind": Attribute(names=("kind",), read=_text),
    "article.published": Attribute(names=("published",), read=_time),
    "referrer": Attribute(names=("referer",), read=_text),
    "channel": Attribute(names=(), read=_text),
    "device": Attribute(names=(), read=_text),
    "country": Attribute(names=(), read=_text),
    "language": Attribute(names=(), read=_text),
    "gift": Attribute(names=(), read=_flag),
    "crawler": Attribute(names=("bot",), read=_flag),
    "prefetch": Attribute(names=(), read=_flag),
}
"""Every attribute by its path in an event, `reader.country` and `country` of the view apart."""

_FOR_STATUS = {
    Status.TRIAL: (EntitlementKind.TRIAL, None),
    Status.SUBSCRIBER: (EntitlementKind.SUBSCRIPTION, None),
    Status.STAFF: (EntitlementKind.STAFF, None),
    Status.TRIAL_EXPIRED: (EntitlementKind.TRIAL, _LONG_AGO),
    Status.SUBSCRIPTION_EXPIRED: (EntitlementKind.SUBSCRIPTION, _LONG_AGO),
}
"""The right by which a reader has a status, where a log tells only the status."""


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
    article = Article(id="-", **of_part["article"])
    return Reader(id="-", **reader), PageView(article=article, **of_part[""])
