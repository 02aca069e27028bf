"""Check where in the HTML of a template its variables stand, on every way through it.

A variable may stand in text, or in a quoted attribute value that is made for words; an address
holds nothing but a `*_link`. The template is gone through as it will be printed: at a condition
every branch is followed, from the very HTML before it. What is not finished there, a tag or a
comment, is a *stretch*. Between tags there is none, so the branches come together again at once and
the work does not grow with their number; inside a tag there are as many stretches as ways, and a
template has so many of them in all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field
from jinja2 import nodes

from meter.errors import MOST_PROBLEMS, meant
from meter.prompts.elements import (
    ELEMENTS,
    LINKS,
    SWALLOWING,
    is_address,
    is_attribute,
    is_link,
    is_link_of_policy,
    takes_text,
)
from meter.prompts.reading import Reading
from meter.prompts.tokens import is_as_it_stands, tokens
from meter.prompts.unfinished import BETWEEN_TAGS, Nesting, TextStretch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meter.prompts.tokens import Token

__all__ = ["check_contexts"]

_MOST_WAYS = 16
_MOST_WAYS_IN_ALL = 1_000
_LONGEST = 4000
_AMPERSAND = "\ue000"
"""Stands for `&` while HTML is split: a character reference never begins or ends a tag."""

_TAG = re.compile(r"<[A-Za-z/!?]", re.ASCII)
_FIRST_WORD = re.compile(r"</?[\w:-]+|<!--|<|[\w:@.-]+", re.ASCII)
_AFTER_A_LINK = ("", "?", "#")
_OF_A_FORM = ("action", "formaction")
_CLOSE = "open and close each element in one template, block, loop or branch"
_ONCE = "write the tag once for each case"
_OPENS = "a branch of this condition opens or closes a tag, a quote or a comment"
_WITHIN = "let each branch hold whole tags, or stay within the tag or value it is in"
_STATIC = "put it into the page, not into the prompt"


class _Unreadable(Exception):  # noqa: N818 - a way out, not an error
    """What follows cannot be told apart any more; the problem is noted."""


def check_contexts(tree: nodes.Template, reading: Reading) -> None:
    """Note every variable that stands where the reader's page could be changed by its value."""
    checker = _Checker(reading)
    try:
        checker.whole(tree.body)
    except _Unreadable:
        return


@define
class _Checker:
    reading: Reading
    _printed: list[nodes.Node] = field(factory=list)
    _known: set[tuple[str, int, str]] = field(factory=set)
    _ways: int = 0
    _nesting: Nesting = field(factory=Nesting)
    _marker: re.Pattern[str] = field(init=False)
    _mark: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Choose marks that stand nowhere in the template."""
        self._mark = "mark"
        while self._mark in self.reading.written.lower():
            self._mark += "x"
        self._marker = re.compile(rf"{self._mark}(\d+)z")

    # Through the syntax tree

    def whole(self, body: Iterable[nodes.Node]) -> None:
        """Check what stands by itself: a file, or a block or a loop in it."""
        around = self._nesting
        self._nesting = Nesting()
        for stretch in self.through(body, [BETWEEN_TAGS]):
            self.refuse_open(stretch)
        left_open = self._nesting.left_open()
        if left_open is not None:
            name, line = left_open
            message = f"`<{name}>` is not closed where the template, block or loop ends"
            if self._is_new("html-element", line, name):
                self.reading.report_text("html-element", line, f"<{name}", message, _CLOSE)
        self._nesting = around

    def through(
        self, body: Iterable[nodes.Node], stretches: list[TextStretch]
    ) -> list[TextStretch]:
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

    def _text(self, piece: nodes.TemplateData, stretches: list[TextStretch]) -> list[TextStretch]:
        text = piece.data.replace("&", _AMPERSAND)
        found = []
        before = self._nesting
        for stretch in stretches:
            self._nesting = before
            whole = stretch.and_then(text, piece.lineno)
            if ">" in text or not _TAG.match(stretch.text):
                whole = self._read(whole)
            if len(whole.text) > _LONGEST:
                message = f"this is not closed within {_LONGEST} characters"
                self._tell("html-broken", whole, 0, message, "close it, or make it shorter")
                raise _Unreadable
            found.append(whole)
        return list(dict.fromkeys(found))

    def _variable(self, node: nodes.Node, stretches: list[TextStretch]) -> list[TextStretch]:
        """Let a mark stand for what is printed, wherever that is not simply text."""
        if stretches == [BETWEEN_TAGS]:
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

    def _branches(self, node: nodes.If, stretches: list[TextStretch]) -> list[TextStretch]:
        branches = [node.body, *(other.body for other in node.elif_), node.else_]
        found = []
        before = self._nesting
        nestings = []
        for stretch in stretches:
            for branch in branches:
                self._follow(node, stretch)
                self._nesting = before
                for end in self.through(branch, [stretch]):
                    if bool(end.text) != bool(stretch.text) or not end.begins_as(stretch):
                        self._split(node, _OPENS, _WITHIN)
                    found.append(end)
                nestings.append(self._nesting)
        if any(not nesting.is_like(nestings[0]) for nesting in nestings):
            self._split(node, "the branches of this condition leave other elements open", _CLOSE)
        found = list(dict.fromkeys(found))
        if len(found) > _MOST_WAYS:
            self._split(node, "there are too many conditions inside one tag", _ONCE)
        return found

    def _follow(self, node: nodes.If, stretch: TextStretch) -> None:
        """Count one way more through a condition, where it stands inside a tag."""
        self._ways += bool(stretch.text)
        if self._ways > _MOST_WAYS_IN_ALL:
            self._split(node, "there are too many conditions inside tags", _ONCE)

    def _split(self, node: nodes.If, message: str, advice: str) -> None:
        self._report("html-branch", node, "if", message, advice)
        raise _Unreadable

    def _apart(
        self,
        node: nodes.Node,
        bodies: Sequence[Sequence[nodes.Node]],
        stretches: list[TextStretch],
        word: str,
        what: str,
    ) -> None:
        """Check what may only stand between tags, and each of its parts by itself."""
        if stretches != [BETWEEN_TAGS]:
            message = f"{what} cannot stand inside a tag"
            self._report("html-branch", node, word, message, "put it between tags")
            raise _Unreadable
        for body in bodies:
            self.whole(body)

    def refuse_open(self, stretch: TextStretch) -> None:
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

    def _read(self, stretch: TextStretch) -> TextStretch:
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

    def _tag(self, token: Token, stretch: TextStretch) -> None:
        if self.reading.full:
            raise _Unreadable
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
        self._nest(token, stretch)

    def _nest(self, token: Token, stretch: TextStretch) -> None:
        """Follow which elements are open: what the page has around a prompt stays as it is."""
        try:
            self._nesting = self._nesting.after(token, stretch.line_of(token.start))
        except ValueError as fault:
            self._tell("html-element", stretch, token.start, str(fault), _CLOSE)
            raise _Unreadable from None

    def _attribute(self, name: str, value: str, token: Token, stretch: TextStretch) -> None:
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
        self, name: str, value: str, held: list[re.Match[str]], at: int, stretch: TextStretch
    ) -> None:
        """Check that an address is a link of the policy, or one that its author wrote."""
        if not held:
            if not is_link(name, value.replace(_AMPERSAND, "&")):
                message = f"`{name}` leads to what is no path of the site and no `https://` address"
                if name in _OF_A_FORM:
                    message = f"`{name}` leads to what is no path of the site"
                self._tell("html-link", stretch, at, message, "write it like `/subscribe`")
            return
        first = held[0]
        after = value[first.end() : first.end() + 1]
        may_follow = ("",) if name in _OF_A_FORM else _AFTER_A_LINK
        is_whole = len(held) == 1 and first.start() == 0 and after in may_follow
        if not (is_whole and is_link_of_policy(self._printed[int(first[1])])):
            links = ", ".join(f"`{{{{ {link} }}}}`" for link in sorted(LINKS))
            message = f"the address in `{name}` holds something else than one link"
            advice = f"write {links}, nothing before it, and behind it nothing but `?…` or `#…`"
            node = self._printed[int(first[1])]
            self._report("html-link", node, _word(node), message, advice)

    def _broken(self, token: Token, stretch: TextStretch) -> None:
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

    def _tell(self, code: str, stretch: TextStretch, at: int, message: str, advice: str) -> None:
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


def _word(node: nodes.Node) -> str:
    """Return the name of the variable that is printed."""
    if isinstance(node, nodes.Name):
        return node.name
    first = node.find(nodes.Name)
    return first.name if first is not None else ""
