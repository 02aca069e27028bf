"""The page of an article with a prompt in it, as it stands in a frame."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from meter.prompts import stylesheet

if TYPE_CHECKING:
    from meter.studio.reader.screen import SchemeWord

__all__ = ["broken_page", "reader_page"]


def reader_page(prompt_html: str, *, locale: str, scheme: SchemeWord, is_preview: bool) -> str:
    """Return a document: an article in the language of a locale, and the prompt in it."""
    kept = "" if is_preview else "<p>The rest of the article stands here.</p>"
    return (
        f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="{scheme}"><title>An article</title>'
        f"<style>{stylesheet()}</style></head><body><main><h1>An article</h1>"
        f"<p>Two paragraphs of it are always open.</p>{kept}{prompt_html}</main></body></html>"
    )


def broken_page(message: str) -> str:
    """Return a document that says why there is no page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>No page</title></head><body><main><p>{escape(message)}</p></main></body></html>"
    )
