"""One row of the table of what can be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from meter.loading.fields import Table
from meter.policy import Policy
from meter.web.serve.keys import Client
from meter.web.serve.service import Service

__all__ = ["Operation"]

Answer = Callable[[Service, Request, Client], Awaitable[Response]]


@frozen(kw_only=True, eq=False)
class Operation:
    """One thing that can be asked: where, what is sent, what comes back, and who answers it."""

    method: str
    path: str
    says: str
    answer: Answer
    body: Callable[[Policy], Table] | None = None
    """The table of keys that the body is read by."""
    returns: str
    """The name of the answer's schema in the document."""
    is_open: bool = False
    """Whether no key is needed."""
    asks_store: bool = True
    """Whether it is an error that the store is out."""
    takes_at: bool = False
    """Whether the query may say what time it is."""
    needs_offers: bool = False
    """Whether nothing can be asked of a policy without offers: the document leaves it out then."""
    example: dict[str, Any] | None = None
    name: str | None = None
    """How the document calls it, where its address does not say."""
    errors: str = "Problems"
    """The name of the schema in which errors are told."""
    takes_api_key: bool = False
    """Whether a key may come as `X-API-Key` as well."""
    takes_slashes: bool = False
    """Whether the id at the end of the path may hold slashes that are not encoded."""
    revalidates: bool = False
    """Whether a client that has the answer already is told so."""
    query: str | None = None
    """The id that the query has to name."""
    may_name: str | None = None
    """The id that the query may name."""
    refuses: tuple[str, ...] = ()
    """With which statuses it says no to what it could read."""
