"""Mistakes in the publisher's own words and prompts: a word or a text left out, other caps."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from meter.policy import Copy, Policy, Prompt, PromptWords
from meter.verify.mutants.campaigns.frequency import frequency_edits
from meter.verify.mutants.edit import Edit, Kind, lifted, replaced, with_field

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["text_edits"]

_Words = TypeVar("_Words", bound=PromptWords)
_MOST_SHOWN = 40


def text_edits(policy: Policy) -> Iterator[Edit[Policy]]:
    """Yield every mistake in the words of a policy."""
    for place, prompt in enumerate(policy.prompts):
        name = f"prompt `{prompt.name}`"
        edits = chain(_prompt(prompt, name), frequency_edits(prompt, name))
        yield from lifted(edits, ("prompts", prompt.name), partial(_with_prompt, policy, place))
    own = policy.publication.locale
    for locale, copy in policy.copy.items():
        path = ("copy",) if locale == own else ("copy", locale)
        edits_of_copy = _copy(copy, f"copy in `{locale}`")
        yield from lifted(edits_of_copy, path, partial(_with_copy, policy, locale))


def _with_prompt(policy: Policy, place: int, prompt: Prompt) -> Policy:
    return evolve(policy, prompts=(*policy.prompts[:place], prompt, *policy.prompts[place + 1 :]))


def _with_copy(policy: Policy, locale: str, copy: Copy) -> Policy:
    return evolve(policy, copy={**policy.copy, locale: copy})


def _copy(copy: Copy, name: str) -> Iterator[Edit[Copy]]:
    for key in ("headline", "pitch"):
        text = getattr(copy, key)
        if text is not None:
            what = f"{name}, {key}"
            whole = partial(with_field, copy, key)
            yield from lifted(_text(text, what), (key,), whole)
            yield Edit(Kind.PROMPTS, what, _said(text), "left out", (key,), partial(whole, None))
    for place, benefit in enumerate(copy.benefits):
        what = f"{name}, benefit {place + 1}"
        path = ("benefits", place)
        yield from lifted(_text(benefit, what), path, partial(_with_benefit, copy, place))
        make = partial(_with_benefit, copy, place)
        yield Edit(Kind.PROMPTS, what, _said(benefit), "left out", path, make)
    for prompt, words in copy.prompts.items():
        edits = _prompt(words, f"{name}, prompt `{prompt}`")
        yield from lifted(edits, ("prompts", prompt), partial(_with_words, copy, prompt))


def _with_benefit(copy: Copy, place: int, *others: str) -> Copy:
    return evolve(copy, benefits=replaced(copy.benefits, place, *others))


def _with_words(copy: Copy, prompt: str, words: PromptWords) -> Copy:
    return evolve(copy, prompts={**copy.prompts, prompt: words})


def _prompt(words: _Words, name: str) -> Iterator[Edit[_Words]]:
    for key, text in words.texts():
        what = f"{name}, {key}"
        whole = partial(with_field, words, key)
        yield from lifted(_text(text, what), (key,), whole)
        if key != "heading":
            yield Edit(Kind.PROMPTS, what, _said(text), "left out", (key,), partial(whole, None))


def _text(text: str, what: str) -> Iterator[Edit[str]]:
    """Yield a text with one word less; of a text that is one word, with one letter less."""
    words = text.split()
    plain = [place for place, word in enumerate(words) if not set("{}") & set(word)]
    if len(words) > 1 and plain:
        longest = max(plain, key=lambda place: len(words[place]))
        shorter = " ".join(replaced(tuple(words), longest))
        lost = words[longest]
    else:
        shorter = text[:-1].strip()
        lost = text[-1:]
    if shorter:
        new = f'without "{lost}"'
        yield Edit(Kind.PROMPTS, what, _said(text), new, (), lambda: shorter)


def _said(text: str) -> str:
    if len(text) > _MOST_SHOWN:
        return f'"{text[: _MOST_SHOWN - 1]}…"'
    return f'"{text}"'
