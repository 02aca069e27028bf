"""Locales as CLDR resolves them: which one a tag names, and which of several serves it best."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen
from babel import Locale, localedata
from babel.core import get_global

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Plurals", "best_match", "lineage", "locale_of", "plurals_of", "with_fallbacks"]

_MOST_OF_A_TAG = 35  # RFC 5646 section 4.4.1
_TAG = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*", re.ASCII)
_EXTENDED = re.compile(r"[A-Za-z]{3}", re.ASCII)
_SCRIPT = re.compile(r"[A-Za-z]{4}", re.ASCII)
_TERRITORY = re.compile(r"[A-Za-z]{2}|[0-9]{3}", re.ASCII)
_ONE_LANGUAGE = {"nb": "no"}
"""A language that goes by two codes: whoever asks for one is served the words of the other."""


def locale_of(tag: str) -> Locale | None:
    """Return the locale that a tag names as CLDR resolves it, or `None` where it names none.

    Aliases, likely scripts and inheritance count: `zh-TW` is Traditional Chinese, `no-NO` is
    Norwegian, `iw` is Hebrew, `en-TW` is English. Extensions (`-u-ca-japanese`) are passed over.

    >>> str(locale_of("zh-TW")), str(locale_of("sr-RS")), locale_of("xx")
    ('zh_Hant_TW', 'sr_Cyrl_RS', None)
    """
    return _locale_of(tag) if len(tag) <= _MOST_OF_A_TAG else None


@lru_cache(maxsize=1024)
def _locale_of(tag: str) -> Locale | None:
    parts = _parts_of(tag)
    return None if parts is None else _locale(parts)


def best_match(tag: str, available: Iterable[str]) -> str | None:
    """Return which of the available tags serves whoever asks for `tag`, as it is written there.

    The same locale, then what CLDR inherits from, then another of the same language and script:
    never another script.

    >>> best_match("zh-TW", ["en", "zh", "zh-Hant"]), best_match("es-MX", ["es", "es-419"])
    ('zh-Hant', 'es-419')
    """
    return _best_match(tag, frozenset(available))


@lru_cache(maxsize=1024)
def _best_match(tag: str, available: frozenset[str]) -> str | None:
    wanted = _parts_of(tag)
    if wanted is None:
        return None
    offered = _offered(available)
    nearest = next(_lineage(tag, wanted, offered), None)
    if nearest is not None:
        return nearest
    for own, key in offered.items():
        if key[:2] == wanted.key[:2]:
            return own
    return None


def lineage(tag: str, available: Iterable[str]) -> tuple[str, ...]:
    """Return the available tags that a tag inherits from, the nearest first, as written there.

    The same locale, then what CLDR inherits from, up to the language: never another country.

    >>> lineage("de-CH", ["de", "de-AT", "de-CH", "fr"]), lineage("nn", ["nb", "da"])
    (('de-CH', 'de'), ('nb',))
    """
    return _all_of_lineage(tag, frozenset(available))


@lru_cache(maxsize=1024)
def _all_of_lineage(tag: str, available: frozenset[str]) -> tuple[str, ...]:
    wanted = _parts_of(tag)
    if wanted is None:
        return ()
    return tuple(dict.fromkeys(_lineage(tag, wanted, _offered(available))))


def with_fallbacks(wanted: Iterable[str], chains: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the wanted tags, each with the languages that stand in for it right after it.

    A chain is that of the tag itself, or of what it inherits from, as words are found (RFC 4647,
    3.4: each range of the list in turn). The chains of what a chain names are not followed.

    >>> with_fallbacks(["nb-NO", "en"], {"nb": ("da", "sv"), "da": ("de",)})
    ('nb-NO', 'da', 'sv', 'en')
    """
    if not chains:
        return tuple(wanted)
    found: dict[str, None] = {}
    for tag in wanted:
        found[tag] = None
        for named in lineage(tag, chains)[:1]:
            found |= dict.fromkeys(chains[named])
    return tuple(found)


@frozen
class Plurals:
    """The plural categories of a language: all that CLDR knows, and those that prompts count in.

    Whole numbers from 1 to 999,999 are counted: zero is never said, and only fractions or millions
    take the other categories of some languages.
    """

    known: frozenset[str]
    counted: frozenset[str]


@lru_cache(maxsize=128)
def plurals_of(tag: str) -> Plurals | None:
    """Return the plural categories of the language of a tag; `None` where it names none.

    >>> plurals = plurals_of("cs")
    >>> sorted(plurals.known), sorted(plurals.counted)
    (['few', 'many', 'one', 'other'], ['few', 'one', 'other'])
    """
    locale = locale_of(tag)
    if locale is None:
        return None
    rule = locale.plural_form
    numbers = (*range(1, 1_200), *range(2_000, 1_000_000, 1_000))
    counted = frozenset(map(str, map(rule, numbers)))
    return Plurals(known=frozenset({*map(str, rule.tags), "other"}), counted=counted)


def _offered(available: Iterable[str]) -> dict[str, tuple[str, str, str, str]]:
    return {own: parts.key for own in sorted(available) if (parts := _parts_of(own))}


def _lineage(
    tag: str, wanted: _Parts, offered: Mapping[str, tuple[str, str, str, str]]
) -> Iterator[str]:
    for own in offered:
        if own.replace("_", "-").lower() == tag.replace("_", "-").lower():
            yield own
    for wider in wanted.wider():
        for own, key in offered.items():
            if key == wider.key:
                yield own


@frozen
class _Parts:
    """The parts of a tag, aliases resolved; the script is the likely one where it has none."""

    language: str
    script: str
    territory: str = ""
    variant: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is compared."""
        language = _ONE_LANGUAGE.get(self.language, self.language)
        return language, self.script, self.territory, self.variant

    def names(self) -> tuple[str, str]:
        """Return the names under which CLDR may keep what is said of a territory."""
        written_out = f"{self.language}_{self.script}_{self.territory}"
        return written_out, f"{self.language}_{self.territory}"

    def wider(self) -> Iterator[_Parts]:
        """Yield this, its most likely territory, what CLDR inherits from, and the language alone.

        The nearest first, all in one script (CLDR, `parentLocales`).
        """
        yield self
        yield _Parts(self.language, self.script, self.territory)
        if not self.territory:
            likely = _likely(f"{self.language}_{self.script}", self.language)
            yield _Parts(self.language, self.script, likely[-1])
        parents = get_global("parent_exceptions")
        names = self.names()
        while parent := next((parents[name] for name in names if name in parents), None):
            parts = _parts_of(parent)
            if parts is None or not parts.territory:
                break
            yield parts
            names = parts.names()
        yield _Parts(self.language, self.script)
        if self.language in parents:
            yield _Parts(parents[self.language], self.script)


@lru_cache(maxsize=1024)
def _parts_of(tag: str) -> _Parts | None:
    """Return the parts of a tag, or `None` where it is not made like one (RFC 5646)."""
    if len(tag) > _MOST_OF_A_TAG or not _TAG.fullmatch(tag):
        return None
    language, *rest = tag.replace("_", "-").split("-")
    language = language.lower()
    # From the first single letter on it is an extension, which is no part of a locale's name.
    single = next((place for place, part in enumerate(rest) if len(part) == 1), len(rest))
    if single == len(rest) - 1:
        return None
    rest = rest[:single]
    if rest and _EXTENDED.fullmatch(rest[0]):
        language = rest.pop(0).lower()  # `zh-yue` is `yue`
    language, *implied = get_global("language_aliases").get(language, language).split("_")
    script = implied[0] if implied else ""
    if rest and _SCRIPT.fullmatch(rest[0]):
        script = rest.pop(0).title()
    territory = ""
    if rest and _TERRITORY.fullmatch(rest[0]):
        territory = rest.pop(0).upper()
        renamed = get_global("territory_aliases").get(territory)
        territory = renamed[0] if renamed else territory
    script = script or _likely(f"{language}_{territory}", language)[1]
    return _Parts(language, script, territory, "_".join(rest).upper())


def _likely(*names: str) -> list[str]:
    """Return the likely language, script and territory of the first name that CLDR knows."""
    likely = get_global("likely_subtags")
    return next((str(likely[name]).split("_") for name in names if name in likely), ["", "", ""])


def _locale(parts: _Parts) -> Locale | None:
    """Return the locale nearest to these parts that CLDR has, in their language and script."""
    english = Locale("en")
    if parts.territory and parts.territory not in english.territories:
        return None
    if parts.variant and parts.variant not in english.variants:
        return None
    places = [parts.territory, ""] if parts.territory else [""]
    for territory in places:
        usual = _likely(f"{parts.language}_{territory}", parts.language)[1]
        scripts = [parts.script, ""] if parts.script == usual else [parts.script]
        for variant in (parts.variant, ""):
            for script in scripts:
                name = "_".join(filter(None, (parts.language, script, territory, variant)))
                if name != "root" and localedata.exists(name):
                    return Locale(
                        parts.language,
                        territory=territory or None,
                        script=script or None,
                        variant=variant or None,
                    )
    return None
