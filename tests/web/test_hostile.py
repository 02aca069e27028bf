"""Whatever a stranger sends, a view gets an answer, a page is no one else's, a log stays whole."""

from __future__ import annotations

import logging
from urllib.parse import urljoin, urlsplit

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Paywall, Reader
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest, local_path
from tests.web.site import POLICY, START, Browser, Site, article, header, loaded

NAMES = [
    "cookie",
    "accept-language",
    "referer",
    "user-agent",
    "sec-purpose",
    "purpose",
    "x-purpose",
    "x-moz",
    "host",
    "origin",
    "range",
    "sec-fetch-site",
    "x-forwarded-proto",
    "x-forwarded-host",
    "if-none-match",
    "cf-ipcountry",
    "authorization",
]
BYTES = st.binary(max_size=40).map(lambda raw: raw.decode("latin-1"))
ANYTHING = BYTES | st.text(st.characters(), max_size=20) | st.just("x" * 20_000)


@settings(max_examples=60)
@given(
    method=st.sampled_from(["GET", "HEAD", "get", "", "\x00"]) | BYTES,
    url=ANYTHING,
    headers=st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=5),
    client=st.none() | ANYTHING,
    name=ANYTHING.filter(lambda text: text.strip()),
)
def test_nothing_that_is_sent_raises(method, url, headers, client, name):
    """Random bytes as method, address, headers, client, article: an answer, and sound headers."""
    site = Site(settings={"secret": "new", "country": "CF-IPCountry", "trusted_proxies": ["::1"]})
    visit = site.gate.visit(
        WebRequest(method=method, url=url, headers=headers, scheme="http", client=client)
    )
    answer = visit.open(name)
    assert isinstance(str(answer.prompt), str)
    finished = visit.finish(answer.status, [])
    assert header(finished, "cache-control") == ["private, no-store"]
    for pair in finished.headers:
        assert "\r" not in "".join(pair)
        assert "\n" not in "".join(pair)
    assert visit.return_path.startswith("/")


WORDS = [
    "/",
    "//",
    "\\",
    ".",
    "..",
    "@",
    "evil.example",
    "https:",
    "javascript:",
    "%09",
    "%5c",
    "?",
    "#",
    ":",
    ";",
    "a",
]
BLANKS = ["\t", "\n", "\r", " ", "\u3000", "\uff0f", "\x00", "\x7f", "\ud800"]
PIECES = st.sampled_from([*WORDS, *BLANKS])


@settings(max_examples=120)
@given(pieces=st.lists(PIECES, max_size=6))
def test_a_return_path_never_leaves_the_site(pieces):
    """As browsers read an address: tabs and line breaks go, a backslash is a slash."""
    path = local_path("".join(pieces))
    seen = "".join(mark for mark in path if mark not in "\t\n\r").strip().replace("\\", "/")
    assert urlsplit(urljoin("https://news.example/x", seen)).netloc == "news.example"
    assert seen.startswith("/")
    assert not seen.startswith("//")


PAYLOADS = (
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "<img src=x onerror=alert(1)>",
    "</section><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}",
)


def _shape(markup):
    """Return every element of a prompt, with the names of its attributes."""
    tree = html5lib.parseFragment(markup, namespaceHTMLElements=False)
    return [(str(element.tag), sorted(element.attrib)) for element in tree.iter()]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("layout", ["wide", "narrow", "bar"])
def test_no_payload_becomes_an_element_of_a_prompt(payload, layout):
    """In the article's id, the address, the languages and the referrer."""
    for read in (1, 3):
        sent = _prompts(payload, read, layout)
        plain = _prompts("plain", read, layout)
        assert _shape(sent) == _shape(plain)
        assert "alert(1)" not in sent or "&lt;" in sent
        assert "49" not in sent


def _prompts(word, read, layout):
    browser = Browser(Site())
    for number in range(read):
        visit = browser.visit(url=f"/{word}", referer=word, x_forwarded_host=word)
        answer = visit.open(f"{word}{number}")
        browser.keep(visit)
    return answer.rendered(layout=layout)


class Broken(MemoryStore):
    """A store that raises whatever it is told to."""

    name = "broken"
    deadline = 1.0

    def __init__(self, error):
        super().__init__()
        self.error = error

    def load(self, key):
        raise self.error

    def swap(self, key, old, new, *, expires):
        raise self.error


ERRORS = (
    TypeError("a mistake\nFORGED LINE"),
    RuntimeError("reader \u202e\nFORGED LINE"),
    KeyError("x"),
    OSError(5, "disk"),
    AttributeError("no such"),
    ValueError("\x1b[2J"),
    RecursionError("deep"),
    MemoryError(),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_view_survives_whatever_a_store_raises(error, caplog):
    """A device, an account, a first visit that comes back, a sign-in: all get an answer."""
    browser = Browser(Site(store=Broken(error)))
    with caplog.at_level(logging.INFO):
        assert browser.read("a1").whole
        assert browser.read("a2").whole
        browser.sign_in("ana")
        assert browser.read("a3").whole
        assert browser.read("a4", method="HEAD").status == 200
        browser.sign_out()
    ours = [record.getMessage() for record in caplog.records if record.name == "meter.web"]
    assert ours
    assert not any(mark in message for message in ours for mark in "\n\x1b\u202e")


def test_what_closes_in_an_outage_closes_by_a_mistake_too():
    """With `closed` a store that is wrong opens nothing that would be counted."""
    paywall = Paywall(loaded(POLICY), Broken(TypeError("x")), on_outage="closed")
    gate = Gate(paywall=paywall, secret="new", clock=lambda: START)
    reader = Reader(id="ana", registered=True)
    visit = gate.visit(WebRequest(method="GET", url="/", headers={}), lambda: reader)
    assert not visit.open("a1").whole
    assert visit.open(article("a2", "free")).whole


def test_a_prompt_that_cannot_be_made_costs_nobody_the_page(tmp_path, caplog):
    """A broken template of the site's is logged on one line, and the page goes without."""
    for name in ("countdown", "last-free-article"):
        (tmp_path / f"{name}.html.j2").write_text("{% if %}\n{{ 1 / 0 }}")
    site = Site(settings={"secret": "new", "folder": str(tmp_path)})
    answer = site.visit().open("a1")
    assert answer.whole
    with caplog.at_level(logging.INFO):
        assert answer.prompt == ""
    assert caplog.records
    assert not any("\n" in record.getMessage() for record in caplog.records)


def test_a_view_may_not_say_what_is_the_gates_to_say():
    """A view that passed `prefetch=False` would count what nobody reads."""
    for word in ("prefetch", "crawler"):
        with pytest.raises(TypeError, match=word):
            Site().visit().open("a1", **{word: False})
