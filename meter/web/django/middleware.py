"""The middleware: it gives every request its visit, and every answer its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.utils.functional import SimpleLazyObject

from meter.web.django.accounts import ask_account
from meter.web.django.configuration import configured
from meter.web.django.requests import DjangoVisit
from meter.web.errors import REFUSALS, refusal
from meter.web.gate.headers import PRIVATE
from meter.web.opening import prove

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from meter.web.django.configuration import DjangoPaywall
    from meter.web.gate.visit import Visit

__all__ = ["MeterMiddleware"]


class MeterMiddleware:
    """Sets `request.paywall`, a `Visit`, and applies what it says to the answer.

    For sites that block and sites that await. Put it before `SessionMiddleware` and all others that
    set cookies, and after `UpdateCacheMiddleware`. Without the setting `METER` it does nothing, and
    no request has a `paywall`. Raises `ImproperlyConfigured` for settings that cannot be.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        paywall = configured()
        if paywall is None:
            raise MiddlewareNotUsed("there is no setting `METER`")
        self.get_response = get_response
        self._paywall = paywall
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        prove(paywall.gate)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer one request."""
        if self._is_async:
            return self._answer(request)
        visits = self._begin(request)
        return visits.applied(self.get_response(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        visits = self._begin(request)
        return visits.applied(await self.get_response(request))

    def _begin(self, request: HttpRequest) -> _Visits:
        """Give a request its visit, which is made when it is first asked; return those made."""
        visits = _Visits(self._paywall, request)
        request.paywall = SimpleLazyObject(visits.make)
        return visits

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for what a visit refuses. Any other exception is the site's own."""
        if not isinstance(error, REFUSALS):
            return None
        status, words = refusal(error)
        return HttpResponse(
            words,
            status=status,
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": PRIVATE},
        )


class _Visits:
    """The visit of one request, if its view asks for one, and what it says of the answer."""

    def __init__(self, paywall: DjangoPaywall, request: HttpRequest) -> None:
        self._paywall = paywall
        self._request = request
        self._made: list[Visit] = []
        self._is_answered = False

    def make(self) -> Visit:
        account = self._paywall.account
        request = self._request
        visit = DjangoVisit(self._paywall.gate, request, lambda: ask_account(account, request))
        self._made.append(visit)
        if self._is_answered:  # a body that is streamed asks for the first time
            visit.finish(200, ())
        return visit

    def applied(self, response: HttpResponseBase) -> HttpResponseBase:
        """Return an answer with the status, headers, cookie and body that it has to have."""
        self._is_answered = True
        for visit in self._made:
            _apply(visit, response)
        return response


def _apply(visit: Visit, response: HttpResponseBase) -> None:
    cookies = [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
    finished = visit.finish(response.status_code, [*response.headers.items(), *cookies])
    if finished.body is not None:
        _replace_body(response, finished.body)
        response.cookies.clear()
    if finished.status != response.status_code:
        response.status_code = finished.status
        response.reason_phrase = None  # that of the status
    for name in list(response.headers):
        del response.headers[name]
    for name, value in finished.headers:
        if name.lower() != "set-cookie":
            before = response.headers.get(name)
            response.headers[name] = value if before is None else f"{before}, {value}"
        elif (name, value) not in cookies:
            response.cookies.load(value)


def _replace_body(response: HttpResponseBase, body: bytes) -> None:
    """Put other bytes into an answer; what was streaming is still closed at its end."""
    if not response.streaming:
        response.content = body
    elif response.is_async:
        response.streaming_content = _streamed(body)
    else:
        response.streaming_content = [body]


async def _streamed(body: bytes) -> AsyncIterator[bytes]:
    yield body
