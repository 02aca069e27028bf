"""`meter serve` in this process: the application of one worker, asked without a socket."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from meter import ManualClock
from meter.paywall import AsyncPaywall
from meter.reloading import ReloadingPolicy
from meter.stores import open_async_store
from meter.web.institutions.files import beside
from meter.web.serve.app import application
from meter.web.serve.keys import NoKeys
from meter.web.serve.metrics import Counters, SharedCounts, cells
from meter.web.serve.operations import OPERATIONS
from meter.web.serve.service import Service
from tests.web.serving import POLICY, Reply

START = datetime(2026, 6, 1, 9, tzinfo=UTC)


class Worker:
    """One worker over memory, without keys; its time is `clock`, its policy comes by `put`.

    `last` is what came back last, also where the server then raises what went wrong.
    """

    def __init__(self, folder, policy=POLICY, wrap=lambda app: app):
        self.clock = ManualClock(START)
        self._file = folder / "policy.toml"
        self._file.write_text(policy)
        self._policies = ReloadingPolicy(self._file, every=None)
        routes = [operation.path for operation in OPERATIONS]
        counters = Counters(SharedCounts(1, len(list(cells(routes)))), routes)
        store = open_async_store("memory://")
        self.service = Service(
            paywall=AsyncPaywall(self._policies, store),
            policies=self._policies,
            institutions=beside(self._file, self._policies),
            keys=NoKeys(),
            counters=counters,
            store=store,
            clock=self.clock,
        )
        self._app = wrap(application(self.service))

    def put(self, policy):
        """Bring a policy into force."""
        self._file.write_text(policy)
        self._policies.refresh(now=True)

    async def ask(self, path, body, **headers):
        """Send a body to an address, and return what comes back."""
        raw = json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = [{"type": "http.request", "body": raw, "more_body": False}]
        told = []

        async def receive():
            return sent.pop(0)

        async def send(message):
            told.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (b"host", b"localhost"),
                *((name.encode(), value.encode()) for name, value in names.items()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        try:
            await self._app(scope, receive, send)
        finally:
            start, *rest = told
            found = {name.decode(): value.decode() for name, value in start["headers"]}
            self.last = Reply(start["status"], found, b"".join(part["body"] for part in rest))
        return self.last
