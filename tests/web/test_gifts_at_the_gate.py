"""What a gift link opens on a page, for whom, and what it costs whom."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from meter import AsyncPaywall, Reader, StoreError
from meter.stores import MemoryStore
from meter.stores.deadline import remaining
from meter.web import Gate, WebRequest
from meter.web.gifts import AsyncGifts
from meter.web.opening import open_async_gate, open_gate
from tests.paywall.weather import Cut
from tests.web.giving import LASTS, NOW, SECRET, anna, desk, policy_of
from tests.web.site import BROWSER, Browser, Site, article, header

BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LINK_PREVIEW = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
PREMIUM = article("a1", "premium")


class Giving:
    """A site where anna has given away the premium article `a1`, to two."""

    def __init__(self, **settings):
        self.store = MemoryStore()
        self.way = Cut(self.store)
        self.gifts = desk(self.way)
        self.site = Site(
            policy=policy_of(),
            store=self.way,
            settings={"secret": SECRET, "gifts": self.gifts, **settings},
        )
        self.link = self.gifts.make(anna(), "a1", address="/a1", now=NOW)
        self.url = self.link.address

    @property
    def opened(self):
        """How many have opened the link."""
        (record,) = self.gifts.given("anna", NOW)
        return record.opened


@pytest.fixture
def giving():
    return Giving()


def test_two_read_through_it_and_the_third_meets_the_ordinary_wall(giving):
    """Each with a cookie of their own, and as often as they like."""
    one, two, three = (Browser(giving.site) for _ in range(3))
    answers = [browser.read(PREMIUM, url=giving.url) for browser in (one, two, three, one, two)]
    assert [answer.whole for answer in answers] == [True, True, False, True, True]
    assert giving.opened == 2
    without = Browser(giving.site).read(PREMIUM, url="/a1")
    assert (answers[2].decision.show, answers[2].status) == (without.decision.show, 200)
    assert answers[2].prompt == without.prompt


def test_the_recipients_meter_is_not_spent(giving):
    """Not for a metered article either; without the link it would be."""
    browser = Browser(giving.site)
    link = giving.gifts.make(anna(), "m1", address="/m1", now=NOW)
    for _ in range(2):
        assert browser.read(article("m1"), url=link.address).whole
    assert browser.ledger() == []
    assert browser.read(article("m2"), url="/m2").whole
    assert browser.ledger() == ["m2"]
    assert browser.read(article("m1"), url=link.address).whole
    assert not browser.read(article("m1"), url="/m1").whole


def test_who_may_read_anyway_uses_nothing_up(giving):
    """Neither the one who gave it, nor anybody where the article is free."""
    visit = giving.site.visit(url=giving.url, account=anna())
    assert visit.open(PREMIUM).whole
    assert Browser(giving.site).read(article("a1", "free"), url=giving.url).whole
    assert giving.opened == 0


@pytest.mark.parametrize("agent", [BOT, LINK_PREVIEW])
def test_no_machine_opens_a_link(giving, agent):
    """What calls itself a crawler, or makes a preview of links, gets the teaser."""
    answer = giving.site.visit(url=giving.url, user_agent=agent).open(PREMIUM)
    assert (answer.whole, giving.opened) == (False, 0)


@pytest.mark.parametrize("is_known", [True, False])
def test_looking_is_not_opening(giving, is_known):
    """`HEAD` gets no more than the wall's headers, a list of articles no text, ahead nothing.

    Neither for a new device, nor for one that keeps a cookie; and no cookie is set for that.
    """
    browser = Browser(giving.site)
    if is_known:
        browser.read(article("m1"), url="/m1")
        browser.read(article("m1"), url="/m1")
    before = dict(browser.cookies)
    assert bool(before) is is_known
    assert not browser.read(PREMIUM, url=giving.url, method="HEAD").whole
    assert browser.read(PREMIUM, url=giving.url, sec_purpose="prefetch").status == 503
    assert not browser.visit(url=giving.url).peek(PREMIUM).whole
    assert (giving.opened, browser.cookies) == (0, before)


def test_what_is_fetched_ahead_is_asked_for_again(giving):
    """It is refused (503) until somebody reads; who has read gets it ahead, too."""
    browser = Browser(giving.site)
    ahead = {"url": giving.url, "sec_purpose": "prefetch"}
    for _ in range(2):
        answer = browser.read(PREMIUM, **ahead)
        assert (answer.status, answer.whole, giving.opened) == (503, False, 0)
    assert browser.read(PREMIUM, url=giving.url).whole
    answer = browser.read(PREMIUM, **ahead)
    assert (answer.status, answer.whole, giving.opened) == (200, True, 1)
    stranger = Browser(giving.site, cookies=dict(browser.cookies))
    giving.gifts.end(giving.link.id, now=NOW)
    answer = stranger.read(PREMIUM, **ahead)
    assert (answer.status, answer.whole) == (503, False)


def test_without_consent_each_view_is_an_opening():
    """Nobody can be told from anybody, so two views are all that a link for two gives."""
    giving = Giving(consent=lambda _request: False)
    browser = Browser(giving.site)
    answers = [browser.read(PREMIUM, url=giving.url).whole for _ in range(3)]
    assert (answers, giving.opened, browser.cookies) == ([True, True, False], 2, {})


def broken(giving, how):
    """Return the address of a link that opens nothing."""
    token = giving.link.token
    elsewhere = desk(MemoryStore(), secret="the key of another")
    if how == "expired":
        giving.site.clock.advance(LASTS)
    if how == "ended":
        giving.gifts.end(giving.link.id, now=NOW)
    tokens = {
        "cut": token[:-5],
        "empty": "",
        "junk": "%00%ff<script>",
        "long": "a" * 5000,
        "of another site": elsewhere.make(anna(), "a1", now=NOW).token,
        "of another article": giving.gifts.make(anna(), "a2", now=NOW).token,
        "twice": f"{token[:-5]}&gift={token}",
    }
    return f"/a1?gift={tokens.get(how, token)}"


@pytest.mark.parametrize(
    "how",
    [
        "cut",
        "empty",
        "junk",
        "long",
        "twice",
        "expired",
        "ended",
        "of another site",
        "of another article",
    ],
)
def test_a_link_that_opens_nothing_costs_nobody_the_page(giving, how):
    """Whatever is wrong with it: the answer is the one that the page without it gets."""
    url = broken(giving, how)
    answer = Browser(giving.site).read(PREMIUM, url=url)
    without = Browser(giving.site).read(PREMIUM, url="/a1")
    told = [
        (each.decision.show, each.status, each.whole, each.prompt) for each in (answer, without)
    ]
    assert told[0] == told[1]
    assert not answer.whole


def test_while_the_store_is_out_nobody_is_let_in(giving):
    """The page goes out with its wall, and the link opens when the store is back."""
    giving.way.is_cut = True
    browser = Browser(giving.site)
    answer = browser.read(PREMIUM, url=giving.url)
    assert (answer.whole, answer.status) == (False, 200)
    giving.way.is_cut = False
    assert browser.read(PREMIUM, url=giving.url).whole


class Broken:
    """A store whose code is wrong."""

    deadline = None
    blocking = False

    def load(self, key):
        raise AttributeError("no such thing")

    def swap(self, key, old, new, *, expires):
        raise AttributeError("no such thing")

    def forget(self, key):
        raise AttributeError("no such thing")


def test_a_store_that_is_wrong_costs_nobody_the_page(giving):
    """Told once, in the log; the answer is the wall."""
    gifts = desk(Broken())
    site = Site(policy=policy_of(), settings={"secret": SECRET, "gifts": gifts})
    assert not Browser(site).read(PREMIUM, url=giving.url).whole


def test_a_site_without_gifts_knows_no_links(giving):
    """The parameter is nothing to it."""
    site = Site(policy=policy_of(), store=giving.store)
    assert not Browser(site).read(PREMIUM, url=giving.url).whole


def test_a_page_that_was_opened_so_is_for_this_reader_alone(giving):
    """No cache may keep it."""
    visit = Browser(giving.site).visit(url=giving.url)
    assert visit.open(PREMIUM).whole
    (kept,) = header(visit.finish(200, []), "cache-control")
    assert "private" in kept


@pytest.mark.parametrize("consents", [True, False])
def test_awaited_it_is_the_same(consents):
    """Ten readers at once at the gate of an `AsyncPaywall`: two get in."""
    store = MemoryStore()
    gifts = desk(store, AsyncGifts)
    policy = policy_of()
    gate = Gate(
        paywall=AsyncPaywall(policy, store),
        secret=SECRET,
        gifts=gifts,
        consent=lambda _request: consents,
        clock=lambda: NOW,
    )

    async def read(link):
        request = WebRequest(method="GET", url=link.address, headers={"user-agent": BROWSER})
        return (await gate.visit(request).aopen(PREMIUM)).whole

    async def burst():
        link = await gifts.make(anna(), "a1", address="/a1", now=NOW)
        return await asyncio.gather(*(read(link) for _ in range(10)))

    assert sum(asyncio.run(burst())) == 2


def test_a_right_of_an_account_counts_before_the_link(giving):
    """Also one that only an institution's group gives, or that names this article."""
    right = evolve(anna().entitlements[0], kind="group")
    member = Reader(id="m", registered=True, entitlements=[right])
    assert giving.site.visit(url=giving.url, account=member).open(PREMIUM).whole
    assert giving.opened == 0


@pytest.mark.parametrize("settings", [{}, {"namespace": "harbour", "article_ids": "path"}])
def test_a_site_says_only_that_it_has_gifts(settings):
    """`gifts=True`: over its own policy and store, by its own clock, names and secret."""
    given = {"secret": SECRET, "gifts": True, "clock": lambda: NOW, "paywall": settings}
    gate = open_gate(policy_of(), "memory://", **given)
    link = gate.gifts.make(anna(), "/a1", address="/a1")
    request = WebRequest(method="GET", url=link.address, headers={"user-agent": BROWSER})
    assert gate.visit(request).open(article("/a1", "premium")).whole

    async def play():
        gate = open_async_gate(policy_of(), "memory://", **given)
        link = await gate.gifts.make(anna(), "/a1", address="/a1")
        request = WebRequest(method="GET", url=link.address, headers={"user-agent": BROWSER})
        return (await gate.visit(request).aopen(article("/a1", "premium"))).whole

    assert asyncio.run(play())
    with pytest.raises(ValueError, match="secret"):
        open_gate(policy_of(), "memory://", gifts=True, consent=lambda _request: False)


def test_the_gifts_of_a_site_wait_as_long_as_its_paywall(monkeypatch, tmp_path):
    """Its `deadline`, not the store's own, holds for whatever gifts ask of a file."""
    given = {"secret": SECRET, "gifts": True, "clock": lambda: NOW, "paywall": {"deadline": 3600.0}}
    gate = open_gate(policy_of(), f"sqlite:///{tmp_path}/counts.db", **given)
    store, limits = gate.paywall.store, []
    load = store.load
    monkeypatch.setattr(store, "load", lambda key: limits.append(remaining(None)) or load(key))
    gate.gifts.make(anna(), "a1")
    assert limits
    assert min(limits) > store.deadline


@pytest.mark.parametrize("name", ["anna", "device:anna"])
def test_who_is_forgotten_has_given_nothing(name):
    """Their links open for nobody any more; those of others do, and of who only has a device."""
    giving = Giving()
    gifts, giver = giving.gifts, anna(name)
    own = gifts.make(giver, "a2", address="/a2", now=NOW)
    other = gifts.make(anna("bert"), "a2", address="/a2", now=NOW)
    giving.site.visit(account=None, method="POST").forget()
    assert len(gifts.given("bert", NOW)) == 1
    giving.site.visit(account=giver, method="POST").forget()
    assert gifts.given(name, NOW) == ()
    opened = [
        Browser(giving.site).read(article("a2", "premium"), url=link.address).whole
        for link in (own, other)
    ]
    assert opened == [False, True]


def test_who_cannot_be_forgotten_is_told(giving):
    """While the store is out it raises, and is to be asked again."""
    giving.way.is_cut = True
    with pytest.raises(StoreError):
        giving.site.visit(account=anna(), method="POST").forget()
    giving.way.is_cut = False
    giving.site.visit(account=anna(), method="POST").forget()
    assert giving.gifts.given("anna", NOW) == ()


def test_awaited_the_givers_are_forgotten_too():
    """By `aforget` of a site whose gifts are awaited."""
    gifts = desk(MemoryStore(), AsyncGifts)
    paywall = AsyncPaywall(policy_of(), MemoryStore())
    gate = Gate(paywall, secret=SECRET, gifts=gifts, clock=lambda: NOW)

    async def play():
        await gifts.make(anna(), "a1", now=NOW)
        before = len(await gifts.given("anna", NOW))
        await gate.visit(WebRequest(method="POST", url="/me"), anna).aforget()
        return before, len(await gifts.given("anna", NOW))

    assert asyncio.run(play()) == (1, 0)
