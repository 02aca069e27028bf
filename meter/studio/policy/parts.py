"""The parts of the page Policy that come by themselves: what takes a while, and the frame."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from meter.studio.frames import broken_page
from meter.studio.pages import desk_of, frame, is_partial, link, page, part
from meter.studio.policy.preview import first_page
from meter.studio.policy.work import (
    AT_ONCE,
    PATIENT,
    audience_values,
    change_values,
    problem_values,
    promise_values,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from meter.studio.desk import Desk, Version

__all__ = ["audience", "changes", "download", "first", "more", "outside"]

_PLACE = "policy"


async def _asked(request: Request) -> tuple[Version, Version]:
    """Return the version that is asked for, and the file."""
    desk = desk_of(request)
    version = await run_in_threadpool(desk.version, request.query_params.get("v"))
    return version, await run_in_threadpool(desk.file)


async def more(request: Request) -> Response:
    """Answer with what takes a while: the warnings with examples, and the rules with them."""
    version, _ = await _asked(request)
    if not is_partial(request):
        return RedirectResponse(link(_PLACE, v=version.key), status_code=HTTPStatus.SEE_OTHER)
    found = await problem_values(request, version, PATIENT)
    promises = await promise_values(request, version, PATIENT)
    return part(request, "policy/more.html.j2", place=_PLACE, version=version, **found, **promises)


async def changes(request: Request) -> Response:
    """Answer with who changes."""
    version, file = await _asked(request)
    if not is_partial(request):
        return RedirectResponse(link(_PLACE, v=version.key), status_code=HTTPStatus.SEE_OTHER)
    found = await change_values(request, version, file, PATIENT)
    return part(
        request, "policy/changes.html.j2", place=_PLACE, version=version, file=file, **found
    )


async def audience(request: Request) -> Response:
    """Say how many of an audience a version concerns, with examples: a page, or a part of one."""
    version, file = await _asked(request)
    is_part = is_partial(request)
    said = await audience_values(request, version, file, AT_ONCE if is_part else PATIENT)
    if is_part:
        return part(
            request, "policy/audience.html.j2", place=_PLACE, **said, version=version, file=file
        )
    return page(
        request,
        "policy/audience_page.html.j2",
        place=_PLACE,
        title="Whom it concerns",
        **said,
        version=version,
        file=file,
    )


async def first(request: Request) -> Response:
    """Show what a stranger meets at the first article, under the policy that is in force."""
    version, _ = await _asked(request)
    return frame(await run_in_threadpool(_first, desk_of(request), version))


def _first(desk: Desk, version: Version) -> str:
    policy = desk.in_force(version)
    if policy is None:
        return broken_page("there is no usable policy yet, so there is nothing to meet")
    return first_page(policy, desk.prompts_of(policy))


async def outside(request: Request) -> Response:
    """Say that the file was changed outside, or nothing (204) where it is what is expected."""
    file = await run_in_threadpool(desk_of(request).file)
    if file.digest == request.query_params.get("expected"):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return part(request, "policy/outside.html.j2", place=_PLACE, is_stale=True)


async def download(request: Request) -> Response:
    """Hand out a version as a file."""
    version = await run_in_threadpool(desk_of(request).version, request.query_params.get("v"))
    return Response(
        version.text.encode("utf-8", "surrogatepass"),
        media_type="application/toml",
        headers={"Content-Disposition": 'attachment; filename="policy.toml"'},
    )
