"""Tells search engines which part of a page is behind a paywall, by Google's rules.

https://developers.google.com/search/docs/appearance/structured-data/paywalled-content
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import TreeBuilder

from meter.web.teaser import checked_length, find_cut
from meter.web.teaser.markup import ROOT, Piece, PieceKind, local_name, read_html, write_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from xml.etree.ElementTree import Element

    from meter.web.teaser import Cut

__all__ = ["json_ld", "mark", "structured_data"]

_SELECTOR = re.compile(r"\.(-?[A-Za-z_][A-Za-z0-9_-]*)", re.ASCII)
# fmt: off
_PHRASES = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "h1", "h2",
    "h3", "h4", "h5", "h6", "i", "ins", "kbd", "label", "mark", "nobr", "p", "pre", "q", "ruby",
    "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
})
_ONLY_CHILDREN = frozenset({
    "audio", "colgroup", "dl", "hgroup", "math", "menu", "ol", "optgroup", "picture", "select",
    "svg", "table", "tbody", "tfoot", "thead", "tr", "ul", "video",
})
# fmt: on
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def structured_data(
    *,
    for_everyone: bool,
    selectors: Sequence[str] = (".paywall",),
    headline: str | None = None,
    url: str | None = None,
    images: Sequence[str] = (),
    published: datetime | None = None,
    modified: datetime | None = None,
    authors: Sequence[str] = (),
) -> dict[str, object]:
    """Return the schema.org `NewsArticle` of a page.

    `for_everyone` is what is true of the *article*: whether the policy opens it to everybody,
    uncounted. A metered article is not, nor is a premium one, whoever reads the page just now; the
    same article says the same to every reader and crawler. `selectors` are the classes of the part
    behind the paywall, `.name` each, the one given to `mark`. Times need a zone.

    Raises `ValueError` for a selector that is no single class or a time without a zone, `TypeError`
    where `for_everyone` is neither `True` nor `False`.

    >>> structured_data(for_everyone=False)["hasPart"]
    {'@type': 'WebPageElement', 'isAccessibleForFree': False, 'cssSelector': '.paywall'}
    >>> structured_data(for_everyone=True)["isAccessibleForFree"]
    True
    """
    if not isinstance(for_everyone, bool):
        raise TypeError("`for_everyone` is `True` or `False`: may everybody read the article?")
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "isAccessibleForFree": for_everyone,
    }
    told = {
        "headline": headline,
        "url": url,
        "image": list(images),
        "datePublished": _instant("published", published),
        "dateModified": _instant("modified", modified),
        "author": [{"@type": "Person", "name": name} for name in authors],
    }
    data.update({name: value for name, value in told.items() if value})
    for selector in selectors:
        _class_of(selector)
    if not for_everyone:
        data["hasPart"] = _parts(selectors)
    return data


def _parts(selectors: Sequence[str]) -> object:
    """Return what is behind the paywall; several parts are a list."""
    parts = [
        {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": selector}
        for selector in dict.fromkeys(selectors)
    ]
    if not parts:
        raise ValueError('name the class of what is behind the paywall: `selectors=(".paywall",)`')
    return parts[0] if len(parts) == 1 else parts


def _class_of(selector: str) -> str:
    """Return the class that a selector names."""
    found = _SELECTOR.fullmatch(selector)
    if found is None:
        raise ValueError(
            f"search engines read one class, as `.paywall`, and no other selector: `{selector!r}`"
        )
    return found[1]


def _instant(name: str, at: datetime | None) -> str | None:
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError(f"`{name}` needs a time zone")
    return at.isoformat()


def json_ld(data: Mapping[str, object]) -> str:
    r"""Return data as it stands inside `<script type="application/ld+json">`.

    A template must not escape it again. No text in it can end the script or begin a comment:
    `<`, `>` and `&` are written by number.

    >>> json_ld({"headline": "</script>"})
    '{"headline": "\\u003c/script\\u003e"}'
    """
    return json.dumps(data, allow_nan=False).translate(_ESCAPES)


def mark(
    html: str,
    selector: str = ".paywall",
    *,
    paragraphs: int | None = None,
    words: int | None = None,
) -> str:
    """Return the whole article, with the class of `selector` on all that its teaser leaves out.

    `paragraphs` and `words` are those of `teaser`, and the same place is found. What follows stands
    in a `<div>`, in a `<span>` within a paragraph; items of a list and rows of a table have the
    class themselves. None of them stands inside another. HTML that is nested deeper than 256, or
    too costly to read, is returned as it came.

    Raises what `teaser` raises, and `ValueError` for a selector that is no single class.

    >>> mark("<p>At dawn.</p><p>The rest.</p>", paragraphs=1)
    '<p>At dawn.</p><div class="paywall"><p>The rest.</p></div>'
    """
    checked_length(html, paragraphs, words)
    name = _class_of(selector)
    pieces, complete = read_html(html)
    if not complete:
        return html
    cut = find_cut(pieces, paragraphs, words)
    if cut is None:
        return write_html(_Marking(name).of(pieces))
    return write_html(_Marking(name).of(_split(pieces, cut), cut))


def _split(pieces: Sequence[Piece], cut: Cut) -> list[Piece]:
    """Return the pieces with the text that is cut as two, of which the first may be empty."""
    piece = pieces[cut.piece]
    first = piece._replace(text=piece.text[: cut.characters], kind=PieceKind.TEXT)
    second = piece._replace(text=piece.text[cut.characters :])
    return [*pieces[: cut.piece], first, second, *pieces[cut.piece + 1 :]]


class _Open(NamedTuple):
    """A part that is marked: how deep it begins, and the wrapper that ends with it, if any."""

    depth: int
    wrapper: str | None


class _Marking:
    """Builds an article anew, with a class on what stands beyond the cut."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._builder = TreeBuilder(insert_comments=True)
        self._path: list[str] = []
        self._open: _Open | None = None

    def of(self, pieces: Sequence[Piece], cut: Cut | None = None) -> Element:
        """Return the tree of all pieces; what comes after the cut is marked."""
        beyond = len(pieces) if cut is None else cut.piece + 1
        for place, piece in enumerate(pieces):
            if place >= beyond and self._open is None:
                self._begin(piece)
            self._add(piece)
        root = self._builder.close()
        root.tag = ROOT
        return root

    def _begin(self, piece: Piece) -> None:
        """Begin a marked part with what shows something."""
        parent = self._path[-1] if self._path else ROOT
        shows = (
            piece.text.strip() if piece.kind is PieceKind.TEXT else piece.kind is PieceKind.START
        )
        if not shows:
            return
        if piece.kind is PieceKind.START and parent in _ONLY_CHILDREN:
            if local_name(piece.element) != "#comment":
                classes = f"{piece.element.get('class', '')} {self._name}".strip()
                piece.element.set("class", classes)
                self._open = _Open(len(self._path) + 1, None)
            return
        inside = any(name in _PHRASES for name in self._path)
        wrapper = "span" if inside or parent in _ONLY_CHILDREN else "div"
        self._open = _Open(len(self._path), wrapper)
        self._builder.start(wrapper, {"class": self._name})

    def _add(self, piece: Piece) -> None:
        """Add a piece, and end the marked part that it ends."""
        if piece.kind is PieceKind.TEXT:
            if local_name(piece.element) != "#comment":
                self._builder.data(piece.text)
        elif local_name(piece.element) == "#comment":
            if piece.kind is PieceKind.START:
                self._builder.comment(piece.element.text or "")
        elif piece.kind is PieceKind.START:
            self._path.append(local_name(piece.element))
            self._builder.start(str(piece.element.tag), dict(piece.element.attrib))
        else:
            self._close(str(piece.element.tag))

    def _close(self, tag: str) -> None:
        if self._open is not None and self._open.depth == len(self._path):
            if self._open.wrapper is not None:
                self._builder.end(self._open.wrapper)
            self._open = None
        self._builder.end(tag)
        self._path.pop()
