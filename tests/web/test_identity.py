"""Devices and accounts: what is counted for whom, on journeys of every sort."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import ManualClock, Reader
from meter.errors import StoreUnavailableError
from meter.stores.memory import MemoryStore
from tests.web.site import START, Browser, Site, loaded

COUNTS_ALL = """
[publication]
name = "The Harbour Review"
timezone = "UTC"
[meters.m]
window = { lifetime = true }
limit = 100
[[rules]]
name = "all"
spend = "m"
show = "countdown"
[[rules]]
name = "else"
show = "wall"
"""


class Stoppable(MemoryStore):
    """A store in memory that can be stopped, as one over a network can."""

    name = "stoppable"
    deadline = 1.0
    stopped = False

    def _ask(self):
        if self.stopped:
            raise StoreUnavailableError("the store is stopped")

    def load(self, key):
        self._ask()
        return super().load(key)

    def swap(self, key, old, new, *, expires):
        self._ask()
        return super().swap(key, old, new, expires=expires)

    def forget(self, key):
        self._ask()
        super().forget(key)


class Model:
    """What is counted for whom, as sets: written from the rules in words."""

    def __init__(self):
        self.device = set()
        self.accounts = {}
        self.account = None
        self.due = False

    def read(self, article):
        self._join()
        own = self.device if self.account is None else self.accounts[self.account]
        own.add(article)

    def sign_in(self, account):
        self.account = account
        self.accounts.setdefault(account, set())
        self._join()

    def _join(self):
        if self.account is not None:
            self.accounts[self.account] |= self.device

    def forget(self):
        self.device = set()
        if self.account is not None:
            self.accounts[self.account] = set()


ACCOUNTS = ("ana", "boss", "device:x", "account:ana")
EVENTS = st.one_of(
    st.sampled_from([f"a{number}" for number in range(6)]).map(lambda name: ("read", name)),
    st.sampled_from(ACCOUNTS).map(lambda name: ("sign in", name)),
    st.sampled_from(ACCOUNTS).map(lambda name: ("session of", name)),
    st.sampled_from(["sign out", "session ends", "rotate", "forget", "wait"]).map(
        lambda name: (name, "")
    ),
    st.sampled_from(["store stops", "store is back"]).map(lambda name: (name, "")),
)


@settings(max_examples=40)
@given(events=st.lists(EVENTS, max_size=14))
def test_journeys_come_to_what_a_model_of_sets_says(events):
    """Reads, sign-ins with and without the hook, outages, rotation: each id has what it should."""
    store = Stoppable()
    site = Site(loaded(COUNTS_ALL), store=store, clock=ManualClock(START))
    browser = Browser(site)
    model = Model()
    for event, name in events:
        if event != "forget" or not store.stopped:
            _play(browser, model, event, name)
        assert not (browser.cookies and len(browser.cookies["reader"]) > 4090)
    store.stopped = False
    browser.read("last")
    model.read("last")
    assert set(browser.ledger()) == (
        model.device if model.account is None else model.accounts[model.account]
    )
    for account in model.accounts:  # what waits in the cookie is done when each comes back
        browser.account = account
        model.sign_in(account)
        assert set(browser.ledger()) == model.accounts[account]


def _play(browser, model, event, name):
    site = browser.site
    site.clock.advance(timedelta(seconds=1))
    if event == "read":
        browser.read(name)
        model.read(name)
    elif event == "sign in":
        browser.sign_in(name)
        model.sign_in(name)
    elif event == "session of":  # the site signs in without a word; the next view tells
        browser.account = name
        browser.read("a0")
        model.sign_in(name)
        model.read("a0")
    elif event == "sign out":
        browser.sign_out()
        model.account = None
    elif event == "session ends":
        browser.account = model.account = None
        browser.read("a1")
        model.read("a1")
    elif event == "forget":
        browser.forget()
        model.forget()
    elif event == "rotate":
        site.settings["secret"] = (f"new{len(site.settings['secret'])}", "new", "newer")
        browser.site = Site(site.policy, store=site.store, clock=site.clock, settings=site.settings)
        browser.site.paywall = site.paywall
        browser.site.gate.paywall = site.paywall
    elif event.startswith("store"):
        site.store.stopped = event == "store stops"


def test_two_accounts_on_one_browser_never_meet():
    """The kiosk: each has what the device had read before, and nothing of the other."""
    site = Site(loaded(COUNTS_ALL))
    browser = Browser(site)
    browser.read("d1")
    browser.sign_in("ana")
    browser.read("a1")
    browser.sign_out()
    browser.sign_in("boss")
    browser.read("b1")
    assert browser.ledger() == ["b1", "d1"]
    browser.forget()
    assert Browser(site, account="ana").ledger() == ["a1", "d1"]


def test_a_sign_in_during_an_outage_joins_when_the_store_is_back():
    """Nobody notices: what the device had read arrives with the account's next view."""
    site = Site(loaded(COUNTS_ALL), store=Stoppable())
    browser = Browser(site)
    browser.read("d1")
    browser.read("d2")
    site.store.stopped = True
    browser.sign_in("ana")
    assert browser.read("a1").whole
    site.store.stopped = False
    site.clock.advance(timedelta(seconds=30))
    browser.read("a2")
    assert browser.ledger() == ["a1", "a2", "d1", "d2"]


def test_a_session_that_ends_without_a_word_joins_again():
    """A device that reads on after its session has ended brings that at the next session."""
    browser = Browser(Site(loaded(COUNTS_ALL)))
    browser.read("d1")
    browser.sign_in("ana")
    browser.account = None
    browser.read("d2")
    browser.account = "ana"
    browser.read("a1")
    assert browser.ledger() == ["a1", "d1", "d2"]


def test_no_account_reaches_the_record_of_a_device():
    """An account may be called `device:…`: it is another reader than the device of that name."""
    site = Site(loaded(COUNTS_ALL))
    browser = Browser(site)
    browser.read("d1")
    browser.read("d2")
    device = site.gate.jar.read(f"reader={browser.cookies['reader']}", 0)[0].reader_id
    assert Browser(site, account=device).ledger() == []
    thief = Browser(site, account=device)
    thief.forget()
    assert browser.ledger() == ["d1", "d2"]


def test_without_consent_there_is_no_cookie_for_an_account_either():
    """Signing in, reading and signing out set none, and take back the one there was."""
    site = Site(loaded(COUNTS_ALL))
    browser = Browser(site)
    browser.read("d1")
    refuses = Site(
        site.policy, store=site.store, settings={"secret": "new", "consent": lambda _: False}
    )
    browser.site = refuses
    browser.sign_in("ana")
    assert browser.cookies == {}
    browser.read("a1")
    browser.sign_out()
    assert browser.cookies == {}
    assert not browser.read("a2").whole


def test_forget_reaches_a_device_that_may_have_no_cookie_any_more():
    """Who takes consent back is forgotten all the same."""
    site = Site(loaded(COUNTS_ALL))
    browser = Browser(site)
    browser.read("d1")
    browser.read("d2")
    assert len(site.store) == 1
    browser.site = Site(
        site.policy, store=site.store, settings={"secret": "new", "consent": lambda _: False}
    )
    browser.forget()
    assert browser.cookies == {}
    assert len(site.store) == 0


async def _yes(_request):
    return True


@pytest.mark.parametrize("setting", ["consent", "crawler", "country"])
def test_what_has_to_be_awaited_is_refused_and_opens_nothing(setting):
    """A coroutine is true for Python: it may not stand for a proof."""
    site = Site(settings={"secret": "new", setting: _yes})
    with pytest.raises(TypeError, match=r"async|awaited"):
        site.visit().open("a1")


def test_a_page_that_opens_two_articles_on_a_first_visit_writes_no_record():
    """Both are in the one cookie, and come to the store with it."""
    site = Site(loaded(COUNTS_ALL))
    browser = Browser(site)
    browser.read("d1", "d2")
    assert len(site.store) == 0
    assert browser.ledger() == ["d1", "d2"]


def test_a_peek_of_a_new_reader_says_what_opening_would():
    """A list of articles does not show walls to somebody who has read nothing."""
    site = Site()
    assert site.visit().peek("a1").decision.access == "full"
    assert len(site.store) == 0
    signed_in = site.visit(account=Reader(id="ana", registered=True))
    assert not signed_in.peek("a1").whole
