"""Which article an address stands for: what is cut off it, so that one page is one article.

What browsers do to an address comes first (the URL standard): blanks at its ends and line breaks
go, a backslash is a slash. An id that is no address stays what it is.
"""

from __future__ import annotations

import re
from enum import StrEnum
from posixpath import normpath
from typing import TYPE_CHECKING, Literal
from unicodedata import normalize
from urllib.parse import SplitResult, quote, unquote_to_bytes

from attrs import define, evolve, field

from meter.errors import quoted
from meter.forms import split_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meter.view import Entitlement

__all__ = [
    "FORMS",
    "SAME_PAGES",
    "ArticleIds",
    "ArticleIdsWord",
    "PageAddresses",
    "article_ids",
    "article_path",
    "rights_as_compared",
    "same_id",
]


class ArticleIds(StrEnum):
    """How ids of articles are compared."""

    EXACT = "exact"
    """As they are."""
    PATH = "path"
    """As addresses of pages, see `article_path`."""


ArticleIdsWord = Literal["exact", "path"]

_AMP_ENDING = re.compile(r"\.amp(?=\.[A-Za-z0-9]+$|$)", re.IGNORECASE)
_AMP = re.compile(r"amp", re.IGNORECASE)
_PAGE = re.compile(r"page[-_]?[0-9]{1,4}", re.IGNORECASE)
_PAGES = re.compile(r"page", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_NOT_PLAIN = re.compile(r"[\x00-\x20\x7f%?#\\/]")
"""What would mean something else in an address, were it not written with a `%`."""
_BLANK = re.compile(r"[\x00-\x20]")
_SCHEME_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PAGE_PARTS = 2


def article_ids(word: ArticleIds | ArticleIdsWord) -> ArticleIds:
    """Return a word for how ids are compared. Raises `ValueError` for any other."""
    try:
        return ArticleIds(word)
    except ValueError:
        raise ValueError(
            f"`{word}` is not a word for `article_ids`; it is `exact` or `path`"
        ) from None


def same_id(name: str) -> str:
    """Return an id as it is."""
    return name


def article_path(name: str) -> str:
    """Return the path of the page that an id is an address of, without what makes no other page.

    Scheme, host, query, fragment, slashes at either end and marks of AMP and of a page's number
    go. Doing it again changes nothing. Where no path remains, the query (or the fragment) is kept:
    it is all there is to tell pages apart.

    >>> article_path("https://www.example.com/markets/tea/?utm_source=mail#comments")
    'markets/tea'
    >>> article_path("/amp/markets/tea/page/2"), article_path("a1"), article_path("/?p=12")
    ('markets/tea', 'a1', '/?p=12')
    """
    try:
        parts = split_address(name)
        if parts is None:  # an id with a scheme of its own, such as `urn:isbn:…`
            return name
        return _path(parts) or _without_path(name, parts)
    except ValueError:  # brackets that do not close, half of a character
        return name


def _path(parts: SplitResult) -> str:
    """Return the path in one spelling, without slashes at its ends and marks of AMP and pages."""
    path = normpath("/" + _decoded(parts.path).lstrip("/")).lstrip("/")
    names = path.split("/")
    before: list[str] = []
    while names != before:
        before = names
        names = _cut(names)
    path = "/".join(names)
    # What looks like a scheme is none behind a slash.
    return f"/{path}" if _SCHEME_LIKE.match(path) else path


def _cut(names: list[str]) -> list[str]:
    """Return the parts of a path without one mark of AMP or of a page; one part always stays."""
    *first, last = names
    if first:
        if _AMP.fullmatch(last) or _PAGE.fullmatch(last):
            return first
        if _AMP.fullmatch(names[0]):
            return names[1:]
        is_numbered = _NUMBER.fullmatch(last) and _PAGES.fullmatch(first[-1])
        if is_numbered and len(names) > _PAGE_PARTS:
            return names[:-_PAGE_PARTS]
    shorter = _AMP_ENDING.sub("", last)
    return [*first, shorter] if shorter.strip(".") else names


def _decoded(path: str) -> str:
    """Return a path with one spelling of each letter (NFC), `%` only where it has to be."""
    return "/".join(map(_decoded_part, path.split("/")))


def _decoded_part(part: str) -> str:
    """Return a part of a path in one spelling; a slash that was written `%2F` ends no part."""
    raw = unquote_to_bytes(part)
    try:
        text = normalize("NFC", raw.decode())
    except UnicodeDecodeError:
        return quote(raw, safe="")
    return _NOT_PLAIN.sub(lambda mark: quote(mark[0], safe=""), text)


def _without_path(name: str, parts: SplitResult) -> str:
    if not parts.netloc and not name.strip().startswith(("/", "?")):
        return name  # `#12`, or blanks: no address
    for mark, rest in (("?", parts.query), ("#", parts.fragment)):
        if rest:
            return f"/{mark}{_BLANK.sub(lambda blank: quote(blank[0]), rest)}"
    return "/"


FORMS: dict[ArticleIds, Callable[[str], str]] = {
    ArticleIds.EXACT: same_id,
    ArticleIds.PATH: article_path,
}
"""How an id is written before it is compared."""


def rights_as_compared(rights: tuple[Entitlement, ...], ids: ArticleIds) -> tuple[Entitlement, ...]:
    """Return rights whose articles have the ids they are compared by; the very same if all have."""
    form = FORMS[ids]
    if all(right.article is None or form(right.article) == right.article for right in rights):
        return rights
    return tuple(
        right if right.article is None else evolve(right, article=form(right.article))
        for right in rights
    )


SAME_PAGES = "W25"
"""The code of the warning that ids are addresses of the same pages, see `PageAddresses`."""
_MOST_SEEN = 20_000
_ADDRESS = re.compile(r"[/?#\\]")


@define
class PageAddresses:
    """Notes where several ids are addresses of one page. Looks at the first 20,000 addresses.

    `pages` and `ids` are how many, `example` two of one page; as a text, it says so.
    """

    pages: int = 0
    ids: int = 0
    example: tuple[str, str] | None = None
    _first: dict[str, str] = field(factory=dict)
    _seen: set[str] = field(factory=set)
    _shared: set[str] = field(factory=set)

    def __str__(self) -> str:
        """Say how many ids are addresses of how many pages, and what makes one of them."""
        pages = "one page" if self.pages == 1 else f"{self.pages:,} pages"
        first, other = map(quoted, self.example or ("", ""))
        return (
            f"{self.ids:,} ids of articles are addresses of {pages}, such as {first} and {other}:"
            " each is counted as an article; `--article-ids path` makes one of those of a page"
        )

    @property
    def is_full(self) -> bool:
        """Whether no more ids are looked at."""
        return len(self._seen) >= _MOST_SEEN

    def add(self, ids: Iterable[str]) -> None:
        """Look at some ids."""
        for name in ids:
            if self.is_full:
                return
            if name in self._seen or not _ADDRESS.search(name):
                continue
            self._seen.add(name)
            path = article_path(name)
            first = self._first.setdefault(path, name)
            if first == name:
                continue
            if path not in self._shared:
                self._shared.add(path)
                self.pages += 1
                self.ids += 1
            self.ids += 1
            self.example = self.example or (first, name)
