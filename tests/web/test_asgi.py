"""What goes out of an ASGI application."""

from __future__ import annotations

import asyncio

import pytest

from meter.web.asgi import PaywallMiddleware, visit_of
from tests.web.site import Site


@pytest.mark.parametrize(
    "message",
    [
        {"type": "http.response.body", "body": b"THE TEXT"},
        {"type": "http.response.pathsend", "path": "/the/text"},
        {"type": "http.response.zerocopysend", "file": 3},
        {"type": "http.response.a-way-to-come", "text": "THE TEXT"},
        {"type": "http.response.trailers", "headers": [(b"x-text", b"THE TEXT")]},
    ],
)
def test_nothing_of_a_view_that_is_refused_goes_out(message):
    """In whatever form a server takes a body."""

    async def view(scope, _receive, send):
        visit_of(scope).open("a1")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send(message)

    sent = []

    async def send(given):
        sent.append(given)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"sec-purpose", b"prefetch")],
    }
    asyncio.run(PaywallMiddleware(view, Site().gate)(scope, None, send))
    assert [each["type"] for each in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 503
    assert message not in sent
