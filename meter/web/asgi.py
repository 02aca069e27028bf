"""ASGI: a middleware for any framework.

The visit is `scope["state"]["paywall"]`, which Starlette calls `request.state.paywall`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

from meter.web.errors import REFUSALS, refusal
from meter.web.gate import Gate
from meter.web.gate.request import WebRequest
from meter.web.gate.visit import Visit

if TYPE_CHECKING:
    from meter.web.gate.configured import AccountOf

__all__ = ["App", "PaywallMiddleware", "Scope", "visit_of", "web_request"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
AccountOfScope: TypeAlias = Callable[[Scope], object]

_STATE = "paywall"


class PaywallMiddleware:
    """Puts a gate around an ASGI application: outermost, so that it sees every answer.

    - `gate`: a `Gate`, or what returns one once the application has started.
    - `account`: called with the scope, where a view asks; returns the `Reader` who is signed in or
      `None`, or what has to be awaited for that.
    """

    def __init__(
        self, app: App, gate: Gate | Callable[[], Gate], account: AccountOfScope | None = None
    ) -> None:
        self.app = app
        self._gate = gate
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        gate = self._gate if isinstance(self._gate, Gate) else self._gate()
        visit = gate.visit(web_request(scope), self._account_of(scope))
        scope.setdefault("state", {})[_STATE] = visit
        answer = _Outgoing(visit, send)
        try:
            await self.app(scope, receive, answer.send)
        except REFUSALS as error:
            if answer.started:
                raise
            await answer.refuse(error)

    def _account_of(self, scope: Scope) -> AccountOf | None:
        account = self._account
        return None if account is None else lambda: account(scope)


class _Outgoing:
    """What goes out: a view's answer, with the headers it has to have."""

    def __init__(self, visit: Visit, send: Send) -> None:
        self._visit = visit
        self._send = send
        self.started = False
        self._replaced = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        elif not self._replaced:  # else it is of the view's body, in whatever form
            await self._send(message)

    async def _start(self, message: Message) -> None:
        self.started = True
        given = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in message.get("headers", ())
        ]
        status, headers, body = self._visit.finish(message["status"], given)
        encoded = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        await self._send({**message, "status": status, "headers": encoded})
        if body is not None:
            self._replaced = True
            await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def refuse(self, error: Exception) -> None:
        """Answer for a view that another site's request, or a store that is out, has ended."""
        status, words = refusal(error)
        text = words.encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(text)).encode()),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": text, "more_body": False})


def visit_of(scope: Scope) -> Visit:
    """Return the visit of a connection. Raises `RuntimeError` where no paywall is around it."""
    visit = scope.get("state", {}).get(_STATE)
    if isinstance(visit, Visit):
        return visit
    raise RuntimeError("no paywall is around this application: install one")


def web_request(scope: Scope) -> WebRequest:
    """Return a request as the gate sees it."""
    query = scope.get("query_string", b"")
    path = scope.get("raw_path") or scope["path"].encode()
    target = path + b"?" + query if query else path
    client = scope.get("client")
    return WebRequest(
        method=scope["method"],
        url=target.decode("latin-1"),
        headers=[
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ],
        scheme=scope.get("scheme", "http"),
        client=client[0] if client else None,
    )
