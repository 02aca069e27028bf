"""Plain lints of who publishes: the time zone, and languages that no words ship in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed
from meter.errors.zones import unreal_zone_step
from meter.loading.lints.languages import has_folder, is_served
from meter.loading.lints.warned import warning
from meter.policy.placeholders import Placeholder, split_words
from meter.resources.languages import draft_sentences, language_status, shipped_languages
from meter.resources.locales import best_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.loading.positions import Path as Place
    from meter.policy import Policy

__all__ = ["PUBLICATION"]


def _odd_timezones(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield a zone whose hours or summer time are hardly those that are meant."""
    odd = unreal_zone_step(policy.publication.timezone)
    if odd is not None:
        message, advice = odd
        yield warning("odd-timezone", ("publication", "timezone"), message, advice)


def _languages_not_shipped(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the languages of a publisher without templates that no words of prompts ship in."""
    shipped = shipped_languages()
    own = [tag for tag, copy in policy.copy.items() if copy.texts]
    every = listed([f"`{name}`" for name in shipped])
    for locale, place in _languages(policy).items():
        if is_served(policy, locale, (*shipped, *own)):
            continue
        message = (
            f"no words ship in `{locale}`: around yours, readers see those of another language"
        )
        advice = (
            f"write them under `[copy.{locale}.texts]`, or say what stands in for them:"
            f' `fallback = {{ {locale} = ["…"] }}`; words ship in {every}'
        )
        yield warning("language-not-shipped", place, message, advice)
    for locale, chain in policy.publication.fallback.items():
        for index, named in enumerate(chain):
            if has_folder(policy) or best_match(named, (*shipped, *policy.copy)) is not None:
                continue
            message = f"there are no words in `{named}`, so nothing stands in for `{locale}` there"
            advice = f"write some under `[copy.{named}]`, or take it out; words ship in {every}"
            path = ("publication", "fallback", locale, index)
            yield warning("language-not-shipped", path, message, advice)


def _drafts(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the languages of a publisher without templates whose words nobody has reviewed."""
    shipped = shipped_languages()
    said = frozenset(_said(policy))
    for locale, place in _languages(policy).items():
        words = best_match(locale, shipped)
        if words is None:
            continue
        message = (
            f"the words that ship in `{words}` are a draft: nobody who did not see the English has"
            " translated them back"
        )
        if language_status(words) == "reviewed":
            drafts = sorted(said & draft_sentences(words))
            if not drafts:
                continue
            message = (
                f"the words that ship in `{words}` for {listed([f'`{name}`' for name in drafts])}"
                " are a draft: nobody who did not see the English has translated them back"
            )
        advice = (
            "let somebody read them before they go live; your own corrections go into"
            f" `texts/{words}.toml` of a folder that `templates` names"
        )
        yield warning("draft-language", place, message, advice)


def _said(policy: Policy) -> Iterator[str]:
    """Yield which sentences a policy has prompts say that most policies never do."""
    texts = [text for prompt in policy.prompts for _, text in prompt.texts()]
    texts += [
        text
        for copy in policy.copy.values()
        for words in copy.prompts.values()
        for _, text in words.texts()
    ]
    if policy.lasting or any("deadline" in _placeholders(text) for text in texts):
        yield from ("deadline", "days-left")
    if any(offer.was is not None for offer in policy.offers):
        yield "offer.was"


def _placeholders(text: str) -> set[str]:
    return {piece.name for piece in split_words(text) if isinstance(piece, Placeholder)}


def _languages(policy: Policy) -> dict[str, Place]:
    """Return the languages in which a policy relies on the words that ship, and where it does.

    A publisher with templates of their own has words of their own.
    """
    if has_folder(policy):
        return {}
    places: dict[str, Place] = {locale: ("copy", locale) for locale in policy.copy}
    places[policy.publication.locale] = ("publication", "locale")
    return places


PUBLICATION: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "odd-timezone": _odd_timezones,
    "language-not-shipped": _languages_not_shipped,
    "draft-language": _drafts,
}
"""Each warning by its code."""
