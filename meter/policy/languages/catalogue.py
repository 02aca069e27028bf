"""What the texts of a language may hold: the tables, their texts, and the fields of each.

A text is a sentence with fields such as `{period}`. The texts of a counted table are the plural
forms of one sentence: a form for each category of the language, and for single numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.policy.placeholders import PLURALS
from meter.policy.prompts import NOUNS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CATEGORIES",
    "COUNTED",
    "TEXTS",
    "fields_in",
    "is_counted",
    "is_form",
    "known_fields",
    "known_texts",
]

_FIELD = re.compile(r"\{([a-z]+)\}")
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
_NOTHING: frozenset[str] = frozenset()
_OF_AN_OFFER = frozenset({"price", "term"})
_OF_A_HEADING = frozenset({"period", "publication"})
_OF_NOUNS = frozenset({"noun", "nouns"})
_NOUN = "noun-"
_ANY = "benefits"
"""The table whose texts are a list: its keys may be any."""

CATEGORIES = frozenset(PLURALS)
"""The plural categories of CLDR."""

_PROMPT: Mapping[str, frozenset[str]] = {
    "heading": _OF_A_HEADING,
    "lead": frozenset({"publication"}),
    "action": frozenset({"publication"}),
    "about": _NOTHING,
}
_PROMPTS = (
    *("countdown", "last-free-article", "registration-wall", "trial-offer", "subscription-wall"),
    *("trial-expired", "subscription-expired", "sponsored"),
)
_UNITS = ("day", "week", "month", "year")

TEXTS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "language": dict.fromkeys(("status", "drafts"), _NOTHING),
    "period": {
        **dict.fromkeys(_UNITS, _NOTHING),
        "until": frozenset({"until"}),
        "again": frozenset({"until", "start"}),
    },
    "every": dict.fromkeys(_UNITS, _NOTHING),
    "offer": {
        "trial": _OF_AN_OFFER,
        "trial-at-no-charge": _OF_AN_OFFER,
        "subscription": _OF_AN_OFFER,
        "subscription-at-no-charge": _OF_AN_OFFER,
        "ends": frozenset({"day"}),
        "then": _OF_AN_OFFER,
        **{f"then-{unit}": _OF_AN_OFFER for unit in _UNITS},
        "renews": _NOTHING,
        "all": _NOTHING,
        "was": frozenset({"price"}),
    },
    "deadline": {
        **dict.fromkeys(("tonight", "tomorrow"), _NOTHING),
        **dict.fromkeys(("today", "tomorrow-at"), frozenset({"time"})),
    },
    "account": {
        "unlimited": _NOTHING,
        "hint": frozenset({"benefit"}),
        "hint-unlimited": _NOTHING,
    },
    "return": {"day": frozenset({"day"}), "time": frozenset({"time"})},
    "bar": dict.fromkeys(("open", "close"), _NOTHING),
    "sign-in": dict.fromkeys(("reader", "subscriber"), _NOTHING),
    **dict.fromkeys(_PROMPTS, _PROMPT),
    "noun": {
        "plural": _NOTHING,
        "countdown": frozenset({"period", *_OF_NOUNS}),
        "last-free-article": frozenset({"period", *_OF_NOUNS}),
        "account-unlimited": _OF_NOUNS,
        "account-hint-unlimited": _OF_NOUNS,
    },
}
"""The tables of single texts: the fields that each text knows, by its key."""

_SENTENCES: Mapping[str, frozenset[str]] = {
    "left": frozenset({"n", "period"}),
    "used": frozenset({"n", "period"}),
    "account-more": frozenset({"n", "every", "was"}),
    "account-first": frozenset({"n", "every", "was"}),
    **{
        f"{which}-{unit}": frozenset({"n", "limit"})
        for which in ("any", "last")
        for unit in ("hours", "days")
    },
    **{f"every-{unit}": frozenset({"n"}) for unit in ("hours", "days")},
}

COUNTED: Mapping[str, frozenset[str]] = {
    **_SENTENCES,
    **{f"{_NOUN}{table}": fields | {"noun"} for table, fields in _SENTENCES.items()},
    "days-left": frozenset({"n"}),
    **{f"term-{unit}": frozenset({"n"}) for unit in _UNITS},
    **{f"{_NOUN}{noun}": _NOTHING for noun in NOUNS},
}
"""The tables of plural forms: the fields that each of their forms knows."""


def is_counted(table: str) -> bool:
    """Say whether the texts of a table are the plural forms of one."""
    return table in COUNTED


def is_form(table: str, key: str) -> bool:
    """Say whether a key may be a plural form in a table: a category, or for sentences a number."""
    is_noun = table.removeprefix(_NOUN) in NOUNS and table.startswith(_NOUN)
    return key in CATEGORIES or (not is_noun and bool(_NUMBER.fullmatch(key)))


def known_texts(table: str) -> tuple[str, ...]:
    """Return the keys that a table may have, as a message lists them."""
    return PLURALS if table in COUNTED else tuple(TEXTS.get(table, ()))


def known_fields(table: str, key: str) -> frozenset[str] | None:
    """Return the fields that a text knows; `None` where there is no such text."""
    if table == _ANY:
        return _NOTHING
    if table in COUNTED:
        return COUNTED[table] if is_form(table, key) else None
    return TEXTS.get(table, {}).get(key)


def fields_in(text: str) -> frozenset[str]:
    """Return the fields that a text asks for.

    >>> sorted(fields_in("{n} left {period}"))
    ['n', 'period']
    """
    return frozenset(_FIELD.findall(text))
