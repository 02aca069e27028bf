"""Policies whose prompts are not shown every time, and ask how often they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve
from hypothesis import strategies as st

from meter.policy import Cap, Every, Policy, Prompt, Quiet, When
from meter.testing.strategies.conditions import whens
from meter.testing.strategies.meters import windows
from meter.testing.strategies.policy import policies
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from meter.policy import Rule

__all__ = ["campaigns", "caps"]

_LENGTHS = ("1 hour", "1 day", "7 days")
_NAMES = ("give", "letter", "bar")


def caps() -> SearchStrategy[Cap]:
    """Draw caps in windows of every kind."""
    return st.builds(lambda times, window: Cap(times=times, window=window), _TIMES, windows())


_TIMES = st.sampled_from([1, 2, 3])


@st.composite
def campaigns(draw: DrawFn, policy: Policy | None = None) -> Policy:
    """Draw policies in which prompts have caps, quiet times, groups and others in their place.

    Open rules show them, and half of the time one asks how often one was shown. `policy` is one to
    make so; without it, any is drawn.
    """
    drawn = draw(policies()) if policy is None else policy
    counting = [meter.name for meter in drawn.meters if meter.counts is not None]
    prompts = [draw(_prompt(number, counting)) for number in range(len(_NAMES))]
    others = [prompt for prompt in drawn.prompts if prompt.name not in _NAMES]
    asked = [prompt.name for prompt in prompts if prompt.at_most]
    rules = [draw(_rule(rule, asked)) for rule in drawn.rules[:-1]]
    return evolve(
        drawn,
        prompts=[*others, *prompts],
        rules=[*rules, draw(_rule(drawn.rules[-1], ()))],
        copy={locale: evolve(copy, prompts={}) for locale, copy in drawn.copy.items()},
    )


@st.composite
def _prompt(draw: DrawFn, number: int, counting: Sequence[str]) -> Prompt:
    """Draw a prompt; each of these may give way to the next."""
    keys = draw(st.sets(st.sampled_from(["caps", "caps 2", "every", "quiet", "once", "group"])))
    quiet = st.dictionaries(
        st.sampled_from(["closed", "purchase", "shown"]), st.sampled_from(_LENGTHS), min_size=1
    )
    prompt = Prompt(
        name=_NAMES[number],
        heading="{{ publication }} lives on gifts",
        at_most=draw(st.lists(caps(), min_size=1, max_size=2)) if "caps" in keys else [],
        every=draw(_every(counting)) if counting and "every" in keys else None,
        quiet_after=Quiet(**draw(quiet)) if "quiet" in keys else None,
        once="once" in keys and "caps 2" not in keys,
        group="asks" if "group" in keys else None,
    )
    instead = _NAMES[number + 1 : number + 2]
    if prompt.is_capped and instead and draw(st.booleans()):
        return evolve(prompt, instead=instead[0])
    return prompt


def _every(counting: Sequence[str]) -> SearchStrategy[Every]:
    meter = st.sampled_from(counting)
    return st.builds(lambda meter, views: Every(meter=meter, views=views), meter, _TIMES)


@st.composite
def _rule(draw: DrawFn, rule: Rule, asked: Sequence[str]) -> Rule:
    """Draw a rule that opens with one of the prompts, and may ask how often one was shown."""
    if rule.show.access is Access.PREVIEW:
        return rule
    prompt = draw(st.sampled_from([*_NAMES, _NAMES[0], None]))
    seen = draw(st.none() | whens(prompts=asked, depth=0, least=1)) if asked else None
    when = rule.when if seen is None else _both(rule.when, seen)
    return evolve(rule, prompt=prompt, when=when)


def _both(one: When, other: When) -> When:
    return other if one == When() else When(any=[one], not_=When(not_=other))
