"""Which language a reader gets: what was asked for, against the words that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen
from babel import Locale

from meter.errors import quoted
from meter.resources.locales import best_match, locale_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["ChosenWords", "accepted", "choose"]

_MOST_TO_READ = 1_000
"""How much of a header is read: a browser sends less, and what anybody sends is not kept."""
_MOST_LANGUAGES = 20
_SCRIPT = re.compile(r"[A-Za-z]{4}", re.ASCII)
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*", re.ASCII)


def accepted(asked: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the tags of known locales that are asked for, those liked best first.

    What is asked is a tag, several of them, or an `Accept-Language` header (RFC 9110, 12.5.4).
    A tag with a part that CLDR does not know stands for what is before it. What is no tag, or has
    the weight 0, is passed over; `*` too, since everything that there is comes last anyhow.

    >>> accepted("fr-CH, pl;q=0.8, en;q=0.9, *;q=0.1"), accepted(["zh_TW", "nonsense"])
    (('fr-CH', 'en', 'pl'), ('zh_TW',))
    """
    if asked is None:
        return ()
    if isinstance(asked, str):
        return _of_header(asked[:_MOST_TO_READ])
    if isinstance(asked, bytes) or not isinstance(asked, Iterable):
        raise _no_locale(asked)
    texts = tuple(asked)
    for text in texts:
        if not isinstance(text, str):
            raise _no_locale(text)
    tags = [tag for text in texts for tag in _of_header(text[:_MOST_TO_READ])]
    return tuple(dict.fromkeys(tags))[:_MOST_LANGUAGES]


def _no_locale(value: object) -> TypeError:
    return TypeError(
        f"`locale` is a tag, a list of tags or an `Accept-Language` header, not {quoted(value)}"
    )


@lru_cache(maxsize=512)
def _of_header(header: str) -> tuple[str, ...]:
    weighted = sorted(_weighted(header), key=lambda item: -item[0])
    return tuple(dict.fromkeys(tag for _, tag in weighted))[:_MOST_LANGUAGES]


def _weighted(header: str) -> Iterator[tuple[float, str]]:
    for item in header.split(","):
        text, _, parameter = item.partition(";")
        tag = _known_part(text.strip())
        weight = _weight(parameter)
        if tag and weight > 0:
            yield weight, tag


def _weight(parameter: str) -> float:
    """Return the weight that a parameter gives; 1 without one, and 0 for what is none."""
    if not parameter:
        return 1.0
    match = _WEIGHT.fullmatch(parameter)
    return float(match[1]) if match else 0.0


def _known_part(tag: str) -> str:
    """Return as much of a tag as names a locale of CLDR: parts are left off from its end.

    Never its script: whoever asks for `ru-Latn` is not served words in Cyrillic.
    """
    parts = tag.replace("_", "-").split("-")
    while parts and locale_of("-".join(parts)) is None:
        if _SCRIPT.fullmatch(parts.pop()):
            return ""
    return tag[: len("-".join(parts))]


@frozen
class ChosenWords:
    """A language that was chosen.

    `asked` is what was asked for, `locale` what writes its numbers and dates, and `words` the tag
    of its words as it is written where they are.
    """

    asked: str
    locale: Locale
    words: str


def choose(wanted: Iterable[str], available: Collection[str]) -> ChosenWords:
    """Return the first of the wanted tags that has words, and which words; English if none has."""
    for tag in wanted:
        locale = locale_of(tag)
        words = best_match(tag, available)
        if locale is not None and words is not None:
            return ChosenWords(tag, locale, words)
    return ChosenWords("en", Locale("en"), "en")
