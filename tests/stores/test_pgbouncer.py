"""PostgreSQL behind pgbouncer in transaction mode.

Each statement may meet another connection to the server there. pgbouncer comes in no wheel:
`apt-get install pgbouncer` (the gate does). Without it this is skipped. From 1.21 on it carries
prepared statements along, if it is told to: then all is tried with and without.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

from meter import Paywall, open_store
from meter.stores import open_async_store
from meter.testing import check_store

PGBOUNCER = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
pytestmark = pytest.mark.skipif(
    PGBOUNCER is None, reason="pgbouncer is not installed: `apt-get install pgbouncer`"
)

CARRIED = 50
"""How many prepared statements a pooler carries along that does carry them."""


def kinds():
    """Return what the installed pooler may be told of prepared statements, `None` for nothing."""
    if PGBOUNCER is None:
        return [None]
    said = subprocess.run([PGBOUNCER, "--version"], check=True, capture_output=True, text=True)
    major, minor = map(int, re.search(r"(\d+)\.(\d+)", said.stdout).groups())
    return [0, CARRIED] if (major, minor) >= (1, 21) else [None]


SETTINGS = """
[databases]
postgres = host={socket} user=postgres dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
logfile = {folder}/log
pidfile = {folder}/pid
"""


class Pooler:
    """A database behind four server connections that nobody keeps between two statements."""

    def __init__(self, server, most):
        self.folder = Path(tempfile.mkdtemp(prefix="meter-pgbouncer-"))
        identity = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.words = SETTINGS.format(socket=server.socket, port=port, folder=self.folder)
        self.settings = self.folder / "pgbouncer.ini"
        self.carry(most)
        self.process = subprocess.Popen(
            [PGBOUNCER, self.settings],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **identity,
        )
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def carry(self, most):
        """Write how many prepared statements are carried along, where that can be said."""
        said = "" if most is None else f"max_prepared_statements = {most}\n"
        self.settings.write_text(self.words + said)
        self.most = most

    def start(self):
        """Wait until the pooler answers."""
        for _ in range(500):
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url).close()
                return
            time.sleep(0.02)
        pytest.fail("pgbouncer did not start")

    def prepared(self):
        """Return the statements of the store that are prepared at the connection used last."""
        with psycopg.connect(self.url, autocommit=True, prepare_threshold=None) as connection:
            return connection.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%meter_usage%'"
            ).fetchone()[0]

    def stop(self):
        """End the pooler and remove what it left."""
        self.process.kill()  # asked politely, it waits for its clients from 1.23 on
        self.process.wait()
        shutil.rmtree(self.folder)


@pytest.fixture(params=kinds(), ids=lambda most: f"carries {most or 'nothing'}")
def pooler(request, postgres):
    """A pooler of each kind, over a server without our table."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS meter_usage")
    running = Pooler(postgres, request.param)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_a_pooled_database_keeps_the_contract(pooler):
    """The contract of a store, for the store and for its async twin."""
    check_store(lambda: open_store(pooler.url), examples=10, rounds=10)
    check_store(lambda: open_async_store(pooler.url), examples=10, rounds=10)


def test_twenty_at_once_share_four_connections_exactly(pooler, newsroom):
    """20 views of one reader at once, a limit of 5, 20 readers: 5 are counted for each."""
    store = open_store(pooler.url)
    paywall = Paywall(newsroom.policy(5), store, deadline=30, on_outage="raise")

    def counted(reader):
        together = Barrier(20)

        def check(number):
            together.wait()
            return paywall.check(
                newsroom.reader(reader), newsroom.view(f"article-{number}"), now=newsroom.now
            ).counted

        with ThreadPoolExecutor(20) as threads:
            return sum(threads.map(check, range(20)))

    assert [5] * 20 == [counted(f"pooled-{number}") for number in range(20)]
    store.close()


def test_statements_are_prepared_where_they_are_carried_along(pooler):
    """Behind any other pooler nothing is, and no question fails for the want of it."""
    with closing(open_store(pooler.url)) as store:
        for _ in range(3):
            store.swap("k", None, b"1", expires=None)
            store.forget("k")
    assert bool(pooler.most) == (pooler.prepared() > 0)


def test_a_pooler_that_carries_no_more_is_no_outage(pooler, newsroom):
    """It is told to stop while the store is in use, and forgets what it was given."""
    store = open_store(pooler.url)
    paywall = Paywall(newsroom.policy(3), store, deadline=30, on_outage="raise")

    def read(article):
        return paywall.check(newsroom.reader("r"), newsroom.view(article), now=newsroom.now).counted

    first = [read(article) for article in "ab"]
    pooler.carry(None if pooler.most is None else 0)
    pooler.process.send_signal(signal.SIGHUP)
    later = [read(article) for article in "abcd"]
    store.close()
    assert ([True, True], [False, False, True, False]) == (first, later)
