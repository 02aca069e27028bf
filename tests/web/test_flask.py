"""What goes out of Flask: also what Flask itself adds to an answer at the very end."""

from __future__ import annotations

import pytest
from flask import Flask, Response, session, stream_with_context
from werkzeug.middleware.proxy_fix import ProxyFix

from meter import Article, loads_policy
from meter.web.flask import FlaskPaywall, visit
from tests.web.site import POLICY

PRIVATE = "private, no-store"
PUBLIC = "public, max-age=300"


def site(*, proxied=False, store="memory://"):
    """Return a site that opens articles, with and without a session."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="new", METER_SECRET="new", METER_STORE=store)
    app.config["METER_POLICY"] = loads_policy(POLICY)
    if proxied:
        app.wsgi_app = ProxyFix(app.wsgi_app)
    FlaskPaywall(app)

    @app.get("/<access>/<name>")
    def article(access, name):
        return str(visit.open(Article(id=name, access=access)).whole)

    @app.get("/with-session/<access>/<name>")
    def with_session(access, name):
        session["last"] = name
        return article(access, name)

    @app.get("/greeting")
    def greeting():
        visit.open(Article(id="f1", access="free"))
        return f"hello {session.get('last')}"

    @app.get("/streamed/<access>/<name>")
    def streamed(access, name):
        return Response(stream_with_context(article(access, name) for _ in range(1)))

    @app.get("/failing")
    def failing():
        visit.open(Article(id="a1"))
        return 1 / 0

    return app.test_client()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/free/f1", PUBLIC),
        ("/metered/a1", PRIVATE),
        ("/with-session/free/f1", PRIVATE),
        ("/greeting", PRIVATE),
        ("/failing", PRIVATE),
    ],
)
def test_what_a_cache_may_keep_has_no_session_in_it(path, expected):
    """Flask saves a session, and says `Vary: Cookie`, after every function of `after_request`."""
    response = site().get(path)
    assert response.headers.getlist("Cache-Control") == [expected]
    assert expected == PRIVATE or "Set-Cookie" not in response.headers


def test_a_page_that_is_fetched_ahead_is_refused_with_nothing_of_it():
    """The body of the view stays, and so does its session."""
    response = site().get("/with-session/metered/a1", headers={"Sec-Purpose": "prefetch"})
    assert response.status_code == 503
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == PRIVATE
    assert b"ask again" in response.data
    assert response.content_length == len(response.data)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_scheme_is_the_one_that_the_sites_own_proxy_fix_found(scheme):
    """Wherever `ProxyFix` was put, before the paywall or after it."""
    response = site(proxied=True).get("/metered/a1", headers={"X-Forwarded-Proto": scheme})
    assert ("Secure" in response.headers["Set-Cookie"]) is (scheme == "https")


def test_a_page_that_asks_nothing_goes_out_as_it_is():
    """Nothing switches itself on."""
    response = site().get("/nowhere")
    assert response.status_code == 404
    assert "Cache-Control" not in response.headers


@pytest.mark.parametrize("access", ["free", "metered"])
def test_a_stream_that_asks_too_late_gets_nothing(access):
    """What it would show could be stored for everybody, and is not counted."""
    with pytest.raises(RuntimeError, match="the answer has begun"):
        _ = site().get(f"/streamed/{access}/a1").data
