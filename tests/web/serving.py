"""`meter serve` as a process of its own, and a client that sends what it is told to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from attrs import frozen

ROOT = Path(__file__).parents[2]
KEY, CLOCK_KEY = "a-key-of-a-site", "a-key-that-sets-the-clock"
KEYS = f"# the sites\n{KEY}\n\n{CLOCK_KEY} clock\n"
AT = "2026-06-01T09:00:00+00:00"

POLICY = """
[publication]
name = "The Harbour Review"

[meters.monthly]
window = { calendar = "month" }
limit = 3

[offers.summer]
kind = "trial"
price = 9
currency = "USD"
term = "3 months"
once = true

[[rules]]
name = "subscribers read everything"
when = { covered = true }
show = "article"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
offer = "summer"
"""


@frozen
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self):
        """Return the JSON of the body."""
        return json.loads(self.raw)

    @property
    def codes(self):
        """Return the codes of the problems."""
        return [problem["code"] for problem in self.json["problems"]]


class Server:
    """One `meter serve`; `log` collects what it writes to stderr."""

    def __init__(self, folder, *options, store="memory://", keys=KEYS, policy=POLICY):
        self.folder = folder
        self.policy = folder / "policy.toml"
        self.policy.write_text(policy)
        self.keys = folder / "keys.txt"
        self.keys.write_text(keys or "")
        with_key = ("--no-key",) if keys is None else ("--key-file", str(self.keys))
        command = [sys.executable, "-c", "from meter.cli import main; main()", "serve"]
        command += [str(self.policy), "--store", store, "--port", "0", *with_key, *options]
        self._log = folder / "log.txt"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=log
            )
        self.url = self._wait()
        self.port = int(self.url.rpartition(":")[2])

    @property
    def log(self):
        """What it has written to stderr."""
        return self._log.read_text()

    def _wait(self):
        """Wait until it says where it listens."""
        for _ in range(6000):
            found = re.search(r"serving .* on (http://\S+)\n", self.log)
            if found:
                return found[1]
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}: {self.log}")
            time.sleep(0.01)
        raise AssertionError(self.log)

    def ask(self, method, path, body=None, *, key=KEY, headers=None):
        """Send a request on a connection of its own. A body that is no bytes is sent as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        given = dict(headers or {})
        if key is not None:
            given.setdefault("Authorization", f"Bearer {key}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def decide(self, reader, article, route="decide", **more):
        """Ask for a decision."""
        body = {"reader": {"id": reader}, "article": article, **more}
        return self.ask("POST", f"/v1/{route}", body, key=CLOCK_KEY if "at" in more else KEY)

    def ledger(self, reader, at=None):
        """Ask for a ledger."""
        path = f"/v1/readers/{quote(reader, safe='')}/ledger"
        if at is None:
            return self.ask("GET", path)
        return self.ask("GET", f"{path}?at={quote(at)}", key=CLOCK_KEY)

    def stop(self):
        """Ask it to stop; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)
