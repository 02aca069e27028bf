"""Who counts, who gets the text and with which headers: every kind of request there is.

What is expected is written from the rules in words, and knows nothing of the code.
"""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple

import pytest

from meter import Article, Paywall, loads_policy, open_store
from meter.stores.keys import reader_key
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest
from meter.web.gate.request import Proxies
from tests.web.site import POLICY, Browser, Site, article, header

METHODS = ("GET", "HEAD", "OPTIONS", "POST")
ANNOUNCED = {
    "nothing": {},
    "Sec-Purpose: prefetch": {"sec_purpose": "prefetch"},
    "Sec-Purpose: prefetch;prerender": {"sec_purpose": "prefetch;prerender"},
    "Purpose: prefetch": {"purpose": "prefetch"},
    "X-Moz: prefetch": {"x_moz": "prefetch"},
    "X-Purpose: preview": {"x_purpose": "preview"},
    "a crawler's name": {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    "a link preview": {"user_agent": "facebookexternalhit/1.1"},
    "a verified crawler": {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)", "x_proof": "1"},
}
CONDITIONAL = ({}, {"if_none_match": '"v1"'})
RANGES = ({}, {"range": "bytes=100-"})
COOKIES = ("none", "known", "carried", "forged", "foreign")
ALLOWANCES = ("left", "counted already", "exhausted")
ACCESSES = ("free", "metered", "premium")
PAGE = [("Content-Type", "text/html"), ("ETag", '"v1"'), ("Last-Modified", "x")]


class Case(NamedTuple):
    """One request."""

    method: str
    announced: str
    cookie: str
    access: str
    allowance: str


class Expected(NamedTuple):
    """What is to come of a request."""

    counted: int
    text: bool
    status: int
    storable: bool


def expected(case):
    """Say in the order's words what a request gets."""
    if case.access == "free":  # what the policy opens to everyone
        return Expected(0, text=True, status=200, storable=True)
    if case.access == "premium":
        return Expected(0, text=False, status=200, storable=False)
    if case.announced == "a verified crawler":  # a rule of the policy is for them
        return Expected(0, text=True, status=200, storable=False)
    if case.announced in ("a crawler's name", "a link preview"):
        return Expected(0, text=False, status=200, storable=False)
    knows = case.cookie in ("known", "carried")
    allowance = case.allowance if knows else "left"
    if allowance == "counted already":
        return Expected(0, text=True, status=200, storable=False)
    if allowance == "exhausted":
        return Expected(0, text=False, status=200, storable=False)
    if case.announced != "nothing":
        return Expected(0, text=False, status=503, storable=False)
    if case.method in ("HEAD", "OPTIONS"):
        return Expected(0, text=False, status=200, storable=False)
    return Expected(1, text=True, status=200, storable=False)


def _site(store):
    return Site(
        store=store,
        settings={"secret": "new", "crawler": lambda request: bool(request.header("x-proof"))},
    )


BEFORE = {"left": ("x",), "counted already": ("it",), "exhausted": ("x", "y")}


class State(NamedTuple):
    """A site, a browser's cookie, and the key and bytes of its record, before it asks."""

    site: Site
    value: str | None
    key: str
    raw: bytes | None


def _state(cookie, allowance):
    site = _site(MemoryStore())
    browser = Browser(site)
    browser.read(*map(article, BEFORE[allowance]))
    if cookie != "carried":
        assert len(browser.ledger()) == len(BEFORE[allowance])
    value = browser.cookies["reader"]
    key = reader_key(site.gate.jar.read(f"reader={value}", 0)[0].reader_id)
    return State(site, _changed(value, cookie), key, site.store.load(key))


def _changed(value, cookie):
    if cookie == "none":
        return None
    if cookie == "forged":
        return value[:8] + ("A" if value[8] != "A" else "B") + value[9:]
    if cookie == "foreign":
        other = Browser(Site(settings={"secret": "another site's"}))
        other.read("x")
        return other.cookies["reader"]
    return value


STATES = [(cookie, allowance) for cookie in COOKIES for allowance in ALLOWANCES]


@pytest.mark.parametrize(("cookie", "allowance"), STATES)
def test_each_request_counts_and_gets_what_the_order_says(cookie, allowance):
    """Method x announcement x conditional x range x access, for each state of a browser."""
    state = _state(cookie, allowance)
    for method, announced, access in product(METHODS, ANNOUNCED, ACCESSES):
        case = Case(method, announced, cookie, access, allowance)
        for conditional, ranged in product(CONDITIONAL, RANGES):
            wanted = expected(case)
            assert _happens(case, state, conditional | ranged) == wanted, (case, conditional)


def _happens(case, state, headers):
    """Send a request to a real paywall over memory, and say what came of it."""
    store = state.site.store
    store.forget(state.key)
    if state.raw is not None:
        store.swap(state.key, None, state.raw, expires=None)
    kept = len(store)
    browser = Browser(state.site, {} if state.value is None else {"reader": state.value})
    visit = browser.visit(method=case.method, **ANNOUNCED[case.announced], **headers)
    answer = visit.open(article("it", case.access))
    finished = browser.keep(visit, answer.status, PAGE)
    storable = _check_headers(case, finished)
    if case.cookie in ("none", "forged", "foreign"):
        assert len(store) == kept, "a first visit has written a record"
    if store.load(state.key) == state.raw and not header(finished, "set-cookie"):
        counted = 0  # neither the store nor the cookie has changed
    else:
        before = len(BEFORE[case.allowance]) if case.cookie in ("known", "carried") else 0
        counted = len(browser.ledger()) - before
    return Expected(counted, answer.whole, finished.status, storable)


def _check_headers(case, finished):
    """Say whether an answer may be stored, and check that its headers agree with each other."""
    control = header(finished, "cache-control")
    storable = control == ["public, max-age=300"]
    assert storable or control == ["private, no-store"]
    assert not (storable and header(finished, "set-cookie"))
    assert storable or not (header(finished, "etag") or header(finished, "last-modified"))
    if finished.status == 503:
        assert finished.body is not None
        assert (finished.body == b"") is (case.method == "HEAD")
    else:
        assert finished.body is None
    return storable


def test_a_verified_crawler_gets_nothing_that_no_rule_gives():
    """Proof alone opens nothing: the policy has to."""
    text = POLICY.replace("crawler = true, ", "crawler = true, gift = true, ")
    site = Site(loads_policy(text), settings={"secret": "new", "crawler": lambda _: True})
    assert not site.visit().open(article("a1")).whole
    assert site.visit().open(article("a1", "free")).whole


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "66.249.66.1", "203.0.113.9"),  # anybody may write that
        ("127.0.0.1", "66.249.66.1", "66.249.66.1"),
        ("127.0.0.1", "66.249.66.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "66.249.66.1, 10.0.0.7", "66.249.66.1"),
        ("127.0.0.1", "66.249.66.1, nonsense, 10.0.0.7", "nonsense"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", " , ", "127.0.0.1"),
        (None, "66.249.66.1", "66.249.66.1"),
    ],
)
def test_a_crawler_is_proved_by_the_readers_address(peer, forwarded, expected):
    """The last address that no trusted proxy has, and none that a stranger has written."""
    asked = []
    gate = Gate(
        Paywall(loads_policy(POLICY), open_store("memory://")),
        secret="secret",
        trusted_proxies=["127.0.0.1", "10.0.0.0/8", "unix"],
        crawler=lambda request: asked.append(request.client),
    )
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    gate.visit(WebRequest(method="GET", headers=headers, client=peer)).open("a1")
    assert [expected] == asked


@pytest.mark.parametrize(
    ("trusted", "peer", "expected"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", True),
        ("::ffff:10.0.0.1", "10.0.0.2", False),
        ("::FFFF:a00:1", "10.0.0.1", True),
        ("::ffff:10.0.0.0/104", "10.255.255.255", True),
        ("::ffff:10.0.0.0/104", "::ffff:10.0.0.9", True),
        ("::ffff:10.0.0.0/104", "11.0.0.0", False),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("10.0.0.0/8", "::10.0.0.1", False),
        ("::/0", "10.0.0.1", False),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("fe80::%eth0/64", "fe80::7", True),
    ],
)
def test_a_proxy_is_trusted_however_its_address_is_written(trusted, peer, expected):
    """An IPv4-mapped address is its IPv4, in the setting as in what a proxy connects from."""
    assert Proxies.parse([trusted]).trust(peer) is expected


@pytest.mark.parametrize(
    "word", ["10.0.0.1/8", "10.0.0.1-10.0.0.9", "proxy-1", "::ffff:10.0.0.1/104", "10.0.0"]
)
def test_what_is_no_proxy_is_refused(word):
    """In words of the setting."""
    said = f"`{word}` is no address of a proxy; write one such as `127.0.0.1`, a network"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        Proxies.parse(["127.0.0.1", word])


def test_a_list_of_articles_knows_which_are_open_to_everybody():
    """A look says so as well as a view does."""
    gate = Gate(Paywall(loads_policy(POLICY), open_store("memory://")), secret="secret")
    visit = gate.visit(WebRequest(method="GET"))
    free, metered = Article(id="f", access="free"), Article(id="m")
    assert [True, False] == [visit.peek(each).for_everyone for each in (free, metered)]
