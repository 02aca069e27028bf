"""The reader's cookie: rotation, clocks, forgeries, size, attributes, what it carries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import ManualClock
from tests.web.site import POLICY, START, Browser, Site, header, loaded

MANY = POLICY.replace(
    "[meters.monthly]",
    "".join(
        f'[meters.m{number}]\nwindow = {{ rolling = "30 days" }}\nlimit = 40\n'
        'counts = { access = ["metered"] }\n'
        for number in range(6)
    )
    + "[meters.monthly]",
).replace("anonymous = 2, registered = 4", "anonymous = 40, registered = 40")


def _on(store, secret, ahead=0):
    clock = ManualClock(START + timedelta(minutes=ahead))
    return Site(store=store, clock=clock, settings={"secret": secret})


def test_rotation_keeps_the_device_and_signs_anew():
    """With the keys `new,old` a cookie of the old one counts on; without the old one it is none."""
    old = _on(Site().store, "old")
    browser = Browser(old)
    browser.read("a1")
    before = browser.cookies["reader"]
    browser.site = _on(old.store, ("new", "old"))
    browser.read("a1")
    assert browser.cookies["reader"] != before
    browser.site = _on(old.store, "new")
    assert browser.ledger() == ["a1"]
    stranger = Browser(browser.site, {"reader": before})
    assert stranger.ledger() == []


@pytest.mark.parametrize("ahead", [10, -10, 0])
def test_a_server_whose_clock_is_ahead_loses_no_read(ahead):
    """A cookie that another server has issued counts what it carries, be it from the future."""
    first = _on(Site().store, "new", ahead)
    browser = Browser(first)
    browser.read("a1")
    browser.site = _on(first.store, "new")
    assert browser.ledger() == ["a1"]


@settings(max_examples=60)
@given(value=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_a_forged_cookie_is_none(value):
    """Whatever stands in the header, the reader is a new one, and nothing raises."""
    site = _on(Site().store, "new")
    for header_value in (
        f"reader={value}",
        value,
        f"reader={value}; reader={value}",
        "reader=\udc80",
    ):
        visit = site.visit(cookie=header_value)
        assert visit.open("a1").decision.counted
        assert visit.finish(200, []).headers


def test_among_several_cookies_of_the_name_ours_counts():
    """Another path's, a huge one and a torn one stand beside it."""
    browser = Browser(_on(Site().store, "new"))
    browser.read("a1")
    ours = browser.cookies["reader"]
    others = f'reader=x; reader={"y" * 100_000}; reader=; reader; =; a=b; reader="{ours}"'
    visit = browser.site.visit(cookie=others)
    visit.open("a2")
    assert header(visit.finish(200, []), "set-cookie")
    assert browser.ledger() == ["a1", "a2"]


def test_a_flood_of_cookies_of_the_name_is_not_read_to_its_end():
    """Each is a signature to check: whoever sends a thousand has none of ours."""
    browser = Browser(_on(Site().store, "new"))
    browser.read("a1")
    flood = "reader=x; " * 1000 + f"reader={browser.cookies['reader']}"
    counted = browser.site.visit(cookie=flood).ledger()
    assert [tuple(each.reads) for each in counted.values()] == [()] * len(counted)


@pytest.mark.parametrize("length", [1, 100, 190, 3000])
def test_a_cookie_is_always_below_four_kibibytes(length):
    """With many meters, long ids and sign-ins that wait."""
    site = Site(loaded(MANY))
    browser = Browser(site)
    names = [f"{number}-{'é-%/x' * length}"[:length] + str(number) for number in range(12)]
    visit = browser.visit(scheme="https")
    for name in names:
        visit.open(name)
    finished = browser.keep(visit)
    assert all(len(value) < 4096 for value in header(finished, "set-cookie"))
    site.paywall.bring = None  # a mistake in the store's place: what waits goes on waiting
    for account in ("ana", "boss", "cleo", "dora", "ella", "fay"):
        visit = browser.visit(method="POST", scheme="https")
        visit.sign_in(account)
        finished = browser.keep(visit, 303)
        assert all(len(value) < 4096 for value in header(finished, "set-cookie"))


@pytest.mark.parametrize(
    ("scheme", "proto", "client", "secure"),
    [
        ("https", "", "203.0.113.9", True),
        ("http", "", "203.0.113.9", False),
        ("http", "https", "203.0.113.9", False),
        ("http", "https", "10.0.0.7", True),
        ("http", "https", "::ffff:10.0.0.7", True),
        ("http", "http", "10.0.0.7", False),
        ("http", "https", None, False),
        ("http", "https", "not an address", False),
    ],
)
def test_attributes(scheme, proto, client, secure):
    """`HttpOnly SameSite=Lax Path=/`, and `Secure` wherever the browser speaks https."""
    site = Site(settings={"secret": "new", "trusted_proxies": ["10.0.0.0/8"]})
    visit = site.visit(scheme=scheme, client=client, x_forwarded_proto=proto)
    visit.open("a1")
    (value,) = header(visit.finish(200, []), "set-cookie")
    attributes = {part.strip() for part in value.split(";")[1:]}
    always = {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"}
    assert attributes == (always | {"Secure"} if secure else always)


def test_a_robot_that_keeps_no_cookie_leaves_an_empty_store():
    """300 requests, no record; a browser that comes back brings exactly its first read."""
    site = Site()
    for number in range(300):
        assert Browser(site).read(f"a{number}").decision.counted
    assert len(site.store) == 0
    browser = Browser(site)
    browser.read("a1")
    assert browser.ledger() == ["a1"]
    assert len(site.store) == 1


def test_one_cookie_sent_for_ever_reads_no_more_than_the_limit():
    """Also in two tabs at the same time, which both bring the first visit's read."""
    site = Site()
    browser = Browser(site)
    browser.read("a0")
    kept = dict(browser.cookies)
    whole = {
        f"a{number}" for number in range(9) if Browser(site, dict(kept)).read(f"a{number}").whole
    }
    assert whole == {"a0", "a1"}
    one, two = (Browser(site, dict(kept)).visit() for _ in range(2))
    assert one.open("a0").whole
    assert two.open("a1").whole
    assert not two.open("a2").whole
