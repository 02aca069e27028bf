"""The studio's pages: Jinja templates around one layout, and how a mistake is shown."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound
from starlette.responses import HTMLResponse

from meter.errors.lines import printable_lines
from meter.resources import template_root
from meter.studio.desk import FILE
from meter.studio.door import nonce_of
from meter.studio.names import plain_name, shown, typed
from meter.web.marks import ticked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from meter.studio.desk import Desk

__all__ = ["PLACES", "desk_of", "frame", "is_partial", "link", "mistake", "page", "part"]

PLACES = {
    "gallery": "Gallery",
    "policy": "Policy",
    "reader": "Reader",
    "promises": "Promises",
    "what-if": "What if",
    "log": "Log",
}
"""The six places: the path of each, and what its link is called."""

_FRAME_CSP = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'"
)


def desk_of(request: Request) -> Desk:
    """Return what is open in this studio."""
    desk: Desk = request.app.state.desk
    return desk


def is_partial(request: Request) -> bool:
    """Say whether htmx asks for a part of a page."""
    return request.headers.get("hx-request") == "true"


def page(
    request: Request,
    name: str,
    *,
    place: str,
    title: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Answer with a page: the template `name` in the layout, with `place` marked in the menu.

    Every template knows `request`, `desk`, `place`, `title`, `version_key` (of `?v=`) and `link`.
    """
    text = _environment().get_template(name).render(_values(request, place, title), **values)
    return HTMLResponse(text, status_code=status, headers=headers)


def part(request: Request, name: str, *, place: str, **values: object) -> HTMLResponse:
    """Answer with a part of a page, as htmx puts it in its place."""
    text = _environment().get_template(name).render(_values(request, place, ""), **values)
    return HTMLResponse(text)


def mistake(
    request: Request, message: str, *, place: str, status: int = 400, draft: str | None = None
) -> HTMLResponse:
    """Answer with what went wrong, and where to go on; `draft` keeps what somebody typed."""
    title = "That did not work"
    name = "mistake.html.j2"
    said = printable_lines(message)
    return page(request, name, place=place, title=title, status=status, message=said, draft=draft)


def frame(document: str) -> HTMLResponse:
    """Answer with the page of a reader, to stand in an `<iframe sandbox>`: no script ever runs."""
    return HTMLResponse(document, headers={"Content-Security-Policy": _FRAME_CSP})


def link(place: str, **query: object) -> str:
    """Return the address of a place; what is `None` or the file's version is left out."""
    given = {
        name: str(value)
        for name, value in query.items()
        if value is not None and not (name == "v" and value == FILE)
    }
    tail = f"?{urlencode(given)}" if given else ""
    return f"/{place}{tail}"


def _values(request: Request, place: str, title: str) -> dict[str, object]:
    return {
        "request": request,
        "desk": desk_of(request),
        "place": place,
        "places": PLACES,
        "title": title,
        "nonce": nonce_of(request),
        "version_key": request.query_params.get("v") or FILE,
        "link": link,
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ticked": ticked,
        "shown": shown,
        "plain": plain_name,
        "typed": typed,
    }
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment


def _source(name: str) -> str:
    file = template_root() / "studio" / name
    if not file.is_file():
        raise TemplateNotFound(name)
    return file.read_text(encoding="utf-8")
