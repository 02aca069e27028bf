"""Readers are exposed in the ratio of the weights, and only where they meet a difference."""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from tests.experiments.exposed import exposed


def test_the_exposed_are_in_the_ratio_of_the_weights():
    """Of some thousand readers; `python -m tests.experiments.exposed --whole` takes 100,000."""
    rows, wrong = exposed(4_000)
    assert wrong == 0
    assert [row for row in rows if not row.fine] == []
    assert sum(row.visitors for row in rows) > 800
