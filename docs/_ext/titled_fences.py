"""Fences as the tests of the pages read them, shown with their file's name, or as a picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pygments.lexers import JsonLexer
from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_FENCE = re.compile(
    r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL
)
_MERMAID = re.compile(r"^```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)


def _shown(fence: re.Match[str]) -> str:
    """Return a fence as a directive.

    Some examples are broken on purpose, so no block has to be without mistake (`force`).
    """
    options = [":force:"]
    if fence["title"]:
        options.append(f":caption: {fence['title']}")
    return "\n".join([f"```{{code-block}} {fence['kind']}", *options, "", fence["body"] + "```"])


def _read(_app: Sphinx, page: str, content: list[str]) -> None:
    """Replace the fences of a page; a Mermaid source by the picture drawn from it."""
    name = page.rpartition("/")[2]
    text = _MERMAID.sub(f"![The picture that this page describes]({name}.svg)", content[0])
    content[0] = _FENCE.sub(_shown, text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_lexer("csv", TextLexer)
    app.add_lexer("jsonl", JsonLexer)
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
