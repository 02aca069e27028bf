"""What is kept of gifts outlives a change of the policy, and costs nobody anything when broken."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import Article
from meter.errors import CorruptUsageError, MeterError
from meter.stores import MemoryStore
from meter.web.gifts import Gifts
from meter.web.gifts.errors import ArticleIdError
from meter.web.gifts.links import Claims
from meter.web.signed import SignedLinks
from tests.paywall.weather import contents
from tests.web.giving import NOW, SECRET, anna, desk, policy_of

LOGGER = "meter.web"
A1 = Article(id="a1")
YEAR = timedelta(days=366)
BROKEN = (b"", b"\xff\xfebad", b"[" * 100_000, b"{}", b'{"id": 3}', b"null")


class Site:
    """A publication whose policy changes."""

    def __init__(self, lasts):
        self.policy = lasting(lasts)


def lasting(days):
    """Return a policy whose links last so many days; without gifts where they are `None`."""
    terms = None if days is None else evolve(policy_of().gifts, lasts=timedelta(days=days))
    return evolve(policy_of(), gifts=terms)


@pytest.mark.parametrize("after", [1, 14, 366, None])
@pytest.mark.parametrize("before", [1, 60, 366])
@pytest.mark.parametrize("how", ["list", "end", "forget"])
def test_a_running_link_is_its_givers_whatever_the_policy_says_by_now(how, before, after):
    """To its last second it is listed, and ended or forgotten it opens for nobody."""
    site = Site(before)
    gifts = Gifts(site, MemoryStore(), SECRET)
    link = gifts.make(anna(), "a1", now=NOW)
    last = link.ends - timedelta(seconds=1)
    assert gifts.open(link, "a", NOW)
    site.policy = lasting(after)
    assert [record.id for record in gifts.given("anna", last)] == [link.id]
    assert gifts.given("anna", link.ends) == ()
    if how == "end":
        gifts.end(link.id, giver="anna", now=last)
    elif how == "forget":
        gifts.forget("anna", last)
        assert gifts.given("anna", last) == ()
    site.policy = lasting(before)
    assert gifts.open(link, "a", last) is (how == "list")


def broken(store, room, raw):
    """Write something else over the records of a room of a store."""
    for key, old in contents(store).items():
        if key.startswith(room):
            store.swap(key, old, raw, expires=datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("room", ["gift:", "gifts-given:", "gift-opened:"])
def test_a_giver_is_forgotten_whatever_is_kept(room, raw, caplog):
    """Nothing but ended links stays; where records name them no more, that is told."""
    store = MemoryStore()
    gifts = desk(store)
    link = gifts.make(anna(), "a1", now=NOW)
    assert gifts.open(link, "a", NOW)
    broken(store, room, raw)
    caplog.set_level(logging.WARNING, logger=LOGGER)
    gifts.forget("anna", NOW)
    assert gifts.given("anna", NOW) == ()
    left = {key.partition(":")[0] for key in contents(store) if not key.startswith("!")}
    assert left <= ({"gift-opened", "gift"} if room == "gifts-given:" else {"gift-opened"})
    told = [record for record in caplog.records if record.name == LOGGER]
    assert len(told) == (0 if room == "gift-opened:" else 1)
    for when in (NOW, link.ends - timedelta(seconds=1)):
        assert gifts.open(link, "b", when) is (room == "gifts-given:")


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("room", ["gift:", "gift-opened:"])
def test_a_list_passes_by_what_cannot_be_read(room, raw, caplog):
    """The others are listed; the log says which is not; and its token still ends the link."""
    store = MemoryStore()
    gifts = desk(store)
    link = gifts.make(anna(), "a1", now=NOW)
    gifts.open(link, "a", NOW)
    broken(store, room, raw)
    other = gifts.make(anna(), "a2", now=NOW)
    caplog.set_level(logging.WARNING, logger=LOGGER)
    assert [record.id for record in gifts.given("anna", NOW)] == [other.id]
    assert link.id in caplog.text
    assert "anna" not in caplog.text
    gifts.end(link.token, giver="anna", now=NOW)
    assert not gifts.open(link, "a", NOW)


def test_a_record_that_cannot_be_read_is_told_to_who_ends_the_gift_by_its_id():
    """The link's token does it."""
    store = MemoryStore()
    gifts = desk(store)
    link = gifts.make(anna(), "a1", now=NOW)
    broken(store, "gift:", b"\xff")
    with pytest.raises(CorruptUsageError, match="by its token"):
        gifts.end(link.id, now=NOW)


class Meanwhile:
    """A store in which another process does something before the call of one number."""

    name = "meanwhile"
    deadline = 60.0
    blocking = False

    def __init__(self, store, at, act):
        self.store = store
        self.calls = count()
        self.at = at
        self.act = act

    def _pass(self):
        if next(self.calls) == self.at:
            self.act()

    def load(self, key):
        self._pass()
        return self.store.load(key)

    def swap(self, key, old, new, *, expires):
        self._pass()
        return self.store.swap(key, old, new, expires=expires)

    def forget(self, key):
        self._pass()
        self.store.forget(key)


@pytest.mark.parametrize("at", range(9))
def test_two_forget_one_giver_at_once(at):
    """After any call of the first, the second does it all: neither fails, and nothing opens."""
    store = MemoryStore()
    gifts = desk(store)
    links = [gifts.make(anna(), "a1", now=NOW) for _ in range(2)]
    way = Meanwhile(store, at, lambda: gifts.forget("anna", NOW))
    desk(way).forget("anna", NOW)
    assert [gifts.open(link, "a", NOW) for link in links] == [False, False]
    assert gifts.given("anna", NOW) == ()
    assert at < next(way.calls)


@given(
    st.sampled_from((-1, 1)).flatmap(
        lambda sign: st.integers(40, 80).map(lambda power: sign * 2**power)
    ),
    st.sampled_from(("made", "ends")),
)
def test_signed_times_of_no_year_give_nothing(seconds, which):
    """They cost no page either."""
    gifts = desk(MemoryStore())
    said = {"id": "0" * 20, "article": "a1", "giver": "x", "made": 0, "ends": 1, which: seconds}
    token = SignedLinks(SECRET, "gift").sign(said, NOW + YEAR)
    assert gifts.claimed(token, A1, NOW) is None
    assert Claims.read(said) is None


TEXT = st.text(st.characters(), min_size=1, max_size=8) | st.sampled_from(
    ("\ud800", "\udcff\udcfe")
)


@given(TEXT, TEXT, TEXT)
def test_any_text_is_taken_or_refused_in_words(article, giver, name):
    """As an id of an article, of who gives, of who reads, and of a gift."""
    gifts = desk(MemoryStore())
    with pytest.raises(MeterError):
        gifts.end(name, giver=giver, now=NOW)
    if any("\ud800" <= letter <= "\udfff" for letter in article):
        with pytest.raises(ArticleIdError):
            gifts.make(anna(giver), article, now=NOW)
        return
    link = gifts.make(anna(giver), article, now=NOW)
    assert gifts.claimed(link.token, Article(id=article), NOW) is not None
    assert gifts.open(link, name, NOW)
    assert [record.article for record in gifts.given(giver, NOW)] == [article]
    gifts.forget(giver, NOW)
    assert not gifts.open(link, name, NOW)
