"""Split HTML into its tokens, with the parser of the standard library, and doubt what it says.

That parser is lenient, differs from release to release, and on broken HTML differs from browsers.
So a tag counts as read only if, written anew from what was read, it is the tag that stands there.
Whatever passes is read alike by every parser.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Literal

from attrs import frozen

__all__ = ["Token", "is_as_it_stands", "script_spans", "tokens"]

TokenKind = Literal["start", "end", "text", "comment", "other"]
Attributes = tuple[tuple[str, str | None], ...]

_BLANK = r"[ \t\n\r\f]"
_BARE = re.compile(r"[A-Za-z0-9_.#%-]+", re.ASCII)
_OPENS = re.compile(r"<[A-Za-z/!?]", re.ASCII)
_ENDS_A_COMMENT = re.compile(r"^-?>|--|-$")


@frozen
class Token:
    """A piece of HTML from `start` to `end`: a tag with its attributes, a text or a comment."""

    kind: TokenKind
    name: str
    attributes: Attributes
    start: int
    end: int


class _Parser(HTMLParser):
    """Notes each token when it is complete, and where it begins."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.begun: list[tuple[int, TokenKind, str, Attributes]] = []
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.rest = self._at()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _note(self, kind: TokenKind, name: str, attributes: Attributes = ()) -> None:
        self.begun.append((self._at(), kind, name, attributes))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note("start", tag, tuple(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note("start", tag, tuple(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._note("end", tag)

    def handle_data(self, data: str) -> None:
        self._note("text", data)

    def handle_comment(self, data: str) -> None:
        self._note("comment", data)

    def handle_decl(self, decl: str) -> None:
        self._note("other", decl)

    def handle_pi(self, data: str) -> None:
        self._note("other", data)

    def unknown_decl(self, data: str) -> None:
        self._note("other", data)


def tokens(text: str) -> tuple[list[Token], int]:
    """Return the complete tokens of a text without `&`, and where the rest begins.

    The rest is a tag or a comment that is not closed, or nothing. Raises `ValueError` where the
    parser gives up.
    """
    try:
        parser = _Parser(text)
    except AssertionError as error:  # a marked section that it does not know
        raise ValueError(*error.args) from None
    begun = parser.begun
    starts = [start for start, *_ in begun] + [parser.rest]
    if starts[0] > 0:  # what it passes over in silence
        begun = [(0, "text", "", ()), *begun]
        starts = [0, *starts]
    found = [
        Token(kind, name, attributes, start, end)
        for (start, kind, name, attributes), end in zip(begun, starts[1:], strict=True)
    ]
    return found, parser.rest


def script_spans(text: str) -> list[tuple[int, int]]:
    """Return where the scripts of a text without `&` begin and end; one left open has no end."""
    try:
        found, _ = tokens(text)
    except ValueError:
        return []
    spans = []
    opened = None
    for token in found:
        if token.name == "script" and token.kind == "start":
            opened = token.end
        elif token.name == "script" and token.kind == "end" and opened is not None:
            spans.append((opened, token.start))
            opened = None
    if opened is not None:
        spans.append((opened, len(text)))
    return spans


def is_as_it_stands(token: Token, text: str, marker: re.Pattern[str]) -> bool:
    """Say whether a token, written anew, is what stands in the text.

    A value that holds a marker stands in quotes.
    """
    written = text[token.start : token.end]
    match token.kind:
        case "start":
            anew = "".join(_attribute(name, value, marker) for name, value in token.attributes)
            shape = rf"<{re.escape(token.name)}{anew}{_BLANK}*/?>"
            return re.fullmatch(shape, written, re.ASCII | re.IGNORECASE) is not None
        case "end":
            shape = rf"</{re.escape(token.name)}{_BLANK}*>"
            return re.fullmatch(shape, written, re.ASCII | re.IGNORECASE) is not None
        case "comment":
            is_plain = _ENDS_A_COMMENT.search(token.name) is None
            return is_plain and written == f"<!--{token.name}-->"
        case "text":
            return written == token.name and not _OPENS.search(text, token.start, token.end + 1)
        case "other":
            return False


def _attribute(name: str, value: str | None, marker: re.Pattern[str]) -> str:
    """Return the pattern of an attribute as it may be written."""
    before = rf"{_BLANK}+{re.escape(name)}"
    if value is None:
        return before
    # In a value, other than in a name, capitals make a difference.
    same = f"(?-i:{re.escape(value)})"
    forms = [f"{quote}{same}{quote}" for quote in "\"'" if quote not in value]
    if _BARE.fullmatch(value) and not marker.search(value):
        forms.append(same)
    return rf"{before}{_BLANK}*={_BLANK}*(?:{'|'.join(forms) or '(?!)'})"
