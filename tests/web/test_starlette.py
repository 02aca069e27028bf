"""A paywall that is awaited serves views that block as well: FastAPI's `def` endpoints."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from meter import AsyncPaywall, load_policy, open_store
from meter.stores import in_thread
from meter.web import Gate, WebRequest
from meter.web.fastapi import CurrentVisit, FastAPIPaywall

POLICY = Path(__file__).parents[2] / "docs" / "examples" / "policy.toml"


def test_a_view_that_blocks_is_answered_in_the_loop_of_the_site():
    """It runs in a thread; the paywall is asked where it lives."""
    paywall = FastAPIPaywall(POLICY, "memory://", secret="secret")
    app = FastAPI(lifespan=paywall.lifespan)
    paywall.install(app)

    @app.get("/{name}")
    def view(name: str, visit: CurrentVisit) -> bool:
        return visit.open(name).whole

    @app.get("/counted/by-now")
    def counted(visit: CurrentVisit) -> list[str]:
        return [read.id for read in visit.ledger()["monthly"].reads]

    with TestClient(app, headers={"User-Agent": "Mozilla/5.0"}) as browser:
        assert [True, True, True, False] == [browser.get(f"/{name}").json() for name in "abcd"]
        assert ["a", "b", "c"] == browser.get("/counted/by-now").json()


def test_in_the_loop_itself_it_has_to_be_awaited():
    """There it would wait for itself."""

    async def view():
        store = in_thread(open_store("memory://"))
        gate = Gate(AsyncPaywall(load_policy(POLICY), store), secret="secret")
        gate.loop = asyncio.get_running_loop()
        gate.visit(WebRequest(method="GET")).open("a")

    with pytest.raises(TypeError, match="has to be awaited"):
        asyncio.run(view())
