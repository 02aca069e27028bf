"""What makes the words of declared prompts unusable, in each language, and the nouns of meters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from meter.errors import meant, quoted
from meter.policy.languages.catalogue import TEXTS
from meter.policy.placeholders import OLD_PLACEHOLDERS, PLACEHOLDERS, bad_placeholders
from meter.policy.prompts import NOUNS, SHIPPED
from meter.policy.publication import link_step
from meter.validation import PolicyParts, fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.errors import Problem
    from meter.policy.prompts import Prompt, PromptWords
    from meter.policy.publication import Copy

__all__ = ["CODES", "PartsWithPrompts", "noun_faults", "translation_faults", "words_faults"]

_Path = tuple[str | int, ...]

_SAID = {
    "bad-link": ("`link` is a path or an `https://` address, not {link}", "{advice}"),
    "duplicate-name/words": (
        (
            "the words of prompt `{name}` in `{locale}` are given twice: it is the publication's"
            " own locale"
        ),
        "keep them in `[prompts.{name}]`",
    ),
    "missing-key/words": (
        "prompt `{name}` has {key} in `{own}`, but not in `{locale}`",
        "add {key} here as well",
    ),
    "unknown-noun": (
        (
            "meter `{meter}` counts `{noun}`, which is neither a word of the catalog nor among your"
            " `nouns`"
        ),
        "{meant}",
    ),
    "unknown-placeholder": ("`{written}` is not a placeholder of a prompt", "{advice}"),
    "unknown-prompt/words": (
        "there are words in `{locale}` for the prompt `{name}`, which is not declared",
        "{meant}",
    ),
    "unknown-prompt/ships": (
        (
            "there are words in `{locale}` for the prompt `{name}`, which ships: its own are no"
            " declared prompt's"
        ),
        "{advice}",
    ),
}
"""What each code says, and the next step; after a slash, another case of the same code."""

CODES = sorted({key.partition("/")[0] for key in _SAID})


class PartsWithPrompts(PolicyParts, Protocol):
    """A policy, or what could be read of one, with its words."""

    @property
    def copy(self) -> Mapping[str, Copy]: ...


def _problem(case: str, path: _Path, /, **values: object) -> Problem:
    return fault_of(_SAID, case, path, **values)


def words_faults(words: PromptWords, path: _Path) -> Iterator[Problem]:
    """Yield what is wrong with the texts and the link of a prompt in one language."""
    for key, text in words.texts():
        for bad in bad_placeholders(text):
            known = {*PLACEHOLDERS, *OLD_PLACEHOLDERS}
            advice = f"write one like `{{{{ left }}}}`: {meant(bad.name, known)}"
            yield _problem("unknown-placeholder", (*path, key), written=bad.written, advice=advice)
    if words.link is not None:
        step = link_step(words.link)
        if step is not None:
            yield _problem("bad-link", (*path, "link"), link=quoted(words.link), advice=step)


def translation_faults(
    policy: PartsWithPrompts, declared: Mapping[str, Prompt]
) -> Iterator[Problem]:
    """Yield what is wrong with the words of prompts in other languages than the publication's."""
    own = policy.publication.locale
    for locale, copy in policy.copy.items():
        for name, words in copy.prompts.items():
            path = ("copy", locale, "prompts", name)
            if name not in declared:
                yield _undeclared(name, declared, path, locale)
                continue
            if locale == own:
                yield _problem("duplicate-name/words", path, locale=locale, name=name)
                continue
            yield from words_faults(words, path)
            given = dict(words.texts())
            for key, _ in declared[name].texts():
                if key not in given:
                    yield _problem(
                        "missing-key/words", path, name=name, key=f"`{key}`", own=own, locale=locale
                    )


def _undeclared(name: str, declared: Mapping[str, Prompt], path: _Path, locale: str) -> Problem:
    """Return what is said of words for a prompt that the policy does not declare."""
    if name not in SHIPPED:
        step = meant(name, declared, f"declare it: `[prompts.{name}]`")
        return _problem("unknown-prompt/words", path, locale=locale, name=name, meant=step)
    step = "give it a name of your own, and declare it: `[prompts.NAME]`"
    if name in TEXTS:
        step = f"write them as its sentences: `[copy.{locale}.texts.{name}]`"
    return _problem("unknown-prompt/ships", path, locale=locale, name=name, advice=step)


def noun_faults(policy: PartsWithPrompts) -> Iterator[Problem]:
    """Yield the nouns of meters that nobody has a word for."""
    known = {*NOUNS, *(noun for copy in policy.copy.values() for noun in copy.nouns)}
    for meter in policy.meters:
        if meter.noun not in known:
            otherwise = (
                f"write its forms in your language: `[copy.{policy.publication.locale}.nouns]`"
                f' `"{meter.noun}" = {{ one = "…", other = "…" }}`'
            )
            step = meant(meter.noun, known, otherwise)
            path = ("meters", meter.name, "noun")
            yield _problem("unknown-noun", path, meter=meter.name, noun=meter.noun, meant=step)
