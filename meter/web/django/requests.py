"""Django's request as the gate sees it, and the visit that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from attrs import field, frozen
from django.conf import settings

from meter.web.gate.request import WebRequest
from meter.web.gate.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from meter.paywall import Counted
    from meter.view import Article
    from meter.web.gate import Gate
    from meter.web.gate.answer import Answer
    from meter.web.gate.article_request import ViewDetails
    from meter.web.gate.configured import AccountOf
    from meter.web.gate.headers import Finished

__all__ = ["DjangoRequest", "DjangoVisit", "web_request"]


@frozen(kw_only=True)
class DjangoRequest(WebRequest):
    """A request that came through Django; `origin` is Django's own."""

    origin: Any = field(repr=False, eq=False)


def web_request(request: HttpRequest) -> DjangoRequest:
    """Return a request as the gate sees it.

    Its scheme and host are those that Django believes in: `SECURE_PROXY_SSL_HEADER` and
    `USE_X_FORWARDED_HOST` are kept.
    """
    headers = dict(request.headers)
    if settings.USE_X_FORWARDED_HOST and "X-Forwarded-Host" in headers:
        headers["Host"] = headers["X-Forwarded-Host"]
    elif "Host" not in headers:
        headers["Host"] = f"{request.META['SERVER_NAME']}:{request.META['SERVER_PORT']}"
    return DjangoRequest(
        method=request.method or "GET",
        url=request.get_full_path(),
        headers=headers,
        scheme="https" if request.is_secure() else "http",
        client=request.META.get("REMOTE_ADDR") or None,
        origin=request,
    )


class DjangoVisit(Visit):
    """A visit whose answers Django's own caches of pages keep only where everybody gets the same.

    `cache_page` stores what a view returns before any middleware sees it; so the request itself
    says that its answer is not to be kept.
    """

    def __init__(self, gate: Gate, request: HttpRequest, account: AccountOf) -> None:
        super().__init__(gate, web_request(request), account)
        self._origin = request
        self._was_kept: bool | None = None

    def open(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        self._keep_out()
        return super().open(article, **details)

    async def aopen(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        self._keep_out()
        return await super().aopen(article, **details)

    def peek(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        self._keep_out()
        return super().peek(article, **details)

    async def apeek(self, article: Article | str, **details: Unpack[ViewDetails]) -> Answer:
        self._keep_out()
        return await super().apeek(article, **details)

    def ledger(self) -> dict[str, Counted]:
        self._keep_out()
        return super().ledger()

    async def aledger(self) -> dict[str, Counted]:
        self._keep_out()
        return await super().aledger()

    def finish(self, status: int, headers: Iterable[tuple[str, str]]) -> Finished:
        """Return what goes out; what everybody gets, a cache of the whole site may keep again."""
        finished = super().finish(status, headers)
        is_public = any(
            name.lower() == "cache-control" and value.startswith("public")
            for name, value in finished.headers
        )
        if self._was_kept and is_public:
            self._say_kept(kept=True)
        return finished

    def _keep_out(self) -> None:
        if self._was_kept is None:
            self._was_kept = getattr(self._origin, "_cache_update_cache", False)
        self._say_kept(kept=False)

    def _say_kept(self, *, kept: bool) -> None:
        self._origin._cache_update_cache = kept  # noqa: SLF001 - what Django's page caches look at
