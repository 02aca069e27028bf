"""What makes declared prompts unusable, and prompts that a rule cannot fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.errors import meant
from meter.policy.faults.frequency import may_show
from meter.policy.faults.prompt_words import noun_faults, translation_faults, words_faults
from meter.policy.placeholders import BadPlaceholder, Needs
from meter.policy.prompts import SHIPPED
from meter.validation import fault_of
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.errors import Problem
    from meter.policy.faults.prompt_words import PartsWithPrompts
    from meter.policy.prompts import Prompt, PromptWords

__all__ = ["CODES", "prompt_faults"]

_Path = tuple[str | int, ...]

_SAID = {
    "bad-name/ships": ("`{name}` is the name of a prompt that ships", "give yours another name"),
    "bad-name/capped": (
        (
            "`{name}` is the prompt of a wall, and ships: a wall cannot be capped, since the reader"
            " would get neither the article nor a word why"
        ),
        "cap one of your own at views that open, such as `[prompts.support]`, named by their rule",
    ),
    "bad-name/prompt": (
        "`{name}` cannot be the name of a prompt",
        "use letters, digits, `-` and `_`, at most 64 of them",
    ),
    "gate-needs-prompt": (
        (
            "rule `{rule}` shows a gate but does not say what it asks for: a gate needs a declared"
            " prompt"
        ),
        ('declare one, such as `[prompts.{name}]` with a `heading`, and add `prompt = "{name}"`'),
    ),
    "gate-needs-prompt/undeclared": (
        "rule `{rule}` shows a gate with the prompt `{name}`, which is not declared",
        "{meant}",
    ),
    "gate-needs-prompt/ships": (
        (
            "rule `{rule}` shows a gate with the prompt `{name}`, which ships: a gate needs a"
            " declared prompt, which says what it asks for"
        ),
        "declare one under a name of its own, such as `[prompts.consent]`, and name that",
    ),
    "missing-key/link": (
        "prompt `{name}` has an `action` that leads nowhere",
        "add `link`, such as `/consent`",
    ),
    "missing-key/action": (
        "prompt `{name}` has a `link` without words to follow",
        "add `action`, or remove `link`",
    ),
    "unfilled-prompt": (
        (
            "rule `{rule}` uses the prompt `{name}`, whose words need {needs}, which the rule"
            " never has"
        ),
        "{advice}",
    ),
    "unfilled-prompt/gate": (
        (
            "rule `{rule}` shows a gate with the prompt `{name}`, whose words need {needs}: a gate"
            " asks for something else"
        ),
        "take the placeholder out, or show `wall`",
    ),
    "unfilled-prompt/left": (
        (
            "rule `{rule}` uses the prompt `{name}`, which counts what is left, and at a wall"
            " nothing is left"
        ),
        "say `used` or `limit` instead",
    ),
}
"""What each code says, and the next step; after a slash, another case of the same code."""

CODES = sorted({key.partition("/")[0] for key in _SAID})

_PROMPT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_WALLS = frozenset(str(show) for show in Show if show.access is Access.PREVIEW)
_COUNTDOWNS = (str(Show.COUNTDOWN), str(Show.LAST_FREE_ARTICLE))
_NOT_OF_SALE = (Needs.NOTHING, Needs.COUNTRY)
"""What a gate may need too."""
_STEPS = {
    Needs.METER: "add `spend`, or take the placeholder out",
    Needs.LEFT: "add `spend`, or take the placeholder out",
    Needs.OFFER: "add `offer`, or take the placeholder out",
    Needs.END: "give the offer an `ends` or a `lasts`, or take the placeholder out",
    Needs.WAS: "give the offer a `was`, or take the placeholder out",
    Needs.COUNTRY: "ask for `country` in its `when`, or take the placeholder out",
}


def _problem(case: str, path: _Path, /, **values: object) -> Problem:
    return fault_of(_SAID, case, path, **values)


def prompt_faults(policy: PartsWithPrompts) -> Iterator[Problem]:
    """Yield what is wrong with the words that a policy declares, and with who uses them."""
    declared = {prompt.name: prompt for prompt in policy.prompts}
    for prompt in policy.prompts:
        yield from _prompt_faults(prompt, ("prompts", prompt.name))
    yield from translation_faults(policy, declared)
    yield from noun_faults(policy)
    for index, rule in enumerate(policy.rules):
        place = ("rules", index, "prompt")
        if rule.prompt is not None and not _PROMPT_NAME.fullmatch(rule.prompt):
            yield _problem("bad-name/prompt", place, name=rule.prompt)
        if rule.show is Show.GATE:
            yield from _gate_faults(policy, index, declared)
        for prompt in may_show(declared, rule.prompt):
            yield from _unfilled(policy, index, prompt, place)
        if rule.prompt in _COUNTDOWNS and not _has(policy, index, Needs.LEFT):
            yield _problem(
                "unfilled-prompt",
                place,
                rule=rule.name,
                name=rule.prompt,
                needs=Needs.METER,
                advice="add `spend`, or name another prompt",
            )


def _prompt_faults(prompt: Prompt, path: _Path) -> Iterator[Problem]:
    """Yield what is wrong with a declared prompt by itself."""
    if prompt.name in _WALLS and prompt.is_capped:
        yield _problem("bad-name/capped", path, name=prompt.name)
    elif prompt.name in SHIPPED:
        yield _problem("bad-name/ships", path, name=prompt.name)
    elif prompt.name.strip() and not _PROMPT_NAME.fullmatch(prompt.name):
        yield _problem("bad-name/prompt", path, name=prompt.name)
    yield from words_faults(prompt, path)
    if prompt.action is not None and prompt.link is None:
        yield _problem("missing-key/link", (*path, "action"), name=prompt.name)
    if prompt.action is None and prompt.link is not None:
        yield _problem("missing-key/action", (*path, "link"), name=prompt.name)


def _gate_faults(
    policy: PartsWithPrompts, index: int, declared: Mapping[str, Prompt]
) -> Iterator[Problem]:
    rule = policy.rules[index]
    path = ("rules", index)
    if rule.prompt is None:
        yield _problem("gate-needs-prompt", (*path, "show"), rule=rule.name, name="consent")
    elif rule.prompt not in declared:
        case = "ships" if rule.prompt in SHIPPED else "undeclared"
        step = meant(rule.prompt, declared, f"declare it: `[prompts.{rule.prompt}]`")
        values = {"rule": rule.name, "name": rule.prompt, "meant": step}
        yield _problem(f"gate-needs-prompt/{case}", (*path, "prompt"), **values)


def _every_language(policy: PartsWithPrompts, prompt: Prompt) -> Iterator[PromptWords]:
    yield prompt
    for copy in policy.copy.values():
        if prompt.name in copy.prompts:
            yield copy.prompts[prompt.name]


def _needs(words: PromptWords) -> frozenset[Needs]:
    try:
        return words.needs()
    except BadPlaceholder:  # it has been told
        return frozenset()


def _unfilled(
    policy: PartsWithPrompts, index: int, prompt: Prompt, path: _Path
) -> Iterator[Problem]:
    """Yield what the words of a prompt need that its rule never has: the first is enough."""
    rule = policy.rules[index]
    wanted = frozenset[Needs]().union(*map(_needs, _every_language(policy, prompt)))
    told = {"rule": rule.name, "name": prompt.name}
    missing = [need for need in Needs if need in wanted and not _has(policy, index, need)]
    of_sale = [need for need in Needs if need in wanted and need not in _NOT_OF_SALE]
    if rule.show is Show.GATE and of_sale:
        yield _problem("unfilled-prompt/gate", path, needs=of_sale[0], **told)
    elif missing:
        need = missing[0]
        if need is Needs.LEFT and rule.show.access is Access.PREVIEW:
            yield _problem("unfilled-prompt/left", path, **told)
        else:
            advice = _STEPS[need]
            yield _problem("unfilled-prompt", path, needs=need, advice=advice, **told)


def _has(policy: PartsWithPrompts, index: int, need: Needs) -> bool:
    """Say whether a rule can ever have what a placeholder needs.

    A wall tells of a meter where a rule before it was refused by one, or where it asks itself
    whether one is exhausted.
    """
    rule = policy.rules[index]
    if need is Needs.NOTHING:
        return True
    if need is Needs.METER and rule.show.access is Access.PREVIEW:
        asks = any(part.exhausted for part in rule.when.walk())
        return asks or any(earlier.spend for earlier in policy.rules[:index])
    if need in (Needs.METER, Needs.LEFT):
        return bool(rule.spend) and rule.show.access is Access.FULL
    if need is Needs.COUNTRY:
        rules = policy.rules
        return any(part.country is not None for each in rules for part in each.when.walk())
    offers = [offer for offer in policy.offers if offer.name in rule.offered]
    if need is Needs.OFFER:
        return bool(rule.offered)
    if need is Needs.WAS:
        return any(offer.was is not None for offer in offers)
    return any(offer.ends is not None or offer.lasts is not None for offer in offers)
