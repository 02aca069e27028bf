"""A paywall for Starlette, and for what is built on it."""

from __future__ import annotations

from asyncio import get_running_loop
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import TYPE_CHECKING, Unpack

from meter.errors import raise_missing_extra
from meter.reloading import ReloadingPolicy
from meter.stores.awaited import close_awaited
from meter.web import asgi
from meter.web.asgi import PaywallMiddleware
from meter.web.errors import REFUSALS, refusal
from meter.web.gate.preflight import asked_about, preflight
from meter.web.opening import GateSettings, open_async_gate, prove_async

try:
    from starlette.requests import HTTPConnection
    from starlette.responses import PlainTextResponse, Response
except ModuleNotFoundError as error:
    raise_missing_extra(error)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from os import PathLike

    from starlette.applications import Starlette
    from starlette.requests import Request

    from meter.paywall.settings import PolicySource
    from meter.policy import Policy
    from meter.view import Article
    from meter.web.asgi import Scope
    from meter.web.gate import Gate
    from meter.web.gate.visit import Visit

__all__ = ["StarlettePaywall", "visit_of"]


class StarlettePaywall:
    """The paywall of a Starlette (or FastAPI) application.

    - `policy`: a policy, or the path of its file; with `reload` it is read again as it changes.
    - `store`: the URL of a store, as `open_store` takes it.
    - `account`: called with the request, where a view asks; returns the `Reader` who is signed in
      or `None`, or what has to be awaited for that.
    - `settings`: those of `Gate`, and under `paywall` those of `AsyncPaywall`.

    Give `lifespan` to the application (or enter it in your own), and `install` it.
    """

    def __init__(
        self,
        policy: Policy | PolicySource | str | PathLike[str],
        store: str,
        *,
        account: Callable[[HTTPConnection], object] | None = None,
        reload: bool = False,
        **settings: Unpack[GateSettings],
    ) -> None:
        self._policy = policy
        self._store = store
        self._account = account
        self._reload = reload
        self._settings = settings
        self._gate: Gate | None = None

    @property
    def gate(self) -> Gate:
        """The gate, while the application runs."""
        if self._gate is None:
            raise RuntimeError("the paywall is not open: give the application its `lifespan`")
        return self._gate

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """Open the store with the application, and close it with it.

        Raises what `open_gate` does; a store that is out does not keep the site from starting.
        """
        gate = open_async_gate(self._policy, self._store, reload=self._reload, **self._settings)
        try:
            await prove_async(gate)
            gate.loop = get_running_loop()
            self._gate = gate
            yield
        finally:
            self._gate = None
            await self._close(gate)

    def install(self, app: Starlette) -> None:
        """Put the paywall around an application, its error pages included.

        Raises `RuntimeError` once the application has answered a request.
        """
        if app.middleware_stack is not None:
            raise RuntimeError("install the paywall before the application answers")
        for kind in REFUSALS:
            app.add_exception_handler(kind, _refusal)
        build = app.build_middleware_stack

        def build_around() -> PaywallMiddleware:
            return PaywallMiddleware(build(), lambda: self.gate, self._account_of)

        app.build_middleware_stack = build_around  # type: ignore[method-assign]

    def preflight(
        self, article_of: Callable[[str], Article | Awaitable[Article]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return the view that a cache asks whether a reader may have the text that it holds.

        `article_of` returns the article of an address, path and query as the reader asked for it;
        it may be awaited, and raises your 404 where there is none. Let only the cache reach the
        view.
        """

        async def view(request: Request) -> Response:
            asked = asked_about(asgi.web_request(request.scope))
            visit = self.gate.visit(asked, lambda: self._account_of(request.scope))
            found = article_of(asked.url)
            article = await found if isawaitable(found) else found
            status, headers, body = preflight(visit, await visit.aopen(article))
            response = Response(body, status_code=status)
            for name, value in headers:
                response.headers.append(name, value)
            return response

        return view

    async def _close(self, gate: Gate) -> None:
        """Close what was opened with the application: the policy's file, if any, and the store."""
        source = gate.paywall.source
        if isinstance(source, ReloadingPolicy) and source is not self._policy:
            source.close()
        await close_awaited(gate.paywall.store)

    def _account_of(self, scope: Scope) -> object:
        return None if self._account is None else self._account(HTTPConnection(scope))


def visit_of(request: HTTPConnection) -> Visit:
    """Return the visit of a request. Raises `RuntimeError` where no paywall is installed."""
    return asgi.visit_of(request.scope)


def _refusal(_request: Request, error: Exception) -> PlainTextResponse:
    status, words = refusal(error)
    return PlainTextResponse(words, status_code=status)
