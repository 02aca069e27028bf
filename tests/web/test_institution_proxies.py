"""A forged address opens nothing: through frameworks, behind proxies, on sockets, through nginx."""

from __future__ import annotations

import asyncio
import os
import sys
from http.client import HTTPConnection
from io import BytesIO

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from meter import Article
from meter.web import WebRequest
from meter.web.flask import FlaskPaywall, visit
from tests.web.caches.configurations import NGINX
from tests.web.caches.programs import program
from tests.web.caches.running import ROOT, folder, free_port, running
from tests.web.library import library_site
from tests.web.site import BROWSER, POLICY, Site

INSTITUTIONS = """
[[institutions]]
name = "Harbour Library"
addresses = ["192.0.2.0/24", "2001:db8::/48"]

[[institutions]]
name = "whose network the proxies stand in"
addresses = ["198.51.100.0/24"]
"""
READER, READER6, STRANGER, STRANGER6 = "192.0.2.7", "2001:db8::7", "203.0.113.9", "2001:db9::9"
PROXY, INNER, PROXY6 = "198.51.100.1", "198.51.100.2", "2001:db8:1::1"
TRUSTED = (PROXY, INNER, PROXY6)
ASKED = [
    # who is connected, which proxies are trusted, what was forwarded, whether it opens
    ("from the library", READER, (), None, True),
    ("from the library, by IPv6", READER6, (), None, True),
    ("from the library, mapped", f"::ffff:{READER}", (), None, True),
    ("from elsewhere", STRANGER, (), None, False),
    ("from elsewhere, by IPv6", STRANGER6, (), None, False),
    ("forged", STRANGER, (), READER, False),
    ("forged, by IPv6", STRANGER6, (), READER6, False),
    ("forged, past the proxy", STRANGER, TRUSTED, READER, False),
    ("forged, mapped", f"::ffff:{STRANGER}", TRUSTED, READER, False),
    ("from a proxy of the library's own", READER, TRUSTED, "10.0.0.5", True),
    ("behind the proxy", PROXY, TRUSTED, READER, True),
    ("behind the proxy, by IPv6", PROXY6, TRUSTED, READER6, True),
    ("behind the proxy, mapped", f"::ffff:{PROXY}", TRUSTED, f"::ffff:{READER}", True),
    ("behind two", PROXY, TRUSTED, f"{READER}, {INNER}", True),
    ("elsewhere behind the proxy", PROXY, TRUSTED, STRANGER, False),
    ("forged behind the proxy", PROXY, TRUSTED, f"{READER}, {STRANGER}", False),
    ("forged behind two", PROXY, TRUSTED, f"{READER}, {STRANGER}, {INNER}", False),
    ("forged as a proxy behind the proxy", PROXY, TRUSTED, f"{READER}, {INNER}, {STRANGER}", False),
    ("the proxy itself", PROXY, TRUSTED, None, False),
    ("the proxies themselves", PROXY, TRUSTED, INNER, False),
    ("on a socket", None, (), None, False),
    ("forged on a socket", None, TRUSTED, READER, False),
    ("behind a proxy on a socket", None, ("unix",), READER, True),
    ("forged behind a proxy on a socket", None, ("unix",), f"{READER}, {STRANGER}", False),
    ("an unknown reader", PROXY, TRUSTED, "unknown", False),
    ("a port", PROXY, TRUSTED, f"{READER}:4711", False),
    ("brackets", PROXY, TRUSTED, f"[{READER6}]", False),
    ("a network", PROXY, TRUSTED, "192.0.2.0/24", False),
    ("a zero in front", PROXY, TRUSTED, "192.0.2.007", False),
    ("a short one", PROXY, TRUSTED, "192.0.519", False),
    ("nothing", PROXY, TRUSTED, "", False),
    ("nothing at the end", PROXY, TRUSTED, f"{READER},", False),
    ("much", PROXY, TRUSTED, f"{READER}, " + "9" * 5000, False),
]
ALSO_FORGED = dict.fromkeys(
    ("Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "Client-IP"), READER
)
NAMES = [row[0] for row in ASKED]
ROWS = [row[1:] for row in ASKED]


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """Return the path of a policy with institutions beside it."""
    place = tmp_path_factory.mktemp("library")
    (place / "institutions.toml").write_text(INSTITUTIONS)
    (place / "policy.toml").write_text(POLICY)
    return place / "policy.toml"


def flask_opens(policy, peer, trusted, forwarded):
    """Return whether a Flask site hands out the whole text."""
    app = Flask(__name__)
    app.config.update(METER_SECRET="new", METER_POLICY=policy, METER_TRUSTED_PROXIES=trusted)
    FlaskPaywall(app)
    app.get("/")(lambda: str(visit.open(Article(id="p1", access="premium")).whole))
    headers = {"User-Agent": BROWSER, **ALSO_FORGED}
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    environ = EnvironBuilder(path="/", headers=headers).get_environ()
    environ |= {"REMOTE_ADDR": peer or "", "wsgi.input": BytesIO()}
    body, status, _ = run_wsgi_app(app.wsgi_app, environ)
    assert status.startswith("200")
    return b"".join(body) == b"True"


def starlette_opens(policy, peer, trusted, forwarded):
    """Return whether a Starlette site hands out the whole text; its paywall is awaited."""
    site = library_site(policy, trusted_proxies=trusted)
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    async def ask():
        given = {"user-agent": BROWSER, **ALSO_FORGED}
        pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
        # each proxy may as well add a header of its own
        parts = [] if forwarded is None else forwarded.split(", ")
        pairs += [(b"x-forwarded-for", part.encode()) for part in parts]
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
        }
        scope |= {"headers": pairs, "client": None if peer is None else (peer, 4711)}
        scope |= {"scheme": "http", "http_version": "1.1", "root_path": "", "server": ("site", 80)}
        async with site.router.lifespan_context(site):
            await site(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 200
    return b"".join(message.get("body", b"") for message in sent[1:]) == b"true"


@pytest.mark.parametrize("opens", [flask_opens, starlette_opens], ids=["flask", "starlette"])
@pytest.mark.parametrize(("peer", "trusted", "forwarded", "expected"), ROWS, ids=NAMES)
def test_only_who_comes_from_an_institution_reads(
    policy, opens, peer, trusted, forwarded, expected
):
    """What a reader writes into headers is not where a reader comes from."""
    assert opens(policy, peer, trusted, forwarded) is expected


class Told:
    """Says what address it was asked about."""

    def rights(self, address):
        return (address,)


ADDRESSES = st.sampled_from([READER, READER6, STRANGER, *TRUSTED]) | st.ip_addresses().map(str)
WRITTEN = st.text(st.sampled_from("0123456789abcdf.:,%[] /"), max_size=30) | ADDRESSES


@given(written=st.lists(WRITTEN, max_size=5), inner=st.lists(st.sampled_from(TRUSTED), max_size=3))
def test_whatever_a_stranger_writes_the_address_is_the_strangers(written, inner):
    """The first trusted proxy adds where it was asked from; what stands before decides nothing."""
    gate = Site(settings={"secret": "new", "trusted_proxies": TRUSTED, "institutions": Told()}).gate
    header = ", ".join([*written, STRANGER, *inner])
    behind = WebRequest(method="GET", headers={"x-forwarded-for": header}, client=PROXY)
    beside = WebRequest(method="GET", headers={"x-forwarded-for": header}, client=STRANGER)
    assert gate.rights_of(behind) == gate.rights_of(beside) == (STRANGER,)


NGINX_SITE = """
server {{
    listen {listen};
    location / {{
        proxy_pass {site};
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
}}
"""


def asked(port, source, **headers):
    """Return what a site says to whoever is connected from an address of this machine."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", "/", headers={"User-Agent": BROWSER, **given})
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("by", ["port", "socket"])
def test_through_nginx_the_library_reads_and_nobody_else(by):
    """The proxy is a real one, and so are the connections; the site knows it by its address."""
    library, stranger = "127.0.0.7", "127.0.0.9"
    front, inner = free_port(), free_port()
    with folder() as place:
        (place / "policy.toml").write_text(POLICY)
        (place / "institutions.toml").write_text(
            f'[[institutions]]\nname = "Harbour Library"\naddresses = ["{library}"]\n'
        )
        waits, listen, upstream, trusted = {
            "port": (inner, ["--port", str(inner)], f"http://127.0.0.1:{inner}", "127.0.0.1"),
            "socket": (place / "site", ["--uds", "site"], f"http://unix:{place}/site:", "unix"),
        }[by]
        settings = place / "nginx.conf"
        printed = NGINX_SITE.format(listen=f"127.0.0.1:{front}", site=upstream)
        settings.write_text(NGINX.format(folder=place, printed=printed))
        command = [sys.executable, "-m", "uvicorn", "--factory", "tests.web.library:app"]
        command += ["--no-proxy-headers", *listen]
        known = {"SITE_FOLDER": str(place), "TRUSTED": trusted, "PYTHONPATH": str(ROOT)}
        nginx = [program("nginx"), "-c", str(settings), "-e", f"{place}/errors"]
        with (
            running(command, waits, place / "site.log", os.environ | known),
            running(nginx, front, place / "nginx.log"),
        ):
            assert asked(front, library) == "true"
            assert asked(front, stranger) == "false"
            assert asked(front, stranger, X_Forwarded_For=library) == "false"
            assert asked(front, library, X_Forwarded_For=stranger) == "true"
            if by == "port":
                assert asked(inner, stranger, X_Forwarded_For=library) == "false"
