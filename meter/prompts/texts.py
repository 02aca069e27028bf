"""The words of the prompts: one small TOML file per language, ours or the publisher's."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen
from babel import Locale

from meter.errors import problem_at
from meter.policy.languages import CATEGORIES, COUNTED
from meter.policy.prompts import Noun
from meter.prompts.errors import TemplateError
from meter.prompts.languages import ChosenWords, choose
from meter.prompts.locales import elided, number, plural, term_text
from meter.resources import MOST_BYTES, TomlError, file_stamp, toml_tables
from meter.resources.languages import shipped_texts
from meter.resources.locales import best_match, lineage, with_fallbacks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
        *("language", "deadline", "days-left", "offer.was"),
        *("account", "account-more", "account-first", "return", "bar"),
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
    has_own = policy is not None and (policy.publication.fallback or _own_texts(policy))
    files = () if folder is None else sorted((folder / "texts").glob("*.toml"))
    stamped = tuple((path, file_stamp(path)) for path in files)
    return _texts(wanted, stamped, policy if has_own else None)


def _own_texts(policy: Policy | None) -> dict[str, Mapping[str, Mapping[str, str]]]:
    """Return the texts of a policy by locale."""
    copies = {} if policy is None else policy.copy
    return {locale: copy.texts for locale, copy in copies.items() if copy.texts}


@lru_cache(maxsize=256)
def _texts(
    wanted: tuple[str, ...], files: tuple[tuple[Path, FileStamp | None], ...], policy: Policy | None
) -> Texts:
    """Return texts by the files of a folder, each with its stamp: another stamp is another file."""
    sources = _Sources.of([path for path, _ in files], policy)
    choice = choose(wanted, sources.tags)
    tables = sources.tables(choice.words)
    borrowed: dict[str, Locale] = {}
    if not lineage(choice.words, shipped_texts()):
        under: dict[str, Mapping[str, str]] = {}
        for other in reversed([*_lenders(choice.words, policy, sources.tags)]):
            lent = _stand_in(sources.tables(other.words))
            under = _merge(_without_list(under, lent), lent)
            borrowed |= dict.fromkeys(lent, other.locale)
        borrowed = {table: borrowed[table] for table in borrowed.keys() - tables.keys()}
        tables = _merge(_without_list(under, tables), tables)
    name = sources.name(choice.words)
    return Texts(
        asked=choice.asked, locale=choice.locale, tables=tables, name=name, borrowed=borrowed
    )


def _lenders(words: str, policy: Policy | None, known: Collection[str]) -> Iterator[ChosenWords]:
    """Yield the languages that say what one of the publisher's leaves out: its chain, English."""
    chains = {} if policy is None else policy.publication.fallback
    for tag in with_fallbacks((words,), chains)[1:]:
        if best_match(tag, known) is not None:
            yield choose((tag,), known)
    yield choose((), known)


@frozen
class _Sources:
    """Where texts are: ours, over them files of a publisher's folder, over them the policy's."""

    files: Mapping[str, Path]
    own: Mapping[str, Mapping[str, Mapping[str, str]]]
    tags: frozenset[str]

    @classmethod
    def of(cls, paths: Iterable[Path], policy: Policy | None) -> _Sources:
        """Return those of some files and a policy."""
        files = {path.stem: path for path in paths}
        own = _own_texts(policy)
        return cls(files, own, frozenset({*files, *own, *shipped_texts()}))

    def tables(self, words: str) -> Mapping[str, Mapping[str, str]]:
        """Return the tables of a language; what it inherits from lies under: `de` under `de-CH`."""
        tables: dict[str, Mapping[str, str]] = {}
        for tag in reversed(lineage(words, self.tags)):
            tables = _merge(tables, shipped_texts().get(tag, {}))
            if tag in self.files:
                tables = _merge(tables, read_texts(self.files[tag]))
            tables = _merge(tables, self.own.get(tag, {}))
        return tables

    def name(self, words: str) -> str:
        """Return what messages call the texts of a language: the nearest file, else its tag."""
        nearest = next((tag for tag in lineage(words, self.tags) if tag in self.files), None)
        return f"{words}.toml" if nearest is None else str(self.files[nearest])


def _without_list(
    under: dict[str, Mapping[str, str]], over: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    """Return tables without the list, where others have one: none is filled up from another."""
    return {table: texts for table, texts in under.items() if table != _LIST or _LIST not in over}


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
