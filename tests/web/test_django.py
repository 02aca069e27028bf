"""Django's adapter: views that block and views that await, sign-in, caches, checks, commands."""

from __future__ import annotations

import ast
import asyncio
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.template import Context, Template, TemplateSyntaxError
from django.test import AsyncClient, Client, override_settings

import meter.web
from meter import Entitlement, Reader, loads_policy, open_store
from meter.web.django.requests import DjangoVisit
from meter.web.machines import KnownCrawler, Machines
from tests.servers import Valkey
from tests.web.django_site import Urls, ran

SITE = Path(__file__).with_name("django_site.py")
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
POLICY = EXAMPLES / "policy.toml"
PRIVATE = "private, no-store"
MIDDLEWARE = [
    "meter.web.django.middleware.MeterMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
UPDATE, FETCH = (
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
)
TEMPLATE = """{% load paywall %}{% prompt_style %}
{% teaser answer paragraphs=1 %}<p>One of {{ name }}.</p>
<p>Two.</p>{% endteaser %}
{% prompt answer %}{% prompt answer layout="narrow" %}{{ answer.prompt }}"""


@pytest.fixture(scope="session")
def django_ready(tmp_path_factory):
    """Django with its own accounts in a file of SQLite; the tables are made once."""
    folder = tmp_path_factory.mktemp("django")
    settings.configure(
        SECRET_KEY="only-for-tests",
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "accounts.db"}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "meter.web.django",
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"article.html": TEMPLATE})
                    ]
                },
            }
        ],
        LOGGING_CONFIG=None,
        USE_TZ=True,
    )
    django.setup()

    settings.ROOT_URLCONF = Urls
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            editor.create_model(model)
    yield
    connections.close_all()


@pytest.fixture
def site(django_ready, tmp_path):
    """Return a function that puts the site's settings into force, and gives a browser."""
    ran.clear()
    cache.clear()
    undone = []

    def start(*, middleware=MIDDLEWARE, is_async=False, client=None, **more):
        meter_settings = {
            "POLICY": POLICY,
            "STORE": f"sqlite:///{tmp_path}/counts.db",
            "SECRET": "a-key-for-tests",
            "ACCOUNT": "tests.web.django_site.reader_of",
        }
        others = {name: more.pop(name) for name in list(more) if name.startswith("DJANGO_")}
        changed = override_settings(
            MIDDLEWARE=list(middleware),
            METER=meter_settings | more,
            **{name.removeprefix("DJANGO_"): value for name, value in others.items()},
        )
        changed.enable()
        undone.append(changed)
        return Browser(is_async=is_async, **(client or {}))

    yield start
    for changed in reversed(undone):
        changed.disable()


class Browser:
    """A browser that keeps cookies, over WSGI or over ASGI."""

    def __init__(self, *, is_async=False, **defaults):
        kind = AsyncClient if is_async else Client
        self._client = kind(raise_request_exception=False, **defaults)
        self._is_async = is_async

    @property
    def cookies(self):
        return self._client.cookies

    def send(self, method, path, **options):
        """Send one request, and return the answer with its text."""
        send = getattr(self._client, method)
        if not self._is_async:
            response = send(path, **options)
            response.said = _read(response)
            return response

        async def ask():
            response = await send(path, **options)
            response.said = await _aread(response)
            return response

        return asyncio.run(ask())

    def get(self, path, **headers):
        return self.send("get", path, headers=_header_names(headers))

    def post(self, path, **headers):
        return self.send("post", path, headers=_header_names(headers))

    def ledger(self, prefix=""):
        return sorted(json.loads(self.get(f"{prefix}/ledger").said)["monthly"])


async def _aread(response):
    if response.streaming and response.is_async:
        return b"".join([part async for part in response.streaming_content]).decode()
    return response.getvalue().decode()


def _read(response):
    return asyncio.run(_aread(response))


def _header_names(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def is_whole(response):
    return "THE WHOLE STORY" in response.said


EVERY_WAY = [(is_async, prefix) for is_async in (False, True) for prefix in ("", "/a")]


# Without settings


def test_without_settings_every_page_is_left_as_it_is(site):
    """No visit, no header, no cookie: the same as without the middleware."""
    with override_settings(MIDDLEWARE=MIDDLEWARE[1:]):
        without = Browser().get("/plain")
    for nothing in (None, {}):
        with override_settings(MIDDLEWARE=MIDDLEWARE, METER=nothing):
            response = Browser().get("/plain")
        assert (response.said, dict(response.headers)) == ("hello", dict(without.headers))
        assert not response.cookies


def test_a_view_that_asks_nothing_is_left_as_it_is(site):
    """The visit is there, and nothing was decided, asked or set."""
    response = site().get("/plain")
    assert response.said == "hello, reader"
    assert "Cache-Control" not in response.headers
    assert not response.cookies


def test_the_gate_needs_no_django():
    """Only the adapter's own package imports it."""
    package = Path(meter.__file__).parent
    importing = set()
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "django" not in text and "asgiref" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] in ("django", "asgiref") for name in names):
                importing.add(path.relative_to(package).as_posix())
    assert importing
    assert all(path.startswith("web/django/") for path in importing)
    code = "import sys, meter.web.gate, meter.web.opening; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_extra_that_is_not_installed_is_named():
    """In `INSTALLED_APPS` of a site that has installed `meter` alone."""
    code = "import sys; sys.modules['itsdangerous'] = None; import meter.web.django.apps"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "meter-paywall[web]" in done.stderr.splitlines()[-1]


# What a reader meets


@pytest.mark.parametrize(("is_async", "prefix"), EVERY_WAY)
def test_three_are_counted_and_the_fourth_is_a_teaser(site, is_async, prefix):
    """In views that block and views that await, under WSGI and under ASGI."""
    browser = site(is_async=is_async)
    reads = [browser.get(f"{prefix}/articles/a{number}") for number in (1, 2, 1, 3, 4)]
    assert [is_whole(read) for read in reads] == [True, True, True, True, False]
    assert {read.headers["Cache-Control"] for read in reads} == {PRIVATE}
    assert browser.cookies["reader"]["httponly"]
    assert browser.ledger(prefix) == ["a1", "a2", "a3"]
    free = browser.get(f"{prefix}/articles/free-1")
    assert (is_whole(free), free.headers["Cache-Control"]) == (True, "public, max-age=300")
    assert not free.cookies


def test_the_file_of_a_setting_lets_a_library_read(site, tmp_path):
    """`INSTITUTIONS` is a path, as in `BASE_DIR / "institutions.toml"`."""
    path = tmp_path / "institutions.toml"
    path.write_text('[[institutions]]\nname = "Library"\naddresses = ["192.0.2.0/24"]\n')
    inside, outside = (
        site(INSTITUTIONS=path, client={"REMOTE_ADDR": address})
        for address in ("192.0.2.7", "203.0.113.9")
    )
    assert is_whole(inside.get("/articles/premium-1"))
    assert not is_whole(outside.get("/articles/premium-1"))
    assert not is_whole(outside.get("/articles/premium-1", X_Forwarded_For="192.0.2.7"))


@pytest.mark.parametrize(("setting", "expected"), [({}, True), ({"INSTITUTIONS": None}, False)])
def test_the_institutions_beside_the_policy_are_taken_unless_there_are_to_be_none(
    site, tmp_path, setting, expected
):
    """`None` says that the file beside is not for this site."""
    (tmp_path / "policy.toml").write_text(POLICY.read_text())
    text = '[[institutions]]\nname = "Library"\naddresses = ["192.0.2.0/24"]\n'
    (tmp_path / "institutions.toml").write_text(text)
    address = {"REMOTE_ADDR": "192.0.2.7"}
    inside = site(POLICY=tmp_path / "policy.toml", client=address, **setting)
    assert is_whole(inside.get("/articles/premium-1")) is expected


@pytest.mark.parametrize(("is_async", "prefix"), EVERY_WAY)
@pytest.mark.parametrize("account", ["reader_of", "areader_of"])
def test_who_is_signed_in_may_be_asked_either_way(site, is_async, prefix, account):
    """`request.user` and `request.auser()` both serve, whatever kind the view is."""
    browser = site(is_async=is_async, ACCOUNT=f"tests.web.django_site.{account}")
    assert not is_whole(browser.get(f"{prefix}/articles/premium-1"))
    browser.get(f"{prefix}/articles/a1")
    assert browser.post(f"{prefix}/sign-in/sub-{account}").status_code == 204
    assert is_whole(browser.get(f"{prefix}/articles/premium-1"))
    assert browser.ledger(prefix) == ["a1"]


def test_without_a_function_djangos_users_are_registered_readers(site):
    """Their primary key is their id."""
    browser = site(ACCOUNT=None)
    browser.post("/sign-in/paula")
    reads = [browser.get(f"/articles/b{number}") for number in range(6)]
    assert [is_whole(read) for read in reads] == [True] * 5 + [False]


def test_an_own_function_that_fails_is_the_sites_failure(site):
    """Its exception is the site's, as in a view."""
    browser = site(ACCOUNT="tests.web.django_site.broken_reader")
    assert browser.get("/articles/a1").status_code == 500
    assert browser.get("/articles/free-1").status_code == 200


def test_consent_is_asked_with_djangos_request(site):
    """Who gives none gets the teaser and no cookie."""
    browser = site(CONSENT="tests.web.django_site.consents")
    response = browser.get("/articles/a1?no-consent")
    assert (is_whole(response), dict(response.cookies)) == (False, {})
    assert is_whole(browser.get("/articles/a1"))


# Signing in


@pytest.mark.parametrize(("is_async", "prefix"), EVERY_WAY)
def test_django_signing_in_joins_and_signing_out_returns(site, is_async, prefix):
    """By the id that `ACCOUNT` gives: the ledger is the account's, with the device's reads."""
    browser = site(is_async=is_async)
    browser.get("/articles/a1")
    account = f"kiosk{is_async}{len(prefix)}"
    signed_in = browser.post(f"{prefix}/sign-in/{account}")
    assert (signed_in.status_code, signed_in.headers["Cache-Control"]) == (204, PRIVATE)
    other = site(is_async=is_async)
    other.post(f"{prefix}/sign-in/{account}")
    assert other.ledger(prefix) == ["a1"]  # it was joined at once, not at the next view
    browser.get("/articles/b1")
    browser.post(f"{prefix}/sign-out")
    assert browser.ledger(prefix) == ["a1"]
    browser.post(f"{prefix}/sign-in/{account}-second")
    assert browser.ledger(prefix) == ["a1"]


@pytest.mark.parametrize("prefix", ["", "/a"])
def test_a_store_that_is_out_fails_no_sign_in(site, prefix):
    """The join waits in the cookie; when the store is back, the device's reads are there."""
    store = Valkey("--appendonly", "yes", "--appendfsync", "always")
    try:
        browser = site(STORE=store.url)
        browser.get("/articles/a1")
        browser.get("/articles/a2")
        store.stop()
        assert browser.post(f"{prefix}/sign-in/olga{len(prefix)}").status_code == 204
        page = browser.get(f"{prefix}/articles/b1")
        assert (page.status_code, page.headers["Cache-Control"]) == (200, PRIVATE)
        assert browser.get("/ledger").status_code == 503
        assert browser.post("/forget").status_code == 503
        store.start()
        browser.get(f"{prefix}/articles/a1")
        assert {"a1", "a2"} <= set(browser.ledger())
    finally:
        store.close()


def test_a_locked_file_fails_no_sign_in(site, tmp_path):
    """An SQLite file that another program writes is an outage like any."""
    path = tmp_path / "locked.db"
    browser = site(STORE=f"sqlite:///{path}?timeout=0.1")
    browser.get("/articles/a1")
    browser.get("/articles/a2")
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert browser.post("/sign-in/lena").status_code == 204
        other.execute("ROLLBACK")
    other.close()
    browser.get("/articles/a1")
    assert browser.ledger() == ["a1", "a2"]


def test_accounts_that_are_out_fail_no_sign_in(site, caplog):
    """What `ACCOUNT` raises while Django signs in is told, on one line, and goes no further."""
    browser = site(ACCOUNT="tests.web.django_site.broken_reader")
    assert browser.post("/sign-in/nora").status_code == 204
    assert browser.post("/sign-out").status_code == 204
    told = [record.getMessage() for record in caplog.records if record.name == "meter.web"]
    assert [line for line in told if "no database\\u000Aof accounts" in line]


def test_another_sites_sign_in_joins_nothing(site):
    """What Django itself lets sign in signs in; the device is joined when its reader comes back."""
    browser = site()
    browser.get("/articles/a1")
    browser.get("/articles/a2")
    response = browser.post("/sign-in/vera", Sec_Fetch_Site="cross-site")
    assert (response.status_code, response.headers["Cache-Control"]) == (204, PRIVATE)
    assert browser.post("/forget", Sec_Fetch_Site="cross-site").status_code == 403
    assert browser.post("/forget", Origin="https://evil.example").status_code == 403
    assert browser.ledger() == ["a1", "a2"]
    assert browser.post("/forget", Origin="http://testserver").status_code == 204
    assert browser.ledger() == []


def test_a_request_that_came_another_way_signs_in_too(django_ready, site):
    """Django's own test client signs in without any middleware."""
    browser = site()
    user, _ = get_user_model().objects.get_or_create(username="forced")
    browser._client.force_login(user)
    assert is_whole(browser.get("/articles/a1"))


# What goes wrong


def test_a_mistake_of_the_sites_view_stays_its_500(site):
    """With the headers of an answer that hung on its reader."""
    response = site().get("/broken/a1")
    assert (response.status_code, response.headers["Cache-Control"]) == (500, PRIVATE)


@pytest.mark.parametrize("is_async", [False, True])
def test_what_is_refused_has_its_status(site, is_async):
    """A store that is out is a 503, never to be kept; an account without an id is a 400."""
    browser = site(is_async=is_async)
    response = browser.get("/out")
    assert (response.status_code, response.headers["Cache-Control"]) == (503, PRIVATE)
    assert "down" not in response.said
    response = browser.post("/nobody")
    assert (response.status_code, response.headers["Cache-Control"]) == (400, PRIVATE)


@pytest.mark.parametrize(("is_async", "prefix"), EVERY_WAY)
def test_a_prompt_that_there_is_not_is_a_400(site, is_async, prefix):
    """Also for a first visit, of which nothing is remembered."""
    browser = site(is_async=is_async)
    assert browser.post(f"{prefix}/closed/countdown").status_code == 204
    response = browser.post(f"{prefix}/closed/countdwn")
    assert response.status_code == 400
    assert response.said == "the policy has no prompt `countdwn`; did you mean `countdown`?\n"


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("view", ["articles", "a/articles", "streamed", "a/streamed"])
def test_looking_ahead_is_refused_whatever_the_body(site, is_async, view):
    """Nothing of the view's goes out, no cookie of it either; a stream is closed all the same."""
    browser = site(is_async=is_async)
    response = browser.get(f"/{view}/a1", Sec_Purpose="prefetch")
    assert (response.status_code, response.reason_phrase) == (503, "Service Unavailable")
    assert "teaser" not in response.said
    assert int(response.headers["Content-Length"]) == len(response.said)
    assert (response.headers["Cache-Control"], dict(response.cookies)) == (PRIVATE, {})
    assert is_whole(browser.get(f"/{view}/a1"))
    assert browser.get(f"/{view}/a1", Sec_Purpose="prefetch").status_code == 200


def test_the_views_own_cookies_and_headers_stay(site):
    """Beside the reader's."""
    response = site().get("/streamed/a1")
    assert {name: cookie.value for name, cookie in response.cookies.items()}.keys() == {
        "mine",
        "reader",
    }
    assert response.cookies["reader"]["samesite"] == "Lax"
    assert response.cookies["reader"]["path"] == "/"


# Django's caches


def test_a_cache_of_the_site_keeps_what_everybody_gets(site):
    """And nothing that hung on a reader, though its own setting would keep it for ten minutes."""
    browser = site(middleware=[UPDATE, *MIDDLEWARE, FETCH])
    for name in ("free-1", "free-1", "a1", "a1"):
        assert is_whole(browser.get(f"/articles/{name}"))
    assert ran == ["free-1", "a1", "a1"]
    kept = browser.get("/articles/free-1")
    assert kept.headers["Cache-Control"].replace("max-age=300, public", "public, max-age=300") == (
        "public, max-age=300"
    )
    assert not kept.cookies


@pytest.mark.parametrize("middleware", [MIDDLEWARE, [UPDATE, *MIDDLEWARE, FETCH]])
def test_a_view_that_says_it_may_be_kept_leaks_nothing(site, middleware):
    """`cache_page` stores what a view returns before any middleware sees it."""
    subscriber = site(middleware=middleware)
    subscriber.post("/sign-in/sub-kept")
    assert is_whole(subscriber.get("/kept/premium-1"))
    stranger = site(middleware=middleware)
    assert not is_whole(stranger.get("/kept/premium-1"))
    assert is_whole(subscriber.get("/kept/premium-1"))


def test_without_that_a_cached_view_would_leak(site, monkeypatch):
    """The bug that is kept out, planted: the stranger gets the subscriber's page."""
    monkeypatch.setattr(DjangoVisit, "_keep_out", lambda _visit: None)
    subscriber = site(ACCOUNT=as_subscriber)
    assert is_whole(subscriber.get("/kept/premium-1?subscriber"))
    assert is_whole(site().get("/kept/premium-1?subscriber"))


def as_subscriber(request):
    """Return a subscriber whom no cookie names, so that nothing varies by one."""
    return Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])


def test_a_stream_that_asks_too_late_gets_nothing(site):
    """Also where it is the first to ask: its headers are sent, and nothing could be counted."""
    with pytest.raises(RuntimeError, match="the answer has begun"):
        list(site().get("/late/a1").streaming_content)


def test_a_page_with_a_session_is_never_for_a_cache(site):
    """Also where everybody may read it: the session's cookie is one reader's."""
    response = site().get("/session/free-1")
    assert is_whole(response)
    assert "sessionid" in response.cookies
    assert response.headers["Cache-Control"] == PRIVATE


@pytest.mark.parametrize("is_async", [False, True])
def test_a_cache_that_holds_the_text_asks_for_each_reader(site, is_async):
    """204, or 403 with the reason; it counts as a page does, and sets the reader's cookie."""
    browser = site(is_async=is_async)

    def ask(name, **headers):
        answer = browser.get("/asked", X_Original_URI=f"/articles/{name}", **headers)
        assert answer.headers["Cache-Control"] == PRIVATE
        return answer.status_code, answer.headers.get("Meter-Refusal")

    assert ask("a1", Sec_Purpose="prefetch") == (403, "speculative")
    assert [ask(f"a{number}") for number in (1, 2, 1, 3)] == [(204, None)] * 4
    assert (ask("a4"), ask("free-1")) == ((403, "wall"), (204, None))
    assert browser.ledger() == ["a1", "a2", "a3"]
    browser.post(f"/sign-in/sub-asked{is_async}")
    assert ask("premium-1") == (204, None)
    assert browser.get("/asked", X_Original_URI="/nothing").status_code == 404


@pytest.mark.parametrize("is_async", [False, True])
def test_a_machine_meets_the_terms_of_the_rule(site, is_async):
    """Its status and its headers go out beside those of the view; a person gets the page."""
    rules = POLICY.read_text(encoding="utf-8")
    wall = rules.rindex("[[rules]]")
    terms = 'machines = { price = "USD 0.01", licence = "https://harbour.example/terms" }\n'
    policy = loads_policy(f"{rules[:wall]}{rules[wall:]}\n{terms}")
    browser = site(is_async=is_async, POLICY=policy)
    agent = "Mozilla/5.0 (compatible; GPTBot/1.2)"
    for path, status in (("/articles/premium-1", 402), ("/asked", 403)):
        answer = browser.get(path, User_Agent=agent, X_Original_URI="/articles/premium-1")
        assert (answer.status_code, answer.headers["crawler-price"]) == (status, "USD 0.01")
        assert answer.headers["WWW-Authenticate"] == 'License error="invalid_request"'
    assert browser.get("/articles/premium-1").status_code == 200


@pytest.mark.parametrize("is_async", [False, True])
def test_what_verifies_crawlers_is_given_as_it_is(site, is_async):
    """It is asked with the gate's request: the address is the client's, the host is Django's."""
    rules = POLICY.read_text(encoding="utf-8")
    first = rules.index("[[rules]]")
    opens = '[[rules]]\nname = "search"\nwhen = { crawler = ["search"] }\nshow = "article"\n\n'
    known = KnownCrawler(name="Googlebot", kind="search", ranges=["127.0.0.1"])
    browser = site(
        is_async=is_async,
        POLICY=loads_policy(f"{rules[:first]}{opens}{rules[first:]}"),
        CRAWLER=Machines([known]),
    )
    assert is_whole(browser.get("/articles/premium-1", User_Agent="Googlebot/2.1"))
    assert not is_whole(browser.get("/articles/premium-1", User_Agent="GPTBot/1.2"))


# Addresses and schemes


@pytest.mark.parametrize(
    ("settings_of_it", "sent", "is_secure"),
    [
        ({}, {}, False),
        ({}, {"X_Forwarded_Proto": "https"}, False),
        ({"TRUSTED_PROXIES": ["127.0.0.1"]}, {"X_Forwarded_Proto": "https"}, True),
        ({"TRUSTED_PROXIES": ["10.0.0.0/8"]}, {"X_Forwarded_Proto": "https"}, False),
        (
            {"DJANGO_SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
            {"X_Forwarded_Proto": "https"},
            True,
        ),
    ],
)
def test_a_cookie_is_secure_where_the_browser_speaks_https(site, settings_of_it, sent, is_secure):
    """As Django believes it, or a trusted proxy says."""
    response = site(**settings_of_it).get("/articles/a1", **sent)
    assert bool(response.cookies["reader"]["secure"]) == is_secure


@pytest.mark.parametrize("address", ["", None])
def test_a_client_needs_no_address(site, address):
    """Nor is it trusted for that, unless the list says `unix`."""
    for trusted, is_secure in (([], False), (["unix"], True)):
        browser = site(TRUSTED_PROXIES=trusted, client={"REMOTE_ADDR": address})
        response = browser.get("/articles/a1", X_Forwarded_Proto="https")
        assert is_whole(response)
        assert bool(response.cookies["reader"]["secure"]) == is_secure


def test_the_host_is_the_one_that_django_believes_in(site):
    """A proxy that passes the browser's host on keeps sign-out working."""
    sent = {"Origin": "https://news.example", "X_Forwarded_Host": "news.example"}
    assert site().post("/forget", **sent).status_code == 403
    assert site(DJANGO_USE_X_FORWARDED_HOST=True).post("/forget", **sent).status_code == 204


# Settings and checks


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"POLCY": 1}, "did you mean `POLICY`?"),
        ({"secret": "x"}, "did you mean `SECRET`?"),
        ({"STORE": None}, "`METER` needs `STORE`"),
        ({"SECRET": ""}, "`METER` needs `SECRET`"),
        ({"STORE": "mysql://x"}, "`mysql://…` does not name a store"),
        ({"ACCOUNT": "readers"}, "or its dotted path"),
        ({"ACCOUNT": "news.nowhere.reader_of"}, "cannot be imported"),
        ({"ACCOUNT": "tests.web.django_site.nowhere"}, "cannot be imported"),
        ({"ACCOUNT": "tests.web.django_site.ran"}, "cannot be called"),
        ({"MAX_AGE": "soon"}, "`max_age` is a whole number of seconds"),
        ({"TRUSTED_PROXIES": "127.0.0.1"}, "trusted proxies are a list"),
        ({"PAYWALL": {"on_outge": "open"}}, "did you mean `on_outage`?"),
        ({"POLICY": "nowhere.toml"}, "nowhere.toml"),
    ],
)
def test_a_wrong_setting_is_told_before_the_first_reader(site, changed, said):
    """By the check, with its next step, and by the server as it starts."""
    browser = site(**changed)
    problems = [each for each in run_checks() if each.id.startswith("meter.")]
    assert problems
    assert said in " ".join(f"{each.msg} {each.hint}" for each in problems)
    with pytest.raises(ImproperlyConfigured) as error:
        browser.get("/plain")
    assert said in str(error.value)


@pytest.mark.parametrize("wrong", ["policy.toml", ["policy.toml"]])
def test_settings_are_a_dictionary(django_ready, wrong):
    """Anything else is told."""
    with override_settings(METER=wrong, MIDDLEWARE=MIDDLEWARE):
        assert [each.id for each in run_checks() if each.id.startswith("meter")] == ["meter.E001"]


def test_every_problem_of_a_policy_is_a_check_of_its_own(site, tmp_path):
    """Located, with the next step as its hint."""
    path = tmp_path / "broken.toml"
    path.write_text(
        POLICY.read_text().replace('spend = "monthly"', 'spend = "montly"').replace("wall", "wal")
    )
    site(POLICY=str(path))
    problems = [each for each in run_checks() if each.id == "meter.E003"]
    assert len(problems) == 2
    assert all(str(path) in each.msg and "error[" in each.msg for each in problems)
    assert {each.hint for each in problems} == {
        "did you mean `monthly`?",
        "did you mean `wall`?",
    }


SESSION, CSRF = MIDDLEWARE[1], "django.middleware.csrf.CsrfViewMiddleware"


@pytest.mark.parametrize(
    ("middleware", "found"),
    [
        (MIDDLEWARE, []),
        ([UPDATE, *MIDDLEWARE, FETCH], []),
        (["django.middleware.security.SecurityMiddleware", *MIDDLEWARE], []),
        (MIDDLEWARE[1:], ["meter.E005"]),
        ([SESSION, MIDDLEWARE[0]], ["meter.E006"]),
        ([SESSION, CSRF, MIDDLEWARE[0]], ["meter.E006", "meter.E006"]),
        ([*MIDDLEWARE, UPDATE], ["meter.E007"]),
        ([SESSION, MIDDLEWARE[0], UPDATE], ["meter.E006", "meter.E007"]),
        (["news.nowhere.Middleware", *MIDDLEWARE], []),
    ],
)
def test_the_middleware_stands_where_it_sees_every_header_last(site, middleware, found):
    """Before whatever sets cookies, and after the cache that reads its headers."""
    site(middleware=middleware)
    assert sorted(each.id for each in run_checks() if each.id.startswith("meter")) == found


def test_the_store_is_asked_before_a_deployment(site, tmp_path):
    """One that is out is an error, and memory a warning; neither is told without `--deploy`."""

    def told(*, deploy):
        checks = run_checks(include_deployment_checks=deploy)
        return [each.id for each in checks if each.id.startswith("meter.")]

    site()
    assert told(deploy=True) == []
    site(STORE="memory://")
    assert (told(deploy=False), told(deploy=True)) == ([], ["meter.W001"])
    site(STORE=f"unix://{tmp_path}/nobody.sock")
    assert (told(deploy=False), told(deploy=True)) == ([], ["meter.E008"])


# Commands


def called(*words):
    """Run a command of `manage.py`, and return what it says."""
    said = StringIO()
    call_command(*words, stdout=said)
    return said.getvalue().strip()


def test_support_looks_up_and_forgets_a_reader(site):
    """By the id that `ACCOUNT` gives."""
    browser = site()
    browser.post("/sign-in/rita")
    browser.get("/articles/a1")
    reader = f"user-{get_user_model().objects.get(username='rita').pk}"
    told = json.loads(called("meter_ledger", reader))["meters"]["monthly"]
    assert [read["id"] for read in told["articles"]] == ["a1"]
    assert datetime.fromisoformat(told["resets_at"]) > datetime.fromisoformat(
        told["articles"][0]["at"]
    )
    assert called("meter_forget", reader) == f"nothing is kept of `{reader}` any more"
    assert json.loads(called("meter_ledger", reader))["meters"]["monthly"]["articles"] == []


def test_what_has_expired_is_purged(site, tmp_path):
    """Where the store does not drop it by itself."""
    browser = site()
    browser.get("/plain")
    with_old = open_store(f"sqlite:///{tmp_path}/counts.db")
    with_old.swap("old", None, b"x", expires=datetime.now(UTC) - timedelta(days=1))
    assert called("meter_purge") == "1 expired record dropped"
    assert called("meter_purge") == "0 expired records dropped"
    with_old.close()
    site(STORE="redis://127.0.0.1:1/0")
    assert "by itself" in called("meter_purge")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"STORE": "redis://127.0.0.1:1/0"}, "127.0.0.1:1"),
        ({"POLICY": "nowhere.toml"}, "nowhere.toml"),
    ],
)
def test_a_command_that_cannot_be_done_says_so(site, changed, said):
    """In one line, never with a traceback."""
    site(**changed)
    with pytest.raises(CommandError, match=said):
        called("meter_ledger", "user-1")
    with override_settings(METER=None), pytest.raises(CommandError, match="no setting `METER`"):
        called("meter_forget", "user-1")


# Templates


def test_a_template_shows_prompts_as_they_are(site):
    """Neither escaped twice nor left raw, whichever way it is written."""
    browser = site()
    page = browser.get("/templated/a1").said
    assert "<style>" in page
    assert "&lt;" not in page
    assert page.count("</aside>") == 3 or page.count("meter-prompt") >= 3


def test_a_template_tag_of_no_answer_says_nothing(django_ready):
    """A page without a paywall has none."""
    template = Template(
        "{% load paywall %}[{% prompt answer %}{% prompt answer layout='narrow' %}]"
    )
    assert template.render(Context()) == "[]"


def test_a_template_cuts_what_is_not_to_go_out(site):
    """A reader at the wall gets the first paragraph; nobody in between gets more."""
    browser = site()
    assert "Two." in browser.get("/templated/a1").said
    page = browser.get("/templated/premium-1").said
    assert ("One of premium-1." in page) == (find_spec("meter.web.teaser") is not None)
    assert "Two." not in page


@pytest.mark.parametrize(
    "wrong", ["teaser", "teaser answer", "teaser answer 2", "teaser answer length=2"]
)
def test_a_teaser_says_how_long_it_is(django_ready, wrong):
    """Else the template does not load: it must not go out whole by a slip."""
    with pytest.raises(TemplateSyntaxError, match="paragraphs=2"):
        Template("{% load paywall %}{% " + wrong + " %}text{% endteaser %}")


# A real server


class UnixConnection(http.client.HTTPConnection):
    """A connection to a server that has no address but a file's."""

    def __init__(self, path):
        super().__init__("localhost")
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def listens(path):
    """Say whether somebody takes connections at a socket: its file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0


@pytest.fixture
def example(tmp_path):
    """The example in gunicorn: two workers of a process that had opened the paywall already."""
    listening = tmp_path / "s"
    words = ["--preload", "--workers", "2", "--bind", f"unix:{listening}", "--no-control-socket"]
    log = (tmp_path / "log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *words, "app:application"],
        cwd=EXAMPLES / "django",
        env={
            **os.environ,
            "STORE": f"sqlite:///{tmp_path}/counts.db",
            "SECRET": "new,old",
            "PYTHONPATH": str(EXAMPLES.parents[1]),
            "TMPDIR": str(tmp_path),
        },
        stdout=log,
        stderr=log,
    )
    for _ in range(3000):
        if listens(listening) or process.poll() is not None:
            break
        time.sleep(0.01)
    yield listening
    process.terminate()
    process.wait(20)
    log.close()


def test_the_example_runs_in_gunicorn_without_any_address(example):
    """On a Unix socket, where nobody has an address; the workers share what they count."""
    cookies = {}

    def ask(method, path, body=None):
        connection = UnixConnection(example)
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        for header in answer.headers.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            cookies[name] = value
        connection.close()
        return answer.status, "THE WHOLE STORY" in text, text

    reads = [ask("GET", f"/articles/a{number}")[1] for number in range(4)]
    assert reads == [True, True, True, False]
    assert ask("POST", "/sign-in", "account=ana")[0] == 303
    assert json.loads(ask("GET", "/me/ledger")[2]) == {"monthly": ["a0", "a1", "a2"]}
    assert ask("DELETE", "/me")[0] == 204
