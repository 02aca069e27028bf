"""Is an agent verified by its signature, and nobody by another's, an old or a changed one?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter.vocabulary import CrawlerClass
from meter.web import WebRequest
from meter.web.machines import KnownCrawler, Machines
from meter.web.machines.agents import read_signature_agents
from meter.web.machines.keys import thumbprint
from tests.web.machines.signing import (
    AGENT,
    DIRECTORY,
    HOST,
    MINUTE,
    NOW,
    Directories,
    directory,
    ed25519,
    machines,
    rsa,
    signed,
    vectors,
)

KEY = ed25519()
REQUESTS = vectors()["requests"]
YEARS = timedelta(days=100 * 366)


def published(vector):
    """Return the request of a vector, and what verifies it at a time it is given."""
    headers = {"Host": "example.com", "Signature": vector["signature"]}
    headers["Signature-Input"] = vector["input"]
    if "agent" in vector:
        headers["Signature-Agent"] = vector["agent"]
    request = WebRequest(
        method="GET", url="/path/to/resource", headers=headers, scheme="https", client=None
    )
    site = "https://signature-agent.test"
    keys = json.dumps({"keys": [vector["key"]]}).encode()
    at = f"{site}/.well-known/http-message-signatures-directory"

    def verify(now, **settings):
        return Machines(
            [KnownCrawler(name="Agent", kind="agent", keys=site)],
            hosts=["example.com"],
            keys=Directories(**{at: keys}),
            clock=lambda: now,
            deadline=timedelta(seconds=20),
            **settings,
        )

    return request, verify


@pytest.mark.parametrize("vector", REQUESTS, ids=[each["name"] for each in REQUESTS])
def test_reads_published_signatures(vector):
    """Each is verified while it holds, and neither before, after nor for another host."""
    request, verify = published(vector)
    created = datetime.fromtimestamp(vector["created"], tz=UTC)
    expires = datetime.fromtimestamp(vector["expires"], tz=UTC)
    second = timedelta(seconds=1)
    assert verify(created, longest=YEARS)(request) is CrawlerClass.AGENT
    assert verify(expires - second, longest=YEARS)(request) is CrawlerClass.AGENT
    assert verify(expires, longest=YEARS)(request) is False
    assert verify(created - 10 * second, longest=YEARS)(request) is False
    elsewhere = evolve(request, headers={**request.headers, "host": "evil.test"})
    assert verify(created, longest=YEARS)(elsewhere) is False
    is_short = vector["expires"] - vector["created"] <= 86_400
    assert bool(verify(created)(request)) is is_short  # a signature is made for a day at most


@pytest.mark.parametrize("vector", vectors()["thumbprints"], ids=lambda each: each["name"])
def test_names_keys_as_published(vector):
    """A thumbprint is made of the key alone, whatever else stands beside it."""
    assert vector["thumbprint"] == thumbprint(json.loads(vector["key"]))


@pytest.mark.parametrize("vector", vectors()["agents"], ids=lambda each: each["name"])
def test_reads_published_agents(vector):
    """The header says label, address and type; a card is no list of keys."""
    (agent,) = read_signature_agents(vector["header"])
    assert vector["entry"] == {"label": agent.label, "uri": agent.uri, "type": agent.type}
    assert (agent.keys is None) == (agent.type == "cimd")


@pytest.mark.parametrize("key", [KEY, rsa()], ids=["ed25519", "rsa-pss"])
@pytest.mark.parametrize("target", ["@authority", "@target-uri"])
def test_verifies_who_signs(key, target):
    """Both kinds of keys sign, for the host or for the whole address."""
    request = signed(key, covered=(target, '"signature-agent";key="sig1"'))
    assert machines(key)(request) is CrawlerClass.AGENT


def test_verifies_the_older_header_and_none():
    """The bare text is read too; who says nothing is looked for in each listed directory."""
    bare = signed(KEY, agent=f'"{AGENT}"', covered=("@authority", "signature-agent"))
    assert machines(KEY)(bare) is CrawlerClass.AGENT
    assert machines(KEY)(signed(KEY, agent=None, covered=("@authority",))) is CrawlerClass.AGENT


def test_says_the_class_of_the_crawler():
    """The class is what the publisher says of it, not what the request does."""
    known = [KnownCrawler(name="Bot", kind="training", keys=AGENT)]
    assert machines(KEY, crawlers=known)(signed(KEY)) is CrawlerClass.TRAINING


REFUSED = {
    "of another key": lambda: signed(ed25519(2), keyid=KEY.name),
    "by an unlisted key": lambda: signed(ed25519(2)),
    "with another tag": lambda: signed(KEY, tag="web-bot-author"),
    "without a tag": lambda: signed(KEY, tag=None),
    "for another host": lambda: signed(KEY, host="evil.example"),
    "without its agent covered": lambda: signed(KEY, covered=("@authority",)),
    "with nothing of the host covered": lambda: signed(
        KEY, covered=("@method", '"signature-agent";key="sig1"')
    ),
    "of an agent nobody listed": lambda: signed(KEY, agent='sig1="https://evil.example"'),
    "of a card": lambda: signed(KEY, agent=f'sig1="{AGENT}";type=cimd'),
    "over": lambda: signed(KEY, created=NOW - 2 * MINUTE, expires=NOW),
    "not yet made": lambda: signed(KEY, created=NOW + MINUTE, expires=NOW + 2 * MINUTE),
    "made for days": lambda: signed(KEY, expires=NOW + timedelta(days=1, seconds=1)),
    "without an end": lambda: signed(KEY, expires=None),
    "with its name for a key": lambda: signed(KEY, keyid="key-1"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_refuses(how):
    """None of these proves anybody, and none asks anybody but the listed directory."""
    keys = Directories(agent=directory(KEY))
    assert machines(KEY, keys=keys)(REFUSED[how]()) is False
    assert set(keys.asked) <= {DIRECTORY}


def test_uses_a_nonce_once():
    """A copied request is refused, for the same page too; another nonce is another request."""
    known = machines(KEY)
    assert known(signed(KEY)) is CrawlerClass.AGENT
    assert known(signed(KEY)) is False
    assert known(signed(KEY, url="/articles/a2")) is False
    assert known(signed(KEY, nonce="twice")) is CrawlerClass.AGENT


def test_uses_a_signature_for_one_page():
    """What was used for one page is refused for another; without a nonce it may come again."""
    known = machines(KEY)
    request = signed(KEY, nonce=None)
    assert known(request) is CrawlerClass.AGENT
    assert known(request) is CrawlerClass.AGENT
    assert known(evolve(request, url="/articles/a2")) is False
    assert known(evolve(request, method="HEAD")) is False


def test_waits_for_nobody_where_it_is_known():
    """Without waiting, who has to be asked is unknown; then the keys are there."""
    known = machines(KEY)
    assert known.without_asking(signed(KEY)) is None
    assert known(signed(KEY)) is CrawlerClass.AGENT
    assert known.without_asking(signed(KEY, nonce="second")) is CrawlerClass.AGENT
    assert known.without_asking(WebRequest(method="GET")) is False


def test_asks_again_for_a_new_key():
    """A directory that has got a new key is asked again, a minute after it was asked before."""
    seconds = [0.0]
    keys = Directories(agent=directory(KEY))
    known = machines(KEY, keys=keys, timer=lambda: seconds[0])
    new = ed25519(3)
    assert known(signed(KEY)) is CrawlerClass.AGENT
    keys.answers[DIRECTORY] = directory(KEY, new)
    assert known(signed(new)) is False
    seconds[0] = 61.0
    assert known(signed(new)) is CrawlerClass.AGENT
    assert [DIRECTORY] * 2 == keys.asked


@pytest.mark.parametrize("how", ["hangs", "fails"])
def test_an_unknown_key_takes_nobody_elses_away(how):
    """A stranger makes a directory be asked anew: whoever was verified by it still is."""
    seconds, goes_on = [0.0], Event()

    class Once(Directories):
        def read(self, address):
            found = super().read(address)
            if len(self.asked) == 1:
                return found
            assert how == "fails" or goes_on.wait(20)
            raise OSError("no answer")

    keys = Once(agent=directory(KEY))
    known = machines(KEY, keys=keys, timer=lambda: seconds[0])
    assert known(signed(KEY)) is CrawlerClass.AGENT
    seconds[0] = 61.0
    known._deadline = 0.05 if how == "hangs" else 20.0
    try:
        assert known(signed(ed25519(3))) is False
        assert known(signed(KEY, nonce="second")) is CrawlerClass.AGENT
        assert known.without_asking(signed(KEY, nonce="third")) is CrawlerClass.AGENT
        assert len(keys.asked) == 2
    finally:
        goes_on.set()


def test_needs_the_hosts_of_the_site():
    """A signature for another site is none for this one, so the site says which it is."""
    with pytest.raises(ValueError, match="name those of this site"):
        Machines([KnownCrawler(name="Agent", keys=AGENT)])
    with pytest.raises(TypeError, match="a list such as"):
        Machines([], hosts=HOST)
    with pytest.raises(ValueError, match="is no host"):
        Machines([], hosts=["https://harbour.example"])


def test_tells_agents_apart_by_their_keys():
    """Two agents with one directory could be of two classes."""
    two = [KnownCrawler(name="One", keys=AGENT), KnownCrawler(name="Two", keys=f"{AGENT}/")]
    with pytest.raises(ValueError, match="`One` and `Two` have the same keys"):
        Machines(two, hosts=[HOST])


HEADERS = ("signature", "signature-input", "signature-agent", "host")


@given(name=st.sampled_from(HEADERS), value=st.text(max_size=200), cut=st.integers(0, 300))
def test_survives_any_header(name, value, cut):
    """Whatever a stranger sends, it opens nothing and costs no page."""
    request = signed(KEY)
    changed = request.headers[name][:cut] + value
    found = machines(KEY)(evolve(request, headers={**request.headers, name: changed}))
    # Blanks around a header mean nothing, nor does what else an agent says of itself.
    is_same = changed.strip(" \t") == request.headers[name] or name == "signature-agent"
    assert found is False or is_same


@given(st.binary(max_size=300))
def test_survives_any_directory(raw):
    """A directory that answers with anything at all proves nobody."""
    assert machines(KEY, keys=Directories(agent=raw))(signed(KEY)) is False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
KEYS = st.fixed_dictionaries(
    {},
    optional={
        "kty": st.sampled_from(["OKP", "RSA", "EC"]) | JSON,
        "crv": st.sampled_from(["Ed25519", "X25519"]) | JSON,
        "x": st.text("AZaz09-_", max_size=50) | JSON,
        "n": st.text("AZaz09-_", max_size=400) | JSON,
        "e": st.sampled_from(["AQAB", "AA", "AQ"]) | JSON,
        "use": st.sampled_from(["sig", "enc"]) | JSON,
    },
)


@given(st.lists(KEYS | JSON, max_size=4))
def test_survives_any_key(keys):
    """Keys that are none do not hide one that is."""
    listed = json.dumps({"keys": [*keys, KEY.jwk]}).encode()
    assert machines(KEY, keys=Directories(agent=listed))(signed(KEY)) is CrawlerClass.AGENT
