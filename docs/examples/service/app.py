"""A small service that asks the paywall for every page view.

It survives its store being stopped under load. Run it:
`STORE=redis://localhost:6379/0 PORT=8000 python docs/examples/service/app.py`, then
`curl 'http://localhost:8000/articles/harbour-tunnel?reader=anna'`. No framework: a WSGI application
and the standard library's server, one thread for each connection. Who the reader is would come from
your session, never from the address.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from meter import Article, Entitlement, PageView, Paywall, Reader, load_policy, open_store

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = Path(__file__).with_name("policy.toml")
# On the answer to one reader nothing may be kept for the next.
HEADERS = (("Content-Type", "application/json"), ("Cache-Control", "private, no-store"))


def make_app(paywall: Paywall) -> WSGIApplication:
    """Return an application that answers `GET /articles/NAME?reader=ID`.

    The answer is what that reader gets.
    """

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        _, _, article = environ["PATH_INFO"].partition("/articles/")
        query = parse_qs(environ["QUERY_STRING"])
        if not article or "reader" not in query:
            start_response("404 Not Found", list(HEADERS))
            return [b'{"error": "ask for /articles/NAME?reader=ID"}']
        subscription = [Entitlement(kind="subscription")] if "subscriber" in query else []
        reader = Reader(
            id=query["reader"][0], registered=bool(subscription), entitlements=subscription
        )
        view = PageView(article=Article(id=article), prefetch=environ["REQUEST_METHOD"] == "HEAD")
        decision = paywall.check(reader, view)
        if decision.speculative:  # nobody reads yet: the browser asks again when somebody does
            start_response("503 Service Unavailable", list(HEADERS))
            return [b""]
        start_response("200 OK", list(HEADERS))
        meter = decision.meter
        answer = {
            "show": decision.show,
            "access": decision.access,
            "degraded": decision.degraded,
            "left": None if meter is None else meter.left,
        }
        return [json.dumps(answer).encode()]

    return app


class Server(ThreadingMixIn, WSGIServer):
    """The standard library's server, with a thread for each connection."""

    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    """A request handler that leaves the log to the paywall's records."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    paywall = Paywall(load_policy(POLICY), open_store(os.environ.get("STORE", "memory://")))
    server = make_server(
        "127.0.0.1", int(os.environ.get("PORT", "8000")), make_app(paywall), Server, Quiet
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"http://127.0.0.1:{server.server_port}/articles/harbour-tunnel?reader=anna", flush=True)
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()
