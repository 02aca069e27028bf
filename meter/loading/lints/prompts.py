"""Plain lints of the words that a policy declares: what nobody sees, and what a language lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed, meant
from meter.loading.lints.reading import warning
from meter.policy.frequency_faults import may_show
from meter.policy.prompts import NOUNS
from meter.resources.locales import locale_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Noun, Policy

__all__ = ["lonely_groups", "unused_prompts", "words_missing"]

_GROUP_STEP = "name it for another prompt too, or take `group` out"


def unused_prompts(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the declared prompts that no rule uses."""
    declared = {prompt.name: prompt for prompt in policy.prompts}
    used = {prompt.name for rule in policy.rules for prompt in may_show(declared, rule.prompt)}
    for prompt in policy.prompts:
        if prompt.name not in used:
            message = f"no rule uses the prompt `{prompt.name}`"
            advice = f'add `prompt = "{prompt.name}"` to a rule, or remove the prompt'
            yield warning("unused-prompt", ("prompts", prompt.name), message, advice)


def lonely_groups(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the groups of one prompt: it counts nothing but its own showings anyway."""
    groups: dict[str, list[str]] = {}
    for prompt in policy.prompts:
        if prompt.group is not None:
            groups.setdefault(prompt.group, []).append(prompt.name)
    for group, names in groups.items():
        if len(names) == 1:
            message = f"the prompt `{names[0]}` is alone in the group `{group}`"
            step = meant(group, [other for other in groups if other != group], _GROUP_STEP)
            yield warning("lonely-group", ("prompts", names[0], "group"), message, step)


def words_missing(policy: Policy) -> Iterator[Problem]:
    """Find languages of the publisher's that lack a declared prompt, a noun or a plural of one."""
    own = policy.publication.locale
    for locale, copy in policy.copy.items():
        for prompt in policy.prompts:
            if locale != own and prompt.name not in copy.prompts:
                message = f"the prompt `{prompt.name}` has no words in `{locale}`"
                advice = f"add `[copy.{locale}.prompts.{prompt.name}]`"
                yield warning("copy-gap", ("copy", locale), message, advice)
        for meter in policy.meters:
            if meter.noun not in (*NOUNS, *copy.nouns):
                message = f"the noun `{meter.noun}` has no word in `{locale}`"
                advice = f'add `"{meter.noun}" = {{ other = "…" }}` to `[copy.{locale}.nouns]`'
                yield warning("copy-gap", ("copy", locale), message, advice)
        for name, noun in copy.nouns.items():
            yield from _plurals_missing(name, noun, locale)


def _plurals_missing(name: str, noun: Noun, locale: str) -> Iterator[Problem]:
    known = locale_of(locale)
    if known is None:
        return
    missing = [form for form in sorted(known.plural_form.tags) if getattr(noun, form) is None]
    if missing:
        every = listed([f"`{form}`" for form in missing])
        message = f"the noun `{name}` leaves out {every}, which numbers in `{locale}` ask for"
        path = ("copy", locale, "nouns", name)
        yield warning("copy-gap", path, message, f"add {every}: else they get `other`")
