"""The page of a log, and what its buttons do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from meter.errors import MeterError, quoted
from meter.loading import load_policy
from meter.replay.logs.columns import REQUIRED
from meter.studio.beside import names_beside
from meter.studio.log.answer import LogAnswer, ReplayAsked, replayed
from meter.studio.log.fields import FIELDS, in_fields, other_columns
from meter.studio.log.preview import LogPreview, look_into
from meter.studio.log.reading import COLUMN, NOBODY, LogReading
from meter.studio.log.sample import SAMPLE_NAME, WHAT_SAMPLE_IS, sample_log
from meter.studio.log.upload import uploaded
from meter.studio.pages import desk_of, link, page
from meter.studio.progress import progress_of, runs_of
from meter.studio.runs import RunKey
from meter.web.institutions.reading import FILE_NAME as INSTITUTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from meter.policy import Policy
    from meter.studio.desk import Desk, Version
    from meter.studio.log.shelf import LogShelf, StoredLog
    from meter.studio.runs import Run

__all__ = ["cancel", "choose", "log", "progress", "take_sample"]

_PLACE = "log"
_KIND = "replay"
_LOOK = 2.0  # how long a page waits for what it starts
_MOST_POLICIES = 20
_JOURNEY = ".journey.toml"
_DRAFT = "draft.toml"
_OF_LINES = ("started", "kind")
"""What only logs of `meter` itself say."""


class _AskedLog(NamedTuple):
    """What an address asks: of which log, read how, under which version of the policy."""

    version: Version
    policy: Policy
    log: StoredLog
    preview: LogPreview
    reading: LogReading
    recorded: Policy | str | None
    problems: dict[str, str]
    goes: bool

    @property
    def key(self) -> RunKey:
        recorded = self.recorded
        if recorded is not None and not isinstance(recorded, str):
            recorded = recorded.digest
        of = (self.policy.digest, self.version.is_file, self.log.key, self.log.name)
        return RunKey(_KIND, (*of, self.reading, recorded))


async def log(request: Request) -> Response:
    """Show the log that is asked about: its first rows, how it is read, and what came of it."""
    desk = desk_of(request)
    if not request.query_params.get("log"):
        return page(
            request, "log.html.j2", place=_PLACE, title="Log", asked=None, said=request.query_params
        )
    if "" in request.query_params.values():  # a form says also what nobody filled in
        said = {name: value for name, value in request.query_params.items() if value}
        return RedirectResponse(f"/{_PLACE}?{urlencode(said)}", 303)
    asked = await run_in_threadpool(_look, desk, _shelf(request), dict(request.query_params))
    run = None
    if asked.goes and not asked.problems:
        run = await run_in_threadpool(_replay, request, asked)
        await run_in_threadpool(run.wait, _LOOK)
        if isinstance(run.answer, LogAnswer):
            _shelf(request).hold(asked.log)
            desk.log = run.answer.events
            desk.log_name = asked.log.name
    return page(
        request,
        "log.html.j2",
        place=_PLACE,
        title="Log",
        asked=asked,
        run=run,
        query=request.url.query,
        again=link(_PLACE, v=asked.version.key),
        policies=_policies(desk),
        others=_others(asked.preview),
        more=sum(name not in REQUIRED for name in asked.preview.suggested),
        asks_for_others=_asks_for_others(asked),
        forms=asked.preview.time_forms(_time_column(asked)),
        labels=FIELDS,
        in_fields=in_fields,
        column=COLUMN,
        nobody=NOBODY,
        command=asked.reading.command(_name(desk, asked.version), asked.log.name),
        draft=_DRAFT if not asked.version.is_file else None,
    )


async def choose(request: Request) -> Response:
    """Take a file, and send to the page that shows its first rows."""
    sent = await uploaded(request)
    try:
        stored = await run_in_threadpool(
            _shelf(request).put, sent.file.filename or "", sent.file.file
        )
    finally:
        await sent.form.close()
    return await _opened(request, stored, sent.fields.get("v"))


async def take_sample(request: Request) -> Response:
    """Take the sample, and send to the page that shows its first rows."""
    given = await request.form()
    key = given.get("v")
    stored = await run_in_threadpool(
        lambda: _shelf(request).put(SAMPLE_NAME, sample_log(), what=WHAT_SAMPLE_IS)
    )
    return await _opened(request, stored, key if isinstance(key, str) else None, recorded=NOBODY)


async def cancel(request: Request) -> Response:
    """Stop a replay, and send back to the form that asked for it."""
    given = await request.form()
    query = dict(parse_qsl(str(given.get("query", ""))))
    asked = await run_in_threadpool(_look, desk_of(request), _shelf(request), query)
    runs_of(request).cancel(asked.key)
    query.pop("go", None)
    return RedirectResponse(f"/{_PLACE}?{urlencode(query)}", status_code=303)


async def progress(request: Request) -> Response:
    """Tell how far a replay is."""
    query = dict(request.query_params)
    asked = await run_in_threadpool(_look, desk_of(request), _shelf(request), query)
    return progress_of(runs_of(request).find(asked.key))


def _shelf(request: Request) -> LogShelf:
    shelf: LogShelf = request.app.state.logs
    return shelf


async def _opened(
    request: Request, stored: StoredLog, version: str | None, **said: str
) -> Response:
    """Send to the page of a log; what is no log is not kept."""
    desk = desk_of(request)
    try:
        await run_in_threadpool(lambda: look_into(stored, _policy(desk, version)[1].zone))
    except MeterError:
        _shelf(request).drop(stored)
        raise
    return RedirectResponse(link(_PLACE, v=version or None, log=stored.key, **said), 303)


def _policy(desk: Desk, key: str | None) -> tuple[Version, Policy]:
    version = desk.version(key)
    policy = desk.in_force(version)
    if policy is None:
        raise MeterError(
            f"{quoted(desk.path.name)} is no usable policy yet; Policy shows what is wrong in it"
        )
    return version, policy


def _look(desk: Desk, shelf: LogShelf, query: Mapping[str, str]) -> _AskedLog:
    version, policy = _policy(desk, query.get("v"))
    stored = shelf.find(query.get("log", ""))
    preview = look_into(stored, policy.zone)
    reading = LogReading.of(query, preview)
    problems = reading.problems(preview)
    recorded: Policy | str | None = reading.recorded or None
    if reading.recorded not in ("", NOBODY):
        try:
            recorded = _recorded(desk, reading.recorded)
        except MeterError as error:
            problems["recorded"] = str(error)
    goes = bool(query.get("go"))
    return _AskedLog(version, policy, stored, preview, reading, recorded, problems, goes)


def _others(preview: LogPreview) -> dict[str, str]:
    """Return what a log may say of a view besides, in words; of lines only where there is some."""
    return {
        name: words
        for name, words in other_columns().items()
        if name not in _OF_LINES or name in preview.found
    }


def _asks_for_others(asked: _AskedLog) -> bool:
    """Say whether something is to be looked at among what a log may say besides."""
    is_guessed = not asked.goes and any(name not in REQUIRED for name in asked.preview.guessed)
    wrong = [name.removeprefix(COLUMN) for name in asked.problems if name.startswith(COLUMN)]
    return is_guessed or any(name not in REQUIRED for name in wrong)


def _time_column(asked: _AskedLog) -> str | None:
    chosen = dict(asked.reading.columns)
    return chosen.get("at") or (None if asked.goes else asked.preview.suggested.get("at"))


def _policies(desk: Desk) -> list[str]:
    """Return the names of the policy's file and of others beside it."""
    files = names_beside(desk.folder, ".toml")
    none = (desk.path.name, INSTITUTIONS)
    others = [name for name in files if not name.endswith(_JOURNEY) and name not in none]
    return [desk.path.name, *others[:_MOST_POLICIES]]


def _name(desk: Desk, version: Version) -> str:
    return desk.path.name if version.is_file else _DRAFT


def _replay(request: Request, asked: _AskedLog) -> Run[object]:
    """Return the replay that is asked for; it begins where nobody asked before."""
    desk = desk_of(request)
    runs = runs_of(request)
    known = runs.find(asked.key)
    if known is not None and isinstance(known.answer, LogAnswer) and not known.answer.is_kept:
        runs.cancel(asked.key)  # the log left the shelf since, and came again
    question = ReplayAsked(
        policy=asked.policy,
        log=asked.log,
        reading=asked.reading,
        recorded=asked.recorded,
        names=(_name(desk, asked.version), asked.reading.recorded),
        events=_shelf(request).place_for_events(asked.log, str(asked.key)),
    )
    return runs.start(asked.key, lambda tell: replayed(question, tell), alone=True)


def _recorded(desk: Desk, name: str) -> Policy:
    """Return one of the policies beside this one. Raises `MeterError`."""
    if name not in _policies(desk):
        raise MeterError(f"there is no policy {quoted(name)} beside {quoted(desk.path.name)}")
    return load_policy(desk.folder / name)
