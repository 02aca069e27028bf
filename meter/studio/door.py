"""Who may ask the studio: this machine, by its own name, with the token, from its own pages.

A page of another site can send requests to this machine, and a name of another site can lead to it.
So the `Host` must be a loopback name with the studio's port, the token must be known (the cookie,
or `?token=` of the printed address), and what changes something must come from a page of the
studio. Each of these is a 403.
"""

from __future__ import annotations

from hmac import compare_digest
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from attrs import frozen
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from meter.web.origins import is_from_another_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Door", "StudioKey", "nonce_of"]

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_SAFE = ("GET", "HEAD")
_HTTP = 80
_NONCE = "meter.studio.nonce"
_CLOSED = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>403 · meter studio</title>
<h1>The studio is closed here</h1>
<p>{reason}.</p>
"""
_DEFAULT_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


@frozen
class StudioKey:
    """What opens the studio: a token, and the port it is served on."""

    token: str
    port: int

    @classmethod
    def new(cls, port: int) -> StudioKey:
        """Return a key that nobody can guess."""
        return cls(token_urlsafe(24), port)

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies are shared by all ports of a machine."""
        return f"meter-studio-{self.port}"

    @property
    def address(self) -> str:
        """The address to open."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def fits(self, token: str | None) -> bool:
        """Say whether a token is this one, in a time that tells nothing about it."""
        return token is not None and compare_digest(token.encode(), self.token.encode())


class Door:
    """ASGI middleware that lets in who holds the key, and gives every answer its safe headers."""

    def __init__(self, app: ASGIApp, key: StudioKey) -> None:
        self._app = app
        self._key = key
        self._hosts = {f"{name}:{key.port}" for name in _NAMES}
        if key.port == _HTTP:  # a browser leaves out the port that a scheme has anyway
            self._hosts |= set(_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[_NONCE] = token_urlsafe(12)
        request = Request(scope)
        refusal = self._refusal(request)
        answer: ASGIApp = refusal or self._app

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set_headers(MutableHeaders(scope=message), scope[_NONCE])
            await send(message)

        await answer(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """Return why a request is not let in, or a redirect without the token; else nothing."""
        host = request.headers.get("host", "")
        if host.lower() not in self._hosts:
            return _forbidden("It answers to this machine's own name only")
        is_foreign = is_from_another_site(request.headers, host, is_secure=False)
        if request.method not in _SAFE and is_foreign:
            return _forbidden("This request comes from a page of another site")
        given = request.query_params.get("token")
        is_asking_to_look = request.method in _SAFE
        if any(self._key.fits(value) for value in _cookies(request, self._key.cookie)):
            is_led_on = is_asking_to_look and self._key.fits(given)
            return _without_token(request) if is_led_on else None
        if not self._key.fits(given):
            return _forbidden(
                "Open the address that <code>meter studio</code> printed: it holds the token"
            )
        if request.method not in _SAFE:
            return None
        answer = _without_token(request)
        answer.set_cookie(
            self._key.cookie, self._key.token, path="/", httponly=True, samesite="strict"
        )
        return answer


def nonce_of(request: Request) -> str:
    """Return the nonce that this answer's own style elements carry."""
    nonce: str = request.scope[_NONCE]
    return nonce


def _cookies(request: Request, name: str) -> Iterator[str]:
    """Yield every value of a cookie: another server of this machine may set one of its name."""
    for header in request.headers.getlist("cookie"):
        for pair in header.split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                yield value


def _without_token(request: Request) -> Response:
    """Send the browser to the same address without the token: it is no part of what is shared."""
    others = [item for item in request.query_params.multi_items() if item[0] != "token"]
    query = f"?{urlencode(others)}" if others else ""
    # `//host` would lead to another host
    path = "/" + request.url.path.lstrip("/\\")
    return RedirectResponse(f"{path}{query}", status_code=303)


def _forbidden(reason: str) -> Response:
    """Say why somebody is not let in; nothing that was sent is repeated."""
    return HTMLResponse(_CLOSED.format(reason=reason), status_code=403)


def _set_headers(headers: MutableHeaders, nonce: str) -> None:
    headers.setdefault("Content-Security-Policy", _DEFAULT_CSP.format(nonce=nonce))
    headers.setdefault("Cache-Control", "no-store")
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
