"""The pages of *What if*: ask, start, watch, cancel, read the answer, take its files along."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from meter.studio.desk import FILE
from meter.studio.pages import desk_of, page
from meter.studio.progress import progress_of, runs_of
from meter.studio.row_words import shown_in_words
from meter.studio.what_if import comparing
from meter.studio.what_if.asked import MOST_BRANCHES, TypedQuestion
from meter.studio.what_if.cards import (
    CARDS,
    Base,
    DoesNotFitError,
    UnusableFieldError,
    branch_of,
)
from meter.studio.what_if.fields import ASSUMPTIONS_FILE
from meter.studio.what_if.question import Question, command_line, run_key
from meter.studio.what_if.settings import EXACTLY
from meter.studio.what_if.view import marked, view_of

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request

    from meter.studio.desk import Desk
    from meter.studio.what_if.comparing import ComparisonRun

__all__ = ["ROUTES"]

_PLACE = "what-if"
_NUMBERS, _COMPARE, _ANSWER = "numbers-title", "compare-title", "answer-title"
"""The headings that a button leads to, each of which takes the focus."""
_REPORT_CSP = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval';"
    " style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


async def _show(request: Request) -> Response:
    """Show a question, with its answer as far as there is one."""
    return await run_in_threadpool(_shown, request)


def _shown(request: Request) -> Response:
    asked = TypedQuestion.read(request.query_params)
    question = Question.of(asked, desk_of(request))
    task = question.task
    runs = runs_of(request)
    run = None if task is None else comparing.find(runs, run_key(task))
    running = comparing.running(runs)
    return page(
        request,
        "what-if.html.j2",
        place=_PLACE,
        title="What if",
        asked=asked,
        question=question,
        view=view_of(question),
        run=run,
        is_other_running=running is not None and running != run,
        command=None if run is None else command_line(run.task),
        assumptions_file=ASSUMPTIONS_FILE,
        look_again=_look_again(request, asked),
        marked=marked,
        shown_in_words=shown_in_words,
    )


def _look_again(request: Request, asked: TypedQuestion) -> str:
    """Return an address that shows the same anew: one that is not this one, but for its end."""
    looked = request.query_params.get("look") == "1"
    joint = "&" if "?" in asked.address else "?"
    return f"{asked.address}{joint}look={2 if looked else 1}#{_ANSWER}"


async def _act(request: Request) -> Response:
    """Do what a button asks for, and go on to the address that shows it."""
    async with request.form() as form:
        texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        asked = TypedQuestion.read(_texts_of(form))
    address, place = await run_in_threadpool(_done, request, asked, texts)
    return RedirectResponse(f"{address}#{place}", status_code=HTTPStatus.SEE_OTHER)


def _done(request: Request, asked: TypedQuestion, texts: dict[str, str]) -> tuple[str, str]:
    """Do it; return the address that shows it, and the place on that page to go to."""
    what, _, which = texts.get("do", "").partition(":")
    desk = desk_of(request)
    if what == "card" and which in CARDS:
        return _with_card(asked, which, texts, desk)
    if what == "remove":
        return asked.without_branch(which).address, _COMPARE
    if what == "exactly":
        asked = asked.with_texts(EXACTLY)
    if what in ("start", "instead", "exactly"):
        return _started(request, asked, is_instead=what == "instead")
    if what == "cancel":
        comparing.cancel(runs_of(request), texts.get("run"))
        return asked.address, _ANSWER
    faults = Question.of(asked, desk).faults
    return asked.address, next(iter(faults), _NUMBERS)


def _with_card(
    asked: TypedQuestion, card: str, texts: dict[str, str], desk: Desk
) -> tuple[str, str]:
    """Add the branch of a card; where that cannot be, keep what was typed into it."""
    head = f"{card}."
    given = {
        name.removeprefix(head): value for name, value in texts.items() if name.startswith(head)
    }
    failed = asked.with_card(card, given)
    version = desk.version(asked.open_key)
    if version.policy is None or len(asked.branches) >= MOST_BRANCHES:
        return failed.address, f"card-{card}"
    try:
        branch = branch_of(
            Base.of(version.whole_text, version.policy, is_draft=asked.open_key != FILE),
            card,
            given,
        )
    except UnusableFieldError as error:
        return failed.address, f"{card}.{error.field}"
    except DoesNotFitError:
        return failed.address, f"card-{card}"
    draft = desk.keep(branch.text, base=version.base, after=version)
    if draft.policy is None:
        return failed.address, f"card-{card}"
    return asked.with_branch(branch.name, draft.key).address, _COMPARE


def _started(request: Request, asked: TypedQuestion, *, is_instead: bool) -> tuple[str, str]:
    task = Question.of(asked, desk_of(request)).task
    if task is None:
        return asked.address, _COMPARE
    comparing.start(runs_of(request), task, instead=is_instead)
    return asked.address, _ANSWER


def _texts_of(form: FormData) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(
        [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    )


def _run(request: Request) -> ComparisonRun:
    """Return the run that an address names."""
    run = comparing.find(runs_of(request), request.query_params.get("run"))
    if run is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return run


async def _progress(request: Request) -> Response:
    """Tell how far a run is."""
    return progress_of(_run(request).run)


async def _report(request: Request) -> Response:
    """Answer with the report of a run: to look at in a frame, or to keep."""
    run = _run(request)
    if run.answer is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    headers = {"Content-Security-Policy": _REPORT_CSP}
    if "download" in request.query_params:
        headers |= _saved_as(f"{'-or-'.join(run.task.names)}.html")
    return Response(run.answer.html, media_type="text/html", headers=headers)


async def _file(request: Request) -> Response:
    """Answer with a file of a run: a policy, the assumptions, or the answer as JSON."""
    run = _run(request)
    name = request.path_params["name"]
    files = {f"{of}.toml": text for of, text in zip(run.task.names, run.task.texts, strict=True)}
    if run.task.assumptions_text is not None:
        files[ASSUMPTIONS_FILE] = run.task.assumptions_text
    if run.answer is not None:
        files["answer.json"] = run.answer.json
    if name not in files:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    media = "application/json" if name.endswith(".json") else "application/toml"
    raw = files[name].encode("utf-8", "surrogatepass")
    return Response(raw, media_type=media, headers=_saved_as(name))


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


ROUTES = (
    Route("/what-if", _show),
    Route("/what-if", _act, methods=["POST"]),
    Route("/what-if/progress", _progress),
    Route("/what-if/report", _report),
    Route("/what-if/files/{name}", _file),
)
