"""`meter mutate`: how good the tests of a policy are."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from meter.commands.console import (
    EXIT_NO,
    open_console,
    print_answer,
    print_drawn,
    print_json,
    print_message,
)
from meter.commands.help import command
from meter.commands.options import FilePath, FolderPath, format_option, policy_argument
from meter.loading.policies import read_placed
from meter.loading.together import read_files
from meter.verify.mutants.finding import checked_journeys, find_tests
from meter.verify.mutants.keeping import keep
from meter.verify.mutants.pytest_runs import PytestRuns
from meter.verify.mutants.results import COUNTED
from meter.verify.mutants.run import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from meter.errors import Problem
    from meter.loading.together import Places
    from meter.verify.mutants.edit import Mutant
    from meter.verify.mutants.finding import FoundTests
    from meter.verify.mutants.results import MutationResult, Survivor

__all__ = ["mutate"]


class _TestPath(click.Path):
    """A file or a folder of tests."""

    name = "file or folder"

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Return the path of what is there."""
        kind = FolderPath() if Path(value).is_dir() else FilePath()
        return kind.convert(value, param, ctx)


@command(
    "meter mutate policy.toml",
    "meter mutate policy.toml --keep .            write the journeys that are missing",
    "meter mutate policy.toml journeys/ tests/    these tests, pytest's too",
)
@policy_argument
@click.argument("tests", nargs=-1, type=_TestPath(), metavar="[TESTS]…")
@click.option(
    "--keep",
    "keep_in",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write journeys there that notice what survives, as few as do.",
)
@format_option("text", "json")
def mutate(policy_path: Path, tests: tuple[Path, ...], keep_in: Path | None, form: str) -> None:
    """Say how good the tests of a policy are.

    Make every small mistake in the policy (a limit off by one, another window, two rules swapped, a
    word left out of a list, another price), each by itself: a mutant. Leave out those that change
    nothing for any reader, and run the tests on the others: the journeys beside the policy, or
    those of TESTS, the policy's guarantees, and the pytest tests among TESTS, which get the mutant
    by the fixture `meter_policy`.

    A mutant that no test notices survives. Each is told with a journey that would have noticed it.

    The exit code is 0 if none survives, 1 if one does, and 2 if the policy or a test cannot be
    used, or a test fails with the policy as it is.
    """
    policy, places = read_placed(read_files(policy_path))
    found = find_tests(policy_path, tests)
    checked_journeys(policy, found.journeys)
    runs = PytestRuns(policy_path, found.pytest) if found.pytest else None
    if runs is not None:
        runs.check(policy)
    trial = Trial(policy, found.journeys, runs)
    ran = _Ran(policy_path, places, found, tuple(trial.guaranteed.proved))
    _print_what_is_missing(ran, runs, given=bool(tests))
    with _progress_bar() as progress:
        result = trial.run(progress)
    if keep_in is not None:
        result = keep(result, trial.told, policy_path, keep_in)
    if form == "json":
        print_json(_document(ran, result))
    else:
        _print(ran, result)
    if result.survivors:
        raise click.exceptions.Exit(EXIT_NO)


class _Ran(NamedTuple):
    """What was tried: the policy's file, and the tests."""

    policy: Path
    places: Places
    tests: FoundTests
    guarantees: tuple[str, ...]

    def place(self, mutant: Mutant) -> Problem:
        """Return the file and the line of the policy that a mistake is made in."""
        return mutant.place_in(self.places)


def _print_what_is_missing(ran: _Ran, runs: PytestRuns | None, *, given: bool) -> None:
    """Say on stderr which tests there are none of."""
    for name in ran.tests.others:
        print_message(f"{name}: left out, it is a journey of another policy")
    if not ran.tests.journeys:
        where = "in what was named" if given else f"beside `{ran.policy}` (`*.journey.toml`)"
        print_message(f"there is no journey of this policy {where}")
    if runs is not None and not runs.collected:
        print_message("pytest found no test in what was named")
    elif runs is not None and not runs.handed_out:
        print_message(
            f"no pytest test asks for `{ran.policy}` by the fixture `meter_policy`, so none can"
            " notice anything"
        )


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None] | None]:
    """Show how far it is on stderr, where somebody looks; otherwise nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("trying mutants"), BarColumn(), TextColumn("{task.completed:.0f}"))
    with Progress(*columns, console=open_console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(ran: _Ran, result: MutationResult) -> None:
    told: set[str | None] = {None}
    for survivor in result.survivors:
        _print_survivor(ran, survivor, told)
    _print_kinds(result)
    counts = result.counts
    asked = (
        f"{_counted(len(ran.tests.journeys), 'journey')},"
        f" {_counted(len(ran.guarantees), 'guarantee')}"
    )
    if ran.tests.pytest:
        asked += f" and pytest on {', '.join(f'`{path}`' for path in ran.tests.pytest)}"
    print_answer(f"tried on `{ran.policy}`: {asked}")
    print_answer(
        f"{_counted(counts['mutants'], 'mutant')} in all; changing nothing for any reader:"
        f" {counts['equivalent']}; noticed: {counts['killed']}; surviving: {counts['survived']}"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _print_survivor(ran: _Ran, survivor: Survivor, told: set[str | None]) -> None:
    """Print a mutant that nothing noticed; a journey that was `told` is not told again."""
    mutant = survivor.mutant
    place = ran.place(mutant)
    print_answer(f"{place.name}:{place.line}: {mutant.words}")
    if not survivor.decided:
        print_answer("  whether this changes anything for any reader was not decided")
    if survivor.kept is not None:
        print_answer(f"  noticed by `{survivor.kept}`, which was written")
    elif survivor.journey is None:
        print_answer("  no journey of a new reader was found that notices it")
    elif survivor.journey in told:
        print_answer("  noticed by a journey above")
    else:
        told.add(survivor.journey)
        print_answer("  a journey that notices it:")
        for line in survivor.journey.splitlines():
            print_answer(f"    {line}".rstrip())
    print_answer("")


def _print_kinds(result: MutationResult) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in ("kind", *COUNTED):
        table.add_column(head, justify="left" if head == "kind" else "right")
    for kind, counts in result.by_kind.items():
        if counts["mutants"]:
            table.add_row(Text(kind), *(str(counts[name]) for name in COUNTED))
    console = open_console()
    with console.capture() as captured:
        console.print(table)
    print_drawn(captured.get())


def _document(ran: _Ran, result: MutationResult) -> dict[str, object]:
    return {
        "policy": str(ran.policy),
        **result.counts,
        "not_decided": sum(not survivor.decided for survivor in result.survivors),
        "by_kind": result.by_kind,
        "survivors": [
            {
                **_mutant(ran, survivor.mutant),
                "decided": survivor.decided,
                "journey": survivor.journey,
                "kept": None if survivor.kept is None else str(survivor.kept),
            }
            for survivor in result.survivors
        ],
        "noticed": [{**_mutant(ran, one.mutant), "by": one.by} for one in result.killed],
        "change_nothing": [_mutant(ran, mutant) for mutant in result.equivalent],
        "tests": {
            "journeys": [test.name for test in ran.tests.journeys],
            "guarantees": list(ran.guarantees),
            "pytest": [str(path) for path in ran.tests.pytest],
        },
    }


def _mutant(ran: _Ran, mutant: Mutant) -> dict[str, object]:
    place = ran.place(mutant)
    return {
        "kind": str(mutant.kind),
        "what": mutant.what,
        "old": mutant.old,
        "new": mutant.new,
        "file": place.name,
        "line": place.line,
    }
