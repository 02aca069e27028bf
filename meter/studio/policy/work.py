"""What takes a while to say of a version, worked on beside the pages that wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypedDict

from attrs import field, frozen
from starlette.concurrency import run_in_threadpool

from meter.errors import MeterError, Problem
from meter.resources import file_stamp
from meter.studio.beside import name_below
from meter.studio.pages import desk_of
from meter.studio.policy.answers import SlowAnswers
from meter.studio.policy.audience import Audience, Concerned, log_audience, simulated_audience
from meter.studio.policy.draft import Undecided, exact_problems, own_promises, who_changes
from meter.studio.policy.rules import RuleRow, rule_rows
from meter.studio.progress import runs_of
from meter.studio.promises.running import run_tests
from meter.studio.promises.tests import PolicyTests
from meter.verify import ProofAnswer, ProofOutcome
from meter.verify.diff import Changes
from meter.verify.rows import NOTHING_DIFFERS, ONE_EXAMPLE

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from meter.policy import Policy
    from meter.studio.desk import Desk, Version

__all__ = [
    "AT_ONCE",
    "PATIENT",
    "AudienceValues",
    "ChangeValues",
    "ProblemValues",
    "PromiseValues",
    "audience_values",
    "change_values",
    "problem_values",
    "promise_values",
]


AT_ONCE = 0.3
"""Seconds that a page waits for what takes a while; then it is shown without."""
PATIENT = 20.0
"""Seconds that is waited where nothing else is asked for."""
_MOST_FILES = 500


@frozen
class _Work:
    """The questions that are worked on, of each sort one at a time."""

    problems: SlowAnswers[tuple[Problem, ...]] = field(factory=SlowAnswers)
    promises: SlowAnswers[tuple[ProofAnswer, ...]] = field(factory=SlowAnswers)
    changes: SlowAnswers[Changes | Undecided] = field(factory=SlowAnswers)
    concerned: SlowAnswers[tuple[Audience, Concerned]] = field(factory=SlowAnswers)
    audiences: dict[object, Audience] = field(factory=dict)


class ProblemValues(TypedDict):
    """What the templates show of the problems of a version, and of its rules."""

    problems: tuple[Problem, ...]
    is_exact: bool
    """Whether what takes a while is among the problems."""
    rules: tuple[RuleRow, ...]
    elsewhere: dict[str, str]
    """The files that the policy includes and that have problems, as they are called beside it."""


class PromiseValues(TypedDict):
    """What the templates show of the policy's own promises, and of the tests beside it."""

    broken: tuple[str, ...]
    """The names of the promises that are broken, as far as is known."""
    doubtful: tuple[str, ...]
    """The names of those that could not be decided in time."""
    is_proved: bool
    """Whether it is known which promises are kept."""
    tests: PolicyTests | None
    """What came of the tests, if that is known."""
    failing: int
    """How many tests fail, as far as is known."""


class ChangeValues(TypedDict):
    """What the templates show of who changes: nothing while it is being worked out."""

    changes: Changes | None
    undecided: str | None
    nothing_differs: str
    one_example: str


class AudienceValues(TypedDict):
    """What the templates show of an audience: nothing yet, or why there is none."""

    found: tuple[Audience, Concerned] | None
    reason: str


def _work_of(request: Request) -> _Work:
    state = request.app.state
    if not hasattr(state, "policy_work"):
        state.policy_work = _Work()
    work: _Work = state.policy_work
    return work


async def problem_values(request: Request, version: Version, seconds: float) -> ProblemValues:
    """Return the problems and rules of a version, with what is known within some seconds."""
    work = _work_of(request)
    name = str(desk_of(request).path)
    # What a text comes to depends on the files that it includes as well.
    digest = None if version.policy is None else version.policy.digest
    asked = (version.digest, digest, version.problems, _prompts_stamp(desk_of(request), version))
    problems = await work.problems.within(seconds, asked, lambda: exact_problems(version, name))
    known = version.problems if problems is None else problems
    return {
        "problems": known,
        "is_exact": problems is not None,
        "rules": () if version.policy is None else rule_rows(version.policy, known),
        "elsewhere": _elsewhere(desk_of(request), known),
    }


def _elsewhere(desk: Desk, problems: tuple[Problem, ...]) -> dict[str, str]:
    """Return the other files of policies that have problems, and what they are called."""
    names = {one.name for one in problems if one.name != str(desk.path)}
    return {name: name_below(desk.folder, name) for name in names if name.endswith(".toml")}


def _prompts_stamp(desk: Desk, version: Version) -> tuple[object, ...]:
    """Return what changes when the publisher's own prompts do: a text is not all of a policy."""
    folder = None if version.policy is None else desk.prompts_of(version.policy)
    if folder is None or not folder.is_dir():
        return (folder,)
    return tuple((path.name, file_stamp(path)) for path in sorted(folder.rglob("*"))[:_MOST_FILES])


async def promise_values(
    request: Request, version: Version, seconds: float, *, tests: bool = True
) -> PromiseValues:
    """Return which of its own promises a version breaks, if known within some seconds, and tests.

    The tests beside the policy are run where `tests` asks for it.
    """
    policy = version.policy
    if policy is None:
        return _promises((), None, is_proved=True)
    answers: tuple[ProofAnswer, ...] | None = ()
    if policy.guarantees:
        answers = await _work_of(request).promises.within(
            seconds, policy.digest, lambda: own_promises(policy)
        )
    found = None
    if tests:
        run = await run_in_threadpool(run_tests, runs_of(request), policy, desk_of(request).path)
        await run_in_threadpool(run.wait, seconds)
        found = run.answer if isinstance(run.answer, PolicyTests) else None
    return _promises(answers or (), found, is_proved=answers is not None)


def _promises(
    answers: tuple[ProofAnswer, ...], tests: PolicyTests | None, *, is_proved: bool
) -> PromiseValues:
    def named(outcome: ProofOutcome) -> tuple[str, ...]:
        return tuple(one.name for one in answers if one.outcome is outcome)

    return {
        "broken": named(ProofOutcome.FAILS),
        "doubtful": named(ProofOutcome.NOT_DECIDED),
        "is_proved": is_proved,
        "tests": tests,
        "failing": 0 if tests is None else sum(one.broken is not None for one in tests.files),
    }


async def change_values(
    request: Request, version: Version, file: Version, seconds: float
) -> ChangeValues:
    """Return for whom a version changes what, if that is known within some seconds."""
    work = _work_of(request)
    found = None
    if version.policy is not None and file.policy is not None and not version.is_file:
        old, new = file.policy, version.policy
        found = await work.changes.within(
            seconds, (old.digest, new.digest), lambda: who_changes(old, new)
        )
    return {
        "changes": found if isinstance(found, Changes) else None,
        "undecided": found.reason if isinstance(found, Undecided) else None,
        "nothing_differs": NOTHING_DIFFERS,
        "one_example": ONE_EXAMPLE,
    }


async def audience_values(
    request: Request, version: Version, file: Version, seconds: float
) -> AudienceValues:
    """Return how many of an audience a version concerns, if that is known within some seconds."""
    old, new = file.policy, version.policy
    if old is None or new is None:
        return {"found": None, "reason": "a text with errors changes nothing for anybody yet"}
    work = _work_of(request)
    try:
        source = _source(desk_of(request), old)
        asked = (source, old.digest, new.digest)
        found = await work.concerned.within(
            seconds, asked, lambda: _concerned(work, source, old, new)
        )
    except MeterError as error:
        return {"found": None, "reason": str(error)}
    return {"found": found, "reason": ""}


class _LogSource(NamedTuple):
    """A log as it is now."""

    path: Path
    name: str | None
    changed: int
    size: int


def _source(desk: Desk, policy: Policy) -> _LogSource | str:
    """Return what the audience is: the log as it is, else the digest of what is simulated."""
    log = desk.log
    if log is None:
        return policy.digest
    try:
        stat = log.stat()
    except OSError:
        raise MeterError("the log is not kept any more; replay it once more in Log") from None
    return _LogSource(log, desk.log_name, stat.st_mtime_ns, stat.st_size)


def _concerned(
    work: _Work, source: _LogSource | str, old: Policy, new: Policy
) -> tuple[Audience, Concerned]:
    found = work.audiences.get(source)
    if found is None:
        if isinstance(source, _LogSource):
            found = log_audience(source.path, source.name)
        else:
            found = simulated_audience(old)
        work.audiences.clear()  # one at a time: a log may be large
        work.audiences[source] = found
    return found, found.concerned(old, new)
