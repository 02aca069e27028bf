"""Policies, with every sort of window, condition, limit, offer and rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve
from hypothesis import strategies as st

from meter.policy import (
    Copy,
    Guarantee,
    Links,
    Meter,
    Noun,
    Policy,
    Prompt,
    PromptWords,
    Publication,
    Rule,
    When,
)
from meter.policy.promised import WALLS
from meter.testing.strategies.conditions import SWITCHES, dates, whens
from meter.testing.strategies.meters import meter, spendable
from meter.testing.strategies.offers import offers, products, showing
from meter.vocabulary import Show, Wall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["policies"]

_ZONES = (
    "UTC",
    "Asia/Tokyo",
    "America/New_York",
    "Europe/London",
    "America/Havana",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Asuncion",
)
_PROMPTS = (
    Prompt(name="consent", heading="Before you read", action="Choose", link="/consent"),
    Prompt(name="give", heading="{{ publication }} lives on gifts", text="Give what you like"),
)
"""What a gate asks for, and what an open page may ask."""
_WALLS = (
    Show.SUBSCRIPTION_WALL,
    Wall.WALL,
    Show.TRIAL_OFFER,
    Show.REGISTRATION_WALL,
    Show.TRIAL_EXPIRED,
    Show.SUBSCRIPTION_EXPIRED,
)


@st.composite
def _rules(draw: DrawFn, counted: Sequence[Meter], names: Sequence[str]) -> tuple[Rule, ...]:
    """Draw up to three rules, half of the time one that lets many spend, and the last one."""
    meters = [one.name for one in counted]
    shown = showing(tuple(names))
    show = st.sampled_from([Show.COUNTDOWN, Show.COUNTDOWN, Show.ARTICLE, Show.LAST_FREE_ARTICLE])
    plain: SearchStrategy[dict[str, Any]] = st.just({"show": Show.ARTICLE})
    asks = st.just({"show": Show.ARTICLE, "prompt": "give"})
    gate = st.just({"show": Show.GATE, "prompt": "consent"})
    walls = st.fixed_dictionaries({"show": st.sampled_from(_WALLS)})
    wall: SearchStrategy[dict[str, Any]] = st.tuples(walls, shown).map(lambda d: d[0] | d[1])
    spend = wall
    if meters:
        spending = st.fixed_dictionaries(
            {"spend": st.sampled_from(spendable(counted)), "show": show}
        )
        spend = st.tuples(spending, shown).map(lambda d: d[0] | d[1])
    outcome = st.one_of(spend, plain, wall, gate, asks)
    drawn = draw(st.lists(st.tuples(whens(meters, least=1), outcome), max_size=3))
    allowed = draw(st.booleans())
    if meters and allowed:
        drawn.append((draw(st.sampled_from([When(), When(access=["metered"])])), draw(spend)))
    drawn.append((When(), draw(st.one_of(wall, wall, wall, plain, gate))))
    return tuple(
        Rule(name=f"rule {number}", when=when, **outcome)
        for number, (when, outcome) in enumerate(drawn, 1)
    )


@st.composite
def policies(draw: DrawFn, zones: Sequence[str] = _ZONES) -> Policy:
    """Draw policies published in one of `zones`, with up to two meters and offers and six rules.

    Half of them let somebody spend before the last rule. Every sort of condition, window, limit and
    offer occurs.
    """
    names = draw(
        st.sampled_from(
            [("monthly",), ("monthly", "daily"), ("monthly",), ("daily", "monthly"), ()]
        )
    )
    offer_names = draw(st.sampled_from([(), ("spring",), ("spring", "summer")]))
    extra = draw(st.sampled_from([None] * 5 + ["guarantee", "copy", "links"]))
    nouns = {"letter": Noun(one="letter", other="letters")}
    meters = tuple(draw(meter(name)) for name in names)
    sold = tuple(draw(offers(name, dates(), whens(names))) for name in offer_names)
    policy = Policy(
        publication=Publication(name="The Harbour Review", timezone=draw(st.sampled_from(zones))),
        meters=meters,
        offers=sold,
        products=draw(products()),
        rules=draw(_rules(meters, offer_names)),
        switches={name: draw(st.booleans()) for name in SWITCHES},
        prompts=_PROMPTS,
        copy={"en": Copy(nouns=nouns)},
    )
    if extra == "guarantee":
        never = draw(st.sampled_from([WALLS, {Show.SUBSCRIPTION_WALL}, {Show.GATE}]))
        guarantee = Guarantee(name="no wall", when=draw(whens(names)), never=never)
        return evolve(policy, guarantees=[guarantee])
    if extra == "copy":
        words = Copy(headline="Read on", benefits=("Every story",), nouns=nouns)
        asked = Copy(prompts={"give": PromptWords(heading="ご支援ください", text="任意の額")})
        return evolve(policy, copy={"en": words, "ja": asked})
    if extra == "links":
        return evolve(policy, links=Links(subscribe="/join"))
    return policy
