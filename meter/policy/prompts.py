"""Prompts that a policy declares in words, without a template, and the nouns that meters count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors.kinds import TEXT, maybe
from meter.errors.values import check_fields
from meter.policy.placeholders import PLURALS, Needs, needs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NOUNS", "Noun", "Prompt", "PromptWords"]

NOUNS = ("article", "story", "video", "podcast", "episode", "recipe", "puzzle", "report")
"""The catalog: what a meter may count without a word of the publisher's own."""

_WORDS = ("heading", "text", "action")


@frozen(kw_only=True)
class PromptWords:
    """What a declared prompt says in one language; `link` is where its `action` leads."""

    heading: str
    text: str | None = None
    action: str | None = None
    link: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_WORDS)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield each text that there is, with its key."""
        for key in _WORDS:
            text = getattr(self, key)
            if text is not None:
                yield key, text

    def needs(self) -> frozenset[Needs]:
        """Return what there has to be for every text to be filled in.

        Raises `BadPlaceholder` where one holds what is no placeholder.
        """
        return frozenset[Needs]().union(*(needs(text) for _, text in self.texts()))


@frozen(kw_only=True)
class Prompt(PromptWords):
    """A prompt that a rule may name, in the publication's own language."""

    name: str

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"name": TEXT, **_OF_WORDS})


_OF_WORDS = {"heading": TEXT, **dict.fromkeys(("text", "action", "link"), maybe(TEXT))}


@frozen(kw_only=True)
class Noun:
    """What a meter counts, in one language: a form for each plural category, always `other`."""

    zero: str | None = None
    one: str | None = None
    two: str | None = None
    few: str | None = None
    many: str | None = None
    other: str

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_NOUN)

    def form(self, category: str) -> str:
        """Return the form of a plural category, or `other` where it has none."""
        found: str | None = getattr(self, category)
        return self.other if found is None else found


_OF_A_NOUN = {**dict.fromkeys(PLURALS, maybe(TEXT)), "other": TEXT}
