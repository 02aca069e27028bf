"""Plain lints of words: those that no reader, page or template ever has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import Problem, did_you_mean, meant, quoted
from meter.loading.codes import language_code_step, place_step
from meter.loading.lints.languages import is_served
from meter.loading.lints.warned import warning
from meter.policy.faults.conditions import placed_conditions
from meter.resources import template_root
from meter.resources.locales import locale_of
from meter.vocabulary import Members

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import date
    from pathlib import Path

    from meter.loading.positions import Path as Place
    from meter.policy import Policy, When

__all__ = [
    "WORDS",
    "languages_without_copy",
    "own_prompts",
    "shipped_prompts",
    "unknown_prompts",
]

_HTML = ".html.j2"
_TEXT = ".txt.j2"
_FRAME = "prompt"
"""The template that the others extend: no prompt itself."""
_WORDS = ("section", "kind", "product", "device", "channel", "tags", "segments")
_LOCAL = "localhost"
_CHANNELS = ("search", "social", "newsletter", "email", "app", "push")
"""Ways of coming that editors put for a referrer."""
_NOWHERE = ("direct", "none", "(direct)", "(none)", "null", "-")
"""What web statistics call a visit without a referrer."""


def _unknown_codes(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield codes of countries and languages that no request ever has."""
    for path, when in placed_conditions(policy):
        for place in sorted(when.country or ()):
            step = place_step(place)
            if step is not None:
                message = f"{quoted(place)} is not the code of a country, so nobody is ever in it"
                yield warning("unknown-code", (*path, "country"), message, step)
        for language in sorted(when.language or ()):
            advice = language_code_step(language)
            if advice is not None:
                message = (
                    f"{quoted(language)} is not the code of a language, so no page is ever in it"
                )
                yield warning("unknown-code", (*path, "language"), message, advice)


def languages_without_copy(policy: Policy) -> Iterator[Problem]:
    """Find languages that conditions name and that the publisher's words leave out."""
    having = [tag for tag, copy in policy.copy.items() if copy.frames_prompts]
    told: set[str] = set()
    for path, when in placed_conditions(policy):
        for language in sorted(when.language or ()):
            if not having or language in told or locale_of(language) is None:
                continue
            if not is_served(policy, language, policy.copy):
                told.add(language)
                message = (
                    f"a condition asks for {quoted(language)}, but there are no words of yours in"
                    " it: a prompt in this language has your headline in another"
                )
                advice = f"add `[copy.{language}]`"
                yield warning("copy-gap", (*path, "language"), message, advice)


def _odd_words(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield words with a `*`, which stands for itself, and referrers that are no hosts."""
    for path, when in placed_conditions(policy):
        for name in _WORDS:
            for word in _starred(when, name):
                yield _starred_word(word, name, (*path, name))
        for host in sorted(when.referrer or ()):
            advice = _host_step(host)
            if advice is not None:
                message = f"{quoted(host)} is no host, so nobody ever comes from it"
                yield warning("odd-word", (*path, "referrer"), message, advice)


def _starred(when: When, name: str) -> list[str]:
    """Return the words of an attribute that have a `*` in them."""
    asked = getattr(when, name)
    groups = [asked]
    if isinstance(asked, Members):
        groups = [asked.any, asked.all, asked.none]
    return sorted({word for group in groups for word in group or () if "*" in word})


def _starred_word(word: str, name: str, path: Place) -> Problem:
    message = f"{quoted(word)} is taken as it stands: a `*` covers nothing else"
    advice = "name each of them"
    stem = word.rstrip("*").rstrip("/")
    if name == "section" and stem and "*" not in stem:
        advice = f"{did_you_mean(stem)} It covers every section below it"
    return warning("odd-word", path, message, advice)


def _host_step(host: str) -> str | None:
    """Return the next step for a referrer that no address has."""
    stem = host.removeprefix("*").removeprefix(".")
    if "*" in host or host.startswith("."):
        return f"{did_you_mean(stem)} It covers every host below it"
    if host in _NOWHERE:
        return '`""` is no referrer at all'
    if host in _CHANNELS:
        return f'that is a channel: `channel = ["{host}"]`; a host looks like `google.com`'
    if host and "." not in host and ":" not in host and host != _LOCAL:
        return f"write the whole host, such as `{host}.com`"
    return None


def shipped_prompts() -> frozenset[str]:
    """Return the names of the prompts that ship."""
    return _names(file.name for file in (template_root() / "prompts").iterdir()) - {_FRAME}


def own_prompts(folder: Path) -> frozenset[str]:
    """Return the names of the prompts that have a template in a publisher's folder."""
    return _names(path.name for path in folder.iterdir())


def _names(files: Iterator[str]) -> frozenset[str]:
    endings = (_HTML, _TEXT)
    return frozenset(
        name.removesuffix(ending) for name in files for ending in endings if name.endswith(ending)
    )


def unknown_prompts(policy: Policy, own: Collection[str] | None = None) -> Iterator[Problem]:
    """Yield the prompts that rules name and that are nowhere.

    `own` are the publisher's, where they are known: then each is an error, else a warning.
    """
    declared = {prompt.name for prompt in policy.prompts}
    known = shipped_prompts().union(declared, own or ())
    for index, rule in enumerate(policy.rules):
        if rule.prompt is None or rule.prompt in known:
            continue
        if own is None:
            message = f"rule `{rule.name}` names the prompt `{rule.prompt}`, and none ships so"
            otherwise = (
                f"declare it in words, `[prompts.{rule.prompt}]`, or say where your templates are:"
                ' `templates = "prompts"`'
            )
        else:
            message = f"rule `{rule.name}` names the prompt `{rule.prompt}`, and there is none"
            otherwise = f"add `{rule.prompt}{_HTML}` to the folder of your templates"
        yield Problem(
            code="unknown-prompt",
            path=("rules", index, "prompt"),
            message=message,
            help=meant(rule.prompt, known, otherwise),
            severity="warning" if own is None else "error",
        )


WORDS: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "unknown-code": _unknown_codes,
    "odd-word": _odd_words,
    "unknown-prompt": lambda policy, _: unknown_prompts(policy),
}
"""Each warning by its code, in the order in which they are looked for."""
