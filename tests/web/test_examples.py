"""The example sites keep their contract over real HTTP, as a stranger checks it from outside."""

from __future__ import annotations

import csv
import gzip
import re
import time

import pytest

from meter.web.gate.cookie import CookieJar
from tests.servers import Valkey
from tests.web import hostile, weblog
from tests.web.sites import NAMES, NEW, OLD, PROXY, STRANGER, Site, gunicorn, http_json

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PRIVATE = "private, no-store"
WEIRD = (
    "a/b/c",
    "a//b",
    "/leading",
    "trailing/",
    "a/../b",
    "100%",
    "%2F",
    "a b",
    "a?b=c&d",
    "a#b",
    "a;b,c=d",
    "naïve/日本/🙂",
    "<script>alert(1)</script>",
    '"quoted"',
    "back\\slash",
)


@pytest.fixture(scope="module")
def store():
    """A Valkey server that keeps what it was told when it is stopped."""
    server = Valkey("--appendonly", "yes", "--appendfsync", "always")
    yield server
    server.close()


@pytest.fixture(scope="module", params=NAMES)
def site(request, store):
    """Each example, started once."""
    started = Site(request.param, store.url, secret=f"{NEW},{OLD}", TRUSTED_PROXIES=PROXY)
    yield started
    started.close()


def account_of(site, name):
    """Return an account that no other test signs in to: the sites share one store."""
    return f"{name}-{site.name}"


def test_what_is_free_is_for_everyone_and_every_cache(site):
    """A free page is whole, storable, and comes without a cookie, also to somebody with one."""
    jar = site.jar()
    for _ in range(2):
        free = jar.open("free-1")
        assert (free.status, free.whole, free.cookies) == (200, True, {})
        assert re.fullmatch(r"public, max-age=[1-9]\d*", free.header("cache-control"))
        jar.open("a1")


def test_three_articles_are_counted_and_the_fourth_is_a_teaser(site):
    """Each answer is the reader's own; what was counted stays open."""
    jar = site.jar()
    replies = [jar.open(article) for article in ("a1", "a2", "a1", "a3", "a4", "a2")]
    assert [reply.whole for reply in replies] == [True, True, True, True, False, True]
    assert {(reply.status, reply.header("cache-control")) for reply in replies} == {(200, PRIVATE)}
    assert jar.ledger() == ["a1", "a2", "a3"]


def test_a_first_visit_is_given_one_cookie_that_scripts_cannot_read(site):
    """It is for the whole site, lasts, and is short enough for browsers to keep."""
    (cookie,) = site.jar().open("a1").cookies.values()
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.lower().split("; "))
    assert len(cookie) < 4096


def test_a_browser_that_keeps_no_cookie_reads_on_and_is_nobody(site):
    """Its ledger is empty: nothing is written for who never comes back."""
    assert [site.jar().open(f"a{number}").whole for number in range(5)] == [True] * 5
    assert site.jar().ledger() == []


def test_a_head_counts_nothing(site):
    """It has the teaser's headers where a `GET` would count, and never a body."""
    jar = site.jar()
    jar.open("a1")
    replies = [jar.open(article, "HEAD") for article in ("a1", "a2", "a3", "a4", "free-1")]
    assert [(reply.status, reply.text) for reply in replies] == [(200, "")] * 5
    kept = [reply.header("cache-control").partition(",")[0] for reply in replies]
    assert kept == ["private"] * 4 + ["public"]
    assert jar.ledger() == ["a1"]


@pytest.mark.parametrize(
    "announced",
    [
        {"Sec_Purpose": "prefetch"},
        {"Sec_Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X_Moz": "prefetch"},
    ],
    ids=str,
)
def test_looking_ahead_is_refused_where_it_would_count(site, announced):
    """What is counted already, and what is free, is fetched ahead as ever."""
    jar = site.jar()
    new = jar.open("a2", **announced)
    assert (new.status, new.whole, new.header("cache-control")) == (503, False, PRIVATE)
    jar.open("a1")
    assert [jar.open("a1", **announced).whole, jar.open("free-1", **announced).whole] == [True] * 2
    assert jar.ledger() == ["a1"]


def test_who_claims_to_be_a_crawler_gets_the_teaser(site):
    """With 200, uncounted and without a cookie; what is free is whole."""
    jar = site.jar()
    replies = [
        jar.open(article, User_Agent=GOOGLEBOT)
        for article in ("a1", "a2", "a3", "a4", "premium-1", "free-1")
    ]
    assert [reply.status for reply in replies] == [200] * 6
    assert [reply.whole for reply in replies] == [False] * 5 + [True]
    assert [reply.cookies for reply in replies] == [{}] * 6
    assert jar.ledger() == []


def test_premium_is_for_subscribers(site):
    """Nobody else reads it, whatever is left, and it spends nothing."""
    jar = site.jar()
    assert not jar.open("premium-1").whole
    jar.sign_in(account_of(site, "paula"))
    assert not jar.open("premium-1").whole
    jar.sign_in(account_of(site, "sub-paula"))
    reads = [jar.open(article) for article in ("premium-1", "a1", "a2", "a3", "a4", "a5", "a6")]
    assert [reply.whole for reply in reads] == [True] * 7
    assert {reply.header("cache-control") for reply in reads} == {PRIVATE}
    assert jar.ledger() == []


def test_signing_in_brings_what_the_device_has_read_and_a_higher_limit(site):
    """Five for an account, of which the device has had two; then the wall."""
    jar = site.jar()
    jar.open("a1")
    jar.open("a2")
    answer = jar.sign_in(account_of(site, "ana"))
    assert (answer.status, answer.header("cache-control")) == (303, PRIVATE)
    assert jar.ledger() == ["a1", "a2"]
    assert [jar.open(f"b{number}").whole for number in range(4)] == [True, True, True, False]
    assert jar.ledger() == ["a1", "a2", "b0", "b1", "b2"]


def test_signing_out_returns_to_the_device(site):
    """The device has what it had itself, and the account keeps its own."""
    jar = site.jar()
    jar.open("a1")
    jar.sign_in(account_of(site, "olga"))
    jar.open("b1")
    assert jar.sign_out().status == 303
    assert jar.ledger() == ["a1"]
    assert [jar.open(article).whole for article in ("a2", "a3", "a4")] == [True, True, False]
    jar.sign_in(account_of(site, "olga"))
    assert jar.ledger() == ["a1", "a2", "a3", "b1"]


def test_two_accounts_on_one_browser_never_meet(site):
    """The kiosk: whoever comes second has an allowance of their own."""
    jar = site.jar()
    jar.sign_in(account_of(site, "first"))
    for number in range(5):
        assert jar.open(f"a{number}").whole
    assert not jar.open("a6").whole
    jar.sign_out()
    jar.sign_in(account_of(site, "second"))
    assert jar.ledger() == []
    assert jar.open("b1").whole
    assert jar.send("DELETE", "/me").status == 204
    jar.sign_in(account_of(site, "first"))
    assert jar.ledger() == ["a0", "a1", "a2", "a3", "a4"]


def test_one_account_on_two_browsers_has_one_allowance(site):
    """What one counts, the other meets."""
    desk, phone = site.jar(), site.jar()
    for jar in (desk, phone):
        jar.sign_in(account_of(site, "both"))
    reads = [
        jar.open(f"{place}-{number}")
        for number in range(3)
        for jar, place in ((desk, "desk"), (phone, "phone"))
    ]
    assert [reply.whole for reply in reads] == [True] * 5 + [False]
    assert desk.ledger() == phone.ledger()


def test_the_ledger_is_ids_by_meter(site):
    """Also of somebody who has read nothing, and never for a cache."""
    jar = site.jar()
    empty = jar.send("GET", "/me/ledger")
    assert (http_json(empty), empty.header("cache-control")) == ({"monthly": []}, PRIVATE)
    jar.open("a1")
    full = jar.send("GET", "/me/ledger")
    assert (http_json(full), full.header("cache-control")) == ({"monthly": ["a1"]}, PRIVATE)


def test_forgetting_removes_the_account_and_this_device(site):
    """Nothing of either is left, and the browser is nobody."""
    jar = site.jar()
    jar.open("a1")
    device = dict(jar.cookies)
    jar.sign_in(account_of(site, "gone"))
    jar.open("a2")
    answer = jar.send("DELETE", "/me")
    assert (answer.status, answer.header("cache-control")) == (204, PRIVATE)
    assert (jar.ledger(), jar.cookies.get("reader")) == ([], None)
    jar.sign_in(account_of(site, "gone"))
    assert jar.ledger() == []
    jar.cookies = device
    assert jar.ledger() in ([], ["a1"])  # a cookie of a first visit holds what it counted


@pytest.mark.parametrize("article", WEIRD, ids=lambda article: article[:20])
def test_an_id_is_the_rest_of_the_path(site, article):
    """Whatever it holds, it is shown, counted and listed as it is."""
    jar = site.jar()
    reply = jar.open(article)
    assert (reply.status, reply.whole) == (200, True)
    assert jar.ledger() == [article]
    assert jar.open(article).whole


def test_a_very_long_id_is_counted_once(site):
    """The store keeps a digest of it, so that no reader's record grows by it."""
    jar, article = site.jar(), "long-" + "x" * 6000
    assert [jar.open(article).whole for _ in range(3)] == [True] * 3
    (kept,) = jar.ledger()
    assert len(kept) < 100
    assert [jar.open(f"{article}{number}").whole for number in range(3)] == [True, True, False]


@pytest.mark.parametrize("path", ["/articles/", "/articles/%20", "/articles/%20%09", "/nothing"])
def test_what_is_no_article_is_not_found(site, path):
    """No page, no cookie."""
    reply = site.jar().send("GET", path)
    assert (reply.status, reply.whole, reply.cookies) == (404, False, {})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_another_site_changes_nothing(site, headers):
    """Signing in, signing out and forgetting are 403, never stored, and do nothing."""
    jar = site.jar()
    jar.open("a1")
    jar.sign_in(account_of(site, "safe"))
    before = jar.ledger()
    for method, path, body in (
        ("POST", "/sign-in", "account=mallory"),
        ("POST", "/sign-out", ""),
        ("DELETE", "/me", None),
    ):
        reply = jar.send(method, path, body, headers)
        assert (reply.status, reply.header("cache-control")) == (403, PRIVATE)
    assert jar.ledger() == before
    assert "a1" in before


def test_the_site_itself_may_change_what_is_its_own(site):
    """An `Origin` with this site's own port, and what a browser says of its own pages, pass."""
    jar = site.jar()
    for headers in ({"Origin": f"http://127.0.0.1:{site.port}"}, {"Sec_Fetch_Site": "same-origin"}):
        assert jar.sign_in(account_of(site, "own"), **headers).status == 303


def test_the_cookie_is_secure_where_a_trusted_proxy_says_https(site):
    """Said by anybody else it changes nothing, on plain http."""

    def is_secure(address, **headers):
        reply = site.jar(address).open("a1", **headers)
        return "secure" in reply.cookies["reader"].lower()

    assert is_secure(PROXY, X_Forwarded_Proto="https")
    assert not is_secure(PROXY)
    assert not is_secure(STRANGER, X_Forwarded_Proto="https")


def test_a_proxy_in_front_does_not_make_readers_strangers(site):
    """Behind a proxy that speaks https and passes the host on, signing in works."""
    jar = site.jar(PROXY)
    headers = {
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "news.example",
        "Origin": "https://news.example",
    }
    assert jar.sign_in(account_of(site, "proxied"), **headers).status == 303
    assert site.jar().sign_in("mallory", **headers).status == 403


def test_a_cookie_of_the_older_key_counts_and_is_signed_anew(site):
    """Afterwards the newest key alone reads it, and it is the same device."""
    old, new = CookieJar("reader", OLD), CookieJar("reader", NEW)
    jar = site.jar()
    jar.open("a1")
    device, _ = new.read(f"reader={jar.cookies['reader']}", int(time.time()))
    jar.cookies["reader"] = old.set(device, secure=False).partition("=")[2].partition(";")[0]
    jar.open("a2")
    again, _ = new.read(f"reader={jar.cookies['reader']}", int(time.time()))
    assert again.device == device.device
    assert jar.ledger() == ["a1", "a2"]


def eventually(told, expected):
    """Ask until a store that is back has been noticed; return what was told last."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        reply = told()
        if reply.status == 200 and expected <= set(http_json(reply)["monthly"]):
            break
        time.sleep(0.05)
    return reply


def test_a_store_that_is_out_costs_nobody_the_site(site, store):
    """Pages, subscriptions and signing in go on; what was read before arrives when it is back."""
    known, fresh, paying = site.jar(), site.jar(), site.jar()
    known.open("a1")
    known.open("a2")
    paying.sign_in(account_of(site, "sub-out"))
    store.stop()
    try:
        assert known.sign_in(account_of(site, "out")).status == 303
        assert known.open("a3").status == 200
        assert fresh.open("c1").whole
        assert fresh.open("c1").status == 200
        assert fresh.sign_in(account_of(site, "fresh")).status == 303
        assert paying.open("premium-1").whole
        assert paying.open("a1").whole
        assert site.jar().open("free-1").whole
        for method, path in (("GET", "/me/ledger"), ("DELETE", "/me")):
            reply = known.send(method, path)
            assert (reply.status, reply.header("cache-control")) == (503, PRIVATE)
    finally:
        store.start()
    for jar, expected in ((known, {"a1", "a2"}), (fresh, {"c1"})):
        told = eventually(lambda jar=jar: jar.send("GET", "/me/ledger"), expected)
        assert (told.status, expected - set(http_json(told)["monthly"])) == (200, set())


LOG = [
    ("a1", "GET", "/blog/one", "200", PERSON),
    ("a1", "GET", "/blog/one", "200", PERSON),
    ("a1", "GET", "/blog/one?flav=rss20", "200", PERSON),
    ("a1", "GET", "/projects/a%20b/", "200", PERSON),
    ("a1", "HEAD", "/blog/two", "200", PERSON),
    ("a1", "GET", "/images/two.png", "200", PERSON),
    ("a1", "GET", "/blog/tags/linux", "200", PERSON),
    ("a1", "GET", "/blog/three", "304", PERSON),
    ("a1", "GET", "/blog/three", "200", "-"),
    ("a1", "GET", "/articles//three", "200", PERSON),
    ("a1", "GET", "/blog/four.html", "200", PERSON),
    ("a2", "GET", "/blog/one", "200", GOOGLEBOT),
    ("a2", "GET", "/favicon.ico", "404", GOOGLEBOT),
    ("a2", "POST", "/blog/one", "200", GOOGLEBOT),
    ("a3", "GET", "/presentations/x", "200", PERSON),
    ("a3", "GET", "/presentations", "200", PERSON),
]


def test_a_log_counts_what_people_have_read(site, tmp_path):
    """Feeds, files, lists, `HEAD`s, crawlers and what was not answered count nothing."""
    with gzip.open(tmp_path / weblog.FILE, "wt", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["address", "method", "target", "status", "user_agent"])
        rows.writerows(LOG)
    requests = weblog.log(tmp_path)
    assert [request.counts for request in requests] == (
        [True, True, True, False, True, True, False, False, True]
    )
    assert weblog.expected_of(requests, 3) == (4, 1)
    assert weblog.through_site(site, requests) == (4, 1)


def test_hostile_requests_neither_crash_a_site_nor_open_it(site):
    """A fiftieth of what `python -m tests.web.hostile --whole` sends, drawn with a seed."""
    count, faults = hostile.attacked(site, 0.02)
    assert faults == []
    assert count > 30


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Internal Server Error\r\n\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n<p>THE WHOLE STORY</p>",
        b"<p>THE WHOLE STORY</p>",
        b"HTTP/1.1 303 See Other\r\nLocation: /\r\nx-injected: 1\r\n\r\n",
    ],
    ids=lambda answer: answer[:20].decode(),
)
def test_a_crash_and_a_bypass_would_be_seen(answer):
    """Each kind of fault is told."""
    assert len(list(hostile.judged(hostile.Attack("one", b""), answer))) == 1


def test_a_traceback_in_a_log_would_be_seen():
    """By its last line; that of a client that hung up is no crash."""
    told = "INFO: up\n%s\n  File 1, in a\n    b()\nKeyError: 'c'\nINFO: on\n"
    first = "Traceback (most recent call last):"
    assert hostile.raised(told % first) == ["KeyError: 'c'"]
    assert hostile.raised((told % first).replace("KeyError: 'c'", "x.ClientDisconnect")) == []


def test_workers_share_what_they_count():
    """Two processes of gunicorn over one SQLite file, and a reader who meets both of them."""
    site = Site("flask", command=gunicorn("flask"))
    try:
        jar = site.jar()
        reads = [jar.open(f"a{number % 4}") for number in range(12)]
        assert [reply.whole for reply in reads] == [True, True, True, False] * 3
        assert jar.sign_in("ana").status == 303
        assert [jar.open(f"b{number}").whole for number in range(3)] == [True, True, False]
        assert jar.ledger() == ["a0", "a1", "a2", "b0", "b1"]
        assert hostile.raised(site.told()) == []
    finally:
        site.close()
