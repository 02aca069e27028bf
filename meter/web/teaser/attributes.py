"""Chooses a teaser's attributes: those a browser needs to show it, none that tells the rest."""

from __future__ import annotations

import re
from functools import cached_property
from urllib.parse import unquote

__all__ = ["Rest"]

# fmt: off
_KEPT = frozenset({
    "alt", "cite", "class", "colspan", "controls", "datetime", "decoding", "dir", "headers",
    "height", "href", "hreflang", "id", "kind", "lang", "loading", "loop", "media", "muted",
    "poster", "preload", "rel", "reversed", "role", "rowspan", "scope", "sizes", "span", "src",
    "srclang", "srcset", "start", "target", "type", "value", "width",
})
_ADDRESSES = frozenset({"cite", "href", "poster", "src", "srcset"})
# fmt: on

_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_UNSEEN = re.compile(r"[\x00-\x20]+")
_NOT_LETTERS = re.compile(r"[\W_]+")

LONGEST_ADDRESS = 2_000
LONGEST_VALUE = 200
"""In characters; a longer one is dropped."""

SHARED_WORDS = 12
SHARED_ADDRESS = 32
"""How many letters and digits in a row make a value, or an address, a part of the rest."""


class Rest:
    """The text beyond a cut, which no attribute may tell."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    @cached_property
    def _letters(self) -> str:
        return _letters("".join(self._texts))

    @cached_property
    def _of_words(self) -> frozenset[str]:
        return _runs(self._letters, SHARED_WORDS)

    @cached_property
    def _of_addresses(self) -> frozenset[str]:
        return _runs(self._letters, SHARED_ADDRESS)

    def allowed(self, attributes: dict[str, str]) -> dict[str, str]:
        """Return those attributes of an element that a teaser keeps."""
        return {name: value for name, value in attributes.items() if self._allows(name, value)}

    def _allows(self, name: str, value: str) -> bool:
        if name not in _KEPT:
            return False
        if name in _ADDRESSES:
            return _is_address(value) and not self._tells(unquote(value), SHARED_ADDRESS)
        return len(value) <= LONGEST_VALUE and not self._tells(value, SHARED_WORDS)

    def _tells(self, value: str, shared: int) -> bool:
        letters = _letters(value)
        if len(letters) < shared:
            return False
        runs = self._of_words if shared == SHARED_WORDS else self._of_addresses
        return not runs.isdisjoint(_runs(letters, shared))


def _is_address(value: str) -> bool:
    """Say whether a value is an ordinary address, and not one that holds what it shows.

    A `srcset` holds several; a `data:` among them is none of its own.
    """
    plain = _UNSEEN.sub("", value).lower()
    scheme = _SCHEME.match(plain)
    known = scheme is None or scheme[1] in _SCHEMES
    return known and len(value) <= LONGEST_ADDRESS and "data:" not in plain


def _letters(text: str) -> str:
    """Return the letters and digits of a text, small and large alike."""
    return _NOT_LETTERS.sub("", text).casefold()


def _runs(letters: str, length: int) -> frozenset[str]:
    """Return all runs of a number of letters."""
    return frozenset(letters[at : at + length] for at in range(len(letters) - length + 1))
