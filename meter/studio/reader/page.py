"""The pages of Reader, and what its forms do."""

from __future__ import annotations

import re
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING

from attrs import evolve
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from meter.errors import MeterError, quoted
from meter.studio.desk import FILE, ConflictError
from meter.studio.frames import broken_page, decision_page
from meter.studio.pages import desk_of, frame, is_partial, link, mistake, page, part
from meter.studio.reader.buttons import done
from meter.studio.reader.files import ENDING, accept, is_for, journey_names, load_journey
from meter.studio.reader.links import address
from meter.studio.reader.naming import draft_words
from meter.studio.reader.saving import saved_text
from meter.studio.reader.screen import FRAMES, LAYOUTS, SCHEMES, Screen
from meter.studio.reader.showing import ShownScreen, locale_of_screen, play_sides, show
from meter.studio.reader.site_link import OK, make_link
from meter.studio.reader.who import Who
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from meter.policy import Policy
    from meter.studio.desk import Desk, Version
    from meter.studio.reader.site_link import MadeLink

__all__ = ["ROUTES"]

_PLACE = "reader"
_SEE_OTHER = 303
_CONFLICT = 409
_LABELS = {
    "id": "Name",
    "country": "Country",
    "device": "Device",
    "channel": "Channel",
    "language": "Language",
    "segments": "Segments",
    "score": "Score",
    "product": "Product",
    "visitor": "Visitor",
}
"""What the fields of a reader are called, in order."""


class _Opened:
    """A screen that an address asks for, with the policies of its two sides."""

    def __init__(self, desk: Desk, given: Mapping[str, str]) -> None:
        self.desk = desk
        self.screen = Screen.parse(given, lambda name: load_journey(desk.folder, name))
        version = desk.version(self.screen.v)
        second = version if self.screen.w is None else desk.version(self.screen.w)
        self.versions = {"a": version, "b": second}
        self.policies = {side: _policy(desk, one) for side, one in self.versions.items()}
        story = self.screen.story.started(self.policies["a"])
        self.screen = evolve(self.screen, story=story)

    @property
    def titles(self) -> dict[str, str]:
        """What each version of the policy is called."""
        return {side: _called(self.desk, one) for side, one in self.versions.items()}

    def shown(self) -> ShownScreen:
        """Return what stands on the screen."""
        return show(self.screen, self.policies, self.titles, self.desk.folder)


def _policy(desk: Desk, version: Version) -> Policy:
    policy = desk.in_force(version)
    if policy is None:
        raise MeterError(
            f"{quoted(desk.path.name)} has problems, so nobody can read under it: open Policy to"
            " see them, and come back"
        )
    return policy


def _called(desk: Desk, version: Version) -> str:
    return desk.path.name if version.is_file else draft_words(desk.file().text, version.text)


async def _reader(request: Request) -> Response:
    """Show a story, or do what a button asks for and go where that leads."""
    given = dict(request.query_params)
    does = given.pop("do", "")
    opened = await run_in_threadpool(_Opened, desk_of(request), given)
    headers = {}
    if does:
        opened.screen = done(opened.screen, does, given)
        leads_to = opened.screen.address()
        if not is_partial(request):
            return RedirectResponse(leads_to, status_code=_SEE_OTHER)
        headers["HX-Push-Url"] = leads_to
    shown = await run_in_threadpool(opened.shown)
    past = shown.screen.story.past
    return page(
        request,
        "reader.html.j2",
        place=_PLACE,
        title="Reader",
        headers=headers,
        shown=shown,
        screen=shown.screen,
        titles=opened.titles,
        is_last_good=opened.versions["a"].policy is None,
        journeys=journey_names(opened.desk.folder),
        statuses=tuple(Status),
        fields=Who.names(),
        labels=_LABELS,
        versions=_versions(opened),
        comparing=lambda key: evolve(shown.screen, w=key).address(),
        looks={"frame": FRAMES, "scheme": SCHEMES, "layout": LAYOUTS},
        state=_state(shown.screen),
        file_digest=next((one.digest for one in opened.versions.values() if one.is_file), ""),
        is_of_another=past is not None and not is_for(past.journey, opened.desk.path),
    )


async def _outside(request: Request) -> Response:
    """Say that the file was changed since a page was made, or nothing (204) where it was not."""
    given = dict(request.query_params)
    expected = given.pop("expected", "")
    file = await run_in_threadpool(desk_of(request).file)
    if file.digest == expected:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    v = given.pop("v", FILE)
    shown = address(f"/{_PLACE}", given, v)
    return part(request, "reader/outside.html.j2", place=_PLACE, address=shown)


def _versions(opened: _Opened) -> list[tuple[str, str]]:
    """Return the other versions of the policy to compare with: key and name."""
    if opened.screen.v == FILE:
        return []
    return [(FILE, f"{opened.desk.path.name}, as it is on disk")]


def _state(screen: Screen) -> dict[str, str]:
    """Return what a form has to send along, so that the rest of the screen stays."""
    state = screen.write()
    return {**state, "v": screen.v} if screen.v != FILE else state


async def _frame(request: Request) -> Response:
    """Show the page that the reader sees, in a frame."""
    given = dict(request.query_params)
    side = "b" if given.pop("which", "a") == "b" else "a"
    try:
        document = await run_in_threadpool(_document, desk_of(request), given, side)
    except MeterError as error:
        document = broken_page(str(error))
    return frame(document)


def _document(desk: Desk, given: Mapping[str, str], side: str) -> str:
    opened = _Opened(desk, given)
    screen = opened.screen
    locale = locale_of_screen(screen, opened.policies["a"])
    played = play_sides(screen, opened.policies, locale)
    step = played.get(side, played["a"]).on_screen
    if step is None:
        raise MeterError("nothing has been read yet, so there is no page: press Read")
    return decision_page(
        step.decision,
        locale=locale,
        layout=screen.look.fitting,
        scheme=screen.look.scheme,
        folder=desk.prompts_of(opened.policies[side]),
    )


async def _saving(request: Request) -> Response:
    """Show the story as a journey test, to keep."""
    opened = await run_in_threadpool(_Opened, desk_of(request), dict(request.query_params))
    text = await run_in_threadpool(_text, opened)
    return page(
        request,
        "reader/save.html.j2",
        place=_PLACE,
        title="Save as journey test",
        text=text,
        file_name=_free_name(opened),
        screen=opened.screen,
        state=_state(opened.screen),
        is_draft=not _saved_version(opened).is_file,
    )


async def _site_link(request: Request) -> Response:
    """Show how to make a link to the publisher's site, and the link where a page is named."""
    given = dict(request.query_params)
    wanted = given.pop("page", "")
    opened = await run_in_threadpool(_Opened, desk_of(request), given)
    made = await run_in_threadpool(_made_link, opened, wanted) if wanted.strip() else None
    return page(
        request,
        "reader/site-link.html.j2",
        place=_PLACE,
        title="A link for the site",
        status=OK if made is None else made.status,
        screen=opened.screen,
        state=_state(opened.screen),
        wanted=wanted,
        made=made,
        is_draft=not _saved_version(opened).is_file,
    )


def _made_link(opened: _Opened, wanted: str) -> MadeLink | None:
    """Return a link to a page for the reader at hand; nothing where no site is named."""
    site = opened.desk.site
    if site is None:
        return None
    locale = locale_of_screen(opened.screen, opened.policies["a"])
    played = play_sides(opened.screen, opened.policies, locale)
    return make_link(site, wanted, played[opened.screen.side])


async def _save(request: Request) -> Response:
    """Write the story as a new file beside the policy, and open that."""
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    name = form.pop("name", "").strip()
    if not name.endswith(ENDING):
        raise MeterError(
            f"the name of a journey test ends with `{ENDING}`, such as `first{ENDING}`"
        )
    desk = desk_of(request)
    opened = await run_in_threadpool(_Opened, desk, form)
    await run_in_threadpool(desk.add_file, name, await run_in_threadpool(_text, opened))
    version = _saved_version(opened)
    return RedirectResponse(link(_PLACE, v=version.key, journey=name), status_code=_SEE_OTHER)


async def _download(request: Request) -> Response:
    """Answer with the file of the story."""
    opened = await run_in_threadpool(_Opened, desk_of(request), dict(request.query_params))
    text = await run_in_threadpool(_text, opened)
    headers = {"Content-Disposition": f'attachment; filename="{_free_name(opened)}"'}
    return Response(text, media_type="application/toml", headers=headers)


async def _accept(request: Request) -> Response:
    """Write the new answers of a journey test into its file."""
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    desk = desk_of(request)
    version = await run_in_threadpool(desk.version, form.get("v"))
    if not version.is_file:
        raise MeterError("a test runs under the policy's file: save the draft, then accept")
    policy = _policy(desk, version)
    name = form.get("journey", "")
    try:
        await run_in_threadpool(accept, desk, name, policy, expected=form.get("expected", ""))
    except ConflictError as error:
        told = f"{error}, so nothing was written; look at its new answers and accept them again"
        return mistake(request, told, place=_PLACE, status=_CONFLICT)
    return RedirectResponse(link(_PLACE, v=version.key, journey=name), status_code=_SEE_OTHER)


def _saved_version(opened: _Opened) -> Version:
    return opened.versions[opened.screen.side]


def _text(opened: _Opened) -> str:
    """Return the active story as the text of a journey test."""
    screen = opened.screen
    policy = opened.policies[screen.side]
    journey = screen.active.journey(policy)
    who = journey.reader
    title = f"{who.id}, {screen.active.who.status} at first: {len(journey.steps)} steps"
    return saved_text(journey, policy, title=title, name=opened.desk.path.name)


def _free_name(opened: _Opened) -> str:
    """Return a name that no file beside the policy has yet."""
    story = opened.screen.active
    stem = re.sub(r"[^a-z0-9]+", "-", f"{story.who.id}-{story.who.status}".lower()).strip("-")
    taken = {path.name for path in opened.desk.folder.glob(f"*{ENDING}")}
    names = (f"{stem}{'' if number == 1 else f'-{number}'}{ENDING}" for number in count(1))
    return next(name for name in names if name not in taken)


ROUTES = (
    Route("/reader", _reader),
    Route("/reader/frame", _frame),
    Route("/reader/outside", _outside),
    Route("/reader/save", _saving, methods=["GET"]),
    Route("/reader/save", _save, methods=["POST"]),
    Route("/reader/site-link", _site_link),
    Route("/reader/journey.toml", _download),
    Route("/reader/accept", _accept, methods=["POST"]),
)
