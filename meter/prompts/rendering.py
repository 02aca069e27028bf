"""Lay the parts of a prompt out, by the publisher's template or by ours."""

from __future__ import annotations

import json
import logging
import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, cast

from attrs import evolve, field, frozen
from jinja2 import TemplateRuntimeError

from meter.decision import Decision, MeterReading
from meter.errors import PromptError, meant, problem_at, quoted
from meter.errors.kinds import check_argument, instance
from meter.policy import Policy
from meter.prompts.errors import TemplateError
from meter.prompts.languages import accepted
from meter.prompts.offered import own_ends
from meter.prompts.parts import PLANS, compose, is_signed_in
from meter.prompts.parts.ahead import Ahead, look_ahead
from meter.prompts.parts.declared import country_of, declared
from meter.prompts.parts.look import (
    TEMPLATES,
    FormatWord,
    LayoutWord,
    PromptLook,
    TemplateWord,
    look_of,
)
from meter.prompts.templates import compiled, found, written_texts
from meter.prompts.texts import load_texts, read_bounded
from meter.prompts.variables import COUNTS, values_of
from meter.resources import prompt_set, template_root
from meter.resources.locales import with_fallbacks
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meter.errors import Problem
    from meter.prompts.parts.made import Parts
    from meter.prompts.templates import Ready
    from meter.rulebook import Rulebook

__all__ = [
    "FormatWord",
    "LayoutWord",
    "TemplateWord",
    "render",
    "render_template",
    "stylesheet",
]


LOG = logging.getLogger("meter.prompts")

_A_DECISION = instance(Decision, form="a `Decision`, such as `decide` returns")
_SUFFIX: dict[TemplateWord, str] = {"html": ".html.j2", "text": ".txt.j2"}
_LABEL = "sponsored"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)


def render(
    decision: Decision,
    policy: Policy | None = None,
    *,
    locale: str | Iterable[str] | None = None,
    layout: LayoutWord = "wide",
    format: FormatWord = "html",  # noqa: A002 - the public name of what is asked for
    folder: str | Path | None = None,
    place: str | None = None,
) -> str:
    """Return what the reader of `decision` sees, or an empty text where nothing is said.

    `locale` is a tag such as `ja-JP`, a list of tags, or an `Accept-Language` header; where there
    are words for none of them the publication's own locale is used, then English. `layout` is
    `wide`, `narrow` or `bar` (a line at the bottom of the window, which opens; a wall is `narrow`
    then, since nobody may close it), with the same words. `format` is `html`, `text` or `json` (the
    parts, for those who lay prompts out themselves; `null` where nothing is said). `place` names
    where on the page it stands, where the same prompt stands there twice: it is the end of the ids
    of that one (letters, digits, `-` and `_`), which a page may have once only. Files in
    `folder` replace those of the same name that ship: `countdown.html.j2`, `countdown.txt.j2`,
    `texts/de.toml`; `"meter:source"` is a set that ships. Days and times are those of the
    publication's zone; in a text from right to left what runs the other way (a price, a name)
    stands between Unicode's isolates.

    What is said is what was decided: by the policy the decision was made by, which it holds until
    it is pickled. Then `policy` must be that policy; any other is never used. For a prompt that is
    nowhere, the prompt that ships for the decision's `show` stands in, and a warning is logged once
    a prompt.

    Raises `PromptError` for a template that is unsafe or names something that is not there, and
    where the policy is needed and not given.
    """
    check_argument("decision", decision, _A_DECISION)
    look = look_of(layout, format, place)
    own = _own_folder(folder)
    prompt = decision.prompt
    if prompt is None:
        return "null" if format == "json" else ""
    decision = decision.with_policy(policy)
    policy = cast("Rulebook", decision.rulebook).policy
    look = evolve(look, layout=_fitting(look.layout, decision))
    if own is not None:
        return _lay_out(decision, policy, _wanted(locale, policy), look, own)
    request = _Request(
        policy.digest,
        prompt,
        decision.show,
        decision.offers,
        own_ends(decision),
        decision.meter,
        decision.at.astimezone(policy.zone).date(),
        is_signed_in(decision),
        look_ahead(decision),
        country_of(decision),
        _wanted(locale, policy),
        look,
        decision,
        policy,
    )
    return _remembered(request)


@frozen
class _Request:
    """A prompt that is asked for. How it comes out depends on nothing but what is compared here."""

    digest: str
    prompt: str
    show: str
    offers: tuple[str, ...]
    own_ends: tuple[tuple[str, int], ...]
    meter: MeterReading | None
    today: date
    signed_in: bool
    ahead: Ahead
    country: str
    locales: tuple[str, ...]
    look: PromptLook
    decision: Decision = field(eq=False)
    policy: Policy = field(eq=False)


@lru_cache(maxsize=2048)
def _remembered(request: _Request) -> str:
    return _lay_out(request.decision, request.policy, request.locales, request.look, None)


def _lay_out(
    decision: Decision,
    policy: Policy,
    locales: tuple[str, ...],
    look: PromptLook,
    own: Path | None,
) -> str:
    form = look.form
    decision = _with_words(decision, policy, locales)
    if decision.prompt is None:
        return "null" if form == "json" else ""
    parts = _parts(decision, policy, locales, own)
    named = parts.name
    is_declared = any(prompt.name == named for prompt in policy.prompts)
    is_there = is_declared or _is_there(named, form, own)
    if not is_there:
        _tell_missing(named)
    if form == "json":
        return json.dumps({**parts.table(), "layout": look.layout}, ensure_ascii=False, indent=2)
    if not is_there:
        if parts.show not in PLANS:  # an article by itself: nothing ships for it
            return ""
        parts = evolve(parts, name=parts.show)
    name = parts.name + _SUFFIX[form]
    has_parts = form == "text" or is_declared
    if has_parts and parts.name not in PLANS and not (own and (own / name).is_file()):
        # A declared prompt has no template, and one of the publisher's own may have no text: its
        # parts are given in order.
        name = f"prompt{_SUFFIX[form]}"
    return _fill(found(name, form, own), written_texts(form, own), parts, look)


def _with_words(decision: Decision, policy: Policy, locales: tuple[str, ...]) -> Decision:
    """Return a decision whose prompt can be said.

    A declared prompt that lacks what its words need (the offer has ended, nothing is left to
    count) gives way to what ships for the decision's `show`; where nothing does, nothing is said.
    """
    says = declared(policy, decision.prompt, locales)
    if says is None or says.can_be_said(decision, policy):
        return decision
    show = str(decision.show)
    return evolve(decision, prompt=show if show in PLANS else None)


def _is_there(name: str, form: FormatWord, own: Path | None) -> bool:
    """Say whether a prompt ships, or has a template of the publisher's that serves this format."""
    if not _NAME.fullmatch(name):
        message = f"`{name}` cannot be the name of a prompt"
        advice = "use letters, digits and `-`"
        raise TemplateError([problem_at("bad-prompt-name", message, advice, name="prompt")])
    if name in PLANS or own is None:
        return name in PLANS
    suffixes = [_SUFFIX["html"]] if form == "html" else _SUFFIX.values()
    return any((own / f"{name}{suffix}").is_file() for suffix in suffixes)


@lru_cache(maxsize=1024)
def _tell_missing(name: str) -> None:
    """Warn that a prompt is nowhere: once a prompt, not at each page view."""
    advice = meant(name, PLANS)
    LOG.warning("there is no prompt `%s`: what ships for its `show` is used; %s", name, advice)


def render_template(
    template: str | Path,
    decision: Decision,
    policy: Policy | None = None,
    *,
    locale: str | Iterable[str] | None = None,
    layout: LayoutWord = "wide",
    format: TemplateWord = "html",  # noqa: A002 - the public name of what is asked for
    folder: str | Path | None = None,
    place: str | None = None,
) -> str:
    """Return a publisher's own template filled in for `decision`.

    `template` is a `Path` to a file, or the template's text. The placeholders of old templates
    work, in all three spellings. Files it includes are looked for beside it (or in `folder`), then
    among ours. `place` is as for `render`. Raises `PromptError` like `render`.
    """
    check_argument("decision", decision, _A_DECISION)
    look = look_of(layout, format, place, TEMPLATES)
    own = _own_folder(folder)
    if own is None and isinstance(template, Path):
        own = template.parent
    decision = decision.with_policy(policy)
    held = cast("Rulebook", decision.rulebook).policy
    look = evolve(look, layout=_fitting(look.layout, decision))
    parts = _parts(decision, held, _wanted(locale, held), own)
    name = "template"
    if isinstance(template, Path):
        name = str(template)
        template = read_bounded(template)
    ready = compiled(template, name, format, own)
    return _fill(ready, {**written_texts(format, own), name: template}, parts, look)


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """Return the style sheet of the prompts that ship, for a page to link or embed."""
    return (template_root() / "prompts" / "prompt.css").read_text(encoding="utf-8")


def _parts(decision: Decision, policy: Policy, locales: tuple[str, ...], own: Path | None) -> Parts:
    publication = policy.publication
    wanted = (*locales, *with_fallbacks((publication.locale,), publication.fallback))
    says = declared(policy, decision.prompt, locales)
    if says is None or not says.can_be_said(decision, policy):
        return compose(decision, policy, load_texts(wanted, own, policy), wanted)
    # What is said of offers and windows is in the language of the declared words.
    texts = load_texts((says.language.asked, says.language.words), own, policy)
    return compose(decision, policy, texts, wanted, says)


def _wanted(locale: str | Iterable[str] | None, policy: Policy) -> tuple[str, ...]:
    """Return the tags that are asked for, each with those that stand in for it."""
    return with_fallbacks(accepted(locale), policy.publication.fallback)


def _own_folder(folder: str | Path | None) -> Path | None:
    """Return the folder of the publisher's prompts. Raises `PromptError` if there is none there."""
    if folder is None:
        return None
    if not isinstance(folder, str | Path):
        raise TypeError(f"`folder` is the path of a folder, not {quoted(folder)}")
    own = prompt_set(str(folder)) or Path(folder)
    if not own.is_dir():
        raise PromptError(f"there is no folder of prompts {quoted(str(folder))}")
    return own


def _fitting(layout: LayoutWord, decision: Decision) -> LayoutWord:
    """Return a layout that a prompt can have: only what stands beside an article is a bar.

    A wall cannot be closed away, and a label belongs to its article: both are narrow.
    """
    is_wall = decision.access is Access.PREVIEW
    return "narrow" if layout == "bar" and (is_wall or decision.prompt == _LABEL) else layout


def _fill(template: Ready, written: Mapping[str, str], parts: Parts, look: PromptLook) -> str:
    try:
        return template.render(values_of(parts, look.layout, look.ending))
    except (TemplateRuntimeError, TypeError) as error:
        raise TemplateError([_at_run_time(error, written, parts)]) from None


def _at_run_time(error: Exception, written: Mapping[str, str], parts: Parts) -> Problem:
    """Say where a template failed: the last of its lines in the traceback."""
    name = "template"
    line = 1
    for frame, at in walk_tb(error.__traceback__):
        if frame.f_code.co_filename in written:
            name = frame.f_code.co_filename
            line = at
    source = written[name]
    offset = sum(len(before) + 1 for before in source.split("\n")[: line - 1])
    count = next((word for word in sorted(COUNTS) if f"'{word}'" in str(error)), None)
    if count is not None and parts.reading is None:
        message = f"`{count}` has no value here: no meter was read for this prompt"
        advice = f"ask first: `{{% if {count} is defined %}}`"
        return problem_at("no-value", message, advice, name=name, source=source, offset=offset)
    message = (
        "this cannot be computed: only numbers are added, subtracted, compared by size and counted"
        " with"
    )
    return problem_at(
        "bad-value", message, "texts are joined with `~`", name=name, source=source, offset=offset
    )
