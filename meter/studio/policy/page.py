"""The pages of the place Policy: what is shown, kept, saved and taken back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

from attrs import frozen
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from meter.loading import check_text
from meter.studio.desk import ConflictError, Desk, UnknownVersionError, Version
from meter.studio.pages import desk_of, is_partial, link, page, part
from meter.studio.policy.draft import ChangedLine, changed_lines, joined
from meter.studio.policy.fields import beside, groups_of
from meter.studio.policy.form import Filled, filled
from meter.studio.policy.work import (
    AT_ONCE,
    PATIENT,
    change_values,
    problem_values,
    promise_values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from meter.studio.policy.field import FieldGroup

__all__ = ["check", "save", "show", "undo"]

_PLACE = "policy"
_TITLE = "Policy"
_GLANCE = 0.1
"""Seconds that whoever types waits for the promises; what takes longer comes in a pause."""
_TOLD = {
    "saved": "Saved. The file on disk is this text now.",
    "although": (
        "Saved, although a promise is broken. The file on disk is this text now; a running site"
        " keeps the old policy until the promise is kept or changed."
    ),
    "asked": (
        "Not saved yet: this breaks a promise that the policy makes. Mend it, or save it all the"
        " same with the button below."
    ),
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
    is_wrong: bool
    lines: list[ChangedLine]
    theirs: list[ChangedLine] | None
    wants_saving: bool


@frozen(kw_only=True)
class _Sent:
    """What somebody sent with the form, and the digest of the file that it was made from."""

    draft: Version
    expected: str
    filled: Filled
    although: str
    """The key of the draft that shall be saved although it breaks a promise."""


async def show(request: Request) -> Response:
    """Show a version: its text, its form, its rules, and for whom it changes what."""
    version = await run_in_threadpool(desk_of(request).version, request.query_params.get("v"))
    told = request.query_params.get("told", "")
    return await _page(request, version, told=_TOLD.get(told, ""), wants_saving=told == "asked")


async def _page(
    request: Request,
    version: Version,
    *,
    told: str = "",
    form: Filled | None = None,
    wants_saving: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    file = await run_in_threadpool(desk_of(request).file)
    changes = await change_values(request, version, file, AT_ONCE)
    problems = await problem_values(request, version, AT_ONCE)
    promises = await promise_values(request, version, AT_ONCE)
    return page(
        request,
        "policy.html.j2",
        place=_PLACE,
        title=_TITLE,
        status=status,
        **_values(desk_of(request), version, file, form) | {"wants_saving": wants_saving},
        **changes,
        **problems,
        **promises,
        told=told,
        is_stale=version.base != file.digest,
        kept_draft=request.query_params.get("draft"),
    )


def _values(desk: Desk, version: Version, file: Version, form: Filled | None = None) -> _Values:
    groups = () if version.policy is None else groups_of(version.policy, version.text)
    of_file = () if file.policy is None else groups_of(file.policy, file.text)
    began = desk.seen(version.began) if version.began != version.base else None
    return {
        "version": version,
        "file": file,
        "groups": beside(groups if form is None else form.groups, of_file),
        "form_message": "" if form is None else form.message,
        "is_wrong": form is not None,
        "lines": [*changed_lines(file.text, version.text)],
        "theirs": None if began is None else [*changed_lines(began, file.text)],
        "wants_saving": False,
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
    although = typed.get("although", "")
    return _Sent(draft=draft, expected=expected, filled=form, although=although)


async def check(request: Request) -> Response:
    """Keep what was sent as a draft, and show it; with htmx, the parts that it changes."""
    sent = await _sent(request)
    form = sent.filled if sent.filled.is_wrong else None
    if is_partial(request):
        file = await run_in_threadpool(desk_of(request).file)
        promises = await promise_values(request, sent.draft, _GLANCE, tests=False)
        return part(
            request,
            "policy/checked.html.j2",
            place=_PLACE,
            **_values(desk_of(request), sent.draft, file, form),
            **promises,
            problems=sent.draft.problems,
            is_exact=False,
        )
    if form is not None:
        return await _page(request, sent.draft, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _to(v=sent.draft.key)


async def save(request: Request) -> Response:
    """Write what was sent to the file; where the file is another meanwhile, show both texts.

    What breaks one of its own promises is written only when that is asked for once more.
    """
    if is_partial(request):  # only the buttons save, not a key that was typed just before
        return await check(request)
    sent = await _sent(request)
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY
    if sent.filled.is_wrong:
        return await _page(request, sent.draft, form=sent.filled, status=wrong)
    if sent.draft.policy is None:
        return await _page(request, sent.draft, told=_BROKEN, status=wrong)
    found = await promise_values(request, sent.draft, PATIENT, tests=False)
    if not found["is_proved"]:  # another tab's draft came in between
        found = await promise_values(request, sent.draft, PATIENT, tests=False)
    if found["broken"] and sent.although != sent.draft.key and not sent.draft.is_file:
        return _to(v=sent.draft.key, told="asked")
    try:
        await run_in_threadpool(desk_of(request).save, sent.draft, expected=sent.expected)
    except ConflictError:
        return await _conflict(request, sent.draft)
    return _to(told="although" if found["broken"] else "saved")


async def undo(request: Request) -> Response:
    """Take the last save back. What was typed since stays, as a draft."""
    if is_partial(request):
        return await check(request)
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
    began = desk_of(request).seen(draft.began)
    both = None if began is None else joined(began, draft.text, file.text)
    return page(
        request,
        "policy/conflict.html.j2",
        place=_PLACE,
        title="The file was changed meanwhile",
        status=HTTPStatus.CONFLICT,
        **_values(desk_of(request), draft, file),
        both=None if both is None or not _is_policy(both, desk_of(request)) else both,
    )


def _is_policy(text: str, desk: Desk) -> bool:
    return check_text(text, str(desk.path), folder=desk.folder)[0] is not None


def _to(**query: object) -> Response:
    return RedirectResponse(link(_PLACE, **query), status_code=HTTPStatus.SEE_OTHER)
