"""Are simulated readers in the variants that the hash of their ids says?"""

from __future__ import annotations

import numpy as np

from meter.simulate.arms import SimulatedArms, identity_name
from meter.simulate.export.events import simulated_views
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
