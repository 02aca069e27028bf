"""The pages of the place Policy: what is shown, kept, saved and taken back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

from attrs import frozen
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from meter.studio.desk import ConflictError, Desk, UnknownVersionError, Version
from meter.studio.frames import broken_page
from meter.studio.pages import desk_of, frame, is_partial, link, page, part
from meter.studio.policy.draft import ChangedLine, changed_lines
from meter.studio.policy.fields import FieldGroup, groups_of
from meter.studio.policy.form import Filled, filled
from meter.studio.policy.preview import first_page
from meter.studio.policy.work import audience_values, change_values, problem_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

__all__ = [
    "audience",
    "changes",
    "check",
    "download",
    "first",
    "more",
    "outside",
    "save",
    "show",
    "undo",
]

_PLACE = "policy"
_TITLE = "Policy"
_AT_ONCE = 0.3
"""Seconds that a page waits for what takes a while; then it is shown without."""
_PATIENT = 20.0
"""Seconds that is waited where nothing else is asked for."""
_TOLD = {
    "saved": "Saved. The file on disk is this text now.",
    "undone": "Undone. The file has the bytes again that it had before the last save.",
}
_BROKEN = (
    "Not saved, because the text has errors. It is kept as a draft; the file is as it was, and its"
    " policy stays in force."
)


class _Values(TypedDict):
    """What the templates show of a version at once."""

    version: Version
    file: Version
    groups: tuple[FieldGroup, ...]
    form_message: str
    lines: list[ChangedLine]


@frozen(kw_only=True)
class _Sent:
    """What somebody sent with the form, and the digest of the file that it was made from."""

    draft: Version
    expected: str
    filled: Filled


async def show(request: Request) -> Response:
    """Show a version: its text, its form, its rules, and for whom it changes what."""
    version = await run_in_threadpool(desk_of(request).version, request.query_params.get("v"))
    return await _page(request, version, told=_TOLD.get(request.query_params.get("told", ""), ""))


async def _page(
    request: Request,
    version: Version,
    *,
    told: str = "",
    form: Filled | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    file = await run_in_threadpool(desk_of(request).file)
    changes = await change_values(request, version, file, _AT_ONCE)
    problems = await problem_values(request, version, _AT_ONCE)
    return page(
        request,
        "policy.html.j2",
        place=_PLACE,
        title=_TITLE,
        status=status,
        **_values(version, file, form),
        **changes,
        **problems,
        told=told,
        is_stale=version.base != file.digest,
        kept_draft=request.query_params.get("draft"),
    )


def _values(version: Version, file: Version, form: Filled | None = None) -> _Values:
    groups = () if version.policy is None else groups_of(version.policy, version.text)
    return {
        "version": version,
        "file": file,
        "groups": groups if form is None else form.groups,
        "form_message": "" if form is None else form.message,
        "lines": [*changed_lines(file.text, version.text)],
    }


async def _sent(request: Request) -> _Sent:
    """Read the form, and keep its text with what was typed in its fields as a draft."""
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_kept, desk_of(request), typed)


def _kept(desk: Desk, typed: Mapping[str, str]) -> _Sent:
    try:
        begun = desk.version(typed.get("v"))
    except UnknownVersionError:  # the studio was started anew: the text is here all the same
        begun = desk.file()
    text = typed.get("text", begun.text).replace("\r\n", "\n")
    groups = () if begun.policy is None else groups_of(begun.policy, begun.text)
    form = filled(groups, text, typed, str(desk.path))
    expected = typed.get("expected") or begun.base
    draft = desk.keep(form.text, base=expected, after=begun)
    return _Sent(draft=draft, expected=expected, filled=form)


async def check(request: Request) -> Response:
    """Keep what was sent as a draft, and show it; with htmx, the parts that it changes."""
    sent = await _sent(request)
    form = sent.filled if sent.filled.is_wrong else None
    if is_partial(request):
        file = await run_in_threadpool(desk_of(request).file)
        return part(
            request,
            "policy/checked.html.j2",
            place=_PLACE,
            **_values(sent.draft, file, form),
            problems=sent.draft.problems,
            is_exact=False,
        )
    if form is not None:
        return await _page(request, sent.draft, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _to(v=sent.draft.key)


async def save(request: Request) -> Response:
    """Write what was sent to the file; where the file is another meanwhile, show both texts."""
    sent = await _sent(request)
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY
    if sent.filled.is_wrong:
        return await _page(request, sent.draft, form=sent.filled, status=wrong)
    if sent.draft.policy is None:
        return await _page(request, sent.draft, told=_BROKEN, status=wrong)
    try:
        await run_in_threadpool(desk_of(request).save, sent.draft, expected=sent.expected)
    except ConflictError:
        return await _conflict(request, sent.draft)
    return _to(told="saved")


async def undo(request: Request) -> Response:
    """Take the last save back. What was typed since stays, as a draft."""
    sent = await _sent(request)
    try:
        file = await run_in_threadpool(desk_of(request).undo, expected=sent.expected)
    except ConflictError:
        return await _conflict(request, sent.draft)
    is_kept = not sent.draft.is_file and sent.draft.text != file.text
    return _to(told="undone", draft=sent.draft.key if is_kept else None)


async def _conflict(request: Request, draft: Version) -> Response:
    """Show two texts: the one that was sent, and the file as somebody else left it."""
    file = await run_in_threadpool(desk_of(request).file)
    return page(
        request,
        "policy/conflict.html.j2",
        place=_PLACE,
        title="The file was changed meanwhile",
        status=HTTPStatus.CONFLICT,
        **_values(draft, file),
    )


def _to(**query: object) -> Response:
    return RedirectResponse(link(_PLACE, **query), status_code=HTTPStatus.SEE_OTHER)


async def _asked(request: Request) -> tuple[Version, Version]:
    """Return the version that is asked for, and the file."""
    desk = desk_of(request)
    version = await run_in_threadpool(desk.version, request.query_params.get("v"))
    return version, await run_in_threadpool(desk.file)


async def more(request: Request) -> Response:
    """Answer with what takes a while: the warnings with examples, and the rules with them."""
    version, _ = await _asked(request)
    if not is_partial(request):
        return _to(v=version.key)
    found = await problem_values(request, version, _PATIENT)
    return part(request, "policy/more.html.j2", place=_PLACE, version=version, **found)


async def changes(request: Request) -> Response:
    """Answer with who changes."""
    version, file = await _asked(request)
    if not is_partial(request):
        return _to(v=version.key)
    found = await change_values(request, version, file, _PATIENT)
    return part(
        request, "policy/changes.html.j2", place=_PLACE, version=version, file=file, **found
    )


async def audience(request: Request) -> Response:
    """Say how many of an audience a version concerns, with examples: a page, or a part of one."""
    version, file = await _asked(request)
    is_part = is_partial(request)
    said = await audience_values(request, version, file, _AT_ONCE if is_part else _PATIENT)
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
