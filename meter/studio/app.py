"""The studio as an ASGI application: the six places behind one door."""

from __future__ import annotations

import mimetypes
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from meter.errors import MeterError
from meter.prompts import stylesheet
from meter.resources import template_root
from meter.studio import log, policy, promises, reader, what_if
from meter.studio.desk import ConflictError, NotSavedError, UnknownVersionError
from meter.studio.door import Door
from meter.studio.gallery.place import ROUTES as GALLERY_ROUTES
from meter.studio.log.shelf import LogShelf
from meter.studio.pages import PLACES, mistake
from meter.studio.runs import Runs

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from meter.studio.desk import Desk
    from meter.studio.door import StudioKey

__all__ = ["application"]

_FIRST = "gallery"
_FILES = (
    "studio.css",
    "studio.js",
    "gallery/place.css",
    "promises.css",
    "log.css",
    "progress.js",
    "what-if.css",
    "what-if.js",
    "reader.css",
    "reader.js",
    "policy.css",
    "policy.js",
    "vendor/htmx.min.js",
    "vendor/codemirror.min.js",
)


_STATUS = {
    UnknownVersionError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    NotSavedError: HTTPStatus.INSUFFICIENT_STORAGE,
}
_SAID = {
    HTTPStatus.NOT_FOUND: "there is no such page in the studio",
    HTTPStatus.METHOD_NOT_ALLOWED: "this page is not asked for in this way",
}


def application(desk: Desk, key: StudioKey) -> ASGIApp:
    """Return the studio of an open policy. Who has no `key` is answered with 403."""
    app = Starlette(
        routes=[
            Route("/", _start),
            Route("/static/prompt.css", _prompt_css),
            Route("/static/{name:path}", _static),
            *GALLERY_ROUTES,
            *promises.ROUTES,
            *log.ROUTES,
            *what_if.ROUTES,
            *reader.ROUTES,
            *policy.ROUTES,
        ],
        exception_handlers={MeterError: _tell, HTTPException: _tell_status},
    )
    app.state.desk = desk
    app.state.runs = Runs()
    app.state.logs = LogShelf()
    return Door(app, key)


async def _start(_request: Request) -> Response:
    return RedirectResponse(f"/{_FIRST}", status_code=303)


async def _prompt_css(_request: Request) -> Response:
    return Response(stylesheet(), media_type="text/css")


async def _static(request: Request) -> Response:
    """Answer with a file of the studio: one of a list, never a path from outside."""
    name = request.path_params["name"]
    if name not in _FILES:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    raw = await run_in_threadpool((template_root() / "studio" / name).read_bytes)
    return Response(raw, media_type=mimetypes.guess_type(name)[0])


def _place_of(request: Request) -> str:
    name = request.url.path.split("/")[1]
    return name if name in PLACES else _FIRST


async def _tell(request: Request, error: Exception) -> Response:
    """Answer what cannot be done with its words, and with a status that says what kind it is."""
    status = _STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
    draft = error.draft if isinstance(error, NotSavedError) else None
    return mistake(request, str(error), place=_place_of(request), status=status, draft=draft)


async def _tell_status(request: Request, error: Exception) -> Response:
    status = HTTPStatus(getattr(error, "status_code", HTTPStatus.NOT_FOUND))
    message = _SAID.get(status, f"this request cannot be read: {getattr(error, 'detail', '')}")
    return mistake(request, message, place=_place_of(request), status=status)
