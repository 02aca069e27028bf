"""Gift links: made, opened, listed, ended and refused."""

from __future__ import annotations

import asyncio
import inspect
import logging
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, Reader, StoreError
from meter.errors import StoreUnavailableError
from meter.stores import MemoryStore
from meter.web.gifts import (
    AsyncGifts,
    GiftAllowanceError,
    GiftError,
    Gifts,
    GiverError,
    NoGiftsError,
    UnknownGiftError,
)
from meter.web.signed import SignedLinks, parameter
from tests.paywall.weather import Cut, contents
from tests.web.giving import LASTS, NOW, SECRET, anna, desk, policy_of

A1 = Article(id="a1")
MONTH_LATER = datetime(2026, 6, 30, 15, tzinfo=UTC)
"""Midnight of 1 July in Tokyo."""


@pytest.fixture
def gifts():
    return desk(MemoryStore())


def claimed(gifts, link, article=A1, now=NOW):
    """Return what a link's token gives of an article."""
    return gifts.claimed(link.token, article, now)


def test_a_link_is_the_address_with_one_parameter(gifts):
    """Its token gives the article it was made for, as a right that ends with the link."""
    link = gifts.make(anna(), "a1", address="https://harbour.example/a1?page=2#top", now=NOW)
    assert link.address == f"https://harbour.example/a1?page=2&gift={link.token}#top"
    assert parameter(link.address, "gift") == link.token
    given_away = claimed(gifts, link)
    right = given_away.right()
    assert (str(right.kind), right.article, right.ends) == ("gift", "a1", NOW + LASTS)
    assert (link.id, link.ends) == (given_away.id, given_away.ends)
    assert link.token not in repr(link)


def test_as_many_read_as_may_and_each_as_often_as_they_like(gifts):
    """The third of two is refused; who got in comes back."""
    link = claimed(gifts, gifts.make(anna(), "a1", now=NOW))
    assert [gifts.open(link, name, NOW) for name in "abacb"] == [True, True, True, False, True]


def test_the_month_is_a_meter_in_the_publications_zone(gifts):
    """Three, then none until midnight in Tokyo; the error says when."""
    for article in ("a1", "a2", "a1"):
        gifts.make(anna(), article, now=NOW)
    with pytest.raises(
        GiftAllowanceError, match=r"all 3 gifts .* from 2026-07-01T00:00:00"
    ) as told:
        gifts.make(anna(), "a3", now=MONTH_LATER - timedelta(seconds=1))
    assert told.value.resets_at == MONTH_LATER
    assert pickle.loads(pickle.dumps(told.value)).resets_at == MONTH_LATER
    assert gifts.make(anna("bert"), "a3", now=NOW).article == "a3"
    assert gifts.make(anna(), "a3", now=MONTH_LATER).article == "a3"


def test_a_refused_gift_leaves_nothing_behind(gifts):
    """Neither one of somebody who may not give, nor one too many."""
    store = MemoryStore()
    gifts = desk(store, per_month=1)
    gifts.make(anna(), "a1", now=NOW)
    before = contents(store)
    for giver in (anna(), Reader(id="carl", registered=True)):
        with pytest.raises((GiftAllowanceError, GiverError)):
            gifts.make(giver, "a2", now=NOW)
    assert contents(store) == before


@pytest.mark.parametrize(
    ("giver", "address", "error", "words"),
    [
        (Reader(id="carl"), None, GiverError, "`anonymous` gives no articles.*`subscriber`"),
        (evolve(anna(), id=None), None, GiverError, "without an id gives no articles"),
        (anna(), "javascript:alert(1)", GiftError, "no address of an article"),
        (anna(), "https://[", GiftError, "no address of an article"),
        (anna(), "https://harbour.example/a 1", GiftError, "no address of an article"),
        (anna(), "", GiftError, "no address of an article"),
    ],
)
def test_what_is_no_gift_is_refused_in_words(gifts, giver, address, error, words):
    """And nothing is counted for it."""
    with pytest.raises(error, match=words):
        gifts.make(giver, "a1", address=address, now=NOW)
    assert gifts.given("anna", NOW) == ()


def test_a_policy_without_gifts_gives_none_and_opens_none(gifts):
    """A link from when it had some opens nothing any more, and can still be ended."""
    store = MemoryStore()
    link = desk(store).make(anna(), "a1", now=NOW)
    without = Gifts(evolve(policy_of(), gifts=None), store, SECRET)
    with pytest.raises(NoGiftsError, match=r"`\[gifts\]`"):
        without.make(anna(), "a1", now=NOW)
    assert claimed(without, link) is None
    assert not without.open(link, "a", NOW)
    without.end(link.id, now=NOW)
    assert [record.ended for record in without.given("anna", NOW)] == [True]


def test_the_list_says_what_became_of_each_gift(gifts):
    """Which article, from when to when, how many opened it, and whether it was ended."""
    first = gifts.make(anna(), "a1", address="/a1", now=NOW)
    second = gifts.make(anna(), "a2", now=NOW + timedelta(hours=1))
    gifts.open(first, "a", NOW)
    gifts.open(first, "b", NOW)
    gifts.end(second.token, giver="anna", now=NOW)
    told = [
        (one.article, one.address, one.made, one.ends, one.opened, one.readers, one.ended)
        for one in gifts.given("anna", NOW + timedelta(hours=2))
    ]
    later = NOW + timedelta(hours=1)
    assert told == [
        ("a1", "/a1", NOW, NOW + LASTS, 2, 2, False),
        ("a2", None, later, later + LASTS, 0, 2, True),
    ]
    assert [one.article for one in gifts.given("anna", NOW + LASTS)] == ["a2"]
    assert gifts.given("anna", later + LASTS) == ()
    assert gifts.given("bert", NOW) == ()


@pytest.mark.parametrize("by", ["id", "token"])
def test_an_ended_link_opens_for_nobody(gifts, by):
    """Not for who had opened it either; to end it again changes nothing."""
    link = gifts.make(anna(), "a1", now=NOW)
    assert gifts.open(link, "a", NOW)
    for _ in range(2):
        gifts.end(getattr(link, by), giver="anna", now=NOW)
    for when in (NOW, NOW + LASTS - timedelta(seconds=1)):
        assert [gifts.open(link, name, when) for name in "ab"] == [False, False]


@pytest.mark.parametrize("days", range(14))
def test_a_link_stays_as_it_is_until_it_ends(gifts, days):
    """Its quota does not start anew, nor does an ended one run again, whenever that was."""
    first, second = (gifts.make(anna(), "a1", now=NOW) for _ in range(2))
    at = NOW + timedelta(days=days)
    assert all(gifts.open(first, name, at) for name in "ab")
    gifts.end(second.id, now=at)
    last = NOW + LASTS - timedelta(seconds=1)
    assert [gifts.open(first, name, last) for name in "cab"] == [False, True, True]
    assert not gifts.open(second, "c", last)


def test_only_who_made_a_link_ends_it(gifts):
    """What is not there and what is somebody else's are told alike."""
    link = gifts.make(anna(), "a1", now=NOW)
    told = set()
    for name, giver, when in (
        (link.id, "bert", NOW),
        (link.token, "bert", NOW),
        ("0" * 20, "anna", NOW),
        ("no-token", None, NOW),
        ("", None, NOW),
        (link.id, None, NOW + LASTS),
        (link.token, None, NOW + LASTS),
    ):
        with pytest.raises(UnknownGiftError) as error:
            gifts.end(name, giver=giver, now=when)
        told.add((giver is not None, str(error.value)))
    assert len(told) == 2  # one where a reader asks, and one where nobody is named
    assert gifts.open(link, "a", NOW)


def test_only_the_article_that_was_given_opens(gifts):
    """Not another one, not after its end, and only by a token of this kind."""
    link = gifts.make(anna(), "a1", now=NOW)
    last = NOW + LASTS - timedelta(seconds=1)
    assert claimed(gifts, link, now=last) is not None
    assert claimed(gifts, link, now=NOW + LASTS) is None
    assert not gifts.open(link, "a", NOW + LASTS)
    assert claimed(gifts, link, Article(id="a2")) is None
    other = SignedLinks(SECRET, "preview").sign({"id": "0" * 20, "article": "a1"}, NOW + LASTS)
    assert gifts.claimed(other, A1, NOW) is None
    elsewhere = desk(MemoryStore(), secret="the key of another").make(anna(), "a1", now=NOW)
    assert claimed(gifts, elsewhere) is None


def test_long_ids_and_all_writings_of_one_id_are_one_article():
    """As a meter compares them; with `path`, as addresses of pages."""
    gifts = desk(MemoryStore())
    long = "/news/" + "x" * 1900
    assert claimed(gifts, gifts.make(anna(), long, now=NOW), Article(id=long)).article == long
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    link = gifts.make(anna(), composed, now=NOW)
    assert claimed(gifts, link, Article(id=decomposed)) is not None
    by_path = Gifts(policy_of(), MemoryStore(), SECRET, article_ids="path")
    link = by_path.make(anna(), "https://harbour.example/a1/?x=1", now=NOW)
    assert claimed(by_path, link, Article(id="/a1")) is not None


@given(st.data())
def test_a_changed_token_opens_nothing(data):
    """Cut, spliced, with another letter, or any text at all: no claim, and no crash."""
    gifts = desk(MemoryStore())
    token = gifts.make(anna(), "a1", now=NOW).token
    place = data.draw(st.integers(0, len(token) - 1))
    letters = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    letter = data.draw(letters)
    changed = data.draw(
        st.sampled_from(
            [token[:place], token[place + 1 :], token[:place] + letter + token[place + 1 :]]
        )
        | st.text()
    )
    found = gifts.claimed(changed, A1, NOW)
    # base64 has bits to spare in its last letter: the same signature, written in two ways
    is_same = changed[:-1] == token[:-1] and len(changed) == len(token)
    assert found is None or (is_same and found.article == "a1")


def test_a_new_secret_changes_nothing_for_links_and_lists():
    """While the old one is kept: who had opened a link is known, and the month goes on."""
    store = MemoryStore()
    old, new = (
        desk(store, secret="an older key of all"),
        desk(store, secret=["the newest of the keys", "an older key of all"]),
    )
    link = old.make(anna(), "a1", now=NOW)
    assert old.open(link, "a", NOW)
    assert [new.open(claimed(new, link), name, NOW) for name in "abc"] == [True, True, False]
    assert [record.opened for record in new.given("anna", NOW)] == [2]
    for _ in range(2):
        new.make(anna(), "a1", now=NOW)
    with pytest.raises(GiftAllowanceError):
        new.make(anna(), "a1", now=NOW)
    new.end(link.id, giver="anna", now=NOW)
    assert not new.open(link, "a", NOW)
    assert claimed(desk(store, secret=SECRET), link) is None


def test_nobody_is_named_in_the_store():
    """Neither who gave nor who read, and nothing that opens a link."""
    store = MemoryStore()
    gifts = desk(store)
    link = gifts.make(anna("anna@harbour.example"), "a1", now=NOW)
    gifts.open(link, "bert@harbour.example", NOW)
    kept = b"".join(key.encode() + raw for key, raw in contents(store).items())
    for secret in (b"anna", b"bert", b"harbour", link.token.encode()):
        assert secret not in kept


def test_a_giver_who_is_forgotten_leaves_ended_links():
    """Nothing of theirs is kept, and what they gave away opens for nobody."""
    store = MemoryStore()
    gifts = desk(store)
    link = gifts.make(anna(), "a1", now=NOW)
    gifts.open(link, "a", NOW)
    gifts.forget("anna", NOW)
    assert gifts.given("anna", NOW) == ()
    assert not gifts.open(link, "a", NOW)
    assert {key.partition(":")[0] for key in contents(store)} <= {"gift-opened"}


def test_in_an_outage_nobody_opens_and_nobody_gives():
    """The quota is kept; making, listing and ending say so, and can be asked again."""
    way = Cut(MemoryStore())
    gifts = desk(way)
    link = gifts.make(anna(), "a1", now=NOW)
    assert gifts.open(link, "a", NOW)
    way.is_cut = True
    assert [gifts.open(link, name, NOW) for name in "ab"] == [False, False]
    for ask in (
        lambda: gifts.make(anna(), "a2", now=NOW),
        lambda: gifts.given("anna", NOW),
        lambda: gifts.end(link.id, now=NOW),
        lambda: gifts.end(link.token, now=NOW),
        lambda: gifts.forget("anna", NOW),
    ):
        with pytest.raises(StoreUnavailableError):
            ask()
    way.is_cut = False
    assert [gifts.open(link, name, NOW) for name in "abc"] == [True, True, False]


@pytest.mark.parametrize("calls", range(8))
def test_a_gift_that_fails_halfway_can_be_made_again(calls):
    """After any number of store calls: at most the allowance is spent, and no more is given."""
    way = Cut(MemoryStore())
    gifts = desk(way, per_month=2)
    way.left = calls
    made = 0
    try:
        gifts.make(anna(), "a1", now=NOW)
        made += 1
    except StoreError:
        pass
    way.left, way.is_cut = None, False
    try:
        for _ in range(3):
            gifts.make(anna(), "a1", now=NOW)
            made += 1
    except GiftAllowanceError:
        pass
    assert made == 2
    assert made == len(gifts.given("anna", NOW))


def test_gifts_are_not_told_as_decisions_about_pages(caplog):
    """Neither to the log nor to the counter; an outage is."""
    caplog.set_level(logging.INFO, logger="meter")
    way = Cut(MemoryStore())
    gifts = desk(way)
    link = gifts.make(anna(), "a1", now=NOW)
    gifts.open(link, "a", NOW)
    assert caplog.records == []
    way.is_cut = True
    gifts.open(link, "b", NOW)
    (told,) = caplog.records
    assert "the store was unavailable" in told.getMessage()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda gifts: gifts.make("ana", "a1", now=NOW), "not `ana`; pass such as `Reader"),
        (lambda gifts: gifts.make(None, "a1", now=NOW), "a `Reader`"),
        (lambda gifts: gifts.make(anna(), Article(id="a1"), now=NOW), "an article is named"),
        (lambda gifts: gifts.given(anna(), NOW), "a reader is named by its id"),
        (lambda gifts: gifts.forget(anna(), NOW), "a reader is named by its id"),
        (lambda gifts: gifts.end(gifts.make(anna(), "a1", now=NOW)), "a gift is named by its id"),
        (lambda gifts: gifts.end("0" * 20, giver=anna()), "a reader is named by its id"),
    ],
)
def test_one_thing_in_the_place_of_another_is_told(call, words):
    """An id for a reader, a reader for an id: a `TypeError` that says what to pass."""
    with pytest.raises(TypeError, match=words) as told:
        call(desk(MemoryStore()))
    assert "token" not in str(told.value)


def test_wrong_settings_are_told_at_once():
    """Of no secret, of what is no policy, and of a setting that is none."""
    with pytest.raises(ValueError, match="secret"):
        Gifts(policy_of(), MemoryStore(), "")
    with pytest.raises(ValueError, match="secret"):
        Gifts(policy_of(), MemoryStore(), [])
    with pytest.raises(TypeError, match="policy"):
        Gifts("policy.toml", MemoryStore(), SECRET)
    with pytest.raises(TypeError, match="did you mean `namespace`"):
        Gifts(policy_of(), MemoryStore(), SECRET, namspace="x")


def test_publications_that_share_a_store_share_no_gifts():
    """Each has a namespace of its own."""
    store = MemoryStore()
    one, two = (
        Gifts(policy_of(per_month=1), store, SECRET, namespace=name) for name in ("one", "two")
    )
    one.make(anna(), "a1", now=NOW)
    assert two.given("anna", NOW) == ()
    assert two.make(anna(), "a1", now=NOW).article == "a1"


def test_awaited_it_is_the_same():
    """Every call of one is a call of the other, and answers alike."""

    async def play():
        gifts = desk(MemoryStore(), AsyncGifts, readers=1, per_month=1)
        link = await gifts.make(anna(), "a1", address="/a1", now=NOW)
        opened = [await gifts.open(claimed(gifts, link), name, NOW) for name in "aba"]
        assert opened == [True, False, True]
        with pytest.raises(GiftAllowanceError):
            await gifts.make(anna(), "a1", now=NOW)
        await gifts.end(link.id, giver="anna", now=NOW)
        assert [one.ended for one in await gifts.given("anna", NOW)] == [True]
        assert not await gifts.open(link, "a", NOW)
        await gifts.forget("anna", NOW)
        assert await gifts.given("anna", NOW) == ()

    asyncio.run(play())
    for name, call in inspect.getmembers(Gifts, inspect.isfunction):
        if not name.startswith("_"):
            parameters = inspect.signature(call).parameters
            assert list(parameters) == list(inspect.signature(getattr(AsyncGifts, name)).parameters)
