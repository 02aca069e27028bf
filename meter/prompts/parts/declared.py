"""The words of a prompt that a policy declares: in which language, and filled in for a decision."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from meter.facts import OTHER
from meter.policy import PromptWords
from meter.policy.placeholders import Needs, Placeholder, split_words
from meter.prompts.languages import ChosenWords, choose
from meter.prompts.locales import country_text, number, plural
from meter.prompts.texts import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from babel import Locale

    from meter.decision import Decision, MeterReading
    from meter.policy import Offer, Policy, Prompt

__all__ = ["Declared", "country_of", "declared", "fill"]

_SPACES = re.compile(r" {2,}")


@frozen(kw_only=True)
class Declared:
    """A declared prompt in the language that a reader gets."""

    words: PromptWords
    link: str | None
    language: ChosenWords

    def uses(self, name: str) -> bool:
        """Say whether the words hold a placeholder: what it says is not said again beside them."""
        pieces = (piece for _, text in self.words.texts() for piece in split_words(text))
        return any(isinstance(piece, Placeholder) and piece.name == name for piece in pieces)

    def can_be_said(self, decision: Decision, policy: Policy) -> bool:
        """Say whether there is what every placeholder needs."""
        return not self.lacks(decision, policy)

    def lacks(self, decision: Decision, policy: Policy) -> frozenset[Needs]:
        """Return what placeholders need and is not there. Zero is never counted."""
        reading = decision.meter
        offer = None if decision.offer is None else policy.offer(decision.offer)
        there = {
            Needs.NOTHING: True,
            Needs.METER: reading is not None and bool(reading.limit),
            Needs.LEFT: reading is not None and bool(reading.left),
            Needs.OFFER: offer is not None,
            Needs.END: offer is not None and _ends(offer, decision),
            Needs.WAS: offer is not None and offer.was is not None,
            Needs.COUNTRY: bool(country_text(country_of(decision), self.language.locale)),
        }
        return frozenset(need for need in self.words.needs() if not there[need])


def _ends(offer: Offer, decision: Decision) -> bool:
    """Say whether an offer ends, for everybody or for this reader."""
    own = any(each.offer == offer.name for each in decision.deadlines)
    return own or offer.ends is not None


def country_of(decision: Decision) -> str:
    """Return the code of the reader's country, where the policy tells it from others; else nothing.

    Of a region it is the region's.
    """
    code = decision.facts["country"]
    return code if isinstance(code, str) and code != OTHER else ""


def declared(policy: Policy, name: str | None, wanted: tuple[str, ...]) -> Declared | None:
    """Return the prompt of a name in the first of the wanted languages that has its words.

    Those of the publication's own language are there always; `None` where no prompt is so called.
    """
    prompt = next((prompt for prompt in policy.prompts if prompt.name == name), None)
    if prompt is None:
        return None
    own = policy.publication.locale
    language = choose((*wanted, own), dict(_languages(policy, prompt)))
    words = dict(_languages(policy, prompt)).get(language.words, prompt)
    return Declared(words=words, link=words.link or prompt.link, language=language)


def _languages(policy: Policy, prompt: Prompt) -> Iterator[tuple[str, PromptWords]]:
    yield policy.publication.locale, prompt
    for locale, copy in policy.copy.items():
        if prompt.name in copy.prompts:
            yield locale, copy.prompts[prompt.name]


def fill(
    text: str | None, values: Mapping[str, str], reading: MeterReading | None, locale: Locale
) -> str:
    """Return a text with its placeholders filled in; without one, an empty text.

    A count is written as the locale writes numbers, and picks the form of its plural category.
    """
    if text is None:
        return ""
    pieces = [
        _filled(piece, values, reading, locale) if isinstance(piece, Placeholder) else piece
        for piece in split_words(text)
    ]
    return _SPACES.sub(" ", without_controls("".join(pieces))).strip()


def _filled(
    placeholder: Placeholder,
    values: Mapping[str, str],
    reading: MeterReading | None,
    locale: Locale,
) -> str:
    if reading is None or placeholder.name in values:
        return values[placeholder.name]
    if placeholder.name == "left_plural":
        return "" if reading.left == 1 else "s"
    count: int = getattr(reading, placeholder.name)
    if placeholder.forms:
        forms = dict(placeholder.forms)
        return forms.get(plural(count, locale), forms["other"])
    return number(count, locale)
