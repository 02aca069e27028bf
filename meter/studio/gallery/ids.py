"""Make the ids of a prompt its own on a page that shows it more than once."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["with_own_ids"]

_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)""")
_IDS = frozenset(
    (
        *("id", "for", "form", "headers", "itemref", "list", "popovertarget"),
        *("aria-activedescendant", "aria-controls", "aria-describedby", "aria-details"),
        *("aria-errormessage", "aria-flowto", "aria-labelledby", "aria-owns"),
    )
)
"""The attributes that hold ids, by the HTML standard and WAI-ARIA."""
_GROUPS = ("details", "input")
"""The elements of which those of one `name` belong together."""
_LABEL = "aria-labelledby"


def with_own_ids(html: str, mark: str, label: str = "") -> str:
    """Return a prompt's HTML with `mark` before each id, and before each reference to one.

    With `label`, the id of a caption, its landmark is also named by that: two of the same words
    are then told apart. Everything else stays letter by letter.

    >>> with_own_ids('<section aria-labelledby="a"><h2 id="a">id="a"</h2></section>', "f1-", "f1")
    '<section aria-labelledby="f1-a f1"><h2 id="f1-a">id="a"</h2></section>'
    """
    return _Ids(html, mark, label).rewritten()


class _Ids(HTMLParser):
    """Finds the start tags of a text, and copies everything between them."""

    def __init__(self, html: str, mark: str, label: str) -> None:
        super().__init__(convert_charrefs=False)
        self._html = html
        self._mark = mark
        self._label = label
        lines = html.split("\n")
        self._starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]
        self._done: list[str] = []
        self._copied = 0

    def rewritten(self) -> str:
        """Return the whole text."""
        self.feed(self._html)
        self.close()
        return "".join((*self._done, self._html[self._copied :]))

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        """Copy what is before a tag, and the tag with its own ids."""
        line, column = self.getpos()
        start = self._starts[line - 1] + column
        written = self.get_starttag_text() or ""
        self._done.append(self._html[self._copied : start])
        self._done.append(_ATTRIBUTE.sub(lambda found: self._attribute(tag, found), written))
        self._copied = start + len(written)

    def _attribute(self, tag: str, found: re.Match[str]) -> str:
        name = found[1].lower()
        quote = found[3][0] if found[3][0] in "\"'" else ""
        value = found[3].strip(quote) if quote else found[3]
        if name in _IDS or (name == "name" and tag in _GROUPS):
            value = " ".join(f"{self._mark}{one}" for one in value.split())
        elif name == "href" and value.startswith("#") and value != "#":
            value = f"#{self._mark}{value[1:]}"
        else:
            return found[0]
        if name == _LABEL and self._label:
            value = f"{value} {self._label}"
            self._label = ""
        quote = quote or '"'
        return f"{found[1]}{found[2]}{quote}{value}{quote}"
