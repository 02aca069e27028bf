"""Stores under test take their time: a busy machine is not an outage."""

from __future__ import annotations

import time

import pytest

from meter.stores.deadline import UNTIL


@pytest.fixture(autouse=True)
def patient():
    """Let stores that a test asks itself take their time."""
    token = UNTIL.set(time.monotonic() + 600)
    yield
    UNTIL.reset(token)
