"""Which languages ship words of prompts, and whether somebody has reviewed them."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from meter.resources.files import template_root
from meter.resources.locales import best_match
from meter.resources.toml import toml_tables

__all__ = ["LanguageStatus", "language_status", "shipped_languages", "shipped_texts"]

LanguageStatus = Literal["reviewed", "draft"]
"""Whether somebody who never saw the English has translated every sentence of a language back."""

_STATUS = ("language", "status")


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

    >>> language_status("en-GB"), language_status("tlh")
    ('reviewed', 'draft')
    """
    served = best_match(tag, shipped_texts())
    table, key = _STATUS
    said = "" if served is None else shipped_texts()[served].get(table, {}).get(key, "")
    return "reviewed" if said == "reviewed" else "draft"
