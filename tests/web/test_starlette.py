"""What a Starlette application opens as it starts, and closes as it ends."""

from __future__ import annotations

import asyncio
import threading

import pytest

from meter.errors import StoreUnavailableError
from meter.web.starlette import StarlettePaywall
from tests.web.site import POLICY


def watching():
    """Return the threads that look at a policy's file."""
    return {thread for thread in threading.enumerate() if thread.name == "meter-policy"}


def test_an_application_that_ends_leaves_nothing_open(tmp_path):
    """Neither the file of an ordinary store, nor who looks at the policy's."""
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    before = watching()
    paywall = StarlettePaywall(path, f"sqlite:///{tmp_path}/u.db", reload=True, secret="new")

    async def lives():
        async with paywall.lifespan():
            assert len(watching() - before) == 1
            return paywall.gate.paywall.store.store

    store = asyncio.run(lives())
    assert watching() == before
    with pytest.raises(StoreUnavailableError, match="closed database"):
        store.load("a")


def test_a_gate_is_there_only_while_the_application_runs():
    """Who asks too early is told what to do."""
    paywall = StarlettePaywall("policy.toml", "memory://", secret="new")
    with pytest.raises(RuntimeError, match="give the application its `lifespan`"):
        _ = paywall.gate
