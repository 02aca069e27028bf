"""The page of an article with a prompt in it, as it stands in a frame."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from meter.studio.frames import article_page, article_text

if TYPE_CHECKING:
    from meter.studio.frames import SchemeWord

__all__ = ["broken_page", "reader_page"]


def reader_page(prompt_html: str, *, locale: str, scheme: SchemeWord, is_preview: bool) -> str:
    """Return a document: an article in the language of a locale, and the prompt in it."""
    text = article_text(locale)
    return article_page(
        prompt_html,
        lang=text.lang,
        dir=text.dir,
        scheme=scheme,
        title=text.title,
        paragraphs=text.paragraphs,
        is_preview=is_preview,
    )


def broken_page(message: str) -> str:
    """Return a document that says why there is no page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>No page</title></head><body><main><p>{escape(message)}</p></main></body></html>"
    )
