"""A policy file under gunicorn: every worker follows it, loaded before the fork or after."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

APP = """
import os
from meter import ReloadingPolicy

current = ReloadingPolicy("policy.toml", every=0.05, settle=0.05)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {current.policy.publication.name}".encode()]
"""
TEXT = '[publication]\nname = "{}"\n[[rules]]\nname = "everything is open"\nshow = "article"\n'
WORKERS = 2
PATIENCE = 60.0


def ask(address):
    """Return which process answers, and the name in force there; none if nobody listens yet."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(address)
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            with connection.makefile("rb") as answer:
                body = answer.read().partition(b"\r\n\r\n")[2].decode()
    except OSError:
        return None
    worker, _, name = body.partition(" ")
    return (int(worker), name) if name else None


def ask_until(address, is_enough):
    """Ask until the last answers of the workers, by process, are enough; return them."""
    last = {}
    until = time.monotonic() + PATIENCE
    while not is_enough(last):
        assert time.monotonic() < until, last
        answer = ask(address)
        if answer is not None:
            last[answer[0]] = answer[1]
    return last


@contextmanager
def site(folder, *options):
    """Start gunicorn with two workers over a policy file; give its address."""
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "policy.toml").write_text(TEXT.format("first"), encoding="utf-8")
    address = str(folder / "s")
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--bind"]
    with subprocess.Popen(
        [*command, f"unix:{address}", *options, "app:app"],
        cwd=folder,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            yield address
        finally:
            server.terminate()
            _, log = server.communicate(timeout=PATIENCE)
    assert "Traceback" not in log, log


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["after the fork", "before it"])
def test_every_worker_follows_the_file(options, tmp_path):
    """Without a call of the site's; a worker started later begins with the file as it is then."""
    with site(tmp_path, *options) as address:
        old = ask_until(address, lambda last: len(last) == WORKERS)
        assert {"first"} == {*old.values()}
        beside = tmp_path / "policy.new"
        beside.write_text(TEXT.format("second"), encoding="utf-8")
        beside.replace(tmp_path / "policy.toml")
        ask_until(
            address,
            lambda last: len(last) == WORKERS and {*last.values()} == {"second"},
        )
        for worker in old:
            os.kill(worker, signal.SIGTERM)
        new = ask_until(address, lambda last: len({*last} - {*old}) == WORKERS)
        assert {"second"} == {name for worker, name in new.items() if worker not in old}
