"""Stores under test take their time: a busy machine is not an outage."""

from __future__ import annotations

import pytest

from meter.stores.deadline import deadline


@pytest.fixture(autouse=True)
def patient():
    """Let stores that a test asks itself take their time."""
    with deadline(600):
        yield
