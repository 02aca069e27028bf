"""The place Gallery: the prompts of the open version, live, each in a frame of its own.

What is shown is chosen by links, so that every choice has an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, frozen
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from meter.errors import PolicyError, listed
from meter.studio.frames import decision_page
from meter.studio.gallery.page import (
    LAYOUTS,
    SCHEMES,
    gallery_page,
    language_name,
    languages,
    title_of,
)
from meter.studio.gallery.situations import PromptSituation, Survey, survey
from meter.studio.numbers import whole_number
from meter.studio.pages import desk_of, frame, link, page
from meter.studio.progress import runs_of
from meter.studio.runs import RunKey
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.requests import Request

    from meter.policy import Policy
    from meter.studio.desk import Desk, Version

__all__ = ["ROUTES"]

_PLACE = "gallery"
_ALL = "all"
_FIRST_LAYOUT = "narrow"
_MOST_FRAMES = 60
_LOOK = 2.0  # how long a page waits before it says that it will look again
_AGAIN = 2  # seconds until it does
_LONG = 60.0  # how long a frame does: the page around it has seen that the prompts are there


class _Turn(NamedTuple):
    """A link to other frames."""

    name: str
    address: str


class _OpenPolicy(NamedTuple):
    """What the gallery is of: a version, the policy in force for it, and its own prompts."""

    version: Version
    policy: Policy
    folder: Path | None


@frozen(kw_only=True)
class _Choice:
    """One thing to choose: its values with their links, and the one that is chosen."""

    title: str
    chosen: str
    links: Mapping[str, str]
    labels: Mapping[str, str]


@frozen(kw_only=True)
class _Framed:
    """A prompt in one language, layout and scheme."""

    number: int
    title: str
    situation: PromptSituation
    locale: str
    layout: str
    scheme: str
    address: str
    missing: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()

    @property
    def count(self) -> str:
        """What is left, as an attribute has it."""
        return "" if self.situation.count is None else str(self.situation.count)


async def _gallery(request: Request) -> Response:
    """Show the prompts that the address asks for."""
    opened = await run_in_threadpool(_open, desk_of(request), request.query_params.get("v"))
    if isinstance(opened, PolicyError):
        name = "gallery/nothing.html.j2"
        return page(request, name, place=_PLACE, title="Gallery", problems=opened.problems)
    found = await _survey(request, opened.policy, _LOOK)
    if found is None:
        name = "gallery/working.html.j2"
        again = {"Refresh": f"{_AGAIN}"}
        return page(request, name, place=_PLACE, title="Gallery", headers=again)
    chosen = _chosen(request.query_params, opened.policy, found)
    frames = _framed(opened, found, chosen)
    first = min(whole_number(request.query_params.get("from", ""), least=1) or 1, len(frames) or 1)
    shown = await run_in_threadpool(_with_missing, opened, frames[first - 1 :][:_MOST_FRAMES])
    return page(
        request,
        "gallery/place.html.j2",
        place=_PLACE,
        title="Gallery",
        opened=opened,
        survey=found,
        frames=shown,
        total=len(frames),
        first=first,
        turn=_turns(opened, chosen, first, len(frames)),
        choices=_choices(opened, found, chosen),
        file=link("gallery/file", v=opened.version.key),
    )


async def _frame(request: Request) -> Response:
    """Answer with one prompt in an article, as a reader has it."""
    asked = request.query_params
    opened = await run_in_threadpool(_open, desk_of(request), asked.get("v"))
    if isinstance(opened, PolicyError):
        raise HTTPException(404)
    found = await _survey(request, opened.policy, _LONG)
    number = whole_number(asked.get("p", "")) or 0
    if found is None or not 1 <= number <= len(found.situations):
        raise HTTPException(404)
    chosen = _chosen(asked, opened.policy, found)
    document = await run_in_threadpool(_document, opened, found.situations[number - 1], chosen)
    return frame(document)


async def _file(request: Request) -> Response:
    """Answer with the page that `meter gallery` writes."""
    opened = await run_in_threadpool(_open, desk_of(request), request.query_params.get("v"))
    if isinstance(opened, PolicyError):
        raise opened
    written = await run_in_threadpool(gallery_page, opened.policy, folder=opened.folder)
    return Response(
        written.html,
        media_type="text/html",
        headers={"Content-Disposition": 'attachment; filename="gallery.html"'},
    )


def _open(desk: Desk, key: str | None) -> _OpenPolicy | PolicyError:
    """Return what is open, or what is wrong where no version of it was ever usable."""
    version = desk.version(key)
    policy = desk.in_force(version)
    if policy is None:
        return PolicyError(version.problems)
    return _OpenPolicy(version, policy, desk.prompts_of(policy))


async def _survey(request: Request, policy: Policy, seconds: float) -> Survey | None:
    """Return the prompts of a policy, or `None` while they are being found for longer than that."""
    key = RunKey(_PLACE, policy.digest)
    run = runs_of(request).start(key, lambda _tell: survey(policy), alone=False)
    await run_in_threadpool(run.wait, seconds)
    if run.error is not None:
        raise run.error
    return run.answer if isinstance(run.answer, Survey) else None


def _turns(opened: _OpenPolicy, chosen: Mapping[str, str], first: int, total: int) -> list[_Turn]:
    """Return the links to the frames before and after those that are shown."""
    begins = {"Earlier frames": first - _MOST_FRAMES, "More frames": first + _MOST_FRAMES}
    return [
        _Turn(name, link(_PLACE, v=opened.version.key, **chosen, **{"from": max(begin, 1)}))
        for name, begin in begins.items()
        if 1 - _MOST_FRAMES < begin <= total
    ]


def _chosen(asked: Mapping[str, str], policy: Policy, found: Survey) -> dict[str, str]:
    """Return what an address asks for; what is not there is what stands first."""
    return {
        "locale": _one_of(asked.get("locale"), languages(policy), languages(policy)[0]),
        "layout": _one_of(asked.get("layout"), (*LAYOUTS, _ALL), _FIRST_LAYOUT),
        "scheme": _one_of(asked.get("scheme"), (*SCHEMES, _ALL), SCHEMES[0]),
        "show": _one_of(asked.get("show"), _shows(found), _ALL),
    }


def _one_of(asked: str | None, there: Sequence[str], otherwise: str) -> str:
    return asked if asked is not None and asked in there else otherwise


def _shows(found: Survey) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one.show) for one in found.situations))


def _prompt_labels(found: Survey) -> dict[str, str]:
    """Return what each show is called: an open article by the prompts that stand in it."""
    names: dict[str, dict[str, None]] = {}
    for one in found.situations:
        told = one.decision.prompt or str(one.show)
        names.setdefault(str(one.show), {})[told.replace("-", " ")] = None
    return {
        show: listed(list(told), "or") if show == Show.ARTICLE else show.replace("-", " ")
        for show, told in names.items()
    }


def _choices(opened: _OpenPolicy, found: Survey, chosen: Mapping[str, str]) -> list[_Choice]:
    own = languages(opened.policy)
    return [
        _choice(opened, chosen, "locale", "Language", {tag: language_name(tag) for tag in own}),
        _choice(opened, chosen, "layout", "Layout", {**_labels(LAYOUTS), _ALL: "all layouts"}),
        _choice(opened, chosen, "scheme", "Scheme", {**_labels(SCHEMES), _ALL: "both"}),
        _choice(opened, chosen, "show", "Prompt", {_ALL: "all prompts", **_prompt_labels(found)}),
    ]


def _labels(words: Sequence[str]) -> dict[str, str]:
    return {word: word.replace("-", " ") for word in words}


def _choice(
    opened: _OpenPolicy, chosen: Mapping[str, str], name: str, title: str, labels: Mapping[str, str]
) -> _Choice:
    links = {
        value: link(_PLACE, v=opened.version.key, **{**chosen, name: value}) for value in labels
    }
    return _Choice(title=title, chosen=chosen[name], links=links, labels=labels)


def _framed(opened: _OpenPolicy, found: Survey, chosen: Mapping[str, str]) -> list[_Framed]:
    layouts = LAYOUTS if chosen["layout"] == _ALL else (chosen["layout"],)
    schemes = SCHEMES if chosen["scheme"] == _ALL else (chosen["scheme"],)
    locale = chosen["locale"]
    return [
        _Framed(
            number=number,
            title=title_of(situation),
            situation=situation,
            locale=locale,
            layout=layout,
            scheme=scheme,
            address=link(
                "gallery/frame",
                v=opened.version.key,
                p=number,
                locale=locale,
                layout=layout,
                scheme=scheme,
            ),
        )
        for number, situation in enumerate(found.situations, 1)
        if chosen["show"] in (_ALL, str(situation.show))
        for layout in layouts
        for scheme in schemes
    ]


def _with_missing(opened: _OpenPolicy, frames: Sequence[_Framed]) -> list[_Framed]:
    """Return frames with what each lacks in its language, and what its words need."""
    return [
        evolve(
            one,
            missing=one.situation.missing(one.locale, opened.folder),
            needed=one.situation.needed(one.locale),
        )
        for one in frames
    ]


def _document(opened: _OpenPolicy, situation: PromptSituation, chosen: Mapping[str, str]) -> str:
    return decision_page(
        situation.decision,
        locale=chosen["locale"],
        layout=next((word for word in LAYOUTS if word == chosen["layout"]), LAYOUTS[0]),
        scheme=next((word for word in SCHEMES if word == chosen["scheme"]), SCHEMES[0]),
        folder=opened.folder,
    )


ROUTES = (
    Route("/gallery", _gallery),
    Route("/gallery/frame", _frame),
    Route("/gallery/file", _file),
)
"""The addresses of the place."""
