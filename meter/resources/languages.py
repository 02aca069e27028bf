"""Which languages ship words of prompts, and whether somebody has reviewed them."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from meter.resources.files import template_root
from meter.resources.locales import best_match
from meter.resources.toml import toml_tables

__all__ = [
    "LanguageStatus",
    "draft_sentences",
    "language_status",
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
