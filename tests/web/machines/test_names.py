"""Is a crawler verified by its address: a published range, or a name that has the address, too?"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, AsyncPaywall
from meter.stores.memory import MemoryStore
from meter.vocabulary import CrawlerClass
from meter.web import Gate, WebRequest
from meter.web.machines import KnownCrawler, Machines, SystemResolver, published_ranges
from meter.web.machines.names import is_in_domain
from meter.web.machines.ranges import AddressSet, read_ranges
from tests.web.machines.servers import ServerResolver, name_server
from tests.web.site import BROWSER, loaded

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
DOMAINS = ("googlebot.com", "google.com")
THEIRS, STRANGERS, LIARS = "192.0.2.1", "198.51.100.7", "203.0.113.9"
NAMES = {
    "1.2.0.192.in-addr.arpa": ["crawl-1.googlebot.com"],
    "7.100.51.198.in-addr.arpa": ["evilgooglebot.com"],
    "9.113.0.203.in-addr.arpa": ["crawl-1.googlebot.com", "crawl-9.googlebot.com"],
}
ADDRESSES = {
    "crawl-1.googlebot.com": [THEIRS, "2001:db8::1"],
    "evilgooglebot.com": [STRANGERS],
}
LONG = timedelta(seconds=20)
SHORT = timedelta(milliseconds=50)
BY_NAME = KnownCrawler(name="Googlebot", kind="search", domains=DOMAINS)


def asked_from(address, agent=GOOGLEBOT):
    return WebRequest(method="GET", headers={"User-Agent": agent}, client=address)


@pytest.fixture
def names():
    """A name server that knows one crawler, and two addresses that pretend to be it."""
    with name_server(NAMES, ADDRESSES) as server:
        yield server


def machines(server, crawlers=(BY_NAME,), deadline=LONG, **settings):
    return Machines(crawlers, resolver=ServerResolver(server), deadline=deadline, **settings)


def test_a_name_in_the_domain_that_has_the_address_is_proof(names):
    """It is asked for once, and remembered."""
    known = machines(names)
    assert known(asked_from(THEIRS)) is CrawlerClass.SEARCH
    before = len(names.asked)
    assert known(asked_from(f"::ffff:{THEIRS}")) is CrawlerClass.SEARCH
    assert known.without_asking(asked_from(THEIRS)) is CrawlerClass.SEARCH
    assert len(names.asked) == before


@pytest.mark.parametrize("address", [STRANGERS, LIARS, "198.51.100.99"])
def test_a_name_alone_is_no_proof(names, address):
    """Not one that only ends alike, not one that has another address, and not none."""
    assert machines(names)(asked_from(address)) is False


def test_nobody_is_asked_for_who_claims_nothing(names):
    """A browser, another crawler, no address and a broken one: none of them makes us ask."""
    known = machines(names)
    for request in (
        asked_from(THEIRS, BROWSER),
        asked_from(THEIRS, "bingbot/2.0"),
        asked_from(None),
        asked_from("nowhere"),
    ):
        assert known.without_asking(request) is False
        assert known(request) is False
    assert names.asked == []


def test_a_server_that_hangs_costs_a_view_its_deadline(names):
    """The view is answered while the server still holds; what it says then is there later."""
    names.holds = True
    known = machines(names, deadline=SHORT)
    assert known(asked_from(THEIRS)) is False
    assert not names.goes_on.is_set()
    assert known.without_asking(asked_from(THEIRS)) is False  # its time is over: nobody waits again
    names.holds = False
    names.goes_on.set()
    (asked,) = known._names._known.values()
    assert asked.answered.wait(20)
    assert known.without_asking(asked_from(THEIRS)) is CrawlerClass.SEARCH


def test_strangers_cannot_make_us_ask_without_end(names):
    """As many look-ups hang as there may be; who comes then is answered at once."""
    names.holds = True
    known = machines(names, deadline=SHORT, at_once=1)
    for number in range(20):
        assert known(asked_from(f"198.51.100.{number}")) is False
    assert len(names.asked) <= 4
    assert not names.goes_on.is_set()


class HangingForSome:
    """A resolver whose questions about some addresses hang until they are let go."""

    def __init__(self, hangs):
        self.hangs = hangs
        self.goes_on = Event()
        self.asked = []

    def names(self, address):
        self.asked.append(address)
        if address.startswith(self.hangs):
            self.goes_on.wait(20)
        return ["crawl-1.googlebot.com"]

    def addresses(self, _name):
        return [THEIRS]


@pytest.mark.parametrize("network", ["198.51.100.{}", "2001:db8:7:{}::1"])
def test_one_network_whose_server_hangs_keeps_no_other_from_being_verified(network):
    """However many of its addresses claim to be a crawler: a few are asked for, and no more."""
    resolver = HangingForSome(network.partition("{")[0])
    known = Machines([BY_NAME], resolver=resolver, deadline=SHORT)
    try:
        for number in range(24):
            assert known(asked_from(network.format(number))) is False
        assert len(resolver.asked) == 4
        known._deadline = LONG.total_seconds()
        assert known(asked_from(THEIRS)) is CrawlerClass.SEARCH
        resolver.goes_on.set()
        for asked in list(known._names._known.values()):
            assert asked.answered.wait(20)
        known(asked_from(network.format(99)))
        assert len(resolver.asked) == 6  # what is over is no longer counted
    finally:
        resolver.goes_on.set()


def test_rubbish_is_no_answer(names):
    """What is no message of the domain name system proves nobody, and raises nothing."""
    names.rubbish = True
    assert machines(names)(asked_from(THEIRS)) is False


class Odd:
    """A resolver that returns or raises what it was given."""

    def __init__(self, names, addresses=()):
        self._answers = names, addresses

    def names(self, _address):
        return self._answer(0)

    def addresses(self, _name):
        return self._answer(1)

    def _answer(self, which):
        answer = self._answers[which]
        if isinstance(answer, Exception):
            raise answer
        return answer


ODD = st.one_of(
    st.just(OSError("no answer")),
    st.just(KeyError("a mistake")),
    st.none(),
    st.text(max_size=20),
    st.lists(
        st.text(max_size=20) | st.none() | st.integers() | st.just("a.google.com"), max_size=5
    ),
)


@given(names=ODD, addresses=ODD)
def test_a_resolver_may_do_anything(names, addresses):
    """Whatever it returns or raises, a page comes, and nobody is verified by it."""
    known = Machines([BY_NAME], resolver=Odd(names, addresses), deadline=LONG)
    assert known(asked_from(THEIRS)) is False


def test_a_failure_is_forgotten_soon_and_proof_is_not():
    """Seconds after a failure it is asked again; what was proved holds for hours."""
    seconds = [0.0]
    odd = Odd(OSError("no answer"), [THEIRS])
    known = Machines([BY_NAME], resolver=odd, deadline=LONG, timer=lambda: seconds[0])
    assert known(asked_from(THEIRS)) is False
    odd._answers = ["crawl.google.com"], [THEIRS]
    assert known(asked_from(THEIRS)) is False
    seconds[0] = 31.0
    assert known(asked_from(THEIRS)) is CrawlerClass.SEARCH
    odd._answers = [], []
    seconds[0] = 6 * 3600.0
    assert known(asked_from(THEIRS)) is CrawlerClass.SEARCH
    seconds[0] = 6 * 3600.0 + 32
    assert known(asked_from(THEIRS)) is False


def test_other_requests_go_on_while_one_is_looked_up():
    """In an event loop: the resolver answers only once another request was answered."""
    other = Event()

    class Waiting(Odd):
        def names(self, address):
            assert other.wait(20)
            return super().names(address)

    policy = loaded(
        '[publication]\nname = "The Harbour Review"\n[[rules]]\nname = "machines"\n'
        'when = { crawler = ["search"] }\nshow = "article"\n'
        '[[rules]]\nname = "everyone else"\nshow = "wall"\n'
    )
    known = Machines([BY_NAME], resolver=Waiting(["a.google.com"], [THEIRS]), deadline=LONG)
    gate = Gate(paywall=AsyncPaywall(policy, MemoryStore()), secret="new", crawler=known)

    async def both():
        crawler = asyncio.create_task(
            gate.visit(asked_from(THEIRS)).aopen(Article(id="a1", access="metered"))
        )
        await asyncio.sleep(0)
        person = await gate.visit(asked_from(STRANGERS, BROWSER)).aopen("a1")
        other.set()
        return person.whole, (await crawler).whole

    assert asyncio.run(both()) == (False, True)


def test_the_system_is_asked():
    """Its own name for itself; a name that there is none of has no address."""
    system = SystemResolver()
    assert "127.0.0.1" in system.addresses("localhost")
    assert any("localhost" in name for name in system.names("127.0.0.1"))


# Published ranges


RANGES = {"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}, {"ipv6Prefix": "2001:db8::/64"}]}


def test_a_published_range_is_proof_for_who_says_the_name(tmp_path):
    """By a file as search engines publish it; a browser's name from there is a browser."""
    file = tmp_path / "googlebot.json"
    file.write_text(json.dumps({"creationTime": "2026-06-01T00:00:00"} | RANGES), "utf-8")
    crawlers = [
        KnownCrawler(name="Googlebot", kind="search", ranges=published_ranges(file)),
        KnownCrawler(name="Googlebot-News", kind="agent", ranges=["192.0.2.0/25"]),
        KnownCrawler(name="Other", agent="otherbot", ranges=["192.0.2.0/24"]),
    ]
    known = Machines(crawlers)
    assert known.without_asking(asked_from("192.0.2.255")) is CrawlerClass.SEARCH
    assert known.without_asking(asked_from("2001:db8::7")) is CrawlerClass.SEARCH
    assert known.without_asking(asked_from("192.0.3.0")) is False
    assert known.without_asking(asked_from("192.0.2.1", BROWSER)) is False
    assert known.without_asking(asked_from("192.0.2.1", "Googlebot-News")) is CrawlerClass.AGENT
    assert known.without_asking(asked_from("192.0.2.1", "otherbot/1.0")) is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 10_000,
        "[]",
        "{}",
        '{"prefixes": []}',
        '{"prefixes": {}}',
        '{"prefixes": [{}]}',
        '{"prefixes": ["192.0.2.0/24"]}',
        '{"prefixes": [{"ipv4Prefix": "192.0.2.0/99"}]}',
    ],
)
def test_a_file_that_is_no_list_of_ranges_is_refused(text):
    """It says so, and is never taken for an empty one."""
    with pytest.raises(ValueError, match="range"):
        read_ranges(text)


ADDRESS = st.ip_addresses(v=4, network="192.0.2.0/28") | st.ip_addresses(
    v=6, network="2001:db8::/124"
)


@given(ranges=st.lists(st.tuples(ADDRESS, st.integers(0, 4)), max_size=6), address=ADDRESS)
def test_finds_an_address_as_going_through_all_would(ranges, address):
    """However ranges overlap or touch."""
    texts = [f"{start}-{min(start + more, type(start)(int(start) | 15))}" for start, more in ranges]
    naive = any(
        start.version == address.version and int(start) <= int(address) <= int(start) + more
        for start, more in ranges
    )
    assert (address in AddressSet(texts)) is naive


@given(st.lists(st.sampled_from("abg."), max_size=8).map("".join))
def test_a_domain_is_compared_label_by_label(name):
    """As splitting at every dot says."""
    labels = name.split(".")
    assert is_in_domain(name, ["a.b"]) is (labels[-2:] == ["a", "b"])
