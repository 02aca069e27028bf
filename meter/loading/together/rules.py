"""The keys of a rule, and of a group of rules."""

from __future__ import annotations

from meter.loading.conditions import WHEN_KEY
from meter.loading.fields import Choice, Key, List, OneOf, Table, Text
from meter.loading.machines import MACHINES_OF_A_RULE
from meter.loading.prompts import OF_A_PROMPT
from meter.loading.together.groups import WrittenGroup
from meter.policy import Rule
from meter.policy.faults.offers import MOST_OFFERS
from meter.vocabulary import Show, Wall

__all__ = ["GROUP", "GROUPS", "MOST_RULES", "NAME", "RULE", "RULES", "name_step"]


def name_step(name: str) -> str | None:
    """Return what is wrong with a name, if anything."""
    if name.strip() and name != name.strip():
        return "a name has no space at its ends"
    if not name.isprintable():
        return "a name is one line, without characters that cannot be seen"
    return None


NAME = Text(
    form='a name in quotes such as `"everyone else"`',
    longest=120,
    code="bad-name",
    check=name_step,
)
_OFFER_NAME = Text(form='the name of an offer such as `"summer"`')
_PROMPT_NAME = Text(form='the name of a prompt such as `"few-left"`')
_METER_NAME = Text(form='the name of a meter such as `"monthly"`')
_METER_NAMES = List(item=_METER_NAME, example='["daily", "monthly"]')
RULE = Table(
    noun="a rule",
    make=Rule,
    example='{ name = "…", show = "article" }',
    elsewhere=OF_A_PROMPT,
    keys={
        "name": Key(
            shape=NAME,
            says="a name of its own, which reports and explanations use",
            required=True,
            filler="",
        ),
        "when": WHEN_KEY,
        "spend": Key(
            shape=OneOf(by={list: _METER_NAMES}, otherwise=_METER_NAME),
            says=(
                "the meter to count the article on, or a list of meters that must all have"
                " allowance left and all count it; the rule then matches while allowance is left"
            ),
        ),
        "show": Key(
            shape=Choice(words=Show, also=Wall),
            says="what the page shows; `wall` is the wall that fits the reader and the offer",
            required=True,
            filler=Show.ARTICLE,
        ),
        "offer": Key(
            shape=OneOf(by={list: List(item=_OFFER_NAME, most=200)}, otherwise=_OFFER_NAME),
            says=(
                "the offer to show, while it runs and if the reader may have it; of a list the"
                " first such one"
            ),
        ),
        "offers": Key(
            shape=List(item=_OFFER_NAME, most=MOST_OFFERS, example='["day", "month"]'),
            says="instead of `offer`: those that stand side by side, each if it is to be had",
        ),
        "prompt": Key(
            shape=_PROMPT_NAME, says="the prompt to use instead of the one called like `show`"
        ),
        "machines": Key(
            shape=MACHINES_OF_A_RULE,
            says=(
                "what it tells machines, where it shows a wall or a gate: a status, a price, a"
                " licence"
            ),
        ),
    },
)

MOST_RULES = 500
"""How many rules a policy has at most, over all its files and groups."""

RULES = List(item=RULE, most=MOST_RULES, least=0)
GROUP = Table(
    noun="a group",
    make=WrittenGroup,
    example='{ name = "…", rules = [{ … }] }',
    keys={
        "name": Key(
            shape=NAME,
            says="a name of its own, which explanations use",
            required=True,
            filler="",
        ),
        "when": Key(
            shape=WHEN_KEY.shape,
            says="whom its rules are for, beside their own `when`",
        ),
        "rules": Key(
            shape=List(item=RULE, most=MOST_RULES),
            says="its rules in order, each under `[[groups.rules]]`",
            required=True,
            filler=(),
        ),
    },
)
GROUPS = List(item=GROUP, most=200, least=0)
