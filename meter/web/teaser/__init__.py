"""Cuts an article on the server, so that nothing beyond the teaser is sent.

The teaser is written anew from the pieces before the cut. What does not show text is left out
wherever it stands: scripts, styles, templates, comments, embedded pages, form fields and what is
hidden often carry the whole story a second time.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import TreeBuilder

from meter.web.teaser.attributes import Rest
from meter.web.teaser.markup import (
    ROOT,
    Piece,
    PieceKind,
    is_inline,
    local_name,
    read_html,
    write_html,
)
from meter.web.teaser.measure import LengthCount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

__all__ = ["Cut", "checked_length", "find_cut", "teaser", "teaser_text"]

# fmt: off
_DROPPED = frozenset({
    "#comment", "applet", "base", "canvas", "datalist", "embed", "frame", "frameset", "head",
    "iframe", "input", "link", "meta", "noembed", "noframes", "noscript", "object", "optgroup",
    "option", "param", "script", "select", "style", "svg", "template", "textarea", "title",
})
_HEADINGS = frozenset({
    "caption", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "legend",
})
_SEEN = frozenset({"audio", "br", "hr", "img", "picture", "source", "track", "video", "wbr"})
# fmt: on
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MOST_PASSES = 6


class Cut(NamedTuple):
    """Before which piece of an article its teaser ends, and how much of that, a text, is in it."""

    piece: int
    characters: int = 0


def teaser(html: str, *, paragraphs: int | None = None, words: int | None = None) -> str:
    """Return the beginning of an article's HTML, whole elements and nothing of the rest.

    `html` is a fragment, what stands in the `<article>`. Give `paragraphs` (blocks that hold text,
    items of a list and cells of a table among them; a heading belongs to what follows it) or
    `words` (where a language puts no blanks between them, every character is one), or both: what
    comes first cuts. The text is a prefix of the article's, up to blanks; a teaser of a teaser is
    itself. An article shorter than that is whole: choose fewer than your shortest has.

    Left out everywhere: comments, scripts, styles, templates, embedded pages, form fields, hidden
    elements, `svg`, and all attributes that showing the text does not need or that repeat the rest.
    Elements nested deeper than 256 end the teaser. It takes about 90 ms for 30 kB: keep it with the
    article.

    Raises `TypeError` where neither is given or `html` is no text, `ValueError` for one below 0.

    >>> teaser("<h2>Tides</h2><p>At dawn &amp; dusk.</p><p>The rest.</p>", paragraphs=1)
    '<h2>Tides</h2><p>At dawn &amp; dusk.</p>'
    >>> teaser("<p>The <b>tide is</b> high.</p><script>…</script>", words=2)
    '<p>The <b>tide</b></p>'
    """
    checked_length(html, paragraphs, words)
    if 0 in (paragraphs, words):
        return ""
    before = _cut_once(html, paragraphs, words)
    for _ in range(_MOST_PASSES):
        after = _cut_once(before, paragraphs, words)
        if after == before:
            return before
        before = after
    return _plainly(before)


def teaser_text(text: str, *, paragraphs: int | None = None, words: int | None = None) -> str:
    r"""Return the beginning of a text without mark-up, for feeds and JSON.

    A paragraph is a line that is not empty; words are those of `teaser`.

    Raises what `teaser` raises.

    >>> teaser_text("At dawn.\n\nAt dusk.\n\nThe rest.", paragraphs=2)
    'At dawn.\n\nAt dusk.'
    """
    checked_length(text, paragraphs, words)
    if 0 in (paragraphs, words):
        return ""
    measure = LengthCount(paragraphs, words)
    read = 0
    for line in text.splitlines(keepends=True):
        at = measure.text(line)
        if at is not None:
            return text[: read + at].strip()
        read += len(line)
        if measure.boundary():
            break
    return text[:read].strip()


def checked_length(text: str, paragraphs: int | None, words: int | None) -> None:
    """Refuse what a caller in a hurry gets wrong."""
    if not isinstance(text, str):
        raise TypeError(f"an article is text, not `{type(text).__name__}`; decode it first")
    if paragraphs is None and words is None:
        raise TypeError("say how long the teaser is: `paragraphs=2` or `words=80`")
    for name, number in (("paragraphs", paragraphs), ("words", words)):
        if number is None:
            continue
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"`{name}` is a whole number, not `{number!r}`")
        if number < 0:
            raise ValueError(f"`{name}` is 0 or more, not {number}")


def _cut_once(html: str, paragraphs: int | None, words: int | None) -> str:
    """Read, cut and write; what is written may read differently where the mark-up was broken."""
    pieces = _seen(read_html(html).pieces)
    cut = find_cut(pieces, paragraphs, words)
    return write_html(_built(pieces, cut)).strip()


def _plainly(html: str) -> str:
    """Return the text alone, of mark-up that reads differently each time it is written."""
    words = "".join(piece.text for piece in _seen(read_html(html).pieces))
    return f"<p>{escape(' '.join(words.split()), quote=False)}</p>"


def _seen(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces without those of elements that a teaser leaves out."""
    kept = []
    depth = 0
    for piece in pieces:
        left_out = piece.kind is not PieceKind.TEXT and _is_left_out(piece.element)
        if left_out:
            depth += 1 if piece.kind is PieceKind.START else -1
        elif depth == 0:
            kept.append(piece)
    return kept


def _is_left_out(element: Element) -> bool:
    if local_name(element) in _DROPPED or element.get("hidden") is not None:
        return True
    return _INVISIBLE.search(element.get("style", "")) is not None


def find_cut(pieces: Sequence[Piece], paragraphs: int | None, words: int | None) -> Cut | None:
    """Return where a teaser ends; `None` where it is the whole article.

    Of an article with pieces that a teaser leaves out, they are passed over.
    """
    measure = LengthCount(paragraphs, words)
    headings = hidden = breaks = 0
    for place, (kind, element, text) in enumerate(pieces):
        if kind is not PieceKind.TEXT and _is_left_out(element):
            hidden += 1 if kind is PieceKind.START else -1
            continue
        if hidden:
            continue
        if kind is PieceKind.TEXT:
            breaks = 0 if text.strip() else breaks
            at = measure.text(text)
            if at is not None:
                return Cut(place, at)
            continue
        name = local_name(element)
        if name == "br":
            breaks += kind is PieceKind.START
        elif is_inline(element):
            continue
        if (name != "br" or breaks > 1) and measure.boundary(heading=headings > 0):
            return Cut(place)
        if name in _HEADINGS:
            headings += 1 if kind is PieceKind.START else -1
    return None


def _built(pieces: Sequence[Piece], cut: Cut | None) -> Element:
    """Build what stands before the cut anew, and close what is open there."""
    place = len(pieces) if cut is None else cut.piece
    kept = 0 if cut is None else cut.characters
    beyond = [piece.text for piece in pieces[place:]]
    if kept:
        beyond[0] = beyond[0][kept:]
    rest = Rest(beyond)
    builder = TreeBuilder()
    opened: list[Element] = []
    for kind, element, text in pieces[:place]:
        if kind is PieceKind.TEXT:
            builder.data(text)
        elif kind is PieceKind.START:
            opened.append(builder.start(str(element.tag), rest.allowed(element.attrib)))
        else:
            builder.end(str(opened.pop().tag))
    if kept:
        builder.data(pieces[place].text[:kept].rstrip())
    for element in reversed(opened):
        builder.end(str(element.tag))
    _prune(opened)
    root = builder.close()
    root.tag = ROOT
    return root


def _prune(opened: list[Element]) -> None:
    """Take away what was open at the cut and shows nothing."""
    while len(opened) > 1:
        element = opened.pop()
        if len(element) or (element.text or "").strip() or local_name(element) in _SEEN:
            return
        del opened[-1][-1]
