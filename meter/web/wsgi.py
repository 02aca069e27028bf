"""WSGI: a middleware for any framework. The visit is `environ["meter.visit"]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from meter.web.errors import REFUSALS, refusal
from meter.web.gate.request import WebRequest
from meter.web.gate.visit import Visit

if TYPE_CHECKING:
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from meter.web.gate import Gate
    from meter.web.gate.headers import Finished, Headers

    Finish: TypeAlias = Callable[[int, Headers], Finished]
    ErrorInfo: TypeAlias = (
        tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
    )

__all__ = ["VISIT", "PaywallApplication", "StartedAnswer", "visit_of", "web_request"]

VISIT = "meter.visit"
Write: TypeAlias = Callable[[bytes], object]


class PaywallApplication:
    """Puts a gate around a WSGI application: outermost, so that it sees every answer.

    `account` is called with the environment, where a view asks; it returns the `Reader` who is
    signed in, or `None`.
    """

    def __init__(
        self,
        app: WSGIApplication,
        gate: Gate,
        account: Callable[[WSGIEnvironment], object] | None = None,
    ) -> None:
        self.app = app
        self._gate = gate
        self._account = account

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        account = self._account
        visit = self._gate.visit(
            web_request(environ), None if account is None else lambda: account(environ)
        )
        environ[VISIT] = visit
        answer = StartedAnswer(visit.finish, start_response)
        try:
            body = self.app(environ, answer.start)
        except REFUSALS as error:
            return answer.refuse(error)
        return body if answer.goes_out else answer.around(body)


class StartedAnswer:
    """What goes out: a view's answer, with the headers it has to have.

    A WSGI application may start its answer only as its body is taken: until then nothing goes out.
    """

    def __init__(self, finish: Finish, start_response: StartResponse) -> None:
        self._finish = finish
        self._start_response = start_response
        self._body: bytes | None = None
        self._started = False

    @property
    def goes_out(self) -> bool:
        """Whether the view's answer has begun, and all of it goes out."""
        return self._started and self._body is None

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: ErrorInfo | None = None, /
    ) -> Write:
        code, _, reason = status.partition(" ")
        finished = self._finish(int(code), headers)
        self._body = finished.body
        self._started = True
        if finished.status != int(code):
            reason = HTTPStatus(finished.status).phrase
        line = f"{finished.status} {reason}"
        if exc_info is None:
            write = self._start_response(line, finished.headers)
        else:
            write = self._start_response(line, finished.headers, exc_info)
        return write if self._body is None else _nowhere

    def around(self, body: Iterable[bytes]) -> Iterable[bytes]:
        """Yield the view's body, or what stands in for it."""
        try:
            for part in body:
                if self._body is None:
                    yield part
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        if self._body is not None:
            yield self._body

    def refuse(self, error: Exception) -> Iterable[bytes]:
        """Answer for a view that another site's request, or a store that is out, has ended."""
        status, words = refusal(error)
        text = words.encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
        ]
        self.start(f"{status} {HTTPStatus(status).phrase}", headers, sys.exc_info())
        return [text]


def _nowhere(_part: bytes) -> None:
    """Take what a view writes, where nothing of it may go out."""


def visit_of(environ: WSGIEnvironment) -> Visit:
    """Return the visit of a request. Raises `RuntimeError` where no paywall is around it."""
    visit = environ.get(VISIT)
    if isinstance(visit, Visit):
        return visit
    raise RuntimeError("no paywall is around this application: put one there")


def web_request(environ: WSGIEnvironment) -> WebRequest:
    """Return a request as the gate sees it."""
    query = environ.get("QUERY_STRING", "")
    path = environ.get("REQUEST_URI") or environ.get("RAW_URI") or _path(environ)
    return WebRequest(
        method=environ["REQUEST_METHOD"],
        url=path if "?" in path or not query else f"{path}?{query}",
        headers=list(_headers(environ)),
        scheme=environ.get("wsgi.url_scheme", "http"),
        client=environ.get("REMOTE_ADDR") or None,
    )


def _path(environ: WSGIEnvironment) -> str:
    raw = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return quote(raw.encode("latin-1", "replace")) or "/"


def _headers(environ: WSGIEnvironment) -> Iterable[tuple[str, Any]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-"), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield name.replace("_", "-"), value
