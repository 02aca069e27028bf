"""The page of the promises, and what its buttons do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from meter.errors import MeterError, quoted
from meter.studio.numbers import whole_number
from meter.studio.pages import desk_of, link, page
from meter.studio.progress import progress_of, runs_of
from meter.studio.promises.kept import named, with_title, written
from meter.studio.promises.lamps import Lamps, light
from meter.studio.promises.running import TESTS, run_tests
from meter.studio.promises.tests import (
    Mistakes,
    PolicyTests,
    digest_of_tests,
    find_mistakes,
    kept_text,
)
from meter.studio.reader.links import story_link
from meter.studio.runs import RunKey, Runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from meter.journeys import Journey
    from meter.policy import Policy
    from meter.studio.desk import Desk, Version
    from meter.studio.runs import Run

__all__ = ["cancel", "keep", "mistakes", "progress", "promises", "test_file"]

_PLACE = "promises"
_PROOF = "proof"
_MISTAKES = "mistakes"
_SECONDS = 10.0  # as `meter prove` has
_LOOK = 1.0  # how long a page waits for each thing that it starts
_WAIT = 5.0  # how long a button without a script does


class _AskedPromises(NamedTuple):
    """What is asked about: a version of the policy, the policy in force for it, and its tests."""

    version: Version
    policy: Policy
    files: str
    """The digest of the tests."""

    def key(self, kind: str) -> RunKey:
        """Return the key of a run: of the proof, of the tests, or of the mistakes."""
        of = {
            _PROOF: (self.policy.digest,),
            TESTS: (self.policy.digest, self.files),
            _MISTAKES: (self.policy.digest, self.files, self.version.digest),
        }
        return RunKey(kind, of[kind])


async def promises(request: Request) -> Response:
    """Show the lamps of a version, its tests, and which mistakes they miss, as far as is known."""
    asked = await _asked(request, request.query_params.get("v"))
    runs = runs_of(request)
    proof = _prove(runs, desk_of(request), asked)
    tested = _test(runs, desk_of(request), asked)
    await run_in_threadpool(proof.wait, _LOOK)
    await run_in_threadpool(tested.wait, _LOOK)
    tried = runs.find(asked.key(_MISTAKES))
    kept = request.query_params.get("kept")
    return page(
        request,
        "promises.html.j2",
        place=_PLACE,
        title="Promises",
        asked=asked,
        proof=proof,
        tested=tested,
        tried=tried,
        kept=kept,
        kept_says=await run_in_threadpool(_kept, desk_of(request), asked, kept) if kept else "",
        play=_play,
    )


def _kept(desk: Desk, asked: _AskedPromises, name: str) -> str:
    draft = None if asked.version.is_file else asked.policy
    return kept_text(desk.folder, name, desk.file().policy, draft)


async def mistakes(request: Request) -> Response:
    """Begin to try every small mistake; wait a little, and send back to the page."""
    given = await request.form()
    asked = await _asked(request, _text(given.get("v")))
    tested = _test(runs_of(request), desk_of(request), asked)
    await run_in_threadpool(tested.wait, _SECONDS)
    tests = tested.answer
    if not isinstance(tests, PolicyTests) or not tests.all_pass:
        raise MeterError("not all tests pass under this version; mend them first, then ask again")
    desk = desk_of(request)
    run = runs_of(request).start(
        asked.key(_MISTAKES),
        lambda tell: find_mistakes(asked.policy, desk.places_of(asked.version), tests, tell),
        alone=True,
    )
    await run_in_threadpool(run.wait, _WAIT if _text(given.get("waits")) else 0)
    return _back(asked, "mistakes")


async def cancel(request: Request) -> Response:
    """Stop trying mistakes."""
    given = await request.form()
    asked = await _asked(request, _text(given.get("v")))
    runs_of(request).cancel(asked.key(_MISTAKES))
    return _back(asked, "mistakes")


async def progress(request: Request) -> Response:
    """Tell how far the proof, the tests or the mistakes are."""
    asked = await _asked(request, request.query_params.get("v"))
    of = request.query_params.get("of", _PROOF)
    kind = of if of in (TESTS, _MISTAKES) else _PROOF
    return progress_of(runs_of(request).find(asked.key(kind)))


async def test_file(request: Request) -> Response:
    """Answer with a journey test as a file."""
    asked = await _asked(request, request.query_params.get("v"))
    name, text = await run_in_threadpool(_test_of, request, asked, request.query_params)
    return Response(
        text,
        media_type="application/toml",
        headers={"Content-Disposition": f'attachment; filename="{named(name)}"'},
    )


async def keep(request: Request) -> Response:
    """Write a journey test beside the policy."""
    given = await request.form()
    texts = {key: _text(value) or "" for key, value in given.items()}
    asked = await _asked(request, texts.get("v"))
    name, text = await run_in_threadpool(_test_of, request, asked, texts)
    file = await run_in_threadpool(written, desk_of(request), name, text)
    return RedirectResponse(
        link(_PLACE, v=asked.version.key, kept=file.name) + "#kept", status_code=303
    )


async def _asked(request: Request, key: str | None) -> _AskedPromises:
    return await run_in_threadpool(_look, desk_of(request), key)


def _look(desk: Desk, key: str | None) -> _AskedPromises:
    version = desk.version(key)
    policy = desk.in_force(version)
    if policy is None:
        raise MeterError(
            f"{quoted(desk.path.name)} is no usable policy yet; Policy shows what is wrong in it"
        )
    return _AskedPromises(version, policy, digest_of_tests(desk.folder))


def _prove(runs: Runs, desk: Desk, asked: _AskedPromises) -> Run[object]:
    """Return the proof of a policy; it begins where nobody asked for it before."""
    return runs.start(
        asked.key(_PROOF),
        lambda _: light(asked.policy, desk.path.name, seconds=_SECONDS),
        alone=False,
    )


def _test(runs: Runs, desk: Desk, asked: _AskedPromises) -> Run[object]:
    """Return the run of the tests beside a policy."""
    return run_tests(runs, asked.policy, desk.path, files=asked.files)


def _test_of(request: Request, asked: _AskedPromises, given: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and the text of the journey test that is asked for."""
    desk = desk_of(request)
    number = whole_number(given.get("number", ""))
    if given.get("of") == _MISTAKES:
        tried = runs_of(request).find(asked.key(_MISTAKES))
        answer = None if tried is None else tried.answer
        missed = answer.find(number) if isinstance(answer, Mistakes) else None
        if missed is not None and missed.test is not None:
            title = f"notices {missed.words}"
            return missed.what, with_title(missed.test, title, desk.path.name)
        raise MeterError("this mistake is not known any more; look for mistakes again")
    proof = _prove(runs_of(request), desk, asked)
    proof.wait(_SECONDS)
    lamp = proof.answer.lamp(number) if isinstance(proof.answer, Lamps) else None
    if lamp is None or lamp.test is None:
        raise MeterError("there is no story of this promise to keep; look at the lamps again")
    return lamp.name, lamp.test


def _play(journey: Journey, key: str) -> str | None:
    """Return the address at which Reader plays a story up to its last step, if it fits in one."""
    try:
        return story_link(journey, step=len(journey.steps), v=key)
    except MeterError:
        return None


def _back(asked: _AskedPromises, part: str) -> Response:
    return RedirectResponse(f"{link(_PLACE, v=asked.version.key)}#{part}", status_code=303)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
