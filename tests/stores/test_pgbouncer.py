"""PostgreSQL behind pgbouncer in transaction mode.

Each statement may meet another connection to the server there. pgbouncer comes in no wheel:
`apt-get install pgbouncer` (the gate does). Without it this is skipped.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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


@pytest.fixture(scope="module")
def pooled_url(postgres):
    """A database behind four server connections that nobody keeps between two statements."""
    folder = Path(tempfile.mkdtemp(prefix="meter-pgbouncer-"))
    identity = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(socket=postgres.socket, port=port, folder=folder))
    process = subprocess.Popen(
        [PGBOUNCER, settings],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity,
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        for _ in range(500):
            with suppress(psycopg.OperationalError):
                psycopg.connect(url).close()
                break
            time.sleep(0.02)
        else:
            pytest.fail("pgbouncer did not start")
        yield url
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def test_a_pooled_database_keeps_the_contract(pooled_url):
    """The contract of a store, for the store and for its async twin."""
    check_store(lambda: open_store(pooled_url), examples=10, rounds=10)
    check_store(lambda: open_async_store(pooled_url), examples=10, rounds=10)


def test_twenty_at_once_share_four_connections_exactly(pooled_url, newsroom):
    """20 views of one reader at once, a limit of 5, 20 readers: 5 are counted for each."""
    paywall = Paywall(newsroom.policy(5), open_store(pooled_url), deadline=30, on_outage="raise")

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
