"""The placeholders that the words of a prompt may hold, and how they are written.

A placeholder is a name in `{{ left }}`, `<<left>>` or `&lt;&lt;left&gt;&gt;`, the three spellings
that templates have had. A count may pick a word by the plural of the language:
`{{ left|plural(one="story", other="stories") }}`. There is nothing to compute, so what a prompt
needs to be filled in is known before anybody reads it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "OLD_PLACEHOLDERS",
    "PLACEHOLDERS",
    "PLURALS",
    "BadPlaceholder",
    "Needs",
    "Placeholder",
    "bad_placeholders",
    "needs",
    "split_words",
]

PLURALS = ("zero", "one", "two", "few", "many", "other")
"""The plural categories of CLDR."""


class Needs(StrEnum):
    """What there has to be for a placeholder to be filled in."""

    NOTHING = "nothing"
    METER = "a meter"
    LEFT = "something left of a meter"
    OFFER = "an offer"
    END = "an offer that ends"
    WAS = "an offer with a price before"
    COUNTRY = "a country"


OLD_PLACEHOLDERS: Mapping[str, str] = {
    "numberArticlesLeft": "left",
    "numberArticlesLeft-plural": "left_plural",
}
"""Today's name for every placeholder of old templates."""

PLACEHOLDERS: Mapping[str, Needs] = {
    "left": Needs.LEFT,
    "left_plural": Needs.LEFT,
    "noun": Needs.METER,
    "used": Needs.METER,
    "limit": Needs.METER,
    "period": Needs.METER,
    "price": Needs.OFFER,
    "term": Needs.OFFER,
    "offer_ends": Needs.END,
    "deadline": Needs.END,
    "was": Needs.WAS,
    "currency": Needs.OFFER,
    "country": Needs.COUNTRY,
    "publication": Needs.NOTHING,
    "today": Needs.NOTHING,
    "weekday": Needs.NOTHING,
}
"""Every placeholder, with what it needs. Zero is never counted: `left` needs something left."""

_COUNTS = ("left", "used", "limit")
_NAME = r"[A-Za-z]\w*(?:-[A-Za-z]\w*)*"
_FORM = rf"""({"|".join(PLURALS)})\s*=\s*(?:"([^"{{}}]*)"|'([^'{{}}]*)')"""
_BRACED = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ANGLED = re.compile(rf"(?:<<|&lt;&lt;)\s*({_NAME})\s*(?:>>|&gt;&gt;)", re.ASCII)
_INSIDE = re.compile(rf"\s*({_NAME})\s*(?:\|\s*plural\((.*)\)\s*)?", re.ASCII | re.DOTALL)
_FORMS = re.compile(rf"\s*{_FORM}\s*(?:,\s*{_FORM}\s*)*,?\s*", re.ASCII)
_EACH_FORM = re.compile(_FORM, re.ASCII)
_MARK = re.compile(rf"{_BRACED.pattern}|{_ANGLED.pattern}", re.ASCII | re.DOTALL)
_STRAY = re.compile(r"\{\{|\}\}|\{%|\{#")


@frozen
class Placeholder:
    """A placeholder: its name today, and the forms that a count picks one of, by category."""

    name: str
    forms: tuple[tuple[str, str], ...] = ()


class BadPlaceholder(ValueError):  # noqa: N818 - what is wrong with a text, told by its caller
    """What stands in a text and is no placeholder: `written`; `name` is set where it has one."""

    def __init__(self, written: str, name: str = "") -> None:
        self.written = written
        self.name = name
        super().__init__(f"`{written}` is not a placeholder")


def split_words(text: str) -> Iterator[str | Placeholder]:
    """Yield the texts and placeholders of what an editor wrote.

    Raises `BadPlaceholder` for the first that is none.

    >>> list(split_words("<<numberArticlesLeft>> left"))
    [Placeholder(name='left', forms=()), ' left']
    """
    for piece in _pieces(text):
        if isinstance(piece, BadPlaceholder):
            raise piece
        yield piece


def bad_placeholders(text: str) -> list[BadPlaceholder]:
    """Return everything in a text that looks like a placeholder and is none."""
    return [piece for piece in _pieces(text) if isinstance(piece, BadPlaceholder)]


def _pieces(text: str) -> Iterator[str | Placeholder | BadPlaceholder]:
    at = 0
    for match in _MARK.finditer(text):
        yield from _plain(text[at : match.start()])
        yield _placeholder(match)
        at = match.end()
    yield from _plain(text[at:])


def needs(text: str) -> frozenset[Needs]:
    """Return what there has to be for a text to be filled in. Raises like `split_words`."""
    return frozenset(
        PLACEHOLDERS[piece.name] for piece in split_words(text) if isinstance(piece, Placeholder)
    )


def _plain(text: str) -> Iterator[str | BadPlaceholder]:
    stray = _STRAY.search(text)
    if stray is not None:
        yield BadPlaceholder(stray[0])
    elif text:
        yield text


def _placeholder(match: re.Match[str]) -> Placeholder | BadPlaceholder:
    braced, angled = match.groups()
    inside = _INSIDE.fullmatch(braced if angled is None else angled)
    if inside is None:
        return BadPlaceholder(match[0])
    name = OLD_PLACEHOLDERS.get(inside[1], inside[1])
    if name not in PLACEHOLDERS:
        return BadPlaceholder(match[0], inside[1])
    if inside[2] is None:
        return Placeholder(name)
    forms = {form[1]: form[2] or form[3] or "" for form in _EACH_FORM.finditer(inside[2])}
    if not _FORMS.fullmatch(inside[2]) or "other" not in forms or name not in _COUNTS:
        return BadPlaceholder(match[0])
    return Placeholder(name, tuple(forms.items()))
