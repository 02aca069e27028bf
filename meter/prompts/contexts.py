"""Check where in the HTML of a template its variables stand, on every way through it.

A variable may stand in text, or in a quoted attribute value that is made for words; an address
holds nothing but a `*_link`. The template is gone through as it will be printed: at a condition
every branch is followed, from the very HTML before it. What is not finished there, a tag or a
comment, is a *stretch*. Between tags there is none, so the branches come together again at once and
the work does not grow with their number; inside a tag there are as many stretches as ways.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field, frozen
from jinja2 import nodes

from meter.errors import MOST_PROBLEMS, meant
from meter.prompts.elements import (
    ELEMENTS,
    LINKS,
    SWALLOWING,
    is_address,
    is_attribute,
    is_link,
    takes_text,
)
from meter.prompts.reading import Reading
from meter.prompts.tokens import is_as_it_stands, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meter.prompts.tokens import Token

__all__ = ["check_contexts"]

_MOST_WAYS = 16
_LONGEST = 4000
_AMPERSAND = "\ue000"
"""Stands for `&` while HTML is split: a character reference never begins or ends a tag."""

_TAG = re.compile(r"<[A-Za-z/!?]", re.ASCII)
_FIRST_WORD = re.compile(r"</?[\w:-]+|<!--|<|[\w:@.-]+", re.ASCII)
_AFTER_A_LINK = ("", "?", "#", "&")
_STATIC = "put it into the page, not into the prompt"


@frozen
class _Stretch:
    """HTML that is not finished, with the lines its pieces begin on; nothing between tags."""

    text: str = ""
    lines: tuple[tuple[int, int], ...] = field(default=(), eq=False)

    def and_then(self, text: str, line: int) -> _Stretch:
        """Return the stretch with a piece more, which begins on a line."""
        return _Stretch(self.text + text, (*self.lines, (len(self.text), line)))

    def line_of(self, offset: int) -> int:
        """Return the line of a place in the stretch."""
        start, line = next(piece for piece in reversed(self.lines) if piece[0] <= offset)
        return line + self.text.count("\n", start, offset)

    def after(self, offset: int) -> _Stretch:
        """Return what comes after a place."""
        if offset == len(self.text):
            return _BETWEEN_TAGS
        later = ((start - offset, line) for start, line in self.lines if start > offset)
        return _Stretch(self.text[offset:], ((0, self.line_of(offset)), *later))


_BETWEEN_TAGS = _Stretch()


class _Unreadable(Exception):  # noqa: N818 - a way out, not an error
    """What follows cannot be told apart any more; the problem is noted."""


def check_contexts(tree: nodes.Template, reading: Reading) -> None:
    """Note every variable that stands where the reader's page could be changed by its value."""
    checker = _Checker(reading)
    try:
        for stretch in checker.through(tree.body, [_BETWEEN_TAGS]):
            checker.refuse_open(stretch)
    except _Unreadable:
        return


@define
class _Checker:
    reading: Reading
    _printed: list[nodes.Node] = field(factory=list)
    _known: set[tuple[str, int, str]] = field(factory=set)
    _marker: re.Pattern[str] = field(init=False)
    _mark: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Choose marks that stand nowhere in the template."""
        self._mark = "mark"
        while self._mark in self.reading.written.lower():
            self._mark += "x"
        self._marker = re.compile(rf"{self._mark}(\d+)z")

    # Through the syntax tree

    def through(self, body: Iterable[nodes.Node], stretches: list[_Stretch]) -> list[_Stretch]:
        """Return what is not finished after a part of a template, on each way through it."""
        for node in body:
            if isinstance(node, nodes.Output):
                for piece in node.nodes:
                    if isinstance(piece, nodes.TemplateData):
                        stretches = self._text(piece, stretches)
                    else:
                        stretches = self._variable(piece, stretches)
            elif isinstance(node, nodes.If):
                stretches = self._branches(node, stretches)
            elif isinstance(node, nodes.For):
                self._apart(node, [node.body, node.else_], stretches, "for", "a loop")
            elif isinstance(node, nodes.Block):
                self._apart(node, [node.body], stretches, node.name, "a block")
            elif isinstance(node, nodes.Include | nodes.Extends):
                self._apart(node, [], stretches, "", "another file")
        return stretches

    def _text(self, piece: nodes.TemplateData, stretches: list[_Stretch]) -> list[_Stretch]:
        text = piece.data.replace("&", _AMPERSAND)
        found = []
        for stretch in stretches:
            whole = stretch.and_then(text, piece.lineno)
            if ">" in text or not _TAG.match(stretch.text):
                whole = self._read(whole)
            if len(whole.text) > _LONGEST:
                message = f"this is not closed within {_LONGEST} characters"
                self._tell("html-broken", whole, 0, message, "close it, or make it shorter")
                raise _Unreadable
            found.append(whole)
        return list(dict.fromkeys(found))

    def _variable(self, node: nodes.Node, stretches: list[_Stretch]) -> list[_Stretch]:
        """Let a mark stand for what is printed, wherever that is not simply text."""
        if stretches == [_BETWEEN_TAGS]:
            return stretches
        if any(isinstance(call, nodes.Call) for call in [node, *node.find_all(nodes.Call)]):
            self._apart(node, [], stretches, "super", "a block")
        self._printed.append(node)
        mark = f"{self._mark}{len(self._printed) - 1}z"
        for stretch in stretches:
            if stretch.text.startswith(("<!", "<?")):
                self._refuse(node, "a variable cannot stand in a comment", "remove it")
                raise _Unreadable
        return [stretch.and_then(mark, node.lineno) for stretch in stretches]

    def _branches(self, node: nodes.If, stretches: list[_Stretch]) -> list[_Stretch]:
        branches = [node.body, *(other.body for other in node.elif_), node.else_]
        found = []
        for stretch in stretches:
            for branch in branches:
                for end in self.through(branch, [stretch]):
                    if bool(end.text) != bool(stretch.text) or not _goes_on(end, stretch):
                        self._split(node)
                    found.append(end)
        found = list(dict.fromkeys(found))
        if len(found) > _MOST_WAYS:
            message = "there are too many conditions inside one tag"
            self._report("html-branch", node, "if", message, "write the tag once for each case")
            raise _Unreadable
        return found

    def _split(self, node: nodes.If) -> None:
        message = "a branch of this condition opens or closes a tag, a quote or a comment"
        advice = "let each branch hold whole tags, or stay within the tag or value it is in"
        self._report("html-branch", node, "if", message, advice)
        raise _Unreadable

    def _apart(
        self,
        node: nodes.Node,
        bodies: Sequence[Sequence[nodes.Node]],
        stretches: list[_Stretch],
        word: str,
        what: str,
    ) -> None:
        """Check what may only stand between tags, and each of its parts by itself."""
        if stretches != [_BETWEEN_TAGS]:
            message = f"{what} cannot stand inside a tag"
            self._report("html-branch", node, word, message, "put it between tags")
            raise _Unreadable
        for body in bodies:
            for stretch in self.through(body, [_BETWEEN_TAGS]):
                self.refuse_open(stretch)

    def refuse_open(self, stretch: _Stretch) -> None:
        """Note a tag or a comment that is not closed where the part it is in ends."""
        if not stretch.text:
            return
        marked = self._marker.search(stretch.text)
        if marked:
            self._refuse_mark(marked, "a variable stands in a tag that is not closed")
        else:
            message = "this is not closed where the template, block or loop ends"
            self._tell("html-broken", stretch, 0, message, "close it; `<` in a text is `&lt;`")
        raise _Unreadable

    # Through the HTML

    def _read(self, stretch: _Stretch) -> _Stretch:
        """Check what is finished in a stretch; return the rest."""
        try:
            found, rest = tokens(stretch.text)
        except ValueError:
            self._tell("html-broken", stretch, 0, "this is not HTML", "a `<` in a text is `&lt;`")
            raise _Unreadable from None
        for token in found:
            if token.kind in ("start", "end"):
                self._tag(token, stretch)
            elif not is_as_it_stands(token, stretch.text, self._marker):
                self._broken(token, stretch)
        return stretch.after(rest)

    def _tag(self, token: Token, stretch: _Stretch) -> None:
        marked = self._marker.search(token.name)
        if marked:
            self._refuse_mark(marked, "a variable cannot be the name of an element")
            raise _Unreadable
        if token.name not in ELEMENTS:
            message = f"a template cannot use `<{token.name}>`"
            advice = meant(token.name, ELEMENTS, _STATIC)
            if token.name in SWALLOWING:
                advice = _STATIC
            self._tell("html-element", stretch, token.start, message, advice)
            if token.name in SWALLOWING:
                raise _Unreadable
        for name, value in token.attributes:
            self._attribute(name, value or "", token, stretch)
        if not is_as_it_stands(token, stretch.text, self._marker):
            self._broken(token, stretch)

    def _attribute(self, name: str, value: str, token: Token, stretch: _Stretch) -> None:
        marked = self._marker.search(name)
        if marked:
            self._refuse_mark(marked, "a variable cannot be the name of an attribute")
            return
        at = stretch.text.lower().find(name, token.start, token.end)
        held = list(self._marker.finditer(value))
        if not is_attribute(name):
            message = f"a template cannot use the attribute `{name}`"
            advice = _STATIC
            if name == "style":
                advice = "give the element a class, and style that"
            self._tell("html-attribute", stretch, max(at, token.start), message, advice)
        elif is_address(name):
            self._address(name, value, held, max(at, token.start), stretch)
        elif held and not takes_text(name):
            self._refuse_mark(held[0], f"the attribute `{name}` cannot hold a variable")

    def _address(
        self, name: str, value: str, held: list[re.Match[str]], at: int, stretch: _Stretch
    ) -> None:
        """Check that an address is a link of the policy, or one that its author wrote."""
        if not held:
            if not is_link(name, value.replace(_AMPERSAND, "&")):
                message = f"`{name}` leads to what is no path of the site and no `https://` address"
                if name in ("action", "formaction"):
                    message = f"`{name}` leads to what is no path of the site"
                self._tell("html-link", stretch, at, message, "write it like `/subscribe`")
            return
        first = held[0]
        after = value[first.end() :].replace(_AMPERSAND, "&")
        is_whole = len(held) == 1 and first.start() == 0 and after[:1] in _AFTER_A_LINK
        if not (is_whole and _is_link_of_policy(self._printed[int(first[1])])):
            links = ", ".join(f"`{{{{ {link} }}}}`" for link in sorted(LINKS))
            message = f"the address in `{name}` holds something else than one link"
            advice = f"write {links}, and nothing before it"
            node = self._printed[int(first[1])]
            self._report("html-link", node, _word(node), message, advice)

    def _broken(self, token: Token, stretch: _Stretch) -> None:
        """Note what is not written so that every browser reads the same."""
        marked = self._marker.search(stretch.text, token.start, token.end)
        if marked:
            self._refuse_mark(marked, "a variable in a tag stands in a value, and that in quotes")
        elif token.kind == "other":
            message = "a prompt is a part of a page: this belongs to a whole one"
            self._tell("html-element", stretch, token.start, message, "remove it")
        else:
            message = "browsers may read this in another way than it looks"
            advice = 'write tags like `<a href="/offers">`, and `<` in a text as `&lt;`'
            self._tell("html-broken", stretch, token.start, message, advice)
        raise _Unreadable

    # Problems

    def _refuse_mark(self, marked: re.Match[str], message: str) -> None:
        advice = 'put it between tags, or in quotes into a value such as `title="…"`'
        self._refuse(self._printed[int(marked[1])], message, advice)

    def _refuse(self, node: nodes.Node, message: str, advice: str) -> None:
        self._report("html-placeholder", node, _word(node), message, advice)

    def _report(self, code: str, node: nodes.Node, word: str, message: str, advice: str) -> None:
        if self._is_new(code, id(node), message):
            self.reading.report(code, node, word, message, advice)

    def _tell(self, code: str, stretch: _Stretch, at: int, message: str, advice: str) -> None:
        line = stretch.line_of(at)
        word = _FIRST_WORD.match(stretch.text, at)
        words = "" if word is None else word[0]
        if self._is_new(code, line, words):
            self.reading.report_text(code, line, words, message, advice)

    def _is_new(self, code: str, place: int, what: str) -> bool:
        """Say whether a problem is told for the first time: several ways lead to one place."""
        known = (code, place, what)
        is_new = known not in self._known and len(self.reading.problems) < MOST_PROBLEMS
        self._known.add(known)
        return is_new


def _goes_on(end: _Stretch, start: _Stretch) -> bool:
    """Say whether nothing of what a branch began in was finished in it."""
    return end.text.startswith(start.text)


def _is_link_of_policy(node: nodes.Node) -> bool:
    while isinstance(node, nodes.Filter) and node.name in ("e", "escape") and node.node:
        node = node.node
    return isinstance(node, nodes.Name) and node.name in LINKS


def _word(node: nodes.Node) -> str:
    """Return the name of the variable that is printed."""
    if isinstance(node, nodes.Name):
        return node.name
    first = node.find(nodes.Name)
    return first.name if first is not None else ""
