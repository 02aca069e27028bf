"""Are keys fetched from listed directories only, whatever these answer, within a deadline?"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter.vocabulary import CrawlerClass
from meter.web.machines import HttpsDirectory, KnownCrawler, Machines
from meter.web.machines.agents import read_signature_agents
from meter.web.machines.directories import DirectoryError, directory_address, keys_address
from tests.web.machines.servers import key_server
from tests.web.machines.signing import HOST, NOW, directory, ed25519, signed

KEY = ed25519()
WELL_KNOWN = "/.well-known/http-message-signatures-directory"
ANSWER = (200, {}, [directory(KEY)])
FULL = 65_536
WRONG = {
    "a redirect": (302, {"Location": "/keys.json"}, []),
    "nothing there": (404, {}, [directory(KEY)]),
    "an error": (500, {}, [b"out"]),
    "rubbish": (200, {}, [b"\xff\x00"]),
    "too much": (200, {}, [b" " * FULL, directory(KEY)]),
    "no list": (200, {}, [b"[]"]),
    "another key": (200, {}, [directory(ed25519(2))]),
}


def asking(server, site, **settings):
    """Return what verifies the agent of a site, and a request of that agent."""
    settings.setdefault("keys", HttpsDirectory(context=server.context()))
    settings.setdefault("deadline", timedelta(seconds=20))
    known = [KnownCrawler(name="Agent", keys=site)]
    machines = Machines(known, hosts=[HOST], clock=lambda: NOW, **settings)
    return machines, signed(KEY, agent=f'sig1="{site}"')


@pytest.fixture
def server():
    """A directory with every answer there is below."""
    answers = {WELL_KNOWN: ANSWER, "/keys.json": ANSWER}
    answers |= {f"/{number}": answer for number, answer in enumerate(WRONG.values())}
    answers["/drip"] = (200, {}, [b" ", directory(KEY)])
    with key_server(answers) as running:
        running.goes_on.set()
        yield running


def test_keys_come_over_https_once(server):
    """From the directory of the site that is listed; the next request needs no other."""
    known, request = asking(server, server.address)
    assert known(request) is CrawlerClass.AGENT
    assert known(signed(KEY, agent=f'sig1="{server.address}"', nonce="n")) is CrawlerClass.AGENT
    assert server.asked == [WELL_KNOWN]


def test_the_very_list_may_be_named(server):
    """By the publisher, and then by the agent too."""
    site = f"{server.address}/keys.json"
    known, _ = asking(server, site)
    assert known(signed(KEY, agent=f'sig1="{site}";type=jwks_uri')) is CrawlerClass.AGENT
    assert known(signed(KEY, agent=f'sig1="{site}"', nonce="n")) is False  # that is no directory
    assert server.asked == ["/keys.json"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_answer_proves_nobody(server, wrong):
    """And no redirect is followed."""
    number = list(WRONG).index(wrong)
    site = f"{server.address}/{number}"
    known, _ = asking(server, site)
    assert known(signed(KEY, agent=f'sig1="{site}";type=jwks_uri')) is False
    assert server.asked == [f"/{number}"]


def test_a_certificate_that_is_not_trusted_proves_nobody(server):
    """Whoever answers in the directory's name."""
    known, request = asking(server, server.address, keys=HttpsDirectory())
    assert known(request) is False
    assert server.asked == []


def test_a_directory_that_hangs_costs_a_view_its_deadline(server):
    """Between two parts of its answer, too; the keys are there for a later view."""
    server.goes_on.clear()
    site = f"{server.address}/drip"
    known, _ = asking(server, site, deadline=timedelta(milliseconds=50))
    request = signed(KEY, agent=f'sig1="{site}";type=jwks_uri')
    assert known(request) is False
    assert not server.goes_on.is_set()
    server.goes_on.set()
    (asked,) = known._keys._known.values()
    assert asked.answered.wait(20)
    assert known.without_asking(request) is CrawlerClass.AGENT


def test_a_fetch_ends_at_its_own_time(server):
    """However slowly the parts come."""
    server.goes_on.clear()
    slow = HttpsDirectory(timeout=0.05, context=server.context())
    with pytest.raises((DirectoryError, OSError)):
        slow.read(f"{server.address}/drip")
    assert not server.goes_on.is_set()
    with pytest.raises(DirectoryError, match="is no https address"):
        HttpsDirectory().read("http://localhost/keys")


ADDRESSES = {
    "https://agent.example": f"https://agent.example{WELL_KNOWN}",
    "https://Agent.Example:443/": f"https://agent.example{WELL_KNOWN}",
    "https://agent.example:8443": f"https://agent.example:8443{WELL_KNOWN}",
    f"https://agent.example{WELL_KNOWN}": f"https://agent.example{WELL_KNOWN}",
    "https://[2001:db8::1]": f"https://[2001:db8::1]{WELL_KNOWN}",
    "https://agent.example/keys.json": None,
    "http://agent.example": None,
    "https://": None,
    "https://me@agent.example": None,
    "https://agent.example#top": None,
    "https://agent.example:99999": None,
    "https://agent.example\n.evil.example": None,
    "data:application/json,{}": None,
    "//agent.example": None,
    "": None,
}


@pytest.mark.parametrize("uri", ADDRESSES)
def test_a_directory_has_one_address(uri):
    """However it is spelled."""
    assert ADDRESSES[uri] == directory_address(uri)


@given(st.text(max_size=60) | st.text(":/@?#[].ahtps", max_size=30).map("https://".__add__))
def test_an_address_is_of_https_or_none(text):
    """And written anew it is itself."""
    for read in (directory_address, keys_address):
        address = read(text)
        assert address is None or urlsplit(address).scheme == "https"
        assert address is None or keys_address(address) == address


@given(st.text(max_size=200))
def test_an_agent_says_anything(header):
    """Nothing that it says raises, or asks."""
    for agent in read_signature_agents(header):
        assert agent.keys is None or agent.keys.startswith("https://")
