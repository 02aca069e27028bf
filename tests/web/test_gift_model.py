"""Gifts against a model of a few lines, over any days and any order of what people do."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from meter import Article
from meter.stores import MemoryStore
from meter.web.gifts import GiftAllowanceError, UnknownGiftError
from tests.web.giving import LASTS, NOW, anna, desk

TOKYO = ZoneInfo("Asia/Tokyo")
PER_MONTH, READERS = 2, 2
GIVERS = st.sampled_from(["anna", "bert"])
PLACES = st.integers(0, 2)
ACTS = st.one_of(
    st.tuples(st.just("make"), GIVERS, st.just("")),
    st.tuples(st.just("open"), st.just(0), st.sampled_from("rstu")),
    st.tuples(st.sampled_from(["open", "ahead", "peek"]), PLACES, st.sampled_from("rstu")),
    st.tuples(st.just("end"), PLACES, GIVERS | st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 9, 24 * 7, 24 * 13, 24 * 20]), st.just("")),
)

FIRST = ("make", "anna", "")


@define
class Model:
    """What a gift is, without stores, meters or tokens."""

    giver: str
    made: object
    readers: set = field(factory=set)
    ended: bool = False

    def runs(self, now):
        return now < self.made + LASTS and not self.ended

    def may(self, reader, now, *, ahead=False):
        room = not ahead and len(self.readers) < READERS
        return self.runs(now) and (reader in self.readers or room)


def may_give(models, giver, now):
    """Say whether a reader has given less than a month allows, by the calendar in Tokyo."""
    month = now.astimezone(TOKYO).strftime("%Y-%m")
    made = [one.made for one in models if one.giver == giver]
    return sum(at.astimezone(TOKYO).strftime("%Y-%m") == month for at in made) < PER_MONTH


@given(st.lists(ACTS, min_size=12, max_size=40).map(lambda acts: [FIRST, *acts]))
def test_gifts_do_what_the_model_does(acts):
    """Making, opening, looking ahead, ending and listing; never more and never fewer."""
    gifts = desk(MemoryStore(), per_month=PER_MONTH, readers=READERS)
    now = NOW
    models, links = [], []
    for act, what, who in acts:
        if act == "wait":
            now += timedelta(hours=what)
        elif act == "make":
            may = may_give(models, what, now)
            try:
                links.append(gifts.make(anna(what), "a1", now=now))
                models.append(Model(what, now))
                assert may
            except GiftAllowanceError:
                assert not may
        elif what < len(links):
            play(gifts, act, links[what], models[what], who, now)
    for giver in ("anna", "bert"):
        told = [(one.opened, one.ended) for one in gifts.given(giver, now)]
        own = [one for one in models if one.giver == giver and now < one.made + LASTS]
        assert sorted(told) == sorted((len(one.readers), one.ended) for one in own)


def play(gifts, act, link, model, who, now):
    """Do one thing with a link, and hold what comes of it to the model."""
    if act == "end":
        may = now < model.made + LASTS and who in (None, model.giver)
        try:
            gifts.end(link.token, giver=who, now=now)
            model.ended = True
            assert may
        except UnknownGiftError:
            assert not may
        return
    claimed = gifts.claimed(link.token, Article(id="a1"), now)
    assert (claimed is not None) is (now < model.made + LASTS)
    may = model.may(who, now, ahead=act == "ahead")
    if act == "peek":
        assert gifts.peek(link, who, now) is may
        return
    assert gifts.open(link, who, now, ahead=act == "ahead") is may
    if may:
        model.readers.add(who)
