"""Are simulated readers in the variants that the hash of their ids says?"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from meter.experiments import Experiment, Filter, Hash
from meter.simulate.arms import SimulatedArms, identity_name
from meter.simulate.export.events import simulated_views
from meter.simulate.lives.hashed import variants_of
from meter.simulate.population import simulate
from tests.simulate.policies import with_campaigns
from tests.simulate.test_engine_agreement import BUSY, disagreements

POLICY = with_campaigns()


def _lived(policy=POLICY, **options):
    return simulate(policy, readers=300, months=2, seed=4, assumptions=BUSY, **options)


def test_who_was_hashed_before_lives_the_same_life():
    """What is kept of ids from life to life changes no number, whoever does the work."""
    first, second = _lived(workers=1), _lived(workers=2)
    assert np.array_equal(first.columns, second.columns)
    assert first.by_offer() == second.by_offer()


def test_ids_that_show_on_the_way_are_hashed():
    """Without going again, those are taken for somebody of the first variant."""
    assert not disagreements(POLICY, readers=60, months=3)[1]


def test_a_life_with_ids_that_were_not_hashed_is_noticed(monkeypatch):
    """The comparison with the engine sees it."""
    monkeypatch.setattr(SimulatedArms, "learn", lambda self: False)
    assert disagreements(POLICY, readers=61, months=3)[1]


def test_a_visitor_is_a_device_and_stays_through_sign_in():
    """Signed in, the reader's id is the account's, and the visitor's still the device's."""
    views = list(simulated_views(_lived(log=True)))
    accounts = [seen for seen in views if seen.reader.registered]
    assert accounts
    assert all(seen.reader.visitor != seen.reader.id for seen in accounts)
    visitors = {seen.reader.visitor for seen in views}
    assert {identity_name(0, 0)} <= visitors
    assert {seen.reader.id for seen in views if not seen.reader.registered} <= visitors


IDS = st.integers(0, 10**9).flatmap(
    lambda reader: st.builds(identity_name, st.just(reader), st.integers(0, 400))
)
SHARES = st.sampled_from([0.0, 0.1, 0.25, 0.5])
SEEDS = st.sampled_from(["price-test", "größer", "s", "🗞", "a b"])
HASHES = st.sampled_from(list(Hash))
FILTERS = st.builds(
    Filter, seed=SEEDS, ranges=st.sampled_from([[(0, 0.5)], [(0.2, 0.3), (0.6, 1)]]), hash=HASHES
)
EXPERIMENTS = st.builds(
    Experiment,
    seed=SEEDS,
    variants=st.fixed_dictionaries({"control": SHARES, "nine": SHARES}),
    hash=HASHES,
    coverage=st.sampled_from([0.3, 1.0]),
    filters=st.lists(FILTERS, max_size=2),
)


@given(experiment=EXPERIMENTS, ids=st.lists(IDS, min_size=1, max_size=50))
def test_many_ids_at_once_are_in_the_variants_that_each_is_in(experiment, ids):
    """Whatever the hash, the filters and the seed, which may be outside ASCII."""
    codes = ["control", "none", "nine"]
    found = variants_of(experiment, ids, codes, "none")
    assert [experiment.variant(each) or "none" for each in ids] == [codes[place] for place in found]
