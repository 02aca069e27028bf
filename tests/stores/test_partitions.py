"""Counts may be kept in partitions: the contract holds over the table that the page makes."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from meter import open_store
from meter.testing import check_store
from tests.servers import Postgres

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "store-postgres.md"
PARTS = 4
OWN = "SELECT tableoid::regclass::text, key FROM meter_usage"


@pytest.fixture(scope="module")
def url():
    """Yield a server on which the table was made in parts, as the page says."""
    sql = PAGE.read_text(encoding="utf-8").split("## In partitions")[1]
    sql = sql.split("```sql\n")[1].split("```")[0]
    with closing(Postgres()) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(sql)
        yield server.url


def test_partitions_keep_the_contract(url):
    """Loads, changes and races are what they are in one table."""
    check_store(lambda: open_store(url), examples=5, rounds=5)


def test_readers_are_in_every_partition(url):
    """Nobody stands in a table of another kind, and forgetting and purging reach all of them."""
    ends = datetime.now(UTC) + timedelta(days=1)
    with closing(open_store(url)) as store, psycopg.connect(url, autocommit=True) as connection:
        for number in range(64):
            store.swap(f"r{number}", None, b"one", expires=ends)
        found = {part for part, key in connection.execute(OWN) if key.startswith("r")}

        assert {f"meter_usage_{part}" for part in range(PARTS)} == found

        store.purge(ends)

        assert [] == connection.execute(OWN).fetchall()
