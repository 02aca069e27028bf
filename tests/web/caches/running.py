"""Start a site and a cache in front of it, each on a free port in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]
SITES = {
    "private": ROOT / "docs/examples/starlette/app.py",
    "preflight": Path(__file__).with_name("site.py"),
}
BODY_KEY = "a-long-random-word"
"""What the cache shows the site when it asks for a body to store, as the how-to prints it."""


def free_port():
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def folder():
    """Make a folder that a cache which gives up its rights can still write to."""
    made = Path(tempfile.mkdtemp(prefix="meter-cache-"))
    made.chmod(0o777)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def site(mode, place):
    """Run the site of a mode, and give its port."""
    port = free_port()
    settings = os.environ | {
        "PORT": str(port),
        "STORE": f"sqlite:///{place}/counts.sqlite3",
        "SECRET": "a secret of the tests",
        "TRUSTED_PROXIES": "127.0.0.1",
        "BODY_KEY": BODY_KEY,
        "PYTHONPATH": str(ROOT),
    }
    with running([sys.executable, str(SITES[mode])], port, place / "site.log", settings):
        yield port


@contextmanager
def running(command, port, log, settings=None):
    """Run a command from when its port answers to the end of the block, with all its children.

    A path in the place of a port is that of a Unix socket.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env=settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, command, port, log)
        yield
    finally:
        _end(process)


def _connect(port):
    if isinstance(port, int):
        socket.create_connection(("127.0.0.1", port), 0.5).close()
        return
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(port))


def _wait(process, command, port, log):
    for _ in range(6000):
        if process.poll() is not None:
            break
        try:
            _connect(port)
        except OSError:
            time.sleep(0.02)
        else:
            return
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"`{command[0]}` did not start:\n{said}")


def _end(process):
    """Ask it to stop, and then make it and whatever it has started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
