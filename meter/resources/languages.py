"""Which languages ship words of prompts, and whether somebody has reviewed them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from meter.errors import Problem, listed
from meter.policy.languages import COUNTED, fields_in
from meter.policy.placeholders import PLURALS
from meter.resources.files import template_root
from meter.resources.locales import best_match, lineage, plurals_of, with_fallbacks
from meter.resources.needed import needed_texts
from meter.resources.toml import toml_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from meter.policy import Policy
    from meter.resources.needed import NeededText

    _Files = Mapping[str, Mapping[str, Mapping[str, str]]]

__all__ = [
    "LanguageStatus",
    "draft_sentences",
    "fields_everywhere",
    "language_status",
    "lenders",
    "missing_texts",
    "plural_problems",
    "shipped_languages",
    "shipped_texts",
]

LanguageStatus = Literal["reviewed", "draft"]
"""Whether somebody who never saw the English has translated every sentence of a language back."""

_STATUS = ("language", "status")
_DRAFTS = "drafts"


@lru_cache(maxsize=1)
def shipped_texts() -> dict[str, dict[str, dict[str, str]]]:
    """Return the tables of every file of texts that ships, by language."""
    files = sorted((template_root() / "prompts" / "texts").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): toml_tables(file.read_text(encoding="utf-8"), file.name)
        for file in files
        if file.name.endswith(".toml")
    }


def shipped_languages() -> tuple[str, ...]:
    """Return the languages that words of prompts ship in, as tags in the order of the alphabet."""
    return tuple(shipped_texts())


def language_status(tag: str) -> LanguageStatus:
    """Return whether the words that serve a tag are reviewed; where none ship, they are a draft.

    Of what a language says only for a few policies some sentences may be younger: see
    `draft_sentences`.

    >>> language_status("en-GB"), language_status("tlh")
    ('reviewed', 'draft')
    """
    table, key = _STATUS
    return "reviewed" if _said_of(tag, table, key) == "reviewed" else "draft"


def draft_sentences(tag: str) -> frozenset[str]:
    """Return the tables, and texts of tables, that are drafts in a language that is reviewed.

    They are said only by policies that ask for them, such as for an offer that `lasts` a while.

    >>> sorted(draft_sentences("de")), sorted(draft_sentences("en"))
    (['days-left', 'deadline', 'offer.was'], [])
    """
    return frozenset(_said_of(tag, _STATUS[0], _DRAFTS).split())


def _said_of(tag: str, table: str, key: str) -> str:
    served = best_match(tag, shipped_texts())
    return "" if served is None else shipped_texts()[served].get(table, {}).get(key, "")


@lru_cache(maxsize=256)
def fields_everywhere(table: str, key: str | None) -> frozenset[str]:
    """Return the fields that a text has in every language that ships; of a table without a key.

    >>> sorted(fields_everywhere("left", None)), sorted(fields_everywhere("offer", "ends"))
    (['n', 'period'], ['day'])
    """
    found = []
    for tables in shipped_texts().values():
        texts = tables.get(table, {})
        said = texts.values() if table in COUNTED else [texts.get(key or "", "")]
        found.append(frozenset[str]().union(*map(fields_in, said)))
    return frozenset.intersection(*found)


def missing_texts(
    policy: Policy, locale: str, files: _Files | None = None
) -> tuple[NeededText, ...]:
    """Return what the prompts of a policy may say and a language has no text for.

    What it inherits counts, and what ships; `files` are the texts of a publisher's folder.
    """
    copy = policy.copy.get(best_match(locale, policy.copy) or "")
    has = _texts_of(policy, locale, files or {})
    return tuple(text for text in needed_texts(policy, copy) if not has(text))


def lenders(
    policy: Policy,
    locale: str,
    texts: Iterable[NeededText],
    files: _Files | None = None,
) -> tuple[str, ...]:
    """Return in which languages texts are said that one leaves out.

    Each in the first of the language's chain that has it, else in English.
    """
    own = {tag for tag, copy in policy.copy.items() if copy.texts}
    known = (*own, *(files or {}), *shipped_texts())
    chain = with_fallbacks((locale,), policy.publication.fallback)[1:]
    served = [words for tag in chain if (words := best_match(tag, known)) is not None]
    have = {tag: _texts_of(policy, tag, files or {}) for tag in served}
    found = (next((tag for tag in served if have[tag](text)), "en") for text in texts)
    return tuple(dict.fromkeys(found))


def _texts_of(policy: Policy, locale: str, files: _Files) -> Callable[[NeededText], bool]:
    """Return what says whether a language has a text, itself or of what it inherits from."""
    own = {tag: copy.texts for tag, copy in policy.copy.items() if copy.texts}
    layers = [
        texts[tag] for texts in (own, files, shipped_texts()) for tag in lineage(locale, texts)
    ]
    return lambda text: any(text.is_in(tables) for tables in layers)


def plural_problems(what: str, locale: str, forms: Collection[str]) -> Iterator[Problem]:
    """Yield the plural forms that numbers of a language ask for and that are not there.

    And those that none of its numbers takes. Both are warnings, without a place.

    >>> for problem in plural_problems("`left`", "en", ["few", "other"]):
    ...     print(problem.message)
    `left` leaves out `one`, which numbers in `en` ask for
    `left` has `few`, which no number in `en` takes
    """
    plurals = plurals_of(locale)
    if plurals is None:
        return
    missing = _listed(form for form in PLURALS if form in plurals.counted - {*forms})
    unused = [form for form in PLURALS if form in {*forms} - plurals.known]
    if missing:
        message = f"{what} leaves out {missing}, which numbers in `{locale}` ask for"
        yield _warning("copy-gap", message, f"add {missing}: else they get `other`")
    if unused:
        takes = "takes" if len(unused) == 1 else "take"
        message = f"{what} has {_listed(unused)}, which no number in `{locale}` {takes}"
        known = _listed(form for form in PLURALS if form in plurals.known)
        advice = f"its forms are {known}: remove {_listed(unused)}, or give it to one of them"
        yield _warning("unused-plural", message, advice)


def _warning(code: str, message: str, advice: str) -> Problem:
    return Problem(code=code, message=message, help=advice, severity="warning")


def _listed(forms: Iterable[str]) -> str:
    """List forms; nothing for none."""
    quoted = [f"`{form}`" for form in forms]
    return listed(quoted) if quoted else ""
