"""Read what a prompt says out of its blocks: the plain text, the first button, and what else."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from meter.errors import printable

__all__ = ["Said", "plain_words", "said_in"]

_BLOCK = re.compile(r"<!--\s*wp:([a-z0-9-]+(?:/[a-z0-9-]+)?)")
# fmt: off
_PLAIN = {
    "paragraph", "heading", "buttons", "button", "group", "columns", "column", "spacer", "list",
    "list-item", "separator", "image", "html", "cover", "quote",
}
# fmt: on
"""The blocks of WordPress that are words, or hold some."""
_BLANKS = re.compile(r"\s+")
_PARTS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "br", "figure", "blockquote"}
_UNREAD = {"script", "style", "template"}
_MOST_TEXT = 1000
_MOST_ACTION = 100
_LINK = re.compile(r"(?:https://|/(?!/))[^\s\"'<>\\]*", re.IGNORECASE)


class Said(HTMLParser):
    """What a text of blocks says: `text`, the words of its first link (`action`) and its `link`."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._action: list[str] = []
        self._unread = 0
        self._in_link = False
        self.link = ""
        self.others = sorted(set(_BLOCK.findall(content)) - _PLAIN)
        self.feed(content)
        self.close()

    @property
    def text(self) -> str:
        """The sentences, without marks of any kind, and not longer than a prompt may be."""
        return _tidy("".join(self._parts), _MOST_TEXT)

    @property
    def action(self) -> str:
        """The words of the first link."""
        return _tidy("".join(self._action), _MOST_ACTION)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _PARTS:
            self._parts.append(" ")
        self._unread += tag in _UNREAD
        address = dict(attrs).get("href") or ""
        if tag == "a" and not self.link and _LINK.fullmatch(address):
            self.link = address
            self._in_link = True

    def handle_endtag(self, tag: str) -> None:
        if tag in _PARTS:
            self._parts.append(" ")
        self._unread -= tag in _UNREAD and self._unread > 0
        self._in_link = self._in_link and tag != "a"

    def handle_data(self, data: str) -> None:
        if not self._unread:
            (self._action if self._in_link else self._parts).append(data)


def said_in(content: str) -> Said:
    """Return what the content of a prompt says."""
    return Said(content)


def plain_words(text: str) -> str:
    """Return a text on one line, without what would be a placeholder or a mark here."""
    for mark in "{}<>":
        text = text.replace(mark, f"{mark} ")
    return _BLANKS.sub(" ", printable(_BLANKS.sub(" ", text))).strip()


def _tidy(text: str, most: int) -> str:
    plain = plain_words(text)
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
