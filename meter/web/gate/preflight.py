"""Answers a cache that holds the text and asks for each reader: may this one have it?

The cache sends the reader's own request along, its method and address as `X-Original-Method` and
`X-Original-URI`. It is answered with 204 (and perhaps the reader's cookie), or with 403 and
`Meter-Refusal`: `wall`, then the site's own page is shown; `speculative`, then the browser is given
a 503. There is no other status: nginx knows no more. A machine is told its terms in headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.web.gate.headers import PRIVATE, Finished

if TYPE_CHECKING:
    from meter.web.gate.answer import Answer
    from meter.web.gate.request import WebRequest
    from meter.web.gate.visit import Visit

__all__ = ["asked_about", "preflight"]

_WALL = "wall"
_SPECULATIVE = "speculative"


def asked_about(request: WebRequest) -> WebRequest:
    """Return the reader's request that a cache asks about.

    Only for the address that the cache asks at: let nobody else reach it.
    """
    return evolve(
        request,
        method=request.header("x-original-method") or request.method,
        url=request.header("x-original-uri") or request.url,
    )


def preflight(visit: Visit, answer: Answer) -> Finished:
    """Return what the cache is told of an answer to the reader's request."""
    if not answer.whole:
        refusal = _SPECULATIVE if answer.refused else _WALL
        told = [("Cache-Control", PRIVATE), ("Meter-Refusal", refusal), *answer.terms]
        return Finished(403, told, b"")
    headers = [pair for pair in visit.finish(204, []).headers if pair[0].lower() != "cache-control"]
    return Finished(204, [*headers, ("Cache-Control", PRIVATE)], b"")
