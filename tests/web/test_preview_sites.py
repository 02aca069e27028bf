"""A preview through Flask and through Starlette: the page, its headers, and what is counted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from meter import AsyncPaywall, loads_policy
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest
from meter.web.flask import FlaskPaywall, visit
from meter.web.previews import PreviewLink, Previews
from meter.web.starlette import StarlettePaywall, visit_of
from tests.web.site import BROWSER, POLICY

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
PREVIEWS = Previews("a-key-of-editors")
SETTINGS = {"secret": "new", "previews": PREVIEWS, "clock": lambda: NOW}
AGENT = {"User-Agent": BROWSER}
PATIENCE = 10.0
"""Seconds until a test fails that would wait for ever."""


def words(answer):
    """Return a page: the text if it may go out, and the prompt."""
    return f"<p>{'whole' if answer.whole else 'teaser'}</p>{answer.prompt}"


def flask_site():
    """Yield a client of a Flask site that opens articles and tells what is counted."""
    app = Flask(__name__)
    app.config.update(METER_POLICY=loads_policy(POLICY), METER_STORE="memory://")
    app.config.update({f"METER_{name.upper()}": value for name, value in SETTINGS.items()})
    FlaskPaywall(app)
    app.add_url_rule("/articles/<name>", "article", lambda name: words(visit.open(name)))
    app.add_url_rule(
        "/me", "me", lambda: {name: len(of.reads) for name, of in visit.ledger().items()}
    )
    client = app.test_client()

    def ask(path):
        response = client.get(path, headers=AGENT)
        return response.status_code, response.headers, response.get_data(as_text=True)

    yield ask


def starlette_site():
    """Yield the same of a Starlette site, whose paywall is awaited."""
    paywall = StarlettePaywall(loads_policy(POLICY), "memory://", **SETTINGS)

    async def article(request):
        return HTMLResponse(words(await visit_of(request).aopen(request.path_params["name"])))

    async def me(request):
        ledger = await visit_of(request).aledger()
        return JSONResponse({name: len(of.reads) for name, of in ledger.items()})

    app = Starlette(
        routes=[Route("/articles/{name}", article), Route("/me", me)], lifespan=paywall.lifespan
    )
    paywall.install(app)
    with TestClient(app, headers=AGENT) as client:

        def ask(path):
            response = client.get(path)
            return response.status_code, response.headers, response.text

        yield ask


@pytest.fixture(params=[flask_site, starlette_site], ids=["flask", "starlette"])
def ask(request):
    """Ask a site for a path, as one browser with its cookies."""
    yield from request.param()


def path(name, previews=PREVIEWS, **said):
    """Return the path of an article with a link in it."""
    link = PreviewLink(ends=NOW + timedelta(days=1), **said)
    return f"/articles/{name}?preview={previews.token(link)}"


def test_an_editor_looks_and_reads_on_as_before(ask):
    """Three views as others, and the browser's own count is what it was."""
    assert "whole" in ask("/articles/a1")[2]
    for said, whole, word in (
        ({"used": {"monthly": 2}}, "teaser", "a reader without an account"),
        ({"status": "subscriber"}, "whole", "a subscriber"),
        ({"status": "trial-expired", "used": {"monthly": 4}}, "teaser", "whose trial has ended"),
    ):
        status, headers, text = ask(path("a2", **said))
        assert (200, "private, no-store") == (status, headers["Cache-Control"])
        assert "noindex" == headers["X-Robots-Tag"]
        assert "Set-Cookie" not in headers
        assert whole in text
        assert word in text
    assert '{"monthly":1}' == ask("/me")[2].replace(" ", "").strip()


def test_a_forged_link_is_the_ordinary_page(ask):
    """With its cookie, and counted."""
    _, headers, text = ask(path("a1", Previews("the key of another"), status="staff"))
    assert "meter-preview" not in text
    assert "X-Robots-Tag" not in headers
    assert '{"monthly":1}' == ask("/me")[2].replace(" ", "").strip()


class Held(Previews):
    """Previews whose drafts are on a disk that answers when it is told to."""

    def __init__(self):
        super().__init__("a-key-of-editors")
        self.asked, self.goes_on = Event(), Event()

    def read(self, token, now):
        self.asked.set()
        assert self.goes_on.wait(PATIENCE)
        return super().read(token, now)


@pytest.mark.parametrize("method", ["aopen", "apeek"])
def test_others_read_on_while_a_draft_is_read(method):
    """A preview that waits for a file keeps nobody in the same event loop waiting."""
    previews = Held()
    paywall = AsyncPaywall(loads_policy(POLICY), MemoryStore())
    gate = Gate(paywall, **{**SETTINGS, "previews": previews})

    def visit_to(url):
        return gate.visit(WebRequest(method="GET", url=url, headers=AGENT))

    async def play():
        editor = getattr(visit_to(path("a2", status="staff")), method)("a2")
        looks = asyncio.create_task(editor)
        assert await asyncio.to_thread(previews.asked.wait, PATIENCE)
        read = await visit_to("/articles/a1").aopen("a1")
        previews.goes_on.set()
        return read, await looks

    read, looks = asyncio.run(play())
    assert (read.whole, read.bar) == (True, "")
    assert "a member of staff" in looks.bar
