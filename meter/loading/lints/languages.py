"""Plain lints of languages: words, plural forms and placeholders that one of them lacks.

A language lacks nothing that one of its chain of fall-backs has: its readers see that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.errors import listed
from meter.loading.lints.warned import warning
from meter.policy.faults.conditions import placed_conditions
from meter.policy.languages import CATEGORIES, COUNTED, fields_in
from meter.policy.placeholders import Placeholder, split_words
from meter.policy.prompts import NOUNS
from meter.resources import prompt_set
from meter.resources.languages import (
    fields_everywhere,
    lenders,
    missing_texts,
    plural_problems,
    shipped_languages,
)
from meter.resources.locales import best_match, lineage, plurals_of, with_fallbacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from meter.errors import Problem
    from meter.loading.positions import Path as Place
    from meter.policy import Policy, PromptWords
    from meter.resources.needed import NeededText

__all__ = ["LANGUAGES", "has_folder", "is_served", "languages_named", "words_missing"]

_MOST_NAMED = 3
"""How many texts a warning names; `meter check --languages` lists all."""
_OLD_PLURAL = "left_plural"


def is_served(policy: Policy, locale: str, having: Iterable[str]) -> bool:
    """Say whether one of some languages serves a locale, or a language of its chain."""
    tags = with_fallbacks((locale,), policy.publication.fallback)
    known = tuple(having)
    return any(best_match(tag, known) is not None for tag in tags)


def languages_named(policy: Policy) -> tuple[str, ...]:
    """Return the languages that a policy names: with words, in chains, and in conditions."""
    chains = policy.publication.fallback
    asked = (word for _, when in placed_conditions(policy) for word in sorted(when.language or ()))
    named = (*policy.copy, *(tag for key in chains for tag in (key, *chains[key])), *asked)
    return tuple(dict.fromkeys(tag for tag in named if plurals_of(tag) is not None))


def words_missing(policy: Policy) -> Iterator[Problem]:
    """Find languages of the publisher's that lack a declared prompt, a noun, a plural, a text."""
    own = policy.publication.locale
    for locale in policy.copy:
        for prompt in policy.prompts:
            having = (own, *(tag for tag, c in policy.copy.items() if prompt.name in c.prompts))
            if not is_served(policy, locale, having):
                message = f"the prompt `{prompt.name}` has no words in `{locale}`"
                advice = f"add `[copy.{locale}.prompts.{prompt.name}]`"
                yield warning("copy-gap", ("copy", locale), message, advice)
        for meter in policy.meters:
            having = tuple(tag for tag, c in policy.copy.items() if meter.noun in c.nouns)
            if meter.noun not in NOUNS and not is_served(policy, locale, having):
                message = f"the noun `{meter.noun}` has no word in `{locale}`"
                advice = f'add `"{meter.noun}" = {{ other = "…" }}` to `[copy.{locale}.nouns]`'
                yield warning("copy-gap", ("copy", locale), message, advice)
    yield from _forms(policy, "copy-gap")
    yield from _texts_missing(policy)


@frozen
class _Forms:
    """The plural forms of something in a language: what it is, and where it stands."""

    what: str
    locale: str
    path: tuple[str | int, ...]
    forms: frozenset[str]


def _every_forms(policy: Policy) -> Iterator[_Forms]:
    """Yield all plural forms of a policy: of nouns, of texts, and of counts in declared prompts."""
    for locale, copy in policy.copy.items():
        for name, noun in copy.nouns.items():
            forms = frozenset(form for form in CATEGORIES if getattr(noun, form) is not None)
            yield _Forms(f"the noun `{name}`", locale, ("copy", locale, "nouns", name), forms)
        for table in copy.texts.keys() & COUNTED.keys():
            forms = CATEGORIES & copy.texts[table].keys()
            yield _Forms(f"the text `{table}`", locale, ("copy", locale, "texts", table), forms)
    for name, locale, path, words in _declared(policy):
        for key, text in words.texts():
            what = f"the `{key}` of prompt `{name}`"
            for placeholder in _placeholders(text):
                if placeholder.forms:
                    forms = frozenset(dict(placeholder.forms))
                    yield _Forms(what, locale, (*path, key), forms)


def _declared(policy: Policy) -> Iterator[tuple[str, str, Place, PromptWords]]:
    """Yield the words of each declared prompt in each language, and where they stand."""
    for prompt in policy.prompts:
        yield prompt.name, policy.publication.locale, ("prompts", prompt.name), prompt
        for locale, copy in policy.copy.items():
            if prompt.name in copy.prompts:
                path = ("copy", locale, "prompts", prompt.name)
                yield prompt.name, locale, path, copy.prompts[prompt.name]


def _placeholders(text: str) -> Iterator[Placeholder]:
    return (piece for piece in split_words(text) if isinstance(piece, Placeholder))


def _forms(policy: Policy, code: str) -> Iterator[Problem]:
    """Yield what is wrong with the plural forms of a policy: the warnings of one code."""
    for found in _every_forms(policy):
        for problem in plural_problems(found.what, found.locale, found.forms):
            if problem.code == code:
                yield evolve(problem, path=found.path)


def _unused_forms(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield plural forms that no number of a language takes."""
    yield from _forms(policy, "unused-plural")


def _missing_placeholders(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield words of a language that leave out what the same words say in another."""
    own = {prompt.name: prompt for prompt in policy.prompts}
    for name, locale, path, words in _declared(policy):
        if words is own[name]:
            continue
        there = {each.name.removesuffix("_plural") for each in _of(words)}
        # A count that only picks a word is grammar, which another language may not need.
        needed = (each for each in _of(own[name]) if not each.forms and each.name != _OLD_PLURAL)
        missing = [each for each in dict.fromkeys(needed) if each.name not in there]
        if missing:
            every = listed([f"`{{{{ {each.name} }}}}`" for each in missing])
            message = (
                f"the words of prompt `{name}` in `{locale}` leave out {every}, which they say in"
                f" `{policy.publication.locale}`"
            )
            advice = f"say it in `{locale}` as well, or take it out of `[prompts.{name}]`"
            yield warning("missing-placeholder", path, message, advice)
    yield from _fields_missing(policy)


def _of(words: PromptWords) -> list[Placeholder]:
    return [placeholder for _, text in words.texts() for placeholder in _placeholders(text)]


def _fields_missing(policy: Policy) -> Iterator[Problem]:
    """Yield texts without a field that every language that ships has in it."""
    for locale, copy in policy.copy.items():
        for table, texts in copy.texts.items():
            for key, said in _sentences(table, texts):
                missing = sorted(fields_everywhere(table, key) - said)
                if missing:
                    every = listed([f"`{{{field}}}`" for field in missing])
                    what = f"`{table}`" if key is None else f"`{key}` of `{table}`"
                    message = f"the text {what} in `{locale}` leaves out {every}"
                    advice = f"say it: every language that ships has {every} there"
                    place = _place(locale, table, key)
                    yield warning("missing-placeholder", place, message, advice)


def _sentences(table: str, texts: Mapping[str, str]) -> Iterator[tuple[str | None, frozenset[str]]]:
    """Yield the sentences of a table with the fields they hold; plural forms are one sentence."""
    if table in COUNTED:
        yield None, frozenset[str]().union(*map(fields_in, texts.values()))
    else:
        for key, text in texts.items():
            yield key, fields_in(text)


def _place(locale: str, table: str, key: str | None) -> Place:
    """Return where a text of a language stands, or would stand, in a policy file."""
    path = ("copy", locale, "texts", table)
    return path if key is None else (*path, key)


def _texts_missing(policy: Policy) -> Iterator[Problem]:
    """Yield languages that do not ship and whose texts of the publisher's are not complete.

    A publisher with templates has further texts beside them.
    """
    if has_folder(policy):
        return
    own = policy.publication.locale
    for locale, copy in policy.copy.items():
        if not copy.texts or lineage(locale, shipped_languages()):
            continue
        missing = [text for text in missing_texts(policy, locale) if not text.is_spared]
        if missing:
            under = "" if locale == own else locale
            message = (
                f"the texts in `{locale}` leave out {len(missing)} that your prompts need:"
                f" {_named(missing, under)}"
            )
            others = listed([f"`{tag}`" for tag in lenders(policy, locale, missing)])
            advice = (
                f"add them: else they are said in {others}; `meter check --languages` lists what is"
                " missing"
            )
            yield warning("copy-gap", ("copy", locale, "texts"), message, advice)


def _named(missing: list[NeededText], locale: str) -> str:
    """Name a few texts as a policy file writes them."""
    named = [f"`{text.written(locale)}`" for text in missing[:_MOST_NAMED]]
    rest = len(missing) - len(named)
    return listed([*named, f"{rest} more"] if rest else named)


def has_folder(policy: Policy) -> bool:
    """Say whether a publisher has a folder of prompts, which may hold texts of their own."""
    templates = policy.publication.templates
    return templates is not None and prompt_set(templates) is None


LANGUAGES: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "unused-plural": _unused_forms,
    "missing-placeholder": _missing_placeholders,
}
"""Each warning by its code; `words_missing` is part of `copy-gap`."""
