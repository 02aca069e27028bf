"""The view that a cache asks whether a reader may have the text that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse

from meter.web.django.accounts import ask_account
from meter.web.django.configuration import configured
from meter.web.django.requests import web_request
from meter.web.gate.preflight import asked_about, preflight

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from meter.view import Article

__all__ = ["preflight_view"]


def preflight_view(article_of: Callable[[str], Article]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view that a cache asks whether a reader may have the text that it holds.

    `article_of` returns the article of an address, path and query as the reader asked for it, and
    raises your 404 where there is none. Let only the cache reach the view. A site without `METER`
    has none: it is a 404.
    """

    def view(request: HttpRequest) -> HttpResponse:
        paywall = configured()
        if paywall is None:
            raise Http404
        asked = asked_about(web_request(request))
        visit = paywall.gate.visit(asked, lambda: ask_account(paywall.account, request))
        finished = preflight(visit, visit.open(article_of(asked.url)))
        response = HttpResponse(finished.body, status=finished.status)
        del response.headers["Content-Type"]
        for name, value in finished.headers:
            if name.lower() == "set-cookie":
                response.cookies.load(value)
            else:
                response.headers[name] = value
        return response

    return view
