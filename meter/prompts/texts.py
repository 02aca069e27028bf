"""Which words a prompt uses in which language: one small TOML file per language, ours or the publisher's."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import PromptError
from meter.prompts.locales import choose, number, plural
from meter.resources import template_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from babel import Locale

__all__ = ["Texts", "load_texts"]

_FIELD = re.compile(r"\{([a-z]+)\}")
_SPACES = re.compile(r" {2,}")
_MOST_BYTES = 64 * 1024


@frozen(kw_only=True)
class Texts:
    """The words of one language, and the locale that writes its numbers and dates."""

    locale: Locale
    tables: Mapping[str, Mapping[str, str]]
    name: str

    def say(self, table: str, key: str, **values: str) -> str:
        """Return one text with its fields filled in, or nothing where the language has no such text."""
        return self._fill(self.tables.get(table, {}).get(key, ""), values)

    def count(self, table: str, n: int, **values: str) -> str:
        """Return the sentence for `n` by the language's plural category."""
        forms = self.tables[table]
        category = plural(n, self.locale)
        if category not in forms and "other" not in forms:
            raise PromptError(f"{self.name}: error[missing-plural]: [{table}] has no `{category}`\n  help: add `{category}` or `other`")
        return self._fill(forms.get(category, forms.get("other", "")), {**values, "n": number(n, self.locale)})

    def _fill(self, text: str, values: Mapping[str, str]) -> str:
        if "{" not in text:
            return text
        try:
            filled = _FIELD.sub(lambda match: values[match[1]], text)
        except KeyError as missing:
            known = ", ".join(f"`{{{name}}}`" for name in sorted(values)) or "no field"
            raise PromptError(
                f"{self.name}: error[unknown-field]: the text `{text}` asks for `{{{missing.args[0]}}}`\n  help: this text knows {known}"
            ) from None
        return _SPACES.sub(" ", filled).strip(" ")


def load_texts(wanted: tuple[str | None, ...], folder: Path | None) -> Texts:
    """Return the texts of the first wanted locale that has any, ours or those in the folder's `texts`."""
    if folder is not None:
        return _texts(wanted, folder)
    return _shipped_texts(wanted)


@lru_cache(maxsize=256)
def _shipped_texts(wanted: tuple[str | None, ...]) -> Texts:
    return _texts(wanted, None)


def _texts(wanted: tuple[str | None, ...], folder: Path | None) -> Texts:
    own = {path.stem: path for path in sorted((folder / "texts").glob("*.toml"))} if folder is not None else {}
    shipped = _shipped()
    locale, tag = choose(wanted, {*own, *shipped})
    tables = shipped.get(tag, shipped["en"])
    if tag not in own:
        return Texts(locale=locale, tables=tables, name=f"{tag}.toml")
    return Texts(locale=locale, tables=_merge(tables, _read(own[tag])), name=str(own[tag]))


def _merge(under: Mapping[str, Mapping[str, str]], over: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    merged = dict(under)
    for table, texts in over.items():
        # Plural forms belong together: half of one language's and half of another's would be neither.
        merged[table] = texts if table in ("left", "used") else {**under.get(table, {}), **texts}
    return merged


@lru_cache(maxsize=1)
def _shipped() -> dict[str, dict[str, dict[str, str]]]:
    files = sorted((template_root() / "prompts" / "texts").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".toml")
    }


def _read(path: Path) -> dict[str, dict[str, str]]:
    raw = path.read_bytes()
    if len(raw) > _MOST_BYTES:
        raise PromptError(f"{path}: error[template-too-large]: texts of {len(raw)} bytes\n  help: keep them under {_MOST_BYTES} bytes")
    try:
        tables = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PromptError(
            f"{path}: error[bad-texts]: this is not a TOML file: {error}\n  help: start from a copy of a shipped one"
        ) from error
    for table, texts in tables.items():
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise PromptError(
                f'{path}: error[bad-texts]: [{table}] is not a table of texts\n  help: write `key = "text"` lines under [{table}]'
            )
    return tables
