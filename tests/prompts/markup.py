"""Reads a prompt's HTML as a browser would show it, and complains about what is not well made."""

from __future__ import annotations

from html.parser import HTMLParser

_EMPTY = {"br", "hr", "img", "input", "meta", "link"}
_LINES = {"h2", "p", "li", "span"}
_ALLOWED = {"section", "aside", "div", "h2", "p", "ul", "li", "bdi", "a", "meter"}
_ALLOWED |= {"details", "summary", "input", "span"}


class Page(HTMLParser):
    """What was found: `lines` of words, `links`, and for every element its tag and attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag, attrs):
        if len({name for name, _ in attrs}) < len(attrs):
            self.problems.append(f"<{tag}> has an attribute twice")
        self.elements.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag in _LINES:
            self.lines.append("")
        if tag not in _ALLOWED:
            self.problems.append(f"<{tag}> is not part of a prompt")
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if not data.strip():
            if self.open and self.open[-1] == "a" and self.lines:
                self.lines[-1] += data
            return
        if self.open and {*self.open} & _LINES:
            self.lines[-1] += data
        else:
            self.problems.append(f"text outside of a line: {data!r}")

    def handle_comment(self, data):
        self.problems.append(f"a comment: {data!r}")


def read(html: str) -> Page:
    """Return what is on the page. Raises `AssertionError` for HTML that is not well made."""
    page = Page()
    page.feed(html)
    page.close()
    assert not page.open, page.open
    assert not page.problems, page.problems
    return page
