"""What `forget` leaves in the files of an SQLite store: nothing, or an error that says so."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import pytest

from meter import Paywall, open_store
from meter.errors import StoreError, StoreUnavailableError
from meter.stores.deadline import deadline
from meter.stores.sqlite import SQLiteStore

READERS = [f"GONE-{number}" for number in range(20)]


@pytest.fixture
def paywall(tmp_path, newsroom):
    """A paywall over a file, with 20 readers who have read, and one who stays."""
    with closing(open_store(f"sqlite:///{tmp_path}/counts.db")) as store:
        paywall = Paywall(newsroom.policy(9), store, deadline=20.0)
        for reader in (*READERS, "stays"):
            for article in ("SECRET-a", "SECRET-b"):
                view = newsroom.view(f"{article}-{reader}")
                paywall.check(newsroom.reader(reader), view, now=newsroom.now)
        yield paywall


def traces(folder):
    """Return how many traces of forgotten readers the files hold."""
    return sum(path.read_bytes().count(b"GONE") for path in folder.glob("counts.db*"))


@pytest.fixture
def reading(tmp_path):
    """Another program that has begun to read the file, such as a backup."""
    other = sqlite3.connect(tmp_path / "counts.db", isolation_level=None, check_same_thread=False)
    yield other
    other.close()


def begin(other):
    """Begin a transaction that sees the file as it is now."""
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM usage").fetchone()[0] > 0


def test_forget_beside_an_open_reader_says_that_it_is_not_done(tmp_path, paywall, reading):
    """While a backup reads, the log keeps what was there: an error, and done again it is gone."""
    begin(reading)
    hasty = Paywall(paywall.policy, open_store(f"sqlite:///{tmp_path}/counts.db"), deadline=0.01)
    for reader in READERS:
        with pytest.raises(StoreUnavailableError, match="do it again"):
            hasty.forget(reader)
    assert traces(tmp_path) > 0
    reading.execute("COMMIT")
    hasty.forget(READERS[0])
    assert 0 == traces(tmp_path)
    assert "monthly" in hasty.ledger("stays")
    hasty._store.close()


def test_forget_waits_for_a_reader_who_ends_in_time(tmp_path, paywall, reading):
    """A report that is over within the time a forget may take costs a wait, and no error."""
    begin(reading)
    with ThreadPoolExecutor() as threads:
        forgotten = threads.submit(paywall.forget, READERS[0])
        while paywall._store.load(READERS[0]) is not None:
            assert not forgotten.done()
        reading.execute("COMMIT")
        forgotten.result()
    for reader in READERS[1:]:
        paywall.forget(reader)
    assert 0 == traces(tmp_path)


def test_others_are_counted_while_a_forget_waits(tmp_path, paywall, reading, newsroom):
    """The log is not emptied for a while, and nobody else stands still."""
    begin(reading)
    with ThreadPoolExecutor() as threads:
        forgotten = threads.submit(paywall.forget, READERS[0])
        decisions = [
            paywall.check(
                newsroom.reader("other"), newsroom.view(f"article-{number}"), now=newsroom.now
            )
            for number in range(9)
        ]
        reading.execute("COMMIT")
        forgotten.result()
    assert [(True, False)] * 9 == [(each.counted, each.degraded) for each in decisions]


def test_a_failed_checkpoint_is_an_error_of_ours(paywall):
    """What SQLite refuses while the log is emptied is a `StoreUnavailableError`."""
    store = paywall._store
    store._writer.set_authorizer(
        lambda action, *_: (
            sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_PRAGMA else sqlite3.SQLITE_OK
        )
    )
    for call in (lambda: store.forget("r"), lambda: store.purge(datetime.now(UTC))):
        with pytest.raises(StoreUnavailableError, match="not authorized"):
            call()


def test_a_forget_of_nobody_empties_the_log_too(tmp_path, paywall):
    """So doing it again after an error is enough, though the record has gone already."""
    store = paywall._store
    with deadline(20):
        store.swap(READERS[0], store.load(READERS[0]), None, expires=None)
        for reader in READERS[1:]:
            store.swap(reader, store.load(reader), None, expires=None)
        assert traces(tmp_path) > 0
        store.forget("nobody")
    assert 0 == traces(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///:memory:",
        "sqlite://:memory:",
        "sqlite:///%3Amemory%3A",
        "sqlite:///file::memory:?cache=shared",
        "sqlite:///:memory:?timeout=5",
    ],
)
def test_a_database_in_memory_is_refused(url, tmp_path, monkeypatch):
    """Each thread would have one of its own; `memory://` is what was meant."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="memory://"):
        open_store(url)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_a_path_that_is_no_file_is_refused(path):
    """The same for the class itself: SQLite takes both for a database that nobody shares."""
    with pytest.raises(StoreError, match="memory://"):
        SQLiteStore(path)
