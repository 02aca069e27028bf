"""Next steps where something else stands than the code of a locale, country, language or currency.

All codes are those of CLDR, through Babel.
"""

from __future__ import annotations

import re

from babel import Locale, localedata
from babel.core import get_global

from meter.errors import closest, did_you_mean

__all__ = ["code_step", "currency_step", "is_country", "locale_step", "renamed_country"]

_NO_ZONE = ("BV", "HM", "XK", "XX")
"""Two where nobody lives, and codes in use for Kosovo and for "not known"."""
_GROUPS = ("EU", "EZ", "UN")
"""Codes of CLDR for several countries."""
_LOCALE = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")


def locale_step(name: str) -> str | None:
    """Return the next step if `name` is not a locale that CLDR knows, else nothing."""
    sought = name.replace("-", "_")
    if _LOCALE.fullmatch(name) and localedata.exists(sought):
        return None
    initial = name[:1].lower()
    known = [locale for locale in localedata.locale_identifiers() if locale[:1] == initial]
    close = _code_of(name, "languages") or closest(sought, known)
    if close:
        return did_you_mean(close.replace("_", "-"))
    return "locales look like `en`, `ja` or `pt-BR`"


def is_country(code: str) -> bool:
    """Say whether requests may come from a country of this code (ISO 3166), or from an unknown one.

    CLDR has a time zone for each of them where somebody lives, and none for what is no country,
    such as `EU`.
    """
    return code in get_global("territory_zones") or code in _NO_ZONE


def renamed_country(code: str) -> str | None:
    """Return the code that stands for a country today, such as `GB` for `UK`, if it is another."""
    codes = get_global("territory_aliases").get(code, ())
    return codes[0] if len(codes) == 1 else None


def code_step(name: str, kind: str, examples: str) -> str:
    """Return the next step where a name stands instead of its code.

    `kind` is what CLDR calls such names: `territories` or `languages`.
    """
    usual = f"codes look like {examples}"
    code = _code_of(name, kind)
    if code is None and kind == "territories":
        code = renamed_country(name)
    if code:
        return did_you_mean(code.replace("_", "-"))
    if kind == "territories" and name in _GROUPS:
        return f"that is no country: name each of them; {usual}"
    if kind == "territories" and name.lower() in Locale("en").languages:
        return f'that is a language: `language = ["{name.lower()}"]`; {usual}'
    return usual


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
