"""A paywall for Flask: an extension. A view asks `visit`; a template has it as `paywall`.

>>> from meter.web.flask import FlaskPaywall, visit
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from werkzeug.local import LocalProxy

from meter.errors import raise_missing_extra
from meter.web.errors import REFUSALS, refusal
from meter.web.gate.headers import Finished
from meter.web.gate.preflight import asked_about, preflight
from meter.web.gate.visit import Visit
from meter.web.opening import open_gate, prove
from meter.web.wsgi import StartedAnswer, web_request

try:
    from flask import Flask, Response, current_app, g, has_request_context, request
except ModuleNotFoundError as error:
    raise_missing_extra(error)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from meter.view import Article, Reader
    from meter.web.gate import Gate
    from meter.web.gate.headers import Headers

__all__ = ["FlaskPaywall", "visit"]

_EXTENSION = "meter"
_PREFIX = "METER_"
_VISITS = "meter.visits"


class FlaskPaywall:
    """The paywall of a Flask application.

    `account` returns the `Reader` who is signed in, or `None`; it is called with the request at
    hand, where a view asks. The application's configuration holds the rest: `METER_POLICY` (a
    policy, or the path of its file), `METER_STORE` (a URL) and `METER_SECRET`; with `METER_` in
    front and in capitals, every setting of `Gate`; `METER_RELOAD`, and `METER_PAYWALL` for the
    paywall's own settings. An application without `METER_POLICY` is left as it is.
    """

    def __init__(
        self, app: Flask | None = None, *, account: Callable[[], Reader | None] | None = None
    ) -> None:
        self._account = account
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Put the paywall into an application.

        Raises what `open_gate` does; a store that is out does not keep the site from starting.
        """
        settings = {
            name.removeprefix(_PREFIX).lower(): value
            for name, value in app.config.items()
            if name.startswith(_PREFIX)
        }
        if "policy" not in settings:
            return
        gate = open_gate(settings.pop("policy"), settings.pop("store", "memory://"), **settings)
        prove(gate)
        app.extensions[_EXTENSION] = gate
        app.before_request(self._begin)
        app.wsgi_app = _Outermost(app.wsgi_app)  # type: ignore[method-assign]
        app.context_processor(lambda: {"paywall": visit})
        for kind in REFUSALS:
            app.register_error_handler(kind, _refuse)

    def preflight(self, article_of: Callable[[str], Article]) -> Callable[[], Response]:
        """Return the view that a cache asks whether a reader may have the text that it holds.

        `article_of` returns the article of an address, path and query as the reader asked for it,
        and raises your 404 where there is none. Let only the cache reach the view.
        """

        def view() -> Response:
            gate: Gate = current_app.extensions[_EXTENSION]
            asked = asked_about(web_request(request.environ))
            visit = gate.visit(asked, self._account)
            finished = preflight(visit, visit.open(article_of(asked.url)))
            return Response(finished.body, finished.status, finished.headers)

        return view

    def _begin(self) -> None:
        gate: Gate = current_app.extensions[_EXTENSION]
        visits = request.environ.get(_VISITS)
        if visits is not None:
            g.meter_visit = gate.visit(web_request(request.environ), self._account)
            visits.append(g.meter_visit)


def _current() -> Visit:
    found = g.get("meter_visit") if has_request_context() else None
    if isinstance(found, Visit):
        return found
    raise RuntimeError("no paywall is in this application: set `METER_POLICY`")


visit = cast("Visit", LocalProxy(_current))
"""The visit that the request at hand is."""


class _Outermost:
    """Sees every answer last: Flask saves its session after all functions of `after_request`."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        visits: list[Visit] = []
        environ[_VISITS] = visits

        def finish(status: int, headers: Headers) -> Finished:
            return visits[-1].finish(status, headers) if visits else Finished(status, headers)

        answer = StartedAnswer(finish, start_response)
        body = self._app(environ, answer.start)
        return body if answer.goes_out else answer.around(body)


def _refuse(error: Exception) -> Response:
    status, words = refusal(error)
    return Response(words, status=status, content_type="text/plain; charset=utf-8")
