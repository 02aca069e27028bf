"""What a request is: somebody who reads, a browser that looks ahead, a machine.

What browsers announce: `Sec-Purpose: prefetch` and `prefetch;prerender` (Chromium, WebKit),
`Purpose: prefetch` (older ones), `X-Moz: prefetch` (Firefox), `X-Purpose: preview` (Safari).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import crawleruseragents

if TYPE_CHECKING:
    from meter.web.gate.request import WebRequest

__all__ = [
    "MACHINES",
    "SIGNATURE_AGENT",
    "SIGNATURE_INPUT",
    "SIGNATURE_TAG",
    "RequestKind",
    "kind_of",
    "prepare",
]

_ANNOUNCED = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_AHEAD = ("prefetch", "prerender", "preview")
_NOBODY = ("HEAD", "OPTIONS", "TRACE")
SIGNATURE_AGENT = "signature-agent"
SIGNATURE_INPUT = "signature-input"
SIGNATURE_TAG = "web-bot-auth"
"""What the requests of agents carry (Web Bot Auth): two headers, and a tag in the second."""


class RequestKind(StrEnum):
    """What a request is. Only a `READ` counts."""

    READ = "read"
    LOOK = "look"
    """Nobody reads: `HEAD` and the like. It gets the teaser where a reader would be counted."""
    AHEAD = "ahead"
    """A browser fetches before anybody reads: refused (503) where it would count."""
    CLAIMED_CRAWLER = "claimed-crawler"
    """It says that it is a crawler or a link preview. That proves nothing, and opens nothing."""
    CRAWLER = "crawler"
    """A crawler that the site has verified."""


MACHINES = (RequestKind.CLAIMED_CRAWLER, RequestKind.CRAWLER)


def kind_of(request: WebRequest, *, verified: bool = False, claimed: bool = False) -> RequestKind:
    """Return what a request is.

    `verified`: the site has proved that it is a crawler's. `claimed`: it has the name of one that
    the site knows.
    """
    told = [request.headers[name].lower() for name in _ANNOUNCED if name in request.headers]
    if any(word in announced for announced in told for word in _AHEAD):
        return RequestKind.AHEAD
    if verified:
        return RequestKind.CRAWLER
    if claimed or _says_it_is_an_agent(request) or _is_crawler(request.user_agent):
        return RequestKind.CLAIMED_CRAWLER
    return RequestKind.LOOK if request.method.upper() in _NOBODY else RequestKind.READ


def _says_it_is_an_agent(request: WebRequest) -> bool:
    """Say whether a request says whose agent sends it, or is signed as agents sign."""
    return SIGNATURE_AGENT in request.headers or SIGNATURE_TAG in request.header(SIGNATURE_INPUT)


def prepare() -> None:
    """Compile the list of crawlers, which takes as long as hundreds of pages: before the first."""
    _is_crawler("Mozilla/5.0")


@lru_cache(maxsize=4096)
def _is_crawler(agent: str) -> bool:
    """Say whether a user agent is a crawler's, by the list `crawler-user-agents` or by its form.

    Crawlers give an address where they are explained, with a `+` before it; no browser does.

    The list holds browsers without a screen too. They claim nothing but to be browsers, keep
    cookies, and are counted like any.
    """
    named = agent.replace("HeadlessChrome/", "Chrome/")
    return "+http" in named or (bool(named) and bool(crawleruseragents.is_crawler(named)))
