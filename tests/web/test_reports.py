"""Who is told of decisions, a shadow's among them, hears of the reader who is really there."""

from __future__ import annotations

import pytest

from meter import Paywall, Reader, loads_policy
from meter.errors import StoreUnavailableError
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest
from tests.web.site import POLICY, article

FREE = article("f", "free")
MEMBERS = """
[publication]
name = "The Harbour Review"
[[rules]]
name = "members"
when = { account = true }
show = "article"
[[rules]]
name = "everyone else"
show = "registration-wall"
"""


def gate_told(**settings):
    """Return a gate, and what its hook was told."""
    told = []
    paywall = Paywall(loads_policy(POLICY), MemoryStore(), on_decision=told.append, **settings)
    return Gate(paywall, secret="secret"), told


@pytest.mark.parametrize("account", ["ana", None])
def test_an_open_page_is_reported_with_its_reader(account):
    """It is the same for everyone, and kept by caches; the report knows who it was."""
    gate, told = gate_told()
    reader = None if account is None else Reader(id=account, registered=True)
    visit = gate.visit(WebRequest(method="GET"), lambda: reader)
    answer = visit.open(FREE)
    assert answer.max_age
    assert [account] == [event["data"]["view"]["reader"]["id"] for event in told]
    assert "Set-Cookie" not in dict(visit.finish(200, []).headers)


def test_a_shadow_differs_for_those_only_for_whom_it_does():
    """One that keeps free pages for members differs for strangers, and not for a member."""
    gate, told = gate_told(shadow=loads_policy(MEMBERS))
    for reader in (None, Reader(id="ana", registered=True)):
        gate.visit(WebRequest(method="GET"), lambda reader=reader: reader).open(FREE)
    kinds = [event["type"] for event in told]
    assert ["meter.decision", "meter.difference", "meter.decision"] == kinds


class Hanging(MemoryStore):
    """A store that can be out, and counts what it is asked then."""

    asked = 0
    out = False

    def load(self, key):
        self.ask()
        return super().load(key)

    def swap(self, key, old, new, *, expires=None):
        self.ask()
        return super().swap(key, old, new, expires=expires)

    def ask(self):
        if self.out:
            self.asked += 1
            raise StoreUnavailableError("it does not answer")


def test_what_waits_in_a_cookie_is_there_as_soon_as_the_store_is():
    """Every page of an outage asks for it, in haste, and nothing of it is lost."""
    store = Hanging()
    gate = Gate(Paywall(loads_policy(POLICY), store), secret="secret")
    first = gate.visit(WebRequest(method="GET"))
    first.open("a")
    cookie = dict(first.finish(200, []).headers)["Set-Cookie"].partition(";")[0]
    ana = Reader(id="ana", registered=True)

    def visit():
        return gate.visit(WebRequest(method="GET", headers={"cookie": cookie}), lambda: ana)

    store.out = True
    for _ in range(5):
        assert visit().open("b").whole
    assert store.asked == 5 * 2  # for what waits, and for the view
    store.out = False
    assert "a" in {read.id for read in visit().ledger()["monthly"].reads}
