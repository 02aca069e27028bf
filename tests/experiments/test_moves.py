"""What is said of an edit is what comparing every number before and after comes to."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import accumulate, product

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.experiments import Experiment, Filter, Hash, holdout
from meter.experiments.moves import Flow, apart, met_together, moves, shares
from tests.experiments.drawn import experiments

PARTS = 100
SEEDS = ("a", "b")
SMALL = st.sampled_from([Hash.UNLEASH_ROLLOUT])
HALVES = Experiment(seed="price", variants={"control": 0.5, "nine": 0.5})


VALUES = [Fraction(number, PARTS) for number in range(PARTS)]


def answers(experiment):
    """Return by seed what each number makes of an id: `False`, `True`, or a variant."""
    found = {seed: [True] * PARTS for seed in SEEDS}
    if experiment is None:
        return {seed: [False] * PARTS for seed in SEEDS}
    weights = [Fraction(str(weight)) for _, weight in experiment.variants]
    starts = list(accumulate(weights, initial=Fraction()))
    covered = Fraction(str(experiment.coverage))
    for number, value in enumerate(VALUES):
        inside = [
            name
            for (name, weight), start in zip(experiment.variants, starts, strict=False)
            if start <= value < start + covered * Fraction(str(weight))
        ]
        found[experiment.seed][number] = inside[0] if inside else False
    for each in experiment.filters:
        bounds = [[Fraction(str(bound)) for bound in pair] for pair in each.ranges]
        for number, value in enumerate(VALUES):
            if not any(start <= value < end for start, end in bounds):
                found[each.seed][number] = False
    return found


def variant(one, other):
    """Return the variant that two answers come to."""
    if one is False or other is False:
        return None
    return other if one is True else one


@given(
    before=st.none() | experiments(hashes=SMALL),
    after=st.none() | experiments(hashes=SMALL),
)
@settings(max_examples=25)
def test_shares_of_an_edit_are_counted_over_every_number(before, after):
    """All pairs of the numbers of two seeds, which experiments and filters have in common."""
    first, second = (list(zip(answers(before)[s], answers(after)[s], strict=True)) for s in SEEDS)
    found = Counter(
        tuple(variant(*pair) for pair in zip(one, other, strict=True))
        for one, other in product(first, second)
    )
    expected = {pair: Fraction(count, PARTS**2) for pair, count in found.items()}
    assert expected == {flow[:2]: flow.share for flow in moves(before, after).flows}


@given(st.lists(experiments(hashes=SMALL), min_size=1, max_size=4))
@settings(max_examples=25)
def test_variants_that_are_met_together_are_those_of_some_pair_of_numbers(drawn):
    """Of any number of experiments, whichever seeds they have in common."""
    first, second = (list(zip(*(answers(each)[s] for each in drawn), strict=True)) for s in SEEDS)
    found = {
        tuple(variant(*pair) for pair in zip(one, other, strict=True))
        for one, other in product(set(first), set(second))
    }
    assert found == met_together(drawn)


@given(st.lists(experiments(seeds="abcdef", hashes=SMALL, most_filters=1), max_size=5))
def test_experiments_that_are_apart_share_no_seed(drawn):
    """Those of one group hang together; a group of several falls into no two such groups."""
    seeds = [{each.seed, *(filter_.seed for filter_ in each.filters)} for each in drawn]
    groups = list(apart(drawn))
    assert sorted(place for group in groups for place in group) == [*range(len(drawn))]
    for group in groups:
        mine = set().union(*(seeds[place] for place in group))
        others = (seeds[place] for place in range(len(drawn)) if place not in group)
        assert not mine.intersection(*[set().union(*others)])
        reached = {*seeds[group[0]]}
        for _ in group:
            reached |= set().union(*(seeds[at] for at in group if seeds[at] & reached))
        assert mine == reached


@given(before=experiments(), after=experiments())
def test_shares_add_up(before, after):
    """Everybody is somewhere before and after, and who changes does so in one of three ways."""
    told = moves(before, after)
    staying = sum(flow.share for flow in told.flows if flow.before == flow.after)
    assert sum(flow.share for flow in told.flows) == 1
    assert 1 - staying == told.switching + told.entering + told.leaving
    assert (
        shares(after).items()
        >= {
            name: sum(flow.share for flow in told.flows if flow.after == name)
            for name in {flow.after for flow in told.flows}
        }.items()
    )


@given(experiment=experiments())
def test_an_edit_of_nothing_moves_nobody(experiment):
    """Whatever the filters."""
    told = moves(experiment, experiment)
    assert [0, 0, 0] == [told.switching, told.entering, told.leaving]


def told(after, before=HALVES):
    """Return the three shares of an edit."""
    found = moves(before, after)
    return found.switching, found.entering, found.leaving


def test_edits_are_told_exactly():
    """Weights, coverage, a variant, a filter, a holdout, a seed: the share that each moves."""
    thirds = {"control": 0.5, "nine": 0.25, "twelve": 0.25}
    half = [Filter(seed="shop", ranges=[(0, 0.5)])]
    smaller = evolve(HALVES, coverage=0.5)
    assert (Fraction(1, 10), 0, 0) == told(evolve(HALVES, variants={"control": 0.6, "nine": 0.4}))
    assert (0, Fraction(1, 2), 0) == told(HALVES, before=smaller)
    assert (0, 0, Fraction(1, 2)) == told(smaller)
    assert (Fraction(1, 4), 0, 0) == told(evolve(HALVES, variants=thirds))
    assert (0, 0, Fraction(1, 2)) == told(evolve(HALVES, filters=half))
    assert (0, 0, Fraction(1, 20)) == told(evolve(HALVES, filters=[holdout(seed="q4", share=0.05)]))
    assert (Fraction(1, 2), 0, 0) == told(evolve(HALVES, seed="price-2"))
    assert (Fraction(1, 2), 0, 0) == told(evolve(HALVES, hash="optimizely"))
    assert (1, 0, 0) == told(evolve(HALVES, variants={"nine": 0.5, "control": 0.5}))


def test_an_experiment_that_comes_or_goes_is_an_edit():
    """From nothing everybody enters, to nothing everybody leaves."""
    assert (0, 1, 0) == told(HALVES, before=None)
    assert (0, 0, 1) == told(None)
    assert (Flow(None, None, Fraction(1)),) == moves(None, None).flows
