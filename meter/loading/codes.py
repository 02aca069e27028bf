"""Next steps where something else stands than the code of a locale, country, language or currency.

All codes are those of CLDR, through Babel.
"""

from __future__ import annotations

import re

from babel import Locale
from babel.core import get_global

from meter.errors import closest, did_you_mean
from meter.resources.locales import locale_of

__all__ = [
    "code_step",
    "currency_step",
    "is_country",
    "language_code_step",
    "locale_step",
    "place_step",
    "renamed_country",
]

_BETWEEN_WORDS = re.compile(r"[-_\s]+")
_AFTER_A_NAME = re.compile(r"[.@]")
"""What a POSIX name goes on with: `en_US.UTF-8`."""
_LIKE_ENOUGH = 0.85
"""How alike a word and the name of a language must be: `deutsch` is not `Dutch`."""
_UNKNOWN = "ZZ"
"""CLDR's code for no country in particular."""
_NO_ZONE = ("BV", "HM", "XK", "XX")
"""Two where nobody lives, and codes in use for Kosovo and for "not known"."""
_GROUPS = ("EU", "EZ", "UN", "EEA", "DACH")
_LANGUAGES = "codes look like `en` or `pt-BR`"
_GROUP_NAMES = ("europe", "european union", "eurozone", "asia", "africa", "world")
"""Several countries, by a code or a name."""


_ALSO_CALLED = {
    "america": "US",
    "britain": "GB",
    "burma": "MM",
    "cape verde": "CV",
    "czech republic": "CZ",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "korea": "KR",
    "northern ireland": "GB",
    "scotland": "GB",
    "swaziland": "SZ",
    "the netherlands": "NL",
    "turkey": "TR",
    "united states of america": "US",
    "wales": "GB",
}
"""Names of countries, and of parts of one, that CLDR calls otherwise."""

_REGION = re.compile(r"(?P<country>[A-Z]{2})-(?P<part>[A-Z0-9]{1,3})")
"""The code of a region (ISO 3166-2); which there are in a country is not looked at."""


def locale_step(name: str) -> str | None:
    """Return the next step if `name` is not a locale that CLDR knows, else nothing."""
    if locale_of(name) is not None:
        return None
    meant = _locale_meant(name)
    return did_you_mean(meant) if meant else "locales look like `en`, `ja` or `pt-BR`"


def _locale_meant(name: str) -> str | None:
    """Return the locale that is meant: by its name, its country, or the part of it that is known.

    >>> _locale_meant("jp"), _locale_meant("Brazilian Portuguese"), _locale_meant("zh-Taiwan")
    ('ja', 'pt-BR', 'zh-TW')
    """
    whole = _code_of(name, "languages")
    if whole is not None:
        return whole.replace("_", "-")
    words = _BETWEEN_WORDS.split(_AFTER_A_NAME.split(name)[0])
    countries = [country for word in words[1:] if (country := _country(word))]
    language = _language(words[0])
    if language is None:
        country = _country(words[0])
        if country is None:
            return None
        language = _language_of(country)
        countries = [*countries, country] if words[1:] else []
    tags = (*(f"{language}-{country}" for country in countries), language)
    return next((tag for tag in tags if locale_of(tag) is not None), None)


def _language(word: str) -> str | None:
    """Return the code of a language that is written as its code or its English name."""
    if locale_of(word) is not None:
        return word.lower()
    languages = Locale("en").languages
    names = {known.casefold(): code for code, known in languages.items()}
    like = closest(word.casefold(), names, _LIKE_ENOUGH)
    if like is not None:
        return str(names[like]).replace("_", "-")
    # A code with a letter too many; any other that is spelled alike means something else.
    return word[:2].lower() if len(word) == len("jaa") and word[:2].lower() in languages else None


def _country(word: str) -> str | None:
    """Return the code of a country that is written as a code or as its English name."""
    code = renamed_country(word.upper()) or word.upper()
    known = {*Locale("en").territories} - {_UNKNOWN}
    return code if code in known else _code_of(word, "territories")


def _language_of(country: str) -> str:
    """Return the language that most in a country read (CLDR, likely subtags)."""
    likely = get_global("likely_subtags")
    return str(likely.get(f"und_{country}", likely["und"])).split("_")[0]


def is_country(code: str) -> bool:
    """Say whether requests may come from a country of this code (ISO 3166), or from an unknown one.

    CLDR has a time zone for each of them where somebody lives, and none for what is no country,
    such as `EU`.
    """
    known = code in get_global("territory_zones") or code in _NO_ZONE
    return known and code.isalpha()  # CLDR has `001` for the world


def renamed_country(code: str) -> str | None:
    """Return the code that stands for a country today, such as `GB` for `UK`, if it is another."""
    codes = get_global("territory_aliases").get(code, ())
    return codes[0] if len(codes) == 1 else None


def place_step(code: str) -> str | None:
    """Return the next step if no request comes from a place of this code, else nothing.

    A place is a country or a region of one (ISO 3166-2), such as `SE-M`.

    >>> place_step("SE-M"), place_step("UK-ENG")
    (None, 'did you mean `GB-ENG`?')
    """
    region = _REGION.fullmatch(code)
    if is_country(region["country"] if region else code):
        return None
    renamed = renamed_country(region["country"]) if region else None
    if region and renamed:
        return did_you_mean(f"{renamed}-{region['part']}")
    return code_step(code, "territories", "`JP` or `US`")


def code_step(name: str, kind: str, examples: str) -> str:
    """Return the next step where a name stands instead of its code.

    `kind` is what CLDR calls such names: `territories` or `languages`.
    """
    usual = f"codes look like {examples}"
    code = _code_of(name, kind)
    if kind == "territories" and not (code or "").isalpha():
        code = renamed_country(name) or _ALSO_CALLED.get(name.casefold())
    if code:
        return did_you_mean(code.replace("_", "-"))
    if kind == "territories" and (name in _GROUPS or name.casefold() in _GROUP_NAMES):
        return f"that is no country: name each of them; {usual}"
    if kind == "territories" and name.lower() in Locale("en").languages:
        return f'that is a language: `language = ["{name.lower()}"]`; {usual}'
    return usual


def language_code_step(language: str) -> str | None:
    """Return the next step if no page is ever in a language of this code (BCP 47), else nothing.

    >>> language_code_step("jp"), language_code_step("eng"), language_code_step("pt-br")
    ('did you mean `ja`?', 'did you mean `en`?', None)
    """
    locale = locale_of(language)
    if locale is None:
        name = _code_of(language, "languages") or _locale_meant(language)
        return did_you_mean(name.replace("_", "-")) if name else _LANGUAGES
    first = _BETWEEN_WORDS.split(language)[0]
    has_shorter = len(first) > len(locale.language)
    return did_you_mean(locale.language) if has_shorter else None


def currency_step(code: str) -> str | None:
    """Return the next step if `code` is not a currency (ISO 4217), else nothing."""
    known = get_global("all_currencies")
    if code in known:
        return None
    if code.upper() in known:
        return did_you_mean(code.upper())
    return "a currency is three capitals, such as `USD`, `EUR` or `JPY`"


def _code_of(name: str, kind: str) -> str | None:
    """Return the code that goes by this English name."""
    names = getattr(Locale("en"), kind)
    return {known.casefold(): code for code, known in names.items()}.get(name.casefold())
