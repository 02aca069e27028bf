"""What a condition may ask about that needs no usage, and how it is read off a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from meter.forms import country_code, host, language_tag, plain, section_path
from meter.view import PageView, Reader
from meter.vocabulary import Weekday
from meter.windows import instant, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = [
    "ATTRIBUTES",
    "LENGTHS",
    "OF_THE_ARTICLE",
    "OF_THE_TIME",
    "OTHER",
    "REGION",
    "Attribute",
    "Read",
    "hour_in",
    "is_a_crawler",
    "since",
    "weekday_in",
]

OTHER = "\0"
"""The code of a value that is known but that the policy never mentions."""

REGION = "-"
"""What joins a country and its region: `SE-M` (ISO 3166-2)."""

LENGTHS = ("age", "expiry", "purchase", "registration")
"""The attributes that are lengths of time, in microseconds."""

OF_THE_ARTICLE = ("access", "section", "kind", "tags", "value", "age", "published")
OF_THE_TIME = ("period", "weekday", "hour")
"""What slots ask of the article, and of the clock and the calendar alone."""

Read = Callable[[Reader, PageView, int], Any]
"""What reads one attribute off a reader, a view and an instant."""


@frozen
class Attribute:
    """One thing a condition may ask about that needs no usage.

    `read` gives its value. A class is a flag that may say which one: it is always known. For a
    word, `mark` is what joins a value's parts where a mentioned word covers longer ones (`markets`
    covers `markets/asia`: see `forms.covers`), and `form` returns it as it is compared. With
    `whole_only`, a value that is only the first part of a mentioned word is not known to be that
    word, nor to be another: in `SE`, but where?
    """

    kind: Literal["word", "set", "number", "flag", "class"]
    read: Read
    mark: str = ""
    form: Callable[[str], str] = plain
    whole_only: bool = False
    serves: str | None = None
    """The key of a condition that it is looked at for, where that is not its own name."""


def _section(_reader: Reader, view: PageView, _at: int) -> str | None:
    return view.article.section


def _country(reader: Reader, view: PageView, _at: int) -> str | None:
    return view.country or reader.country or None


ATTRIBUTES: dict[str, Attribute] = {
    "section": Attribute("word", _section, "/", section_path),
    "kind": Attribute("word", lambda _reader, view, _at: view.article.kind),
    "country": Attribute("word", _country, REGION, country_code, whole_only=True),
    "device": Attribute("word", lambda _reader, view, _at: view.device),
    "channel": Attribute("word", lambda _reader, view, _at: view.channel),
    "language": Attribute("word", lambda _reader, view, _at: view.language, "-", language_tag),
    "referrer": Attribute("word", lambda _reader, view, _at: view.referrer, ".", host),
    "product": Attribute("set", lambda reader, _view, at: reader.products_at(at)),
    "tags": Attribute("set", lambda _reader, view, _at: view.article.tags),
    "segments": Attribute("set", lambda reader, _view, _at: reader.segments),
    "score": Attribute("number", lambda reader, _view, _at: reader.score),
    "value": Attribute("number", lambda _reader, view, _at: view.article.value),
    "age": Attribute("number", lambda _reader, view, at: view.article.age(at)),
    "whole": Attribute("flag", lambda reader, _v, at: reader.covers_all_at(at), serves="covered"),
    "named": Attribute(
        "flag", lambda reader, view, at: reader.names_at(view.article, at), serves="covered"
    ),
    "gift": Attribute("flag", lambda _reader, view, _at: view.gift),
    "crawler": Attribute("class", lambda _reader, view, _at: view.crawler),
}
"""Every attribute besides the reader's status and the article's access, in the order of slots.

What more there is hangs on a product (`since`), on the publication's zone (`weekday`, `hour`) or on
instants (`period`, `published`).
"""


def is_a_crawler(_reader: Reader, view: PageView, _at: int) -> bool:
    """Say whether a verified crawler asks, of whatever class."""
    return view.crawler is not False


_DAYS = tuple(Weekday)


def since(name: str, product: str | None) -> Read:
    """Return what reads the microseconds since something; `product` says of which rights."""
    products = None if product is None else frozenset({product})

    def expiry(reader: Reader, _view: PageView, at: int) -> int | None:
        if not reader.entitlements or not all(right.is_named for right in reader.running(at)):
            return None
        last = reader.last_expired(at, products)
        return None if last is None else at - last.until_instant

    def purchase(reader: Reader, _view: PageView, at: int) -> int | None:
        starts = [
            right.from_instant
            for right in reader.running(at)
            if right.starts is not None
            and not right.is_named
            and (product is None or (right.product is not None and plain(right.product) == product))
        ]
        return at - max(starts) if starts else None

    def registration(reader: Reader, _view: PageView, at: int) -> int | None:
        if reader.registered_at is None:
            return None
        registered = instant(reader.registered_at)
        return at - registered if at >= registered else None

    return {"expiry": expiry, "purchase": purchase, "registration": registration}[name]


def weekday_in(zone: ZoneInfo) -> Read:
    """Return what reads the day of the week by the clock of a zone."""
    return lambda _reader, _view, at: _DAYS[moment(at, zone).weekday()]


def hour_in(zone: ZoneInfo) -> Read:
    """Return what reads the hour of the day, 0 to 23, by the clock of a zone."""
    return lambda _reader, _view, at: moment(at, zone).hour
