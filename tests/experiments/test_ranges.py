"""Edits that are said to reassign nobody reassign nobody, and ranges are what comparing makes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from meter.experiments import Experiment, Filter, Hash, holdout
from meter.experiments.moves import shares
from tests.experiments.drawn import FINEST, HASHES, SHARES, experiments, named, weights
from tests.experiments.ids import ids

IDS = list(ids(300))


def is_within(smaller, larger):
    """Say whether each variant keeps every number it has."""
    return all(
        old.first == old.end or (new.first <= old.first and old.end <= new.end)
        for old, new in zip(smaller.arms, larger.arms, strict=False)
    )


@given(experiment=experiments(), more=SHARES)
@example(Experiment(seed="s", variants={"a": 0.1, "b": 0.2, "c": 0.7}, coverage=0.5), 1)
def test_a_raised_coverage_reassigns_nobody(experiment, more):
    """Every variant keeps the numbers it has."""
    assume(more >= experiment.coverage)
    raised = evolve(experiment, coverage=more)
    assert is_within(experiment, raised)


@given(hash_=HASHES, values=weights(), coverage=SHARES)
def test_a_variant_added_at_the_end_reassigns_nobody(hash_, values, coverage):
    """All others keep exactly the numbers they have."""
    *most, _ = [*values, 0]
    for count in range(1, len(most)):
        old, new = (
            Experiment(seed="s", hash=hash_, variants=named(part), coverage=coverage)
            for part in (most[:count], most[: count + 1])
        )
        assert old.arms == new.arms[:count]


@given(experiment=experiments())
def test_variants_do_not_share_a_number(experiment):
    """They lie one after the other, within the numbers there are."""
    bounds = [0, *(bound for arm in experiment.arms for bound in arm[1:]), experiment.hash.parts]
    assert sorted(bounds) == bounds


@given(experiment=experiments(hashes=st.sampled_from([Hash.GROWTHBOOK_2, Hash.GROWTHBOOK_1])))
@settings(max_examples=25)
def test_numbers_are_in_the_range_that_growthbook_compares_with(experiment):
    """Each number divided by all of them, against ends that are added in floating point."""
    parts = experiment.hash.parts
    start, ranges = 0.0, {}
    for name, weight in experiment.variants:
        ranges[name] = (start, start + experiment.coverage * weight)
        start += weight
    for number in range(parts):
        value = number / parts
        inside = [name for name, (first, end) in ranges.items() if first <= value < end]
        assert [experiment.variant_of_number(number)] == (inside or [None])


@given(hash_=HASHES, values=weights())
def test_shares_are_the_weights(hash_, values):
    """To within one number of the hash, and whole weights leave nobody out."""
    test = Experiment(seed="s", hash=hash_, variants=named(values))
    found = shares(test)
    for name, weight in test.variants:
        assert abs(found[name] - Fraction(str(weight))) < Fraction(1, hash_.parts) + Fraction(1e-15)
    if sum(Fraction(str(value)) for value in values) == 1:
        assert found[None] < Fraction(1, 10**15)


def test_what_is_missing_to_1_is_in_no_variant():
    """Not in the first one, as it would be shown by GrowthBook."""
    test = Experiment(seed="s", variants={"a": 0.25, "b": 0.5})
    assert {"a": Fraction(1, 4), "b": Fraction(1, 2), None: Fraction(1, 4)} == shares(test)
    assert {"a", "b", None} == {test.variant(unit) for unit in IDS}


@given(
    hash_=HASHES,
    cut=st.integers(0, FINEST).map(lambda part: part / FINEST),
    seed=st.text(min_size=1, max_size=5),
)
@settings(max_examples=25)
def test_filters_that_do_not_touch_are_exclusive(hash_, cut, seed):
    """No id is in both of two experiments, and each is let through by one of the filters."""
    halves = [Filter(seed=seed, hash=hash_, ranges=[pair]) for pair in ((0, cut), (cut, 1))]
    first, second = (
        Experiment(seed=f"e{place}", variants={"a": 0.5, "b": 0.5}, filters=[half])
        for place, half in enumerate(halves)
    )
    for unit in IDS:
        assert 1 == [first.variant(unit), second.variant(unit)].count(None)


@given(hash_=HASHES, both=st.tuples(SHARES, SHARES).map(sorted))
@settings(max_examples=25)
def test_a_larger_holdout_keeps_out_whom_the_smaller_did(hash_, both):
    """And leaves everybody else in their variant."""
    variants = {"a": 0.5, "b": 0.5}
    whole = Experiment(seed="s", variants=variants)
    smaller, larger = (
        evolve(whole, filters=[holdout(seed="q4", share=share, hash_=hash_)]) for share in both
    )
    for unit in IDS:
        chain = [test.variant(unit) for test in (whole, smaller, larger)]
        assert all(before == after or after is None for before, after in pairwise(chain))


@given(share=SHARES, hash_=HASHES)
def test_a_holdout_keeps_out_the_beginning(share, hash_):
    """Exactly the ids that a filter for that share would let through."""
    kept_out = Filter(seed="q4", hash=hash_, ranges=[(0, share)])
    rest = holdout(seed="q4", share=share, hash_=hash_)
    for unit in IDS[:30]:
        assert rest.admits(unit) != kept_out.admits(unit)


def test_a_holdout_keeps_its_share_out():
    """Of all ids, over every experiment that has it."""
    out = holdout(seed="q4", share=0.05)
    tests = [Experiment(seed=name, variants={"a": 1}, filters=[out]) for name in "xyz"]
    assert [Fraction(1, 20)] * 3 == [shares(test)[None] for test in tests]
    assert {1} == {len({test.variant(unit) for test in tests}) for unit in IDS}


@pytest.mark.parametrize("unit", [None, ""])
def test_without_an_id_there_is_no_variant(unit):
    """A reader who has no id is in no experiment."""
    assert Experiment(seed="s", variants={"a": 1}).variant(unit) is None
