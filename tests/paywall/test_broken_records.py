"""A broken record costs a reader nothing but the count, and never the page."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest
import redis

from meter import Paywall, StoreError, open_store
from meter.errors import CorruptUsageError
from meter.paywall.identity import ReaderKeys
from meter.paywall.recent import Recent
from meter.paywall.records import read_record
from meter.paywall.transactions import transact
from meter.stores import MemoryStore
from meter.stores.redis import RedisStore
from meter.usage import Tally, Usage
from tests.paywall.broken_records import run
from tests.servers import NOW, policy_of, reader_of, view_of

EARLIER = [
    (
        b'J[1,["kiosk"]]\n1{"monthly":[["a"],[1780315200000000]]}',
        Usage({"monthly": Tally(("a",), (1_780_315_200_000_000,))}),
    ),
    (
        b'J[2,["kiosk","phone"]]\n1{"monthly":[["a","b"],[1780315200000000,5000000]]}',
        Usage(
            {"monthly": Tally(("a", "b"), (1_780_315_200_000_000, 1_780_315_205_000_000))},
        ),
    ),
    (b"Aanna", Usage()),
    (b"A=0f8c", Usage()),
]
"""Records of joined readers, as an earlier release wrote them, and what they mean."""


@pytest.mark.parametrize("raw, usage", EARLIER, ids=range(len(EARLIER)))
def test_records_of_an_earlier_release_are_read_for_good(raw, usage):
    """Word for word: a list of joined readers before a usage, and an alias, which holds none."""
    assert usage == read_record(raw).usage


@pytest.mark.parametrize(
    "raw",
    [
        b"J[1E345,[]]\n1{}",
        b"J[-5,[]]\n1{}",
        b'J[1,"abc"]\n1{}',
        b"J[true,[]]\n1{}",
        b"J[1,[]]",
        b"J",
        b"J" + b"[" * 100_000,
        b"A",
        b'A{"monthly":[["a"],[1780315200000000]]}',
        b"A" + b"a" * 201,
        "Aanna",
    ],
)
def test_a_record_that_was_never_written_is_refused(raw):
    """One byte off is corrupt, and neither a new reader nor an error of Python's."""
    with pytest.raises(CorruptUsageError):
        read_record(raw)


def test_a_part_of_the_broken_records_is_met_by_decisions():
    """5,000 of what `python -m tests.paywall.broken_records --whole` tries a million of."""
    found, wrong = run(5_000)
    assert [] == wrong
    assert min(found["read"], found["refused"], found["errors that say so"]) > 500


def test_a_usage_that_nothing_can_be_made_of_is_corrupt():
    """What fails on the record is the record's fault, and it is not remembered.

    What fails without it too is the caller's, and raised as it is.
    """
    store = MemoryStore()
    raw = b'1{"monthly":[["a"],[1780315200000000]]}'
    store.swap("anna", None, raw, expires=None)
    recent = Recent(100)
    recent.read("anna", raw)

    def refuse(usage):
        if usage.tallies:
            raise OverflowError("too far ahead")
        return None, usage

    def mistake(_):
        raise ValueError("no zone")

    for change, error in ((refuse, CorruptUsageError), (mistake, ValueError)):
        with pytest.raises(error):
            drive(
                transact(
                    ReaderKeys("anna"), change, recent, at=0, expires=lambda _: None, attempts=9
                ),
                store,
            )
    assert recent.get("anna").raw is None


def drive(steps, store):
    """Carry out the store calls of a transaction."""
    reply = None
    while True:
        try:
            reply = steps.send(reply).on(store)
        except StopIteration as stop:
            return stop.value


def expect_decided_and_forgotten(store, damage):
    """Read, damage the record, and see that all calls are answered and the reader is forgotten."""
    paywall = Paywall(policy_of(3), store, deadline=60.0)
    for known in (True, False):
        paywall = Paywall(policy_of(3), store, deadline=60.0)
        paywall.check(reader_of("anna"), view_of("a"), now=NOW)
        damage()
        if not known:
            paywall = Paywall(policy_of(3), store, deadline=60.0)
        for view in (view_of("a"), view_of("b")):
            assert paywall.check(reader_of("anna"), view, now=NOW).degraded
            assert paywall.peek(reader_of("anna"), view, now=NOW).degraded
        for call in (
            lambda paywall=paywall: paywall.ledger("anna", now=NOW),
            lambda paywall=paywall: paywall.join("anna", "bob", now=NOW),
            lambda paywall=paywall: paywall.join("bob", "anna", now=NOW),
        ):
            with pytest.raises(StoreError):
                call()
        paywall.forget("anna")
        assert store.load("anna") is None


def test_text_in_an_sqlite_file(tmp_path):
    """A row that some tool has turned into text."""
    with closing(open_store(f"sqlite:///{tmp_path}/counts.db")) as store:

        def damage():
            with closing(sqlite3.connect(tmp_path / "counts.db")) as other, other:
                other.execute("UPDATE usage SET bytes = CAST(bytes AS TEXT) WHERE key = 'anna'")

        expect_decided_and_forgotten(store, damage)


def test_a_column_of_text_in_postgres(postgres):
    """A table that somebody has made or changed by hand."""
    with psycopg.connect(postgres.url, autocommit=True) as other:
        other.execute("DROP TABLE IF EXISTS meter_usage")
        with closing(open_store(postgres.url)) as store:

            def damage():
                other.execute(
                    "ALTER TABLE meter_usage ALTER bytes TYPE text USING encode(bytes, 'escape')"
                )

            paywall = Paywall(policy_of(3), store, deadline=60.0)
            paywall.check(reader_of("anna"), view_of("a"), now=NOW)
            damage()
            assert paywall.check(reader_of("anna"), view_of("a"), now=NOW).degraded
            assert paywall.check(reader_of("anna"), view_of("b"), now=NOW).degraded
            with pytest.raises(StoreError):
                paywall.ledger("anna", now=NOW)
            paywall.forget("anna")
            assert store.load("anna") is None
        other.execute("DROP TABLE meter_usage")


def test_a_client_that_decodes_in_redis(valkey):
    """A client of one's own with `decode_responses` on answers with text."""
    with valkey.client() as client:
        client.delete("meter:{anna}")
    decoding = redis.Redis(
        unix_socket_path=str(valkey.socket), socket_timeout=10, decode_responses=True
    )
    with closing(RedisStore(decoding)) as store:
        for article in "ab":
            paywall = Paywall(policy_of(3), store, deadline=60.0)
            decision = paywall.check(reader_of("anna"), view_of(article), now=NOW)
            assert "full" == decision.access
        assert decision.degraded
        with pytest.raises(CorruptUsageError, match="`str`"):
            paywall.ledger("anna", now=NOW)
        paywall.forget("anna")
        assert store.load("anna") is None


@pytest.mark.parametrize("answer", ["1{}", 5, [b"1{}"], bytearray(b"1{}")])
def test_a_store_of_ones_own_that_answers_with_something_else(answer):
    """Whatever it answers: a decision, and a `forget` that is carried out."""

    class Odd(MemoryStore):
        deadline = 60.0

        def load(self, key):
            return None if super().load(key) is None else answer

        def swap(self, key, old, new, *, expires):
            super().swap(key, self._kept.get(key, (None,))[0], new, expires=expires)
            return answer

    store = Odd()
    paywall = Paywall(policy_of(3), store)
    for view in (view_of("a"), view_of("b")):
        assert paywall.check(reader_of("anna"), view, now=NOW).degraded
    paywall.forget("anna")
    assert store.load("anna") is None
