"""The gallery as one HTML page that needs nothing else: no script, no network."""

from __future__ import annotations

import json
from itertools import chain, product
from typing import TYPE_CHECKING, get_args

from attrs import frozen

from meter.errors import MeterError, listed
from meter.prompts import render
from meter.prompts.rendering import LayoutWord
from meter.resources.locales import locale_of
from meter.studio.frames import (
    CONTENT_SECURITY_POLICY,
    ArticleText,
    SchemeWord,
    article_text,
    frame_styles,
    page_template,
    studio_text,
)
from meter.studio.gallery.ids import with_own_ids
from meter.studio.gallery.situations import PromptSituation, Survey, survey
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from meter.policy import Policy

__all__ = [
    "LAYOUTS",
    "SCHEMES",
    "Frame",
    "GalleryPage",
    "gallery_page",
    "language_name",
    "languages",
    "title_of",
]

LAYOUTS: tuple[LayoutWord, ...] = get_args(LayoutWord)
SCHEMES: tuple[SchemeWord, ...] = get_args(SchemeWord)

_MOST_BYTES = 5_000_000
_LEAST_BYTES = 1_000
"""What a figure has at least: an article, its caption and a prompt."""


@frozen(kw_only=True)
class Frame:
    """One prompt in one language, layout and scheme: a figure of the page.

    `same_as` is the layout that the prompt has in the place of this one, where it has another.
    """

    id: str
    situation: PromptSituation
    locale: str
    layout: LayoutWord
    scheme: SchemeWord
    lang: str
    dir: str
    text: ArticleText
    prompt: str
    same_as: LayoutWord | None

    @property
    def is_preview(self) -> bool:
        """Whether the reader gets a preview only."""
        return self.situation.decision.access is Access.PREVIEW


@frozen(kw_only=True)
class _Group:
    """A situation with its frames, and what each language lacks, and its words need."""

    id: str
    title: str
    situation: PromptSituation
    frames: tuple[Frame, ...]
    missing: dict[str, tuple[str, ...]]
    needed: dict[str, tuple[str, ...]]


@frozen(kw_only=True)
class _Filter:
    """One way to choose among the frames: the values there are, and the one chosen at first."""

    name: str
    title: str
    labels: dict[str, str]
    first: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """What there is to choose."""
        return tuple(self.labels)


@frozen(kw_only=True)
class GalleryPage:
    """A gallery: the page, what is on it, and how many figures that makes.

    `missing` says by language what its prompts lack, and `needed` what their words need and do not
    have where a prompt is shown; each thing once.
    """

    html: str
    figures: int
    survey: Survey
    locales: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]
    needed: dict[str, tuple[str, ...]]


def languages(policy: Policy) -> tuple[str, ...]:
    """Return the languages of a policy: its own, then those it has words in."""
    return tuple(dict.fromkeys((policy.publication.locale, *policy.copy)))


def title_of(situation: PromptSituation) -> str:
    """Return what a prompt is called: `Countdown, 2 left, with offer summer`."""
    decision = situation.decision
    name = decision.prompt or str(decision.show)
    words = [name.replace("-", " ").capitalize()]
    if decision.show not in (name, "article"):
        words.append(str(decision.show).replace("-", " "))
    if situation.count is not None and decision.show.access is Access.FULL:
        words.append(f"{situation.count} left")
    if decision.offers:
        words.append(f"with offer {listed(list(decision.offers), 'and')}")
    return ", ".join(words)


def gallery_page(
    policy: Policy, *, locales: Iterable[str] = (), folder: Path | None = None
) -> GalleryPage:
    """Return a page with every prompt of a policy: a figure for each language, layout and scheme.

    `locales` are the languages to show, or those of the policy. `folder` holds the publisher's own
    prompts. Raises `PromptError` where one of these cannot be used, and `MeterError` where the page
    would be larger than 5 MB.
    """
    found = survey(policy)
    shown = tuple(dict.fromkeys(locales)) or languages(policy)
    _check_figures(len(found.situations) * len(shown) * len(LAYOUTS) * len(SCHEMES))
    groups = tuple(_groups(found.situations, shown, folder))
    figures = sum(len(group.frames) for group in groups)
    missing = {locale: _once(group.missing[locale] for group in groups) for locale in shown}
    needed = {locale: _once(group.needed[locale] for group in groups) for locale in shown}
    html = page_template("gallery.html.j2").render(
        publication=policy.publication,
        policy=CONTENT_SECURITY_POLICY,
        css=f"{frame_styles()}\n{studio_text('gallery.css')}",
        filters=_filters(groups, shown),
        groups=groups,
        survey=found,
        figures=figures,
        locales=shown,
        missing=missing,
        needed=needed,
    )
    if len(html.encode()) > _MOST_BYTES:
        raise _too_large(figures)
    return GalleryPage(
        html=html,
        figures=figures,
        survey=found,
        locales=shown,
        missing=missing,
        needed=needed,
    )


def _check_figures(figures: int) -> None:
    """Raise what is told of a page that is too large, before any of it is made."""
    if figures * _LEAST_BYTES > _MOST_BYTES:
        raise _too_large(figures)


def _too_large(figures: int) -> MeterError:
    return MeterError(
        f"the gallery would have {figures:,} figures, which is more than 5 MB; show fewer languages"
        " at once with `--locale`, or look at the prompts in `meter studio`, some at a time"
    )


def _once(told: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(told)))


def _groups(
    situations: Sequence[PromptSituation], locales: Sequence[str], folder: Path | None
) -> Iterator[_Group]:
    for number, situation in enumerate(situations, 1):
        name = f"p{number}"
        yield _Group(
            id=name,
            title=f"{number}. {title_of(situation)}",
            situation=situation,
            frames=tuple(_frames(name, situation, locales, folder)),
            missing={locale: situation.missing(locale, folder) for locale in locales},
            needed={locale: situation.needed(locale) for locale in locales},
        )


def _frames(
    group: str, situation: PromptSituation, locales: Sequence[str], folder: Path | None
) -> Iterator[Frame]:
    decision = situation.decision
    for locale in locales:
        parts = json.loads(render(decision, locale=locale, format="json", folder=folder)) or {}
        text = article_text(locale)
        prompts = {
            layout: render(decision, locale=locale, layout=layout, folder=folder).strip("\n")
            for layout in LAYOUTS
        }
        for layout, scheme in product(LAYOUTS, SCHEMES):
            name = f"{group}-{locale}-{layout}-{scheme}"
            first = next(other for other in LAYOUTS if prompts[other] == prompts[layout])
            yield Frame(
                id=name,
                situation=situation,
                locale=locale,
                layout=layout,
                scheme=scheme,
                lang=parts.get("lang", text.lang),
                dir=parts.get("dir", text.dir),
                text=text,
                prompt=with_own_ids(prompts[layout], f"{name}-", name),
                same_as=None if first == layout else first,
            )


def _filters(groups: Sequence[_Group], locales: Sequence[str]) -> tuple[_Filter, ...]:
    shows = [str(group.situation.show) for group in groups]
    names = {locale: language_name(locale) for locale in locales}
    return (
        _Filter(name="locale", title="Language", labels=names, first=locales[0]),
        _Filter(name="layout", title="Layout", labels={word: word for word in LAYOUTS}),
        _Filter(
            name="scheme",
            title="Scheme",
            labels=dict(zip(SCHEMES, SCHEMES, strict=True)),
            first=SCHEMES[0],
        ),
        _Filter(
            name="show", title="Prompt", labels={show: show.replace("-", " ") for show in shows}
        ),
    )


def language_name(tag: str) -> str:
    """Return the English name of a language, or its tag where CLDR has none."""
    locale = locale_of(tag)
    return (locale and locale.get_display_name("en")) or tag
