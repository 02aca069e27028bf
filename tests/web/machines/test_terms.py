"""What does a machine meet that a person does not: a status, a price, a licence, its uses?"""

from __future__ import annotations

import asyncio
from io import BytesIO

import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from meter import Article, AsyncPaywall, Paywall
from meter.stores.memory import MemoryStore
from meter.vocabulary import CrawlerClass
from meter.web import Gate, WebRequest
from meter.web.asgi import PaywallMiddleware
from meter.web.flask import FlaskPaywall, visit
from meter.web.machines import KnownCrawler
from meter.web.starlette import StarlettePaywall, visit_of
from meter.web.wsgi import PaywallApplication
from meter.web.wsgi import visit_of as visit_of_wsgi
from tests.web.machines.signing import AGENT, HOST, ed25519, machines, signed
from tests.web.site import BROWSER, Site, header, loaded

POLICY = """
[publication]
name = "The Harbour Review"

[machines]
site = "https://harbour.example"
licence = "https://harbour.example/terms"
train_ai = false
search = true

[[rules]]
name = "search engines"
when = { crawler = ["search"], access = ["metered"] }
show = "article"

[[rules]]
name = "open"
when = { access = ["free"] }
show = "article"

[[rules]]
name = "everyone else"
show = "wall"
machines = { price = "USD 0.01", licence = "https://harbour.example/ai-terms" }
"""
GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LINK = '<https://harbour.example/ai-terms>; rel="license"'
OF_EVERY_PAGE = '<https://harbour.example/terms>; rel="license"; type="application/rsl+xml"'
TERMS = [
    ("crawler-price", "USD 0.01"),
    ("WWW-Authenticate", 'License error="invalid_request"'),
    ("Link", LINK),
]
KEY = ed25519()
ON_TERMS = b"machines read this on other terms: ask for the whole page\n"


def is_search(request):
    """Say that a search engine is verified where its word stands in the `User-Agent`."""
    is_google = "Googlebot" in request.header("user-agent") and request.client == "192.0.2.1"
    return CrawlerClass.SEARCH if is_google else False


def site(crawler=is_search):
    return Site(policy=loaded(POLICY), settings={"secret": "new", "crawler": crawler})


def finished(asking, *articles):
    """Open articles, and return the answers and what goes out."""
    answers = [asking.open(article) for article in articles]
    return answers, asking.finish(200, [("Link", "</style.css>; rel=preload")])


METERED = Article(id="a1", access="metered")
PREMIUM = Article(id="p1", access="premium")
FREE = Article(id="f1", access="free")


def told(went):
    """Return the headers that went out and are for machines."""
    names = {name for name, _ in TERMS}
    others = ("</style.css>; rel=preload", OF_EVERY_PAGE)
    return [pair for pair in went.headers if pair[0] in names and pair[1] not in others]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_machine_meets_the_terms_of_the_rule(method):
    """A known name is enough to be refused, for a look too; nothing of it may be stored."""
    (answer,), went = finished(site().visit(user_agent=GPTBOT, method=method), METERED)
    assert (answer.status, went.status, answer.whole) == (402, 402, False)
    assert told(went) == TERMS
    assert header(went, "cache-control") == ["private, no-store"]
    assert header(went, "content-usage") == ["train-ai=n, search=y"]
    assert header(went, "link") == ["</style.css>; rel=preload", OF_EVERY_PAGE, LINK]


OF_A_VIEW = [
    ("Content-Type", "text/html"),
    ("Content-Length", "7"),
    ("Content-Range", "bytes 0-6/900"),
    ("Accept-Ranges", "bytes"),
    ("ETag", '"1"'),
    ("Last-Modified", "Wed, 10 Jun 2026 09:00:00 GMT"),
]
WHOLE = {name.lower() for name, _ in OF_A_VIEW[2:]}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 203, 206, 304, 404, 412, 416])
def test_a_refusal_is_whole_whatever_the_view_makes_of_the_request(status, method):
    """No part of a page goes out as 402, nor a copy's validators; and 416 has no price."""
    asking = site().visit(user_agent=GPTBOT, method=method)
    asking.open(METERED)
    went = asking.finish(status, OF_A_VIEW)
    is_kept = status in (404, 412, 416)
    assert went.status == (status if is_kept else 402)
    assert told(went) == ([] if status in (412, 416) else TERMS)
    sent = {name.lower() for name, _ in went.headers}
    assert is_kept or not WHOLE & sent
    if status in (206, 304):
        assert went.body == (b"" if method == "HEAD" else ON_TERMS)
        assert header(went, "content-length") == [str(len(ON_TERMS))]
        assert header(went, "content-type") == ["text/plain; charset=utf-8"]
    else:
        assert went.body is None
        assert header(went, "content-length") == ["7"]


@pytest.mark.parametrize("status", [200, 206, 304, 412, 416])
def test_what_a_person_asks_for_in_parts_is_the_views(status):
    """The status and what it says of the part stay."""
    asking = site().visit()
    asking.open(METERED)
    went = asking.finish(status, OF_A_VIEW)
    assert (went.status, went.body, told(went)) == (status, None, [])
    assert header(went, "content-range") == ["bytes 0-6/900"]


def test_a_person_meets_the_ordinary_wall():
    """The same rule, and no word of a price."""
    (answer,), went = finished(site().visit(), METERED)
    assert (answer.status, went.status, told(went)) == (200, 200, [])
    assert header(went, "link") == ["</style.css>; rel=preload", OF_EVERY_PAGE]


def test_a_verified_class_gets_what_its_rule_opens():
    """A search engine reads; where its rule does not open, it meets the terms."""
    asking = site().visit(user_agent=GOOGLEBOT, client="192.0.2.1")
    (answer,), went = finished(asking, METERED)
    assert (answer.decision.rule, answer.whole, went.status) == ("search engines", True, 200)
    asking = site().visit(user_agent=GOOGLEBOT, client="192.0.2.1")
    assert finished(asking, PREMIUM)[1].status == 402
    asking = site().visit(user_agent=GOOGLEBOT, client="192.0.2.2")
    assert finished(asking, METERED)[1].status == 402


def test_a_page_is_refused_where_all_of_it_is():
    """A list with something open in it is a page; what may be done with it is the narrowest."""
    _, went = finished(site().visit(user_agent=GPTBOT), METERED, FREE)
    assert (went.status, told(went)) == (200, [])
    _, went = finished(site().visit(user_agent=GPTBOT), PREMIUM, FREE)
    assert header(went, "content-usage") == ["train-ai=n, search=n"]
    _, went = finished(site().visit(user_agent=GPTBOT), METERED, PREMIUM)
    assert (went.status, told(went)) == (402, TERMS)


def test_no_use_is_allowed_that_a_rule_refuses():
    """`search = true` is not said of what no search engine may read; nor is it where nothing is."""
    _, went = finished(site().visit(), PREMIUM)
    assert header(went, "content-usage") == ["train-ai=n, search=n"]
    _, went = finished(site().visit(), FREE)
    assert header(went, "content-usage") == ["train-ai=n, search=y"]
    assert header(went, "cache-control") == ["public, max-age=300"]
    _, went = finished(Site().visit(), FREE)
    assert header(went, "content-usage") == []


def test_the_sites_own_word_on_uses_stays():
    """A view that says itself what may be done is not contradicted."""
    asking = site().visit()
    asking.open(FREE)
    went = asking.finish(200, [("Content-Usage", "train-ai=y")])
    assert header(went, "content-usage") == ["train-ai=y"]


@pytest.mark.parametrize(
    "headers",
    [
        {"signature_agent": f'"{AGENT}"'},
        {"signature_input": 'a=("@authority");created=1;expires=2;keyid="k";tag="web-bot-auth"'},
    ],
)
def test_who_signs_and_is_not_verified_only_claims(headers):
    """An agent in a browser's clothes is never counted, and meets the terms of machines."""
    there = site()
    (answer,), went = finished(there.visit(**headers), METERED)
    assert (answer.kind, went.status, answer.decision.counted) == ("claimed-crawler", 402, False)
    assert len(there.store) == 0


def test_the_name_of_a_known_crawler_only_claims():
    """Whatever the publisher calls it: who has the name and is not verified is not counted."""
    known = KnownCrawler(name="HarbourBox", kind="search", ranges=["192.0.2.0/24"])
    there = site(machines(crawlers=[known]))
    (answer,), went = finished(there.visit(user_agent="harbourbox/1", client="192.0.3.1"), METERED)
    assert (answer.kind, went.status) == ("claimed-crawler", 402)
    (answer,), _ = finished(there.visit(user_agent="harbourbox/1", client="192.0.2.1"), METERED)
    assert (answer.kind, answer.whole) == ("crawler", True)


def test_a_signature_is_used_up_by_a_request_and_not_by_each_article():
    """One page opens several articles; the same request again is a copy."""
    crawlers = [KnownCrawler(name="Agent", kind="search", keys=AGENT)]
    there = site(machines(KEY, crawlers=crawlers))
    request = signed(KEY)
    for expected in ([True, True], [False, False]):
        asking = there.gate.visit(request)
        answers = [asking.open(METERED), asking.open(Article(id="a2", access="metered"))]
        assert [answer.whole for answer in answers] == expected


@pytest.mark.parametrize("kind", [Paywall, AsyncPaywall])
def test_a_view_that_awaits_verifies_too(kind):
    """The keys are fetched in a thread."""
    crawlers = [KnownCrawler(name="Agent", kind="search", keys=AGENT)]
    gate = Gate(
        paywall=kind(loaded(POLICY), MemoryStore()),
        secret="new",
        crawler=machines(KEY, crawlers=crawlers),
    )
    assert asyncio.run(gate.visit(signed(KEY)).aopen(METERED)).whole


def test_what_is_verified_is_the_host_that_was_asked_for():
    """Behind a proxy that is trusted its headers say which; anybody else's are nothing."""
    crawlers = [KnownCrawler(name="Agent", kind="search", keys=AGENT)]
    request = signed(KEY)
    headers = {**request.headers, "host": "10.0.0.7:8000", "x-forwarded-host": HOST}
    headers["x-forwarded-proto"] = "https"
    for client, expected in (("10.0.0.1", True), ("192.0.2.66", False)):
        there = Site(
            policy=loaded(POLICY),
            settings={
                "secret": "new",
                "crawler": machines(KEY, crawlers=crawlers),
                "trusted_proxies": ["10.0.0.0/8"],
            },
        )
        asked = WebRequest(method="GET", url="/articles/a1", headers=headers, client=client)
        assert there.gate.visit(asked).open(METERED).whole is expected


# Through the adapters: status and headers are the same in each.


def by_asgi(agent):
    async def view(scope, _receive, send):
        scope["state"]["paywall"].open(METERED)
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b"the page"})

    client = TestClient(PaywallMiddleware(view, site().gate))
    answer = client.get("/", headers={"User-Agent": agent})
    return answer.status_code, answer.headers


def by_starlette(agent):
    async def view(request):
        answer = await visit_of(request).aopen(METERED)
        return PlainTextResponse("the page", answer.status)

    wall = StarlettePaywall(loaded(POLICY), "memory://", secret="new", crawler=is_search)
    app = Starlette(routes=[Route("/", view)], lifespan=wall.lifespan)
    wall.install(app)
    with TestClient(app) as client:
        answer = client.get("/", headers={"User-Agent": agent})
    return answer.status_code, answer.headers


def by_wsgi(agent):
    started = []

    def view(environ, start_response):
        visit_of_wsgi(environ).open(METERED)
        start_response("200 OK", [])
        return [b"the page"]

    environ = {"REQUEST_METHOD": "GET", "HTTP_USER_AGENT": agent, "wsgi.input": BytesIO()}
    PaywallApplication(view, site().gate)(environ, lambda *given: started.append(given))
    ((line, headers, *_),) = started
    assert line in ("402 Payment Required", "200 OK")
    return int(line[:3]), dict(headers)


def by_flask(agent):
    app = Flask(__name__)
    app.config.update(METER_POLICY=loaded(POLICY), METER_SECRET="new", METER_CRAWLER=is_search)
    FlaskPaywall(app)
    app.get("/")(lambda: str(visit.open(METERED).whole))
    answer = app.test_client().get("/", headers={"User-Agent": agent})
    joined = {name: ", ".join(answer.headers.getlist(name)) for name, _ in answer.headers}
    return answer.status_code, joined


@pytest.mark.parametrize("ask", [by_asgi, by_starlette, by_wsgi, by_flask])
def test_every_framework_sends_it(ask):
    """Also where the view says nothing of a status."""
    status, headers = ask(GPTBOT)
    assert status == 402
    assert all(value in headers[name] for name, value in TERMS)
    assert headers["Content-Usage"] == "train-ai=n, search=y"
    status, headers = ask(BROWSER)
    assert (status, headers.get("crawler-price")) == (200, None)


def test_a_cache_that_asks_is_told_the_terms():
    """It knows 204 and 403 only; price and licence are in the headers."""
    wall = StarlettePaywall(loaded(POLICY), "memory://", secret="new", crawler=is_search)
    asked = Route("/asked", wall.preflight(lambda _: METERED))
    app = Starlette(routes=[asked], lifespan=wall.lifespan)
    wall.install(app)
    with TestClient(app) as client:
        answer = client.get("/asked", headers={"User-Agent": GPTBOT, "X-Original-URI": "/a1"})
        assert (answer.status_code, answer.headers["Meter-Refusal"]) == (403, "wall")
        assert all(value in answer.headers[name] for name, value in TERMS)
        answer = client.get("/asked", headers={"User-Agent": BROWSER, "X-Original-URI": "/a1"})
        assert "crawler-price" not in answer.headers
