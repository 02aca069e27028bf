"""What a policy says in each of its languages, and what is missing there: `check --languages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import listed
from meter.loading.lints import LINTS
from meter.loading.lints.languages import languages_named
from meter.policy import Policy
from meter.prompts.errors import TemplateError
from meter.prompts.languages import choose
from meter.prompts.texts import read_texts
from meter.resources.languages import language_status, lenders, missing_texts, shipped_languages
from meter.resources.locales import lineage, with_fallbacks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from meter.resources.needed import NeededText

__all__ = ["LanguageReport", "language_reports"]

_CODES = ("copy-gap", "unused-plural", "missing-placeholder")
_Tables = dict[str, dict[str, dict[str, str]]]


@frozen(kw_only=True)
class LanguageReport:
    """A language of a policy: whose texts its prompts have, and what is missing.

    `words` is the language of its texts, `source` says whose they are, and `stand_in` in which
    languages is said what they leave out. `missing` are texts, `spared` those that a prompt can do
    without, and `warnings` what else is said of the language.
    """

    language: str
    words: str
    source: str
    stand_in: tuple[str, ...]
    missing: tuple[str, ...]
    spared: tuple[str, ...]
    warnings: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield what is printed of a language."""
        yield f"  {self.language}: {self._summary()}"
        yield from (f"    missing: {text}" for text in self.missing)
        yield from (f"    not said: {text}" for text in self.spared)
        yield from (f"    {said}" for said in self.warnings)

    def _summary(self) -> str:
        whose = {
            "other": f"there are no texts in it, so readers see `{self.words}`",
            "yours": "texts of yours",
            "ships": "texts that ship",
            "draft": "texts that ship as a draft",
        }[self.source]
        if not self.missing:
            is_whole = self.source != "other" and not self.spared and not self.warnings
            return f"{whose}, nothing missing" if is_whole else whose
        number = "1 is" if len(self.missing) == 1 else f"{len(self.missing)} are"
        others = listed([f"`{tag}`" for tag in self.stand_in])
        return f"{whose}; {number} missing and said in {others}"

    def table(self) -> dict[str, object]:
        """Return the report as plain values."""
        return {
            "language": self.language,
            "words": self.words,
            "source": self.source,
            "stand_in": list(self.stand_in),
            "missing": list(self.missing),
            "spared": list(self.spared),
            "warnings": list(self.warnings),
        }


def language_reports(policy: Policy, folder: Path | None) -> tuple[LanguageReport, ...]:
    """Return a report of each language that a policy or the folder of its prompts names.

    The publication's own comes first.
    """
    files = _files(folder)
    said = _said(policy)
    tags = dict.fromkeys((policy.publication.locale, *languages_named(policy), *files))
    return tuple(_report(policy, tag, files, said.get(tag, ())) for tag in tags)


def _files(folder: Path | None) -> _Tables:
    """Return the texts of a publisher's folder; a file that cannot be read was told by `check`."""
    found: _Tables = {}
    for path in [] if folder is None else sorted((folder / "texts").glob("*.toml")):
        try:
            found[path.stem] = read_texts(path)
        except TemplateError:
            found[path.stem] = {}
    return found


def _said(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Return what the warnings say of each language; the texts that are missing are listed."""
    said: dict[str, tuple[str, ...]] = {}
    for code in _CODES:
        for problem in LINTS[code](policy, None):
            of_copy = problem.path[0] == "copy"
            if problem.path[0] in ("copy", "prompts") and problem.path[2:] != ("texts",):
                tag = str(problem.path[1]) if of_copy else policy.publication.locale
                said[tag] = (*said.get(tag, ()), problem.message)
    return said


def _report(policy: Policy, tag: str, files: _Tables, warnings: tuple[str, ...]) -> LanguageReport:
    own = {locale for locale, copy in policy.copy.items() if copy.texts}
    shipped = shipped_languages()
    chains = policy.publication.fallback
    wanted = with_fallbacks((tag, policy.publication.locale), chains)
    words = choose(wanted, {*own, *files, *shipped}).words
    is_served = bool(lineage(tag, [words])) or bool(lineage(words, [tag]))
    texts = missing_texts(policy, words, files) if is_served else ()
    missing = [text for text in texts if not text.is_spared]
    place = _TextPlace(policy, words, is_file=words in files and words not in own)
    return LanguageReport(
        language=tag,
        words=words,
        source=_source(words, {*own, *files}) if is_served else "other",
        stand_in=lenders(policy, words, missing, files),
        missing=tuple(place.of(text) for text in missing),
        spared=tuple(place.of(text) for text in texts if text.is_spared),
        warnings=warnings,
    )


@frozen
class _TextPlace:
    """Where the texts of a language belong: into the policy, or into the file that it has."""

    policy: Policy
    words: str
    is_file: bool

    def of(self, text: NeededText) -> str:
        """Return the place of one text."""
        if self.is_file:
            return text.written(self.words).replace(
                f"[copy.{self.words}.texts.", f"texts/{self.words}.toml ["
            )
        is_own = self.words == self.policy.publication.locale
        return text.written("" if is_own else self.words)


def _source(words: str, own: set[str]) -> str:
    if words in own:
        return "yours"
    return "ships" if language_status(words) == "reviewed" else "draft"
