"""What makes unusable how often a declared prompt is shown, or a condition that asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from meter.errors import listed, meant
from meter.policy.faults.conditions import placed_conditions
from meter.policy.prompts import SHIPPED
from meter.validation import PolicyParts, fault_of
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from meter.errors import Problem
    from meter.policy.prompts import Prompt
    from meter.vocabulary import RuleShow

__all__ = ["CODES", "frequency_faults", "known_prompts", "may_show"]

_Path = tuple[str | int, ...]
_KEYS = ("at_most", "every", "quiet_after", "once")

_SAID = {
    "capped-wall": (
        (
            "rule `{rule}` shows `{show}` with the prompt `{name}`, which is not shown every time:"
            " a wall cannot be capped, since the reader would get neither the article nor a word"
            " why"
        ),
        "take {keys} out of `[prompts.{name}]`, or give the wall a prompt of its own",
    ),
    "capped-wall/group": (
        (
            "rule `{rule}` shows `{show}` with the prompt `{name}`, which is in the group"
            " `{group}`: the showings of that group are counted, and a wall counts nothing"
        ),
        "take `group` out of `[prompts.{name}]`, or give the wall a prompt of its own",
    ),
    "circular-instead": (
        "prompt `{name}` gives way to itself: {circle}",
        "end the chain with a prompt without `instead`",
    ),
    "empty-quiet": (
        "`quiet_after` of prompt `{name}` says after what nothing is shown, and names nothing",
        'write it like `quiet_after = {{ closed = "7 days" }}`',
    ),
    "empty-table/seen": (
        "`seen` names no prompt",
        "write it like `{{ give = {{ at_least = 2 }} }}`",
    ),
    "idle-every": (
        (
            "prompt `{name}` comes with the views that `{meter}` counts, and rule `{rule}`, which"
            " shows it, counts none on it: it would never come"
        ),
        "let the rule spend `{meter}`, or give the meter `counts`",
    ),
    "idle-instead": (
        "prompt `{name}` has `instead`, and nothing ever keeps it back",
        "add `at_most`, `every`, `quiet_after` or `once`, or take `instead` out",
    ),
    "seen-without-cap": (
        (
            "`seen` asks how often the prompt `{name}` was shown, which nothing remembers: it has"
            " no `at_most`"
        ),
        "give `[prompts.{name}]` an `at_most`: its longest window is how far `seen` looks back",
    ),
    "unknown-meter/every": ("prompt `{name}` counts on `{meter}`, which is not a meter", "{meant}"),
    "unknown-prompt/instead": (
        "prompt `{name}` gives way to `{other}`, which is not declared",
        "{meant}",
    ),
    "unknown-prompt/ships": (
        (
            "prompt `{name}` gives way to `{other}`, which ships: only a declared prompt can stand"
            " in for another"
        ),
        "declare one under a name of its own, such as `[prompts.small-bar]`, and name that",
    ),
    "unknown-prompt/seen": ("`seen` names `{name}`, which is no declared prompt", "{meant}"),
}
"""What each code says, and the next step; after a slash, another case of the same code."""

CODES = sorted({key.partition("/")[0] for key in _SAID})


class _ShowingRule(Protocol):
    """A rule, as far as prompts go."""

    @property
    def name(self) -> str: ...
    @property
    def show(self) -> RuleShow: ...
    @property
    def spend(self) -> tuple[str, ...]: ...
    @property
    def prompt(self) -> str | None: ...


def _problem(case: str, path: _Path, /, **values: object) -> Problem:
    return fault_of(_SAID, case, path, **values)


def may_show(prompts: Mapping[str, Prompt], name: str | None) -> Iterator[Prompt]:
    """Yield the declared prompts that a rule may show that names one: itself, then `instead`."""
    met: set[str] = set()
    while name is not None and name in prompts and name not in met:
        met.add(name)
        yield prompts[name]
        name = prompts[name].instead


def known_prompts(policy: PolicyParts) -> frozenset[str]:
    """Return the prompts a page may show: those declared, those that rules name, and what ships."""
    named = {rule.prompt for rule in policy.rules if rule.prompt is not None}
    return frozenset({*(prompt.name for prompt in policy.prompts), *named, *map(str, Show)})


def frequency_faults(policy: PolicyParts) -> Iterator[Problem]:
    """Yield what is wrong with how often prompts are shown, each with its path."""
    declared = {prompt.name: prompt for prompt in policy.prompts}
    meters = {meter.name: meter for meter in policy.meters}
    for prompt in policy.prompts:
        path: _Path = ("prompts", prompt.name)
        yield from _chain_faults(prompt, path, declared)
        if prompt.quiet_after is not None and prompt.quiet_after.is_empty:
            yield _problem("empty-quiet", (*path, "quiet_after"), name=prompt.name)
        every = prompt.every
        if every is not None and every.meter not in meters:
            place = (*path, "every", "meter")
            step = meant(every.meter, meters)
            values = {"name": prompt.name, "meter": every.meter, "meant": step}
            yield _problem("unknown-meter/every", place, **values)
    for index, rule in enumerate(policy.rules):
        yield from _rule_faults(policy, rule, ("rules", index, "prompt"), declared)
    for path, when in placed_conditions(policy):
        if when.seen is not None and path[0] not in ("meters", "products"):  # refused there
            yield from _seen_faults(when.seen, (*path, "seen"), declared)


def _chain_faults(prompt: Prompt, path: _Path, declared: Mapping[str, Prompt]) -> Iterator[Problem]:
    """Yield what is wrong with what is shown instead of a prompt."""
    if prompt.instead is None:
        return
    place = (*path, "instead")
    if prompt.instead not in declared:
        case = "ships" if prompt.instead in SHIPPED else "instead"
        others = [name for name in declared if name != prompt.name]
        step = meant(prompt.instead, others, f"declare it: `[prompts.{prompt.instead}]`")
        values = {"name": prompt.name, "other": prompt.instead, "meant": step}
        yield _problem(f"unknown-prompt/{case}", place, **values)
        return
    if not prompt.is_capped:
        yield _problem("idle-instead", place, name=prompt.name)
    chain = [each.name for each in may_show(declared, prompt.name)]
    last = declared[chain[-1]].instead
    if last == prompt.name:
        circle = ", then ".join(f"`{name}`" for name in (*chain, prompt.name))
        yield _problem("circular-instead", place, name=prompt.name, circle=circle)


def _rule_faults(
    policy: PolicyParts, rule: _ShowingRule, path: _Path, declared: Mapping[str, Prompt]
) -> Iterator[Problem]:
    prompt = declared.get(rule.prompt or "")
    if prompt is None:
        return
    if rule.show.access is Access.PREVIEW and not prompt.is_capped:
        if prompt.group is not None and _is_counted(prompt.group, declared.values()):
            values = {"rule": rule.name, "show": rule.show, "name": prompt.name}
            yield _problem("capped-wall/group", path, group=prompt.group, **values)
        return
    if rule.show.access is Access.PREVIEW:
        told = listed([f"`{key}`" for key in _KEYS if getattr(prompt, key)])
        values = {"rule": rule.name, "show": rule.show, "name": prompt.name, "keys": told}
        yield _problem("capped-wall", path, **values)
        return
    for shown in may_show(declared, rule.prompt):
        every = shown.every
        meter = next((each for each in policy.meters if every and each.name == every.meter), None)
        if meter is not None and meter.counts is None and meter.name not in rule.spend:
            values = {"name": shown.name, "meter": meter.name, "rule": rule.name}
            yield _problem("idle-every", path, **values)


def _is_counted(group: str, prompts: Iterable[Prompt]) -> bool:
    return any(prompt.group == group and prompt.is_capped for prompt in prompts)


def _seen_faults(
    asked: Mapping[str, object], path: _Path, declared: Mapping[str, Prompt]
) -> Iterator[Problem]:
    """Yield the prompts that a condition asks for and of which nobody knows."""
    if not asked:
        yield _problem("empty-table/seen", path)
    for name in asked:
        place = (*path, name)
        if name not in declared:
            yield _problem("unknown-prompt/seen", place, name=name, meant=meant(name, declared))
        elif not declared[name].at_most:
            yield _problem("seen-without-cap", place, name=name)
