"""The words of the prompts: one small TOML file per language, ours or the publisher's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen
from babel import Locale

from meter.errors import problem_at
from meter.policy.languages import CATEGORIES, COUNTED
from meter.policy.prompts import Noun
from meter.prompts.errors import TemplateError
from meter.prompts.languages import choose
from meter.prompts.locales import elided, number, plural, term_text
from meter.resources import MOST_BYTES, TomlError, file_stamp, toml_tables
from meter.resources.languages import shipped_texts
from meter.resources.locales import lineage, with_fallbacks

if TYPE_CHECKING:
    from pathlib import Path

    from meter.errors import Problem
    from meter.policy import Policy
    from meter.resources import FileStamp
    from meter.windows import Term

__all__ = ["Texts", "load_texts", "read_bounded", "read_texts", "without_controls"]

_FIELD = re.compile(r"\{([a-z]+)\}")
_SPACES = re.compile(r" {2,}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TERMS = ("term-day", "term-week", "term-month", "term-year")
_SPARED = frozenset(
    {
        *("language", "account", "account-more", "account-first", "return", "bar"),
        *("every", "every-hours", "every-days", "noun-account-more", "noun-account-first"),
        *("offer.renews", "offer.all", "noun.account-unlimited", "noun.account-hint-unlimited"),
    }
)
"""The tables, and texts of tables, that a prompt can do without."""
_LIST = "benefits"
_NOUN = "noun-"
"""Before the name of a table: the nouns of the catalog, and counted sentences for any noun."""


@frozen(kw_only=True)
class Texts:
    """The words of one language, and the locale that writes its numbers and dates.

    `asked` is the tag they were found for. `borrowed` are the tables that another language lends,
    with the locale that picks their plural forms.
    """

    asked: str
    locale: Locale
    tables: Mapping[str, Mapping[str, str]]
    name: str
    borrowed: Mapping[str, Locale] = field(factory=dict)

    def say(self, table: str, key: str, **values: str) -> str:
        """Return one text with its fields filled in, or nothing where the language has none."""
        return self._fill(self.tables.get(table, {}).get(key, ""), values)

    def noun(self, name: str) -> Noun | None:
        """Return a noun of the catalog in this language, or `None` where it has none."""
        table = f"{_NOUN}{name}"
        forms = self.tables.get(table)
        if forms is None:
            return None
        known = {key: form for key, form in forms.items() if key in CATEGORIES}
        if "other" not in known:
            raise self._without(table, "other", "add `other`")
        return Noun(**known)

    def has(self, table: str, noun: Noun | None = None) -> bool:
        """Say whether this language has the counted sentences of a table, for a noun if given."""
        return (table if noun is None else f"{_NOUN}{table}") in self.tables

    def count_of(self, noun: Noun | None, table: str, n: int, **values: str) -> str:
        """Return the sentence for `n` of a noun; without one, of articles."""
        if noun is None or f"{_NOUN}{table}" not in self.tables:
            return self.count(table, n, **values)
        form = noun.form(plural(n, self.locale))
        return self.count(f"{_NOUN}{table}", n, noun=form, **values)

    def count(self, table: str, n: int, **values: str) -> str:
        """Return the sentence for `n`: the one of the very number, else of its plural category."""
        forms = self.tables[table]
        category = plural(n, self.borrowed.get(table, self.locale))
        form = forms.get(str(n)) or forms.get(category, forms.get("other"))
        if form is None:
            raise self._without(table, category, f"add `{category}` or `other`")
        return self._fill(form, {**values, "n": number(n, self.locale)})

    def _without(self, table: str, category: str, advice: str) -> TemplateError:
        message = f"[{table}] has no `{category}`"
        return TemplateError([problem_at("missing-plural", message, advice, name=self.name)])

    def term(self, term: Term) -> str:
        """Return how long an offer runs as the language's phrases have it, else as CLDR does."""
        table = f"term-{term.unit}"
        if table in self.tables:
            return self.count(table, term.count)
        return term_text(term, self.locale)

    def _fill(self, text: str, values: Mapping[str, str]) -> str:
        if "{" not in text:
            return text
        try:
            filled = _FIELD.sub(lambda match: values[match[1]], text)
        except KeyError as missing:
            known = ", ".join(f"`{{{name}}}`" for name in sorted(values)) or "no field"
            message = f"the text `{text}` asks for `{{{missing.args[0]}}}`"
            raise TemplateError(
                [problem_at("unknown-field", message, f"this text knows {known}", name=self.name)]
            ) from None
        return elided(_SPACES.sub(" ", filled).strip(" "), self.locale)


def load_texts(wanted: tuple[str, ...], folder: Path | None, policy: Policy | None = None) -> Texts:
    """Return the texts of the first wanted locale that has any.

    They are ours, over them those in the `texts` of a publisher's folder, over them the policy's
    own (`[copy.da.texts]`).
    """
    if policy is None or not (policy.publication.fallback or _own_texts(policy)):
        return _shipped_texts(wanted) if folder is None else _texts(wanted, folder, None)
    return _policys_texts(wanted, policy) if folder is None else _texts(wanted, folder, policy)


@lru_cache(maxsize=256)
def _shipped_texts(wanted: tuple[str, ...]) -> Texts:
    return _texts(wanted, None, None)


@lru_cache(maxsize=256)
def _policys_texts(wanted: tuple[str, ...], policy: Policy) -> Texts:
    return _texts(wanted, None, policy)


def _own_texts(policy: Policy | None) -> dict[str, Mapping[str, Mapping[str, str]]]:
    """Return the texts of a policy by locale."""
    copies = {} if policy is None else policy.copy
    return {locale: copy.texts for locale, copy in copies.items() if copy.texts}


def _texts(wanted: tuple[str, ...], folder: Path | None, policy: Policy | None) -> Texts:
    files: dict[str, Path] = {}
    if folder is not None:
        files = {path.stem: path for path in sorted((folder / "texts").glob("*.toml"))}
    own = _own_texts(policy)
    shipped = shipped_texts()
    known = {*files, *own, *shipped}
    choice = choose(wanted, known)
    tables: Mapping[str, Mapping[str, str]] = {}
    is_ours = False
    name = f"{choice.words}.toml"
    # What a language inherits from lies under it: `de` under `de-CH`.
    for tag in reversed(lineage(choice.words, known)):
        is_ours = is_ours or tag in shipped
        tables = _merge(tables, shipped.get(tag, {}))
        if tag in files:
            tables = _merge(tables, read_texts(files[tag]))
            name = str(files[tag])
        tables = _merge(tables, own.get(tag, {}))
    borrowed: dict[str, Locale] = {}
    if not is_ours:
        chains = {} if policy is None else policy.publication.fallback
        other = choose(with_fallbacks((choice.words,), chains), shipped)
        under = _stand_in(shipped[other.words])
        if _LIST in tables:  # a list of one language is not filled up from another
            del under[_LIST]
        borrowed = dict.fromkeys(under.keys() - tables.keys(), other.locale)
        tables = _merge(under, tables)
    return Texts(
        asked=choice.asked, locale=choice.locale, tables=tables, name=name, borrowed=borrowed
    )


def _stand_in(tables: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """Return what stands in for a language of the publisher's.

    CLDR has its terms already, and a line that a prompt can do without is not said in another.
    """
    return {
        table: {key: text for key, text in texts.items() if f"{table}.{key}" not in _SPARED}
        for table, texts in tables.items()
        if table not in (*_TERMS, *_SPARED)
    }


def _merge(
    under: Mapping[str, Mapping[str, str]], over: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    merged = dict(under)
    for table, texts in over.items():
        # Plural forms belong together: half of one language's and half of another's would be
        # neither.
        whole = table in COUNTED or table.startswith(_NOUN)
        merged[table] = texts if whole else {**under.get(table, {}), **texts}
    return merged


def read_texts(path: Path) -> dict[str, dict[str, str]]:
    """Return the tables of a file of texts, which is read again only when it has changed.

    Raises `TemplateError` with what is wrong with it.
    """
    tables, problems = _tables(path, file_stamp(path))
    if problems:
        raise TemplateError(problems)
    return tables


@lru_cache(maxsize=256)
def _tables(
    path: Path, _stamp: FileStamp | None
) -> tuple[dict[str, dict[str, str]], tuple[Problem, ...]]:
    """Return what is in a file of texts, or what is wrong with it: either is remembered."""
    try:
        tables = toml_tables(read_bounded(path), str(path))
    except TomlError as error:
        return {}, tuple(evolve(problem, code="bad-texts") for problem in error.problems)
    except TemplateError as error:
        return {}, error.problems
    for table, texts in tables.items():
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            message = f"[{table}] is not a table of texts"
            advice = f'write `key = "text"` lines under [{table}]'
            return {}, (problem_at("bad-texts", message, advice, name=str(path)),)
    return tables, ()


def read_bounded(path: Path, *, encoding: str = "utf-8-sig") -> str:
    """Read a small text file.

    Raises `TemplateError` where it is missing, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        text = raw[:MOST_BYTES].decode(encoding)
    except OSError as error:
        message = f"this file cannot be read: {(error.strerror or 'it is not a file').lower()}"
        advice = "check its name and place"
        raise TemplateError(
            [problem_at("template-missing", message, advice, name=str(path))]
        ) from None
    except UnicodeDecodeError:
        message = "this is not UTF-8 text"
        advice = "save it as UTF-8"
        raise TemplateError([problem_at("bad-encoding", message, advice, name=str(path))]) from None
    if len(raw) > MOST_BYTES:
        message = "this file is too large"
        advice = f"keep it under {MOST_BYTES} bytes"
        raise TemplateError([problem_at("template-too-large", message, advice, name=str(path))])
    return text


def without_controls(text: str) -> str:
    """Return a text with a space for each control character."""
    return _CONTROLS.sub(" ", text)
