"""Readers are exposed in the ratio of the weights, and only where they meet a difference."""

from __future__ import annotations

from tests.experiments.exposed import exposed


def test_the_exposed_are_in_the_ratio_of_the_weights():
    """Of some thousands; `python -m tests.experiments.exposed --whole` lets 100,000 read."""
    rows, wrong = exposed(4_000)
    assert wrong == 0
    assert [row for row in rows if not row.fine] == []
    assert sum(row.readers for row in rows) > 2_000
