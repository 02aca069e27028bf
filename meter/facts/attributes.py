"""Everything a condition may ask about that needs no usage, and how it is read off a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from attrs import frozen

from meter.forms import country_code, host, language_tag, plain, section_path
from meter.view import PageView, Reader
from meter.windows import DAY

__all__ = ["ATTRIBUTES", "Attribute", "Read"]

Read = Callable[[Reader, PageView, int], Any]
"""What reads one attribute off a reader, a view and an instant."""


@frozen
class Attribute:
    """One thing a condition may ask about that needs no usage.

    `read` gives its value. For a word, `mark` is what joins a value's parts where a mentioned word
    covers longer ones (`markets` covers `markets/asia`: see `forms.covers`), and `form`
    returns it as it is compared.
    """

    kind: Literal["word", "set", "number", "flag"]
    read: Read
    mark: str = ""
    form: Callable[[str], str] = plain
    serves: str | None = None
    """The key of a condition that it is looked at for, where that is not its own name."""


def _section(_reader: Reader, view: PageView, _at: int) -> str | None:
    return view.article.section


def _country(reader: Reader, view: PageView, _at: int) -> str | None:
    return view.country or reader.country or None


def _age(_reader: Reader, view: PageView, at: int) -> int | None:
    return _whole_days(view.article.age(at))


def _since_expiry(reader: Reader, _view: PageView, at: int) -> int | None:
    return _whole_days(reader.expired_for(at))


def _whole_days(length: int | None) -> int | None:
    """Return completed days of 24 hours."""
    return None if length is None else length // DAY


ATTRIBUTES: dict[str, Attribute] = {
    "section": Attribute("word", _section, "/", section_path),
    "kind": Attribute("word", lambda _reader, view, _at: view.article.kind),
    "country": Attribute("word", _country, form=country_code),
    "device": Attribute("word", lambda _reader, view, _at: view.device),
    "channel": Attribute("word", lambda _reader, view, _at: view.channel),
    "language": Attribute("word", lambda _reader, view, _at: view.language, "-", language_tag),
    "referrer": Attribute("word", lambda _reader, view, _at: view.referrer, ".", host),
    "product": Attribute("set", lambda reader, _view, at: reader.products_at(at)),
    "tags": Attribute("set", lambda _reader, view, _at: view.article.tags),
    "segments": Attribute("set", lambda reader, _view, _at: reader.segments),
    "score": Attribute("number", lambda reader, _view, _at: reader.score),
    "age_days": Attribute("number", _age),
    "days_since_expiry": Attribute("number", _since_expiry),
    "whole": Attribute("flag", lambda reader, _v, at: reader.covers_all_at(at), serves="covered"),
    "named": Attribute(
        "flag", lambda reader, view, at: reader.names_at(view.article, at), serves="covered"
    ),
    "gift": Attribute("flag", lambda _reader, view, _at: view.gift),
    "crawler": Attribute("flag", lambda _reader, view, _at: view.crawler),
}
"""Every attribute besides the reader's status and the article's access, in the order of slots."""
