"""Variants are as large as their weights, and experiments are independent."""

from __future__ import annotations

import pytest

from meter.experiments import Hash
from tests.experiments.spread import HASHES, spreads

MANY = 5_000


@pytest.mark.parametrize("hash_", HASHES)
def test_shares_and_pairs_are_as_chance_has_them(hash_):
    """Of a few thousand ids; `python -m tests.experiments.spread --whole` asks a million."""
    assert [spread for spread in spreads(MANY, (hash_,)) if not spread.fine] == []


def test_a_hash_that_does_not_mix_is_noticed(monkeypatch):
    """The first hash of GrowthBook is not independent for seeds that differ in their last sign."""
    found = [spread for spread in spreads(MANY, (Hash.GROWTHBOOK_1,)) if not spread.fine]
    assert ["growthbook-1, `price-1` and `price-2`: chi-square"] == [each.what for each in found]
