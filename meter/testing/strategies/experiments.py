"""Policies with experiments: who is in which variant, and conditions that ask for variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve
from hypothesis import strategies as st

from meter.experiments import ExperimentUnit, Filter
from meter.policy import DeclaredExperiment, DeclaredHoldout, Policy, Rule, When
from meter.testing.strategies.conditions import whens
from meter.vocabulary import Show, Wall

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["VISITORS", "with_experiments"]

VISITORS = ("v1", "v2", "v3", "v4", "v5", "v6")
_WEIGHTS = (
    *(((("control", 0.5), ("nine", 0.5)),) * 3),
    *(((("control", 0.4), ("nine", 0.3), ("ten", 0.2)),) * 3),
    (("control", 1.0),),
    (("nine", 0.0), ("control", 1.0)),
)
_FILTERS = ((), (), (Filter(seed="apart", ranges=[(0, 0.5)]),))
_HOLDOUTS = (None, None, DeclaredHoldout(seed="nobody", share=0.3))
_OUTCOMES: tuple[dict[str, Any], ...] = (
    {"show": Show.ARTICLE},
    {"show": Wall.WALL},
    {"show": Show.ARTICLE, "prompt": "give"},
)


@st.composite
def with_experiments(draw: DrawFn, policy: Policy) -> Policy:
    """Draw a policy with one or two experiments, of which rules, limits and offers ask."""
    names = draw(st.sampled_from([("price",), ("price", "layout")]))
    experiments = tuple(draw(_experiments(name)) for name in names)
    asked = _asked(experiments)
    before = [evolve(rule, when=draw(_also(rule.when, asked))) for rule in policy.rules[:-1]]
    place = draw(st.sampled_from([0, len(before), None]))
    if place is not None:
        outcome = draw(st.sampled_from(_OUTCOMES))
        before.insert(place, Rule(name="tried", when=draw(asked), **outcome))
    meters = [
        evolve(
            meter,
            limits=[evolve(each, when=draw(_also(each.when, asked))) for each in meter.limits],
        )
        for meter in policy.meters
    ]
    offers = [evolve(offer, when=draw(_also(offer.when, asked))) for offer in policy.offers]
    return evolve(
        policy,
        rules=(*before, policy.rules[-1]),
        meters=meters,
        offers=offers,
        experiments=experiments,
        holdout=draw(st.sampled_from(_HOLDOUTS)),
    )


def _experiments(name: str) -> SearchStrategy[DeclaredExperiment]:
    return st.builds(
        DeclaredExperiment,
        name=st.just(name),
        seed=st.sampled_from([f"{name}-{number}" for number in range(1, 9)]),
        variants=st.sampled_from(_WEIGHTS),
        coverage=st.sampled_from([1, 1, 0.7]),
        filters=st.sampled_from(_FILTERS),
        unit=st.sampled_from(ExperimentUnit),
        when=st.one_of(*[st.just(When())] * 3, whens(depth=1)),
    )


def _asked(experiments: tuple[DeclaredExperiment, ...]) -> SearchStrategy[When]:
    """Draw conditions that ask for variants, or for anything but them."""
    keys = {
        each.name: st.frozensets(
            st.sampled_from([name for name, _ in each.variants]), min_size=1, max_size=2
        )
        for each in experiments
    }
    one = [st.fixed_dictionaries({name: some}) for name, some in keys.items()]
    asked = st.one_of(*one, st.fixed_dictionaries(keys)).map(lambda found: When(experiment=found))
    return asked | asked.map(lambda when: When(not_=when))


def _also(when: When, asked: SearchStrategy[When]) -> SearchStrategy[When]:
    """Draw a condition, or that and one that asks for variants."""
    if when.any is not None:
        return st.just(when)
    both = asked.map(lambda more: evolve(when, any=[more]))
    return st.one_of(st.just(when), both, both)
