"""What stands in backticks in a message, as code in a page."""

from __future__ import annotations

from markupsafe import Markup, escape

__all__ = ["ticked"]


def ticked(text: str) -> Markup:
    """Return a text as HTML, with what stands in backticks as code.

    >>> ticked("rule `a < b` decides")
    Markup('rule <code>a &lt; b</code> decides')
    """
    pieces = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup().join(
        code.format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )
