"""Every order in which gifts that are made, opened and ended at once can reach a store.

The steps are those of `Gifts`; what they ask of a paywall is carried out store call by store call.
"""

from __future__ import annotations

import pytest

from meter import Paywall
from meter.paywall.telemetry import StoreDecision
from meter.stores import MemoryStore
from meter.web.gifts import GiftError
from meter.web.gifts.listing import GiverSteps
from tests.figures import figure
from tests.paywall.orders import every_ending
from tests.web.giving import NOW, SECRET, anna, policy_of

IDS = [f"{number:020x}" for number in range(4)]


class Elsewhere(MemoryStore):
    """A store that is asked by transactions, as any but the one in memory itself is."""


class OverSteps:
    """A paywall whose calls return the store calls that they are made of."""

    def __init__(self, paywall):
        self._paywall = paywall

    def check(self, reader, view, *, now):
        return decided(self._paywall._decide(reader, view, now, counts=True))

    def peek(self, reader, view, *, now):
        return decided(self._paywall._decide(reader, view, now, counts=False))

    def ledger(self, reader_id, *, now):
        return self._paywall._look_up(reader_id, now)

    def perform(self, operations):
        return operations


def decided(asked):
    """Return a decision, after the store calls that lead to it."""
    found = asked if isinstance(asked, StoreDecision) else (yield from asked)
    return found.decision


def process(kind=GiverSteps, **terms):
    """Return the gifts of one process."""

    def opens(policy, settings):
        return OverSteps(Paywall(policy, Elsewhere(), **settings))

    return kind(policy_of(**terms), SECRET, opens, {})


def store_calls(steps):
    """Yield the store calls of some steps; a refusal is an answer like any."""
    answer = None
    try:
        while True:
            answer = yield from steps.send(answer)()
    except StopIteration as stop:
        return stop.value
    except GiftError as error:
        return type(error).__name__


def run(steps, store):
    """Carry out all store calls of some steps, and return the answer."""
    calls, reply = store_calls(steps), None
    try:
        while True:
            reply = calls.send(reply).on(store)
    except StopIteration as stop:
        return stop.value


def made(store, gifts=None, gift=IDS[0]):
    """Return a link that was made in a store."""
    return run((gifts or process())._make(anna(), "a1", None, NOW, gift), store)


@pytest.mark.parametrize("recipients", ["abc", "aab"])
@pytest.mark.parametrize("one_process", [False, True])
def test_as_many_open_as_may_in_every_order(recipients, one_process):
    """Three at once, through a link for two: as many as there are, and the third is refused."""
    link = made(MemoryStore())

    def build(_):
        shared = process()
        desks = [shared if one_process else process() for _ in recipients]
        return [
            store_calls(gifts._open(link, name, NOW, ahead=False))
            for gifts, name in zip(desks, recipients, strict=True)
        ]

    endings = 0
    for world in every_ending(build):
        endings += 1
        let_in = {name for name, may in zip(recipients, world.answers, strict=True) if may}
        assert len(let_in) == 2
        (record,) = (raw for raw, _ in world.store._kept.values())
        assert record.count(b"~") == 2
        if len(set(recipients)) == 2:
            assert world.answers == [True, True, True]
    assert endings > 10
    if recipients == "abc" and not one_process:
        figure("orders of three who open a gift", endings)


def test_the_months_gifts_are_given_in_every_order():
    """Three at once of two that are left: two are made and listed, one is told why not."""
    endings = 0

    def build(_):
        return [
            store_calls(process(per_month=2)._make(anna(), "a1", None, NOW, gift))
            for gift in IDS[:3]
        ]

    for world in every_ending(build, once=True):
        endings += 1
        refused = [answer for answer in world.answers if isinstance(answer, str)]
        assert refused == ["GiftAllowanceError"]
        given = {answer.id for answer in world.answers if not isinstance(answer, str)}
        listed = run(process(per_month=2)._list("anna", NOW), world.store)
        assert given == {record.id for record in listed}
        assert {f"gift:{gift}" for gift in given} == {
            key for key in world.store._kept if key.startswith("gift:")
        }
    assert endings > 1


def test_a_link_that_is_ended_meanwhile_is_ended():
    """Two open it while it is ended: before it or not at all, and nobody afterwards."""

    def build(store):
        link = made(store)
        one, two, giver = process(), process(), process()
        return [
            store_calls(one._open(link, "a", NOW, ahead=False)),
            store_calls(two._open(link, "b", NOW, ahead=False)),
            store_calls(giver._end(link.id, "anna", NOW)),
        ]

    outcomes = set()
    for world in every_ending(build, once=True):
        outcomes.add(tuple(world.answers[:2]))
        again = process()
        link = made(MemoryStore())
        assert [run(again._open(link, name, NOW, ahead=False), world.store) for name in "abc"] == [
            False
        ] * 3
        (record,) = run(process()._list("anna", NOW), world.store)
        assert (record.ended, record.opened) == (True, sum(world.answers[:2]))
    assert outcomes == {(False, False), (True, False), (False, True), (True, True)}


class QuotaBeforeCount(GiverSteps):
    """Asks whether anybody else may open a link, and counts whoever may: in two steps."""

    def _open(self, gift, recipient, now, *, ahead):
        (record,) = yield from self._list("anna", now)
        if record.opened >= 2:
            return False
        return (yield from super()._open(gift, recipient, now, ahead=ahead))


def test_a_planted_quota_that_is_asked_before_counting_is_caught():
    """The same walk finds orders in which three get in."""

    def build(store):
        generous = {"readers": 100}
        link = made(store, process(**generous))
        return [
            store_calls(process(QuotaBeforeCount, **generous)._open(link, name, NOW, ahead=False))
            for name in "abc"
        ]

    counts = [sum(world.answers) for world in every_ending(build, once=True)]
    assert 3 in counts
    assert 2 in counts
