"""Reads an article's HTML as a browser does, in bounded time, and writes it again.

Terms. The *pieces* of an article are where its elements start and end, and the text between, in
the order of the page. They are made without recursion, and the tree they come from is bounded:
`html5lib` walks all open elements for most tags, so depth costs the square of its size there.
What would cost too much is read up to where it does.
"""

from __future__ import annotations

import re
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Comment

from meter.errors import raise_missing_extra

try:
    from html5lib import HTMLParser
    from html5lib._tokenizer import HTMLTokenizer
    from html5lib.constants import tokenTypes
    from html5lib.serializer import HTMLSerializer
    from html5lib.treewalkers import getTreeWalker
except ModuleNotFoundError as error:
    raise_missing_extra(error)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

__all__ = [
    "ROOT",
    "Piece",
    "PieceKind",
    "ReadHtml",
    "is_inline",
    "local_name",
    "read_html",
    "write_html",
]

ROOT = "DOCUMENT_FRAGMENT"
"""The name of the element that holds an article's HTML."""

DEEPEST = 256
"""How deep elements may be nested."""

MOST_REOPENED = 32
"""How many `<b>` and the like may be left open at once: every paragraph opens them all again."""

MOST_STEPS = 500_000
"""Open elements, summed over the tags and texts: what `html5lib`'s time grows with."""

STEPS_TO_REOPEN = 20
"""What opening a `<b>` again costs, in looks at an open element."""

MOST_ATTRIBUTES = 100
"""Of one tag; more of them are not read. (Each is compared with all before it.)"""

# fmt: off
_INLINE = frozenset({
    "a", "abbr", "acronym", "area", "audio", "b", "bdi", "bdo", "big", "button", "canvas", "cite",
    "code", "data", "datalist", "del", "dfn", "em", "embed", "font", "i", "iframe", "img", "input",
    "ins", "kbd", "label", "link", "map", "mark", "meta", "meter", "nobr", "noscript", "object",
    "output", "param", "picture", "progress", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp",
    "script", "select", "small", "source", "span", "strike", "strong", "style", "sub", "sup",
    "svg", "template", "textarea", "time", "track", "tt", "u", "var", "video", "wbr",
})
# fmt: on

_AS_WRITTEN = {"xmp": "pre", "listing": "pre", "plaintext": "pre"}
_NAMESPACED = re.compile(r"\{([^}]*)\}(.*)", re.DOTALL)
_PREFIXES = {
    "http://www.w3.org/1999/xlink": "xlink:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/2000/xmlns/": "xmlns:",
}
_START = tokenTypes["StartTag"]
_ERROR = tokenTypes["ParseError"]


class PieceKind(Enum):
    """What a piece is."""

    START = "start"
    END = "end"
    TEXT = "text"


class Piece(NamedTuple):
    """Where an element starts or ends, or a text and the element it stands in."""

    kind: PieceKind
    element: Element
    text: str = ""


class ReadHtml(NamedTuple):
    """The pieces of an article, and whether they are all of it."""

    pieces: list[Piece]
    complete: bool


class _BoundedTokenizer(HTMLTokenizer):  # type: ignore[misc]  # html5lib has no types
    """Stops where the elements are nested too deep, or the whole has cost too much."""

    def __iter__(self) -> Iterator[object]:
        """Yield what the parser builds the tree from, as long as it may."""
        steps = 0
        self.tokenQueue: deque[dict[str, object]] = deque()
        while self.state():
            self.stream.errors.clear()
            self._drop_attributes()
            while self.tokenQueue:
                token = self.tokenQueue.popleft()
                if token["type"] == _ERROR:
                    continue
                tree = self.parser.tree
                depth = len(tree.openElements)
                reopened = len(tree.activeFormattingElements)
                steps += 1 + depth + STEPS_TO_REOPEN * reopened
                if depth > DEEPEST or reopened > MOST_REOPENED or steps > MOST_STEPS:
                    self.parser.complete = False
                    return
                yield token

    def _drop_attributes(self) -> None:
        """Keep the first of a tag that is being read, and the last, which is not whole yet."""
        token = self.currentToken
        if token is not None and token["type"] == _START and isinstance(token["data"], list):
            del token["data"][MOST_ATTRIBUTES:-1]


class _BoundedParser(HTMLParser):  # type: ignore[misc]  # html5lib has no types
    """Reads as a browser does, as far as its tokenizer goes."""

    complete = True

    def mainLoop(self) -> None:  # noqa: N802  # html5lib's name
        """Read all; the parser makes a tokenizer of its own, and has no place to give it one."""
        self.tokenizer.__class__ = _BoundedTokenizer
        super().mainLoop()


def read_html(html: str) -> ReadHtml:
    """Read an article's HTML, a fragment, as a browser that runs scripts would."""
    parser = _BoundedParser(namespaceHTMLElements=False)
    root = parser.parseFragment(html, container="div", scripting=True)
    return ReadHtml(list(_pieces(root)), parser.complete)


def _pieces(root: Element) -> Iterator[Piece]:
    """Yield the pieces below an element, in the order of the page."""
    yield Piece(PieceKind.START, root)
    if root.text:
        yield Piece(PieceKind.TEXT, root, root.text)
    opened = [(root, iter(root))]
    while opened:
        parent, children = opened[-1]
        child = next(children, None)
        if child is None:
            opened.pop()
            yield Piece(PieceKind.END, parent)
            if opened and parent.tail:
                yield Piece(PieceKind.TEXT, opened[-1][0], parent.tail)
            continue
        yield Piece(PieceKind.START, child)
        if child.text:
            yield Piece(PieceKind.TEXT, child, child.text)
        opened.append((child, iter(child)))


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace; of a comment `#comment`."""
    tag: object = element.tag
    if tag is Comment:
        return "#comment"
    name = str(tag).rpartition("}")[2]
    return _AS_WRITTEN.get(name, name)


def is_inline(element: Element) -> bool:
    """Say whether an element stands within a line of text; one nobody knows does not.

    Those of a formula do.
    """
    tag: object = element.tag
    return tag is Comment or str(tag).startswith("{") or local_name(element) in _INLINE


def write_html(root: Element) -> str:
    """Write what stands in an element as HTML."""
    for element in root.iter():
        tag: object = element.tag
        if tag is Comment:
            continue
        if not str(tag).startswith("{"):
            element.tag = local_name(element)
        if element.tag in ("pre", "textarea") and (element.text or "").startswith("\n"):
            element.text = f"\n{element.text}"  # a browser ignores the first line break
        for name in list(element.keys()):
            plain = _plain(name)
            if plain != name:
                element.set(plain, element.attrib.pop(name))
    serializer = HTMLSerializer(
        omit_optional_tags=False,
        quote_attr_values="always",
        resolve_entities=False,
        escape_lt_in_attrs=True,
    )
    written = serializer.render(getTreeWalker("etree")(root))
    return str(written)


def _plain(name: str) -> str:
    """Return the name of an attribute as it is written, `xlink:href` for one."""
    found = _NAMESPACED.fullmatch(name)
    if found is None:
        return name
    return f"{_PREFIXES.get(found[1], '')}{found[2]}"
