"""What a stranger meets at the first article: the prompt of the draft, as it ships."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from meter.clock import system_clock
from meter.engine import decide
from meter.prompts import render, stylesheet
from meter.usage import Usage
from meter.view import Article, PageView, Reader

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["first_page"]

_PAGE = (
    '<!doctype html><html lang="{locale}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><title>{title}</title><style>{sheet}\n'
    ":root {{ background: Canvas; color: CanvasText; }}\n"
    "body {{ margin: 1rem; font: 1rem/1.5 Georgia, serif; }}</style></head>"
    "<body><main><h1>{title}</h1>{prompt}</main></body></html>"
)
_TITLE = "An article"


def first_page(policy: Policy) -> str:
    """Return the page of a metered article as an anonymous reader opens it now, first of all."""
    view = PageView(article=Article(id="first"))
    decision, _ = decide(policy, Reader(id="stranger"), view, Usage(), system_clock())
    prompt = render(decision) if decision.prompt else ""
    return _PAGE.format(
        locale=escape(policy.publication.locale), title=_TITLE, sheet=stylesheet(), prompt=prompt
    )
