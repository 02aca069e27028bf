"""What does one value of a log mean?

A table of every attribute a log can carry, and how each is read.

A value is what a CSV cell, a JSON value or a Parquet column holds. Each distinct one is read once.
"""

# A log's values can be anything.
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import ArticleAccess, EntitlementKind, Status
from meter.windows import local_instant, moment

__all__ = ["ATTRIBUTES", "Attribute", "BadValueError", "scene"]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FLAGS = {
    "true": True,
    "t": True,
    "yes": True,
    "y": True,
    "1": True,
    "false": False,
    "f": False,
    "no": False,
    "n": False,
    "0": False,
}
_SEPARATORS = (";", "|", ",")


class BadValueError(ValueError):
    """A value of a log that cannot be what its column stands for."""


@frozen(kw_only=True)
class Attribute:
    """One attribute: the names its column may have in a log, and what reads a value (which is never
    missing).
    """

    names: tuple[str, ...]
    read: Callable[[Any, ZoneInfo], Any]


def _text(value: Any, _zone: ZoneInfo) -> str:
    return str(value)


def _flag(value: Any, _zone: ZoneInfo) -> bool:
    word = str(value).strip().lower()
    if word not in _FLAGS:
        raise BadValueError(f"`{value}` is not `true` or `false`")
    return _FLAGS[word]


def _number(value: Any, _zone: ZoneInfo) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise BadValueError(f"`{value}` is not a score between 0 and 1")
    return number


def _words(value: Any, _zone: ZoneInfo) -> frozenset[str]:
    if isinstance(value, list | tuple):
        return frozenset(str(word) for word in value)
    text = str(value).strip()
    if text.startswith("["):
        return _words(_json(text), _zone)
    mark = next((mark for mark in _SEPARATORS if mark in text), ";")
    return frozenset(word for part in text.split(mark) if (word := part.strip()))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValueError(f"`{text}` is not JSON") from error


def _time(value: Any, zone: ZoneInfo, *, end: bool = False) -> datetime:
    try:
        if (
            end and isinstance(value, str) and len(value.strip()) == len("2026-06-30")
        ):  # a date holds to the end of that day
            return moment(local_instant(date.fromisoformat(value.strip()), zone, end=True), zone)
        when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return when if when.tzinfo else moment(local_instant(when, zone), zone)
    except (ValueError, OverflowError) as error:
        raise BadValueError(
            f"`{value}` is not a time such as `2026-06-01T08:30:00+09:00`"
        ) from error


def _word_of(kind: type[Any], what: str) -> Callable[[Any, ZoneInfo], Any]:
    def read(value: Any, _zone: ZoneInfo) -> Any:
        try:
            return kind(str(value).strip().lower())
        except ValueError as error:
            raise BadValueError(
                f"`{value}` is not {what}: {', '.join(f'`{word}`' for word in kind)}"
            ) from error

    return read


_RIGHTS = ("kind", "product", "starts", "ends", "grace")


def _entitlements(value: Any, zone: ZoneInfo) -> tuple[Entitlement, ...]:
    listed = _json(value) if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(right, Mapping) for right in listed):
        raise BadValueError(f"`{value}` is not a list of entitlements")
    rights = []
    for right in listed:
        given = {key: part for key, part in right.items() if part is not None}
        if unknown := sorted(given.keys() - set(_RIGHTS)):
            raise BadValueError(f"an entitlement has no `{unknown[0]}`")
        if given.get("kind") not in tuple(EntitlementKind):
            known = ", ".join(f"`{kind}`" for kind in EntitlementKind)
            raise BadValueError(f"`{given.get('kind')}` is not a kind of entitlement: {known}")
        given |= {
            side: _time(given[side], zone, end=side == "ends")
            for side in ("starts", "ends")
            if side in given
        }
        try:
            rights.append(Entitlement(**given))
        except (ValueError, TypeError) as error:
            raise BadValueError(
                f"`{json.dumps(right, default=str)}` is not an entitlement"
            ) from error
    return tuple(rights)


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


def scene(values: Mapping[str, Any]) -> tuple[Reader, PageView]:
    """Return a reader and a view that have these attributes (by path; a missing one is `None`)."""
    known = {name: value for name, value in values.items() if value is not None}
    people = {
        name.removeprefix("reader."): value
        for name, value in known.items()
        if name.startswith("reader.")
    }
    content = {
        name.removeprefix("article."): value
        for name, value in known.items()
        if name.startswith("article.")
    }
    status = people.pop("status", None)
    if status is not None and "entitlements" not in people:
        people["registered"] = people.get("registered", False) or status is not Status.ANONYMOUS
        if status in _FOR_STATUS:
            kind, ends = _FOR_STATUS[status]
            people["entitlements"] = (Entitlement(kind=kind, ends=ends),)
    rest = {name: value for name, value in known.items() if "." not in name}
    return Reader(id="-", **people), PageView(article=Article(id="-", **content), **rest)
