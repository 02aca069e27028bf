"""Lay the parts of a prompt out, by the publisher's template or by ours."""

from __future__ import annotations

import json
import logging
import re
from functools import lru_cache
from traceback import walk_tb
from typing import TYPE_CHECKING

from attrs import evolve
from jinja2 import TemplateRuntimeError

from meter.errors import meant, problem_at
from meter.prompts.errors import TemplateError
from meter.prompts.parts import PLANS, compose
from meter.prompts.parts.declared import declared
from meter.prompts.parts.look import SUFFIX
from meter.prompts.templates import found, written_texts
from meter.prompts.texts import load_texts
from meter.prompts.variables import COUNTS, values_of
from meter.resources.locales import with_fallbacks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from meter.decision import Decision
    from meter.errors import Problem
    from meter.policy import Policy
    from meter.prompts.parts.look import FormatWord, PromptLook
    from meter.prompts.parts.made import Parts
    from meter.prompts.templates import Ready

__all__ = ["fill", "lay_out", "parts_of", "with_own"]

LOG = logging.getLogger("meter.prompts")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)


def lay_out(
    decision: Decision,
    policy: Policy,
    locales: tuple[str, ...],
    look: PromptLook,
    own: Path | None,
) -> str:
    """Return a prompt by its parts and a template: the publisher's before ours, `own` in theirs.

    An empty text is a prompt of which nothing can be said.
    """
    form = look.form
    decision = _with_words(decision, policy, locales)
    if decision.prompt is None:
        return "null" if form == "json" else ""
    parts = parts_of(decision, policy, locales, own)
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
    name = parts.name + SUFFIX[form]
    has_parts = form == "text" or is_declared
    if has_parts and parts.name not in PLANS and not (own and (own / name).is_file()):
        # A declared prompt has no template, and one of the publisher's own may have no text: its
        # parts are given in order.
        name = f"prompt{SUFFIX[form]}"
    return fill(found(name, form, own), written_texts(form, own), parts, look)


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
    suffixes = [SUFFIX["html"]] if form == "html" else SUFFIX.values()
    return any((own / f"{name}{suffix}").is_file() for suffix in suffixes)


@lru_cache(maxsize=1024)
def _tell_missing(name: str) -> None:
    """Warn that a prompt is nowhere: once a prompt, not at each page view."""
    advice = meant(name, PLANS)
    LOG.warning("there is no prompt `%s`: what ships for its `show` is used; %s", name, advice)


def parts_of(
    decision: Decision, policy: Policy, locales: tuple[str, ...], own: Path | None
) -> Parts:
    """Return the parts of a prompt in the first of some languages that has words for it."""
    wanted = with_own(locales, policy)
    says = declared(policy, decision.prompt, locales)
    if says is None or not says.can_be_said(decision, policy):
        return compose(decision, policy, load_texts(wanted, own, policy), wanted)
    # What is said of offers and windows is in the language of the declared words.
    texts = load_texts((says.language.asked, says.language.words), own, policy)
    return compose(decision, policy, texts, wanted, says)


def with_own(locales: tuple[str, ...], policy: Policy) -> tuple[str, ...]:
    """Return the tags that are asked for, and the publication's own behind them."""
    publication = policy.publication
    return (*locales, *with_fallbacks((publication.locale,), publication.fallback))


def fill(template: Ready, written: Mapping[str, str], parts: Parts, look: PromptLook) -> str:
    """Return a template filled in; `written` is the text of each by name, to say what is wrong.

    Raises `TemplateError` where it asks for what is not there.
    """
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
