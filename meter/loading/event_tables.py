"""Write a page view as the JSON object that `parse_event` reads, and a decision as one.

What is not known of a view, or is as it is unless said, is left out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from meter.forms import length_text
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from meter.decision import Decision, MeterReading
    from meter.view import Article, Entitlement, PageView, Reader
    from meter.vocabulary.machine_terms import MachineTerms

__all__ = ["decision_table", "event_table", "exposure_tables", "said_of_crawler"]

_HOUR = timedelta(hours=1)
_NO_LENGTH = timedelta()
_LONGEST = timedelta(days=3660)
_WORDS_OF_A_READER = ("country", "score", "visitor")
_WORDS_OF_A_RIGHT = ("product", "article", "section")
_WORDS_OF_AN_ARTICLE = ("section", "kind", "value")
_WORDS_OF_A_VIEW = ("id", "referrer", "channel", "device", "country", "language")
_FLAGS_OF_A_VIEW = ("gift", "prefetch")


def event_table(
    at: datetime, reader: Reader, view: PageView, *, reader_id: str | None
) -> dict[str, Any]:
    """Return a page view as an event, ready for `json.dumps`.

    `reader_id` is the id it is written with, such as a digest of the reader's own.

    >>> from datetime import datetime, UTC
    >>> from meter import Article, PageView, Reader
    >>> view = PageView(article=Article(id="a1", section="markets"), device="mobile")
    >>> event_table(datetime(2026, 6, 1, tzinfo=UTC), Reader(id="r1"), view, reader_id="r1")
    ... # doctest: +NORMALIZE_WHITESPACE
    {'at': '2026-06-01T00:00:00+00:00', 'reader': {'id': 'r1'},
     'article': {'id': 'a1', 'section': 'markets'}, 'device': 'mobile'}
    """
    table: dict[str, Any] = {
        "at": at.isoformat(),
        "reader": _reader_table(reader, reader_id),
        "article": _article_table(view.article),
    }
    table |= _known(view, _WORDS_OF_A_VIEW)
    table |= {name: True for name in _FLAGS_OF_A_VIEW if getattr(view, name)}
    if view.crawler:
        table["crawler"] = said_of_crawler(view)
    return table


def said_of_crawler(view: PageView) -> bool | str:
    """Return what an event says of a crawler: whether one asks, or its class as a plain word."""
    return view.crawler if isinstance(view.crawler, bool) else str(view.crawler)


def decision_table(decision: Decision) -> dict[str, Any]:
    """Return a decision as it is written to JSON: plain words, numbers and ISO 8601 times.

    It has `machines` only where the rule tells machines something, `deadlines` only where an offer
    that lasts a while was shown to this reader, and `exposures` only where there is any.
    """
    table: dict[str, Any] = {
        "at": decision.at.isoformat(),
        "show": str(decision.show),
        "access": str(decision.access),
        "rule": decision.rule,
        "offer": decision.offer,
        "offers": list(decision.offers),
        "prompt": decision.prompt,
        "meter": None if decision.meter is None else _meter_table(decision.meter),
        "counted": decision.counted,
        "speculative": decision.speculative,
        "degraded": decision.degraded,
        "policy": decision.policy,
    }
    if decision.deadlines:
        table["deadlines"] = {each.offer: each.ends.isoformat() for each in decision.deadlines}
    if decision.machines is not None:
        table["machines"] = _machines_table(decision.machines)
    if decision.exposures:
        table["exposures"] = exposure_tables(decision)
    return table


def exposure_tables(decision: Decision) -> list[dict[str, str]]:
    """Return the exposures of a decision as they are written to JSON."""
    return [
        {"experiment": exposure.experiment, "variant": exposure.variant}
        for exposure in decision.exposures
    ]


def _meter_table(meter: MeterReading) -> dict[str, Any]:
    return {
        "name": meter.name,
        "limit": meter.limit,
        "used": meter.used,
        "left": meter.left,
        "resets_at": None if meter.resets_at is None else meter.resets_at.isoformat(),
    }


def _machines_table(machines: MachineTerms) -> dict[str, Any]:
    return {"status": machines.status, "price": machines.price, "licence": machines.licence}


def _known(value: object, names: Iterable[str]) -> dict[str, Any]:
    """Return those fields of a value that are known."""
    fields = ((name, getattr(value, name)) for name in names)
    return {name: field for name, field in fields if field is not None}


def _reader_table(reader: Reader, reader_id: str | None) -> dict[str, Any]:
    table: dict[str, Any] = {"id": reader_id}
    if reader.registered:
        table["registered"] = True
    if reader.registered_at is not None:
        table["registered_at"] = reader.registered_at.isoformat()
    if reader.entitlements:
        table["entitlements"] = [_right_table(right) for right in reader.entitlements]
    if reader.segments:
        table["segments"] = sorted(reader.segments)
    return table | _known(reader, _WORDS_OF_A_READER)


def _right_table(right: Entitlement) -> dict[str, Any]:
    table: dict[str, Any] = {"kind": str(right.kind)}
    table |= _known(right, _WORDS_OF_A_RIGHT)
    if right.tags:
        table["tags"] = sorted(right.tags)
    if right.starts is not None:
        table["starts"] = right.starts.isoformat()
    grace = right.grace
    if right.ends is not None and (grace % _HOUR or grace > _LONGEST):
        # A length that no event can say. What a right opens depends on the end of its grace alone.
        table["ends"] = (right.ends + grace).isoformat()
        return table
    if right.ends is not None:
        table["ends"] = right.ends.isoformat()
    if _NO_LENGTH < grace <= _LONGEST and not grace % _HOUR:
        table["grace"] = length_text(grace)
    return table


def _article_table(article: Article) -> dict[str, Any]:
    table: dict[str, Any] = {"id": article.id}
    if article.access is not ArticleAccess.METERED:
        table["access"] = str(article.access)
    if article.tags:
        table["tags"] = sorted(article.tags)
    if article.published is not None:
        table["published"] = article.published.isoformat()
    return table | _known(article, _WORDS_OF_AN_ARTICLE)
