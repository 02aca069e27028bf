"""The example sites as a stranger meets them: a process that answers, and browsers with cookies."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
NAMES = tuple(
    name
    for name in ("starlette", "fastapi", "flask", "django")
    if (EXAMPLES / name / "app.py").exists()
)
"""The examples that are a whole site."""

STORY = "THE WHOLE STORY"
OLD, NEW = "a-key-of-last-year-9d41", "a-key-of-this-year-27fb"
PROXY, STRANGER = "127.0.0.1", "127.0.0.2"
"""Where a client connects from: the trusted proxy's address, and one that nobody trusts."""

_PATIENCE = 30.0


class Reply(NamedTuple):
    """What a site has answered."""

    status: int
    headers: list[tuple[str, str]]
    text: str

    @property
    def whole(self):
        """Whether the whole text is there."""
        return STORY in self.text

    @property
    def cookies(self):
        """The `Set-Cookie` headers, by the name of the cookie."""
        return {
            value.partition("=")[0]: value
            for name, value in self.headers
            if name.lower() == "set-cookie"
        }

    def header(self, name):
        """Return a header's value, or an empty text."""
        return ", ".join(value for given, value in self.headers if given.lower() == name.lower())


class Jar:
    """A browser: it keeps the cookies of one site, and follows no redirect by itself."""

    def __init__(self, port, address=STRANGER):
        self.port = port
        self.address = address
        self.cookies = {}

    def send(self, method, path, body=None, headers=None):
        """Send one request, and keep what cookies come back."""
        given = dict(headers or {})
        if self.cookies and "Cookie" not in given:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=_PATIENCE, source_address=(self.address, 0)
        )
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            reply = Reply(answer.status, answer.getheaders(), text)
        finally:
            connection.close()
        for name, value in reply.cookies.items():
            self._keep(name, value)
        return reply

    def _keep(self, name, header):
        value = header.partition("=")[2].partition(";")[0]
        lower = header.lower()
        if not value or "max-age=0" in lower or "01 jan 1970" in lower:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def open(self, article, method="GET", **headers):
        """Ask for an article by its id."""
        return self.send(
            method,
            "/articles/" + quote(article, safe="/", errors="surrogateescape"),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def sign_in(self, account, **headers):
        """Sign in to an account."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", "/sign-in", urlencode({"account": account}), given)

    def sign_out(self):
        """Sign out."""
        return self.send("POST", "/sign-out", "")

    def ledger(self):
        """Return the ids that are counted on the one meter of the examples, sorted."""
        reply = self.send("GET", "/me/ledger")
        assert reply.status == 200, reply
        (ids,) = http_json(reply).values()
        return sorted(ids)


def http_json(reply):
    """Return the JSON of an answer."""
    return json.loads(reply.text)


def gunicorn(name, workers=2):
    """Return the command that serves a WSGI example with several workers, forked once it is up."""
    words = ["-m", "gunicorn", "--workers", workers, "--preload", "--no-control-socket"]
    where = ["--bind", "127.0.0.1:PORT", "--chdir", EXAMPLES / name]
    return [sys.executable, *words, *where, "app:app"]


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Site:
    """An example that runs in a process of its own."""

    def __init__(self, name, store=None, *, secret=NEW, command=None, **environment):
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"meter-{name}-"))
        self.port = free_port()
        self.log = self.folder / "log"
        self._store = store or f"sqlite:///{self.folder}/counts.db"
        self._command = command or [sys.executable, EXAMPLES / name / "app.py"]
        self._environment = environment
        self.process = None
        self.start(secret)

    def start(self, secret=NEW):
        """Start the site, and wait until it answers."""
        environment = {
            **os.environ,
            "PORT": str(self.port),
            "STORE": self._store,
            "SECRET": secret,
            "PYTHONPATH": str(ROOT),
            **self._environment,
        }
        command = [str(word).replace("PORT", str(self.port)) for word in self._command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, cwd=self.folder
            )
        self._wait()

    def _wait(self):
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"the site `{self.name}` does not start: {self.told()}")

    def jar(self, address=STRANGER):
        """Return a browser that has no cookie."""
        return Jar(self.port, address)

    def told(self):
        """Return what the site has written to its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self):
        """Stop the site as a supervisor would."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def close(self):
        """Stop the site, and remove what it left."""
        self.stop()
        shutil.rmtree(self.folder)
