"""Write numbers, money, terms, days and plurals as a language does (CLDR, through Babel)."""

from __future__ import annotations

import re
from datetime import time
from functools import lru_cache
from typing import TYPE_CHECKING
from unicodedata import bidirectional

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_name,
    get_currency_symbol,
)
from babel.units import format_unit

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from babel import Locale

    from meter.windows import Term

__all__ = [
    "clock_text",
    "country_text",
    "currency_text",
    "day_text",
    "direction",
    "elided",
    "money",
    "name_text",
    "number",
    "plural",
    "term_text",
    "time_text",
    "weekday_text",
]

# CLDR, `currencySpacing`: a space that does not break stands here. Babel leaves it out.
_LETTER_AND_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between a currency of letters and a digit."""

_QUOTED = re.compile("'([^']*)'")
"""A word in a pattern of CLDR's."""

_LTR_ISOLATE = "\u2066"
_ISOLATE = "\u2068"
_END_OF_ISOLATE = "\u2069"
_DIRECTING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that only turn the direction of a text: a name that opens one may not close it."""
_AGAINST = {"ltr": {"R", "AL"}, "rtl": {"L"}}
"""The strong characters that run against a direction (Unicode Standard Annex 9)."""

_MOST_IN_ONE_LINE = 24

_DAY_AND_MONTH = {"cy": "d MMMM"}
"""Where CLDR begins with the month and a sentence cannot: a Welsh month mutates after `ar`."""


_FIRST_OF_A_MONTH = {"fr": "1er", "it": "1º", "pt": "1º"}
"""Where the first of a month is an ordinal and CLDR writes the bare number."""
_ARTICLE_BEFORE_A_VOWEL = {"it": re.compile(r"\b(il|al|dal|del|nel|sul) (?=(?:8\d*|11)\b)")}
"""An article before a number that is said with a vowel: *otto*, *ottanta*, *undici*."""


@lru_cache(maxsize=4096)
def plural(n: int, locale: Locale) -> str:
    """Return the CLDR category of a whole number.

    `zero one two few many other` (remembered: Babel parses the rule on each call).

    >>> from babel import Locale
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
    >>> from babel import Locale
    >>> money(Decimal(9), "USD", Locale("en")), money(Decimal("9.5"), "USD", Locale("en"))
    ('$9', '$9.50')
    """
    if amount != amount.to_integral_value():
        text = format_currency(amount, currency, locale=locale)
    else:
        pattern = re.sub(r"\.0+", "", locale.currency_formats["standard"].pattern)
        text = format_currency(amount, currency, pattern, locale=locale, currency_digits=False)
    text = _LETTER_AND_DIGIT.sub("\u00a0", text)
    symbol = get_currency_symbol(currency, locale)
    if _runs_against(symbol, locale):
        # Else the `$` of `US$` is drawn on the other side of the `US`.
        text = text.replace(symbol, f"{_LTR_ISOLATE}{symbol}{_END_OF_ISOLATE}")
    return _isolated(text, locale)


@lru_cache(maxsize=1024)
def direction(locale: Locale) -> str:
    """Return `rtl` or `ltr`, which is also how what is written from top to bottom lies down."""
    return "rtl" if locale.text_direction == "rtl" else "ltr"


@lru_cache(maxsize=1024)
def name_text(name: str, locale: Locale) -> str:
    """Return a name so that it can stand in a sentence of a locale without upsetting its order.

    One that runs the other way (an English name in Arabic) is put between Unicode's isolates. Its
    words stay in one line where they are few: torn over two, it is read from the wrong end.
    """
    plain = _DIRECTING.sub("", name)
    if _runs_against(plain, locale) and len(plain) <= _MOST_IN_ONE_LINE:
        plain = plain.replace(" ", "\u00a0")
    return _isolated(plain, locale)


def _isolated(text: str, locale: Locale) -> str:
    return f"{_ISOLATE}{text}{_END_OF_ISOLATE}" if _runs_against(text, locale) else text


def _runs_against(text: str, locale: Locale) -> bool:
    against = _AGAINST[direction(locale)]
    return any(bidirectional(char) in against for char in text)


@lru_cache(maxsize=1024)
def day_text(day: date, locale: Locale, *, year: bool = False) -> str:
    """Write a day: `June 30th` in English, the locale's own form elsewhere; with its year if asked.

    >>> from datetime import date
    >>> from babel import Locale
    >>> day_text(date(2026, 6, 30), Locale("en")), day_text(date(2026, 6, 30), Locale("de"))
    ('June 30th', '30. Juni')
    >>> day_text(date(2028, 6, 30), Locale("en"), year=True)
    'June 30th, 2028'
    """
    if year:
        text = format_date(day, "long", locale=locale)
    elif locale.language in _DAY_AND_MONTH:
        text = format_date(day, _DAY_AND_MONTH[locale.language], locale=locale)
    else:
        text = format_skeleton("MMMMd", day, locale=locale)
    # CLDR has no ordinal dates.
    if day.day == 1 and locale.language in _FIRST_OF_A_MONTH:
        return re.sub(r"\b1\b", _FIRST_OF_A_MONTH[locale.language], text, count=1)
    if locale.language != "en":
        return text
    # Its ordinal categories of English are these four suffixes.
    suffix = {"one": "st", "two": "nd", "few": "rd"}.get(locale.ordinal_form(day.day), "th")
    return re.sub(rf"\b{day.day}\b", f"{day.day}{suffix}", text, count=1)


@lru_cache(maxsize=1024)
def weekday_text(day: date, locale: Locale) -> str:
    """Write the day of the week, such as `Tuesday`."""
    return format_date(day, "EEEE", locale=locale)


@lru_cache(maxsize=1024)
def country_text(code: str, locale: Locale) -> str:
    """Write the name of a country, or of the country of a region; nothing for a code of none.

    >>> from babel import Locale
    >>> country_text("JP", Locale("en")), country_text("SE-M", Locale("de"))
    ('Japan', 'Schweden')
    """
    name = locale.territories.get(code.partition("-")[0].upper(), "")
    return name_text(str(name), locale)


@lru_cache(maxsize=1024)
def currency_text(currency: str, locale: Locale) -> str:
    """Write the name of a currency, such as `US Dollar`."""
    return name_text(get_currency_name(currency, locale=locale), locale)


def clock_text(when: datetime, locale: Locale) -> str:
    """Write a time of the day as the clock of `when` shows it, to the minute: `6:30 PM`."""
    return _clock(when.hour, when.minute, locale)


@lru_cache(maxsize=4096)
def _clock(hour: int, minute: int, locale: Locale) -> str:
    return format_time(time(hour, minute), "short", locale=locale)


def elided(sentence: str, locale: Locale) -> str:
    """Write a sentence with the articles that its language elides before a number.

    >>> from babel import Locale
    >>> elided("fino al 8 luglio", Locale("it")), elided("fino al 9 luglio", Locale("it"))
    ('fino all’8 luglio', 'fino al 9 luglio')
    """
    articles = _ARTICLE_BEFORE_A_VOWEL.get(locale.language)
    if articles is None:
        return sentence
    return articles.sub(lambda found: "l’" if found[1] == "il" else f"{found[1]}l’", sentence)


def time_text(when: datetime, locale: Locale, *, year: bool = False) -> str:
    """Write a day with its time as the clock of `when` shows it, to the minute.

    `June 30th, 6:30 PM`.
    """
    pattern = _QUOTED.sub(r"\1", locale.datetime_formats["long"])
    # Not remembered: two zones' names for one instant are equal, and written differently.
    return pattern.format(clock_text(when, locale), day_text(when.date(), locale, year=year))


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
