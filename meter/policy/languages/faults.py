"""What makes the texts of a language unusable, and the chains of languages that stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from meter.errors import listed, meant
from meter.policy.languages.catalogue import (
    COUNTED,
    TEXTS,
    fields_in,
    known_fields,
    known_texts,
)
from meter.validation import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.errors import Problem
    from meter.policy.publication import Copy, Publication

__all__ = ["CODES", "language_faults", "text_faults"]

_Path = tuple[str | int, ...]

_SAID = {
    "duplicate-name/fallback": (
        "the fall-back of `{locale}` names `{named}` {how}",
        "name each language once, the one that its readers read best first",
    ),
    "missing-plural/texts": (
        "the plural forms of `{table}` leave out `other`, which every language has",
        'add `other = "…"`',
    ),
    "unknown-field/texts": (
        "the text `{key}` of `{table}` asks for `{{{field}}}`",
        "{advice}",
    ),
    "unknown-text": ("there is no text `{key}` in `{table}`", "{advice}"),
    "unknown-text/table": ("there is no table of texts called `{table}`", "{advice}"),
}
CODES = sorted({key.partition("/")[0] for key in _SAID})

_TABLES = frozenset({*TEXTS, *COUNTED, "benefits"})


class _PolicyWithLanguages(Protocol):
    """A policy, or what could be read of one, as far as languages go."""

    @property
    def publication(self) -> Publication: ...
    @property
    def copy(self) -> Mapping[str, Copy]: ...


def language_faults(policy: _PolicyWithLanguages) -> Iterator[Problem]:
    """Yield what is wrong with the fall-backs and the texts of a policy, each with its path."""
    for locale, chain in policy.publication.fallback.items():
        path = ("publication", "fallback", locale)
        for index, named in enumerate(chain):
            if named == locale:
                how = "itself"
            elif named in chain[:index]:
                how = "twice"
            else:
                continue
            told = {"locale": locale, "named": named, "how": how}
            yield fault_of(_SAID, "duplicate-name/fallback", (*path, index), **told)
    for locale, copy in policy.copy.items():
        yield from text_faults(copy.texts, ("copy", locale, "texts"))


def text_faults(tables: Mapping[str, Mapping[str, str]], under: _Path = ()) -> Iterator[Problem]:
    """Yield what no prompt could say of the texts of a language, each with its path.

    Tables and texts that there are not, fields that a text does not know, and plural forms without
    the one that every language has.
    """
    for table, texts in tables.items():
        path = (*under, table)
        if table not in _TABLES:
            yield fault_of(
                _SAID, "unknown-text/table", path, table=table, advice=meant(table, _TABLES)
            )
            continue
        if table in COUNTED and "other" not in texts:
            yield fault_of(_SAID, "missing-plural/texts", path, table=table)
        for key, text in texts.items():
            yield from _text_faults(table, key, text, (*path, key))


def _text_faults(table: str, key: str, text: str, path: _Path) -> Iterator[Problem]:
    known = known_fields(table, key)
    if known is None:
        advice = meant(key, known_texts(table))
        yield fault_of(_SAID, "unknown-text", path, table=table, key=key, advice=advice)
        return
    for field in sorted(fields_in(text) - known):
        every = listed([f"`{{{name}}}`" for name in sorted(known)], "and") if known else "no field"
        advice = meant(field, known, f"it knows {every}")
        told = {"table": table, "key": key, "field": field}
        yield fault_of(_SAID, "unknown-field/texts", path, advice=advice, **told)
