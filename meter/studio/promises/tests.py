"""The journey tests beside a policy: which pass, what they cover, and which mistakes they miss."""

from __future__ import annotations

from binascii import hexlify
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import MeterError
from meter.journeys.telling import expectations_text
from meter.resources import MOST_BYTES
from meter.studio.beside import name_below, names_beside, path_beside, strangers_beside
from meter.studio.desk import digest
from meter.studio.reader.files import load_journey
from meter.studio.runs import Progress
from meter.testing.rule_coverage import RuleCoverage
from meter.verify.mutants.finding import FoundTests, find_tests
from meter.verify.mutants.journeys import broken_step
from meter.verify.mutants.run import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.journeys import Journey
    from meter.loading.together import Places
    from meter.policy import Policy
    from meter.verify.mutants.results import MutationResult

__all__ = [
    "FileOfTests",
    "Missed",
    "Mistakes",
    "PolicyTests",
    "digest_of_tests",
    "find_mistakes",
    "kept_text",
    "look_at_tests",
]

_ENDING = ".journey.toml"


@frozen(kw_only=True)
class FileOfTests:
    """A journey file: how many steps it has, and what is the first that goes otherwise.

    `expected` says how many of its expectations fail; `broken_step` counts from 1.
    """

    name: str
    title: str | None
    steps: int
    expected: str = ""
    broken_step: int | None = None
    broken: str | None = None


@frozen(kw_only=True)
class PolicyTests:
    """The tests of a policy. `problem` says why they cannot be used, if they cannot.

    `points` is how many things of the policy there are to exercise, `missing` those that no test
    exercises.
    """

    files: tuple[FileOfTests, ...] = ()
    others: tuple[str, ...] = ()
    points: int = 0
    missing: tuple[str, ...] = ()
    problem: str | None = None
    found: FoundTests | None = None

    @property
    def all_pass(self) -> bool:
        """Whether all go as they expect, so that mistakes can be tried on them."""
        return self.problem is None and not any(file.broken for file in self.files)


@frozen(kw_only=True)
class Missed:
    """A small mistake that no test notices, and a journey test that would."""

    number: int
    line: int | None
    file: str | None
    """The other file that it is in, if it is not in the policy's own."""
    what: str
    words: str
    decided: bool
    test: str | None
    is_told: bool
    """Whether the same test stands at an earlier mistake."""


@frozen(kw_only=True)
class Mistakes:
    """What came of making every small mistake in a policy."""

    missed: tuple[Missed, ...]
    counts: dict[str, int]
    by_kind: dict[str, dict[str, int]]

    def find(self, number: int | None) -> Missed | None:
        """Return a mistake by its number."""
        return next((one for one in self.missed if one.number == number), None)


def digest_of_tests(folder: Path) -> str:
    """Return the digest of the journeys in a folder, which answers about them depend on."""
    texts = []
    for name in names_beside(folder, _ENDING):
        with suppress(OSError), (folder / name).open("rb") as stream:
            texts += [name.encode("utf-8", "surrogateescape"), stream.read(MOST_BYTES + 1)]
    strangers = strangers_beside(folder, _ENDING)
    texts += [name.encode("utf-8", "surrogateescape") for name in strangers]
    return digest(b"\0".join(map(hexlify, texts)))


def look_at_tests(policy: Policy, path: Path) -> PolicyTests:
    """Run the journeys beside a policy's file, and say what they cover.

    The rules are covered as `pytest --meter-coverage` counts it.
    """
    try:
        for name in strangers_beside(path.parent, _ENDING):
            path_beside(path.parent, name)
        found = find_tests(path, ())
        files = tuple(_file(Path(test.name).name, test.journey, policy) for test in found.journeys)
        coverage = RuleCoverage({path.name: policy})
        for test in found.journeys:
            for decision, _ in test.journey.answers_of(policy):
                coverage.note(decision)
    except MeterError as error:
        return PolicyTests(problem=str(error))
    _, points, missing = next(coverage.results())
    return PolicyTests(
        files=files,
        others=tuple(Path(name).name for name in found.others),
        points=len(points),
        missing=tuple(missing),
        found=found,
    )


def _file(name: str, journey: Journey, policy: Policy) -> FileOfTests:
    steps = journey.run(policy)
    broken = next((step for step in steps if step.problem is not None), None)
    return FileOfTests(
        name=name,
        title=journey.title,
        steps=len(journey.steps),
        expected=expectations_text(journey, steps),
        broken_step=None if broken is None else broken.number,
        broken=None if broken is None else f"Step {broken.number}, {broken.what}: {broken.problem}",
    )


def kept_text(folder: Path, name: str, of_file: Policy | None, policy: Policy | None) -> str:
    """Say whether a test that was just kept fails: under the file as it is, and under a draft.

    Either policy may be missing: `of_file` where the file is not usable, `policy` where the version
    is the file itself. Raises `MeterError` for a test that is not there.
    """
    journey = load_journey(folder, name)
    said = [
        f"{'fails' if _fails(journey, one) else 'passes'} under {words}"
        for one, words in ((policy, "this draft"), (of_file, "the file as it is on disk"))
        if one is not None
    ]
    return " and ".join(said)


def _fails(journey: Journey, policy: Policy) -> bool:
    return broken_step(journey, policy) is not None


def find_mistakes(
    policy: Policy, places: Places, tests: PolicyTests, tell: Callable[[Progress], None]
) -> Mistakes:
    """Make every small mistake in a policy, and say which of them its tests do not notice."""
    if tests.found is None:
        raise MeterError("there are tests that cannot be used; mend them first")
    tell(Progress("reading the tests", 0, None))
    trial = Trial(policy, tests.found.journeys)
    result = trial.run(lambda done, total: tell(Progress("mistakes tried", done, total)))
    return Mistakes(
        missed=_missed(result, places),
        counts=result.counts,
        by_kind={kind: counts for kind, counts in result.by_kind.items() if counts["mutants"]},
    )


def _missed(result: MutationResult, places: Places) -> tuple[Missed, ...]:
    told: set[str | None] = {None}
    missed = []
    own = places.files.own
    for number, survivor in enumerate(result.survivors):
        mutant = survivor.mutant
        place = mutant.place_in(places)
        missed.append(
            Missed(
                number=number,
                line=place.line,
                file=None if place.name == own.name else name_below(own.path.parent, place.name),
                what=mutant.what,
                words=mutant.words,
                decided=survivor.decided,
                test=survivor.journey,
                is_told=survivor.journey in told and survivor.journey is not None,
            )
        )
        told.add(survivor.journey)
    return tuple(missed)
