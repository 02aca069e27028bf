"""A view that awaits, and asks for several things at once."""

from __future__ import annotations

import asyncio

import pytest

from meter import AsyncPaywall, Paywall, Reader
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest
from tests.web.site import BROWSER, POLICY, loaded

ARTICLES = ("a1", "a2", "a3", "a4")


def visit(kind, account=None):
    """Return a first visit to a site of either paywall, which opens two articles."""
    gate = Gate(paywall=kind(loaded(POLICY), MemoryStore()), secret="new")
    return gate.visit(WebRequest(method="GET", headers={"user-agent": BROWSER}), account)


async def opened(asking):
    """Return which articles are whole that are opened at once."""
    answers = await asyncio.gather(*(asking.aopen(name) for name in ARTICLES))
    return [answer.whole for answer in answers]


@pytest.mark.parametrize("kind", [Paywall, AsyncPaywall])
def test_articles_that_are_opened_at_once_are_all_counted(kind):
    """Each goes by what the others have counted in the cookie."""
    assert asyncio.run(opened(visit(kind))) == [True, True, False, False]


@pytest.mark.parametrize("kind", [Paywall, AsyncPaywall])
def test_the_account_is_asked_for_once(kind):
    """Also by calls that do not wait for each other, and where it signs in itself."""
    asked = []

    async def account():
        asked.append("account")
        await asyncio.sleep(0)
        await asking.asign_in("ana")
        return Reader(id="ana", registered=True)

    asking = visit(kind, account)
    assert asyncio.run(asyncio.wait_for(opened(asking), 30)) == [True, True, True, True]
    assert asked == ["account"]
