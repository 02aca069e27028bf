"""What stands before every operation: who may ask, from where, and what is logged and counted."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from meter.errors import printable
from meter.web.origins import is_from_another_site
from meter.web.serve.problems import one_problem

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from meter.web.serve.metrics import Counters

__all__ = ["ACCESS_LOG", "Watch", "check_source", "is_loopback"]

ACCESS_LOG = logging.getLogger("meter.serve.access")

_LONGEST_PATH = 200
_UNREAD = "other"


class Watch:
    """Logs and counts every request, and leaves paths as they were sent.

    An id in a path may hold a slash, which is written `%2F`: a decoded path would not show where
    it ends. Routes see the path that was sent, and decode what they take from it. The log names
    the route and not the id.
    """

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()
        status = 500
        scope["path"] = scope["raw_path"].decode("ascii", "replace")

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            self._tell(scope, status, monotonic() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path_format", None)
        self._counters.count_request(route or _UNREAD, status, seconds)
        client = scope.get("client")
        ACCESS_LOG.info(
            '%s "%s %s" %d %.1f ms',
            printable(client[0]) if client else "-",
            printable(scope["method"]),
            route or printable(scope["path"])[:_LONGEST_PATH],
            status,
            seconds * 1000,
        )


def check_source(headers: Headers, *, needs_key: bool) -> None:
    """Refuse what a page of another site asks through somebody's browser.

    Without keys the host that was asked for has to be this machine, whatever a foreign name
    resolves to.
    """
    host = headers.get("host", "")
    if is_from_another_site(headers, host, is_secure=False):
        raise one_problem(
            "cross-site",
            "a web page of another site asks through somebody's browser",
            "ask from your own server: a key in a page is no secret",
            status=403,
        )
    if not needs_key and not is_loopback(_name_of(host)):
        raise one_problem(
            "foreign-host",
            "without keys only requests to this machine's own name are answered",
            "ask for `127.0.0.1` or `localhost`, or start the server with `--key-file`",
            status=403,
        )


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Say whether a name or an address is this machine's own."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
