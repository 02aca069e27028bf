"""The application: routes made from the table of operations."""

from __future__ import annotations

from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from meter.errors import StoreError, quoted
from meter.web.serve.guard import Watch, check_source
from meter.web.serve.keys import Client
from meter.web.serve.ofrep import FLAG, FLAGS, failure_answer, is_ofrep
from meter.web.serve.operations import OPERATIONS
from meter.web.serve.problems import RequestError, one_problem, problems_answer, store_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from meter.web.serve.operation import Operation
    from meter.web.serve.service import Service

__all__ = ["application"]


def application(service: Service) -> ASGIApp:
    """Return the application of one worker."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await service.close()

    app = Starlette(
        routes=[_route(service, operation) for operation in OPERATIONS],
        exception_handlers={
            RequestError: _tell,
            StoreError: _tell,
            HTTPException: _tell,
            ClientDisconnect: _tell_nobody,
            Exception: _tell,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return Watch(app, service.counters)


def _route(service: Service, operation: Operation) -> Route:
    async def endpoint(request: Request) -> Response:
        check_source(request.headers, needs_key=service.keys.needs_key)
        client = _client(service, request, operation)
        if client is None and not operation.is_open:
            raise one_problem(
                "key-needed",
                "the key is missing or not valid",
                "send `Authorization: Bearer KEY` with a key of the key file",
                status=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
        for name, value in request.path_params.items():
            request.path_params[name] = _decoded(value, "the id in the address")
        _decoded(request.url.query, "the query of the address")
        return await operation.answer(service, request, client or Client())

    path = operation.path
    if operation.takes_slashes:
        path = f"{path.removesuffix('}')}:path}}"
    return Route(path, endpoint, methods=[operation.method])


def _client(service: Service, request: Request, operation: Operation) -> Client | None:
    """Return who asks, if the key is known."""
    client = service.keys.client(request.headers.get("authorization"))
    key = request.headers.get("x-api-key")
    if client is None and key is not None and operation.takes_api_key:
        return service.keys.client(f"Bearer {key}")
    return client


def _decoded(value: str, what: str) -> str:
    """Return what a percent-encoded part of an address stands for."""
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise one_problem(
            "bad-encoding", f"{what} is not UTF-8", "percent-encode its UTF-8 bytes"
        ) from None


async def _tell(request: Request, error: Exception) -> Response:
    """Answer with what went wrong, in the form that the client reads."""
    told = _told(request, error)
    return failure_answer(request, told) if is_ofrep(request) else problems_answer(told)


def _told(request: Request, error: Exception) -> RequestError:
    """Return what is said of an error."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, StoreError):
        return store_error(error)
    if isinstance(error, HTTPException):
        return _unknown(request, error)
    advice = "the server's log says which; tell us"
    return one_problem("server-error", "the server made a mistake", advice, status=500)


def _unknown(request: Request, error: HTTPException) -> RequestError:
    """Return what is said of an address that is not there, or not asked in this way."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        return one_problem(
            "wrong-method",
            f"this address is not asked with {quoted(request.method)}",
            f"ask with {allowed}",
            status=error.status_code,
            headers={"Allow": allowed},
        )
    if is_ofrep(request):
        return one_problem(
            "unknown-address",
            "there is nothing at this address",
            f"evaluations are asked at `{FLAG}` and `{FLAGS}`; a client's base address is this"
            " server's own, without a path",
            status=error.status_code,
        )
    return one_problem(
        "unknown-address",
        "there is nothing at this address",
        "`/openapi.json` lists what there is; an id with a slash is written with `%2F`",
        status=error.status_code,
    )


def _methods(request: Request) -> list[str]:
    """Return the methods that an address is asked with, by all the operations that it has."""
    asked = getattr(request.scope.get("route"), "path", None)
    routes = [one for one in request.app.routes if isinstance(one, Route) and one.path == asked]
    return sorted({method for route in routes for method in route.methods or ()})


async def _tell_nobody(_request: Request, _error: Exception) -> Response:
    """Answer a client that has gone."""
    return Response(status_code=400)
