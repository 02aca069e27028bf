"""An article with a prompt where it would stand: a page by itself, and what frames are made of."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Literal

from attrs import frozen
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import escape

from meter.prompts import render, stylesheet
from meter.prompts.locales import direction
from meter.resources import template_root, toml_tables
from meter.resources.locales import best_match, locale_of
from meter.vocabulary import Access
from meter.web.marks import ticked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jinja2 import Template

    from meter.decision import Decision
    from meter.prompts.rendering import LayoutWord

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "ArticleText",
    "DirectionWord",
    "SchemeWord",
    "article_page",
    "article_text",
    "broken_page",
    "decision_page",
    "frame_styles",
    "page_template",
    "studio_text",
]

SchemeWord = Literal["light", "dark"]
DirectionWord = Literal["ltr", "rtl"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    " base-uri 'none'"
)
"""What a page of ours may do: show what it holds, and ask nobody for anything."""

_ARTICLES = "articles.toml"
_PAGES = ("article.html.j2", "frame.html.j2", "gallery.html.j2")


@frozen(kw_only=True)
class ArticleText:
    """The text of an article, in one language: as much as a preview shows."""

    lang: str
    dir: DirectionWord
    title: str
    paragraphs: tuple[str, ...]


def article_text(locale: str) -> ArticleText:
    """Return the text of an article to look past, in the language of a locale, or in English.

    >>> article_text("de-AT").title
    'Was die Flut am Morgen bringt'
    """
    texts = _articles()
    lang = best_match(locale, texts) or "en"
    text = texts[lang]
    return ArticleText(
        lang=lang,
        dir=_direction(lang),
        title=text["title"],
        paragraphs=(text["first"], text["second"]),
    )


def article_page(
    prompt_html: str,
    *,
    lang: str,
    direction: DirectionWord,
    scheme: SchemeWord | None,
    title: str,
    paragraphs: Sequence[str],
    is_preview: bool = False,
) -> str:
    """Return an HTML document: an article, and where it would stand a prompt of `render`.

    It needs nothing else, holds no script and asks no network. `scheme` is `light` or `dark`, or
    `None` for what the reader's device prefers. With `is_preview` the last paragraph fades.
    """
    text = ArticleText(lang=lang, dir=direction, title=title, paragraphs=tuple(paragraphs))
    return page_template("article.html.j2").render(
        text=text,
        scheme=scheme,
        is_preview=is_preview,
        policy=CONTENT_SECURITY_POLICY,
        css=frame_styles(),
        prompt=prompt_html,
    )


def decision_page(
    decision: Decision,
    *,
    locale: str,
    layout: LayoutWord = "wide",
    scheme: SchemeWord | None = None,
    folder: Path | None = None,
) -> str:
    """Return the page that a reader has of a decision: the article, and in it the prompt.

    `folder` is that of the policy's own prompts. The page is in the language of the prompt.
    """
    said = json.loads(render(decision, locale=locale, format="json", folder=folder))
    text = article_text(locale)
    return article_page(
        render(decision, locale=locale, layout=layout, folder=folder),
        lang=text.lang if said is None else said["lang"],
        direction=text.dir if said is None else said["dir"],
        scheme=scheme,
        title=text.title,
        paragraphs=text.paragraphs,
        is_preview=decision.access is Access.PREVIEW,
    )


def broken_page(message: str) -> str:
    """Return a document that says why there is no page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>No page</title></head><body><main><p>{escape(message)}</p></main></body></html>"
    )


def frame_styles() -> str:
    """Return the style sheets of an article and of the prompt in it."""
    return f"{stylesheet()}\n{studio_text('frame.css')}"


@cache
def studio_text(name: str) -> str:
    """Return the text of a file of the studio's that ships."""
    return (template_root() / "studio" / name).read_text(encoding="utf-8")


def page_template(name: str) -> Template:
    """Return one of the templates of pages that need no server."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({name: studio_text(name) for name in _PAGES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["ticked"] = ticked
    return environment


@cache
def _articles() -> dict[str, dict[str, str]]:
    return toml_tables(studio_text(_ARTICLES), _ARTICLES)


def _direction(lang: str) -> DirectionWord:
    locale = locale_of(lang)
    is_rtl = locale is not None and direction(locale) == "rtl"
    return "rtl" if is_rtl else "ltr"
