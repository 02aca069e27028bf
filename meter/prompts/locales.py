"""Write numbers, money, terms, days and plurals as a language does (CLDR, through Babel)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from datetime import date, timedelta
    from decimal import Decimal

    from meter.windows import Term

__all__ = [
    "choose",
    "day_text",
    "length_text",
    "money",
    "number",
    "parse_locale",
    "plural",
    "tags",
    "term_text",
]

# CLDR, `currencySpacing`: a space that does not break stands here. Babel leaves it out.
_LETTER_AND_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between a currency of letters and a digit."""
MOST_OF_A_TAG = 35  # RFC 5646 section 4.4.1


@lru_cache(maxsize=256)
def parse_locale(tag: str) -> Locale | None:
    """Return the locale a tag such as `ja-JP` or `ja_JP` names, or `None` where CLDR has none."""
    if len(tag) > MOST_OF_A_TAG:
        return None
    try:
        return Locale.parse(tag.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        language = tag.replace("_", "-").partition("-")[0]
        return parse_locale(language) if language != tag else None


def tags(locale: Locale) -> Iterator[str]:
    """Yield the tags under which words for a locale are looked for, the most exact one first.

    >>> list(tags(parse_locale("zh-Hant-TW")))
    ['zh-Hant-TW', 'zh-Hant', 'zh']
    """
    parts = str(locale).replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join(parts[:length])


def choose(wanted: tuple[str | None, ...], available: Container[str]) -> tuple[Locale, str]:
    """Return the first of the wanted locales that has words, and the tag of those words.

    English if none has.
    """
    for tag in wanted:
        locale = parse_locale(tag) if tag else None
        if locale is None:
            continue
        for candidate in tags(locale):
            if candidate in available:
                return locale, candidate
    return Locale("en"), "en"


@lru_cache(maxsize=4096)
def plural(n: int, locale: Locale) -> str:
    """Return the CLDR category of a whole number.

    `zero one two few many other` (remembered: Babel parses the rule on each call).

    >>> plural(3, Locale("pl")), plural(5, Locale("pl"))
    ('few', 'many')
    """
    return str(locale.plural_form(n))


@lru_cache(maxsize=4096)
def number(n: int, locale: Locale) -> str:
    """Write a whole number, grouped as the locale groups."""
    return format_decimal(n, locale=locale)


@lru_cache(maxsize=1024)
def money(amount: Decimal, currency: str, locale: Locale) -> str:
    """Write an amount of money; whole amounts without decimals.

    >>> from decimal import Decimal
    >>> money(Decimal(9), "USD", Locale("en")), money(Decimal("9.5"), "USD", Locale("en"))
    ('$9', '$9.50')
    """
    if amount != amount.to_integral_value():
        text = format_currency(amount, currency, locale=locale)
    else:
        pattern = re.sub(r"\.0+", "", locale.currency_formats["standard"].pattern)
        text = format_currency(amount, currency, pattern, locale=locale, currency_digits=False)
    return _LETTER_AND_DIGIT.sub("\u00a0", text)


@lru_cache(maxsize=1024)
def day_text(day: date, locale: Locale) -> str:
    """Write a day of a year: `June 30th` in English, the locale's own form elsewhere.

    >>> from datetime import date
    >>> day_text(date(2026, 6, 30), Locale("en")), day_text(date(2026, 6, 30), Locale("de"))
    ('June 30th', '30. Juni')
    """
    text = format_skeleton("MMMMd", day, locale=locale)
    if locale.language != "en":
        return text
    # CLDR has no ordinal dates; its ordinal categories of English are these four suffixes.
    suffix = {"one": "st", "two": "nd", "few": "rd"}.get(locale.ordinal_form(day.day), "th")
    return re.sub(rf"\b{day.day}\b", f"{day.day}{suffix}", text, count=1)


@lru_cache(maxsize=1024)
def _unit(count: int, unit: str, locale: Locale) -> str:
    text = format_unit(count, unit, "long", locale=locale)
    if unit in text:
        # Where a locale's long form is its short one (Japanese), Babel does not follow CLDR's alias
        # and prints the unit's code.
        return format_unit(count, unit, "short", locale=locale)
    return text


def term_text(term: Term, locale: Locale) -> str:
    """Write how long an offer runs, such as `3 months`."""
    return _unit(term.count, f"duration-{term.unit}", locale)


def length_text(length: timedelta, locale: Locale) -> str:
    """Write a length in days where it is whole days, otherwise in hours."""
    hours = round(length.total_seconds()) // 3600
    days, rest = divmod(hours, 24)
    if rest:
        return _unit(hours, "duration-hour", locale)
    return _unit(days, "duration-day", locale)
