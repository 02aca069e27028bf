"""`meter check`: what is wrong in a policy, where, and what is hardly meant?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meter.commands.console import (
    EXIT_BAD_INPUT,
    EXIT_NO,
    format_option,
    out,
    styled,
    tell,
    write_json,
)
from meter.errors import PolicyError

if TYPE_CHECKING:
    from datetime import datetime

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = ["check"]

_Checked = tuple[Path, "Policy | None", tuple["Problem", ...]]


@click.command
@click.argument(
    "policies", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="POLICY..."
)
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day to look for offers that are over; without it, today.",
)
@format_option("text", "json", "github")
def check(policies: tuple[Path, ...], today: datetime | None, form: str, *, strict: bool) -> None:
    """Check policies and list every problem with its line and column, a code, and what to do next.

    What is allowed but hardly meant is a warning.

    The exit code is 1 if there are errors, and 2 if a file cannot be read. `--format github` prints
    annotations for a pull request.

    \b
    meter check policy.toml
    meter check --strict --format json policies/*.toml
    """
    checked, unreadable = [], False
    for path in policies:
        try:
            checked.append(_check(path, today))
        except PolicyError as error:
            unreadable = True
            if form == "json":
                checked.append((path, None, error.problems))
            else:
                tell(error)
    if form == "json":
        write_json(
            {
                "ok": not unreadable and not _fails(checked, strict=strict),
                "policies": [_table(*result) for result in checked],
            }
        )
    elif form == "github":
        for _, _, problems in checked:
            for problem in problems:
                click.echo(_annotation(problem))
    else:
        _print(checked)
    if unreadable:
        raise click.exceptions.Exit(EXIT_BAD_INPUT)
    if _fails(checked, strict=strict):
        raise click.exceptions.Exit(EXIT_NO)


def _check(path: Path, today: datetime | None) -> _Checked:
    from meter.clock import system_clock
    from meter.loading import check_text
    from meter.loading.toml import read_text
    from meter.verify.lints import lints

    day = system_clock().date() if today is None else today.date()
    return path, *check_text(read_text(path), str(path), today=day, exact=lints)


def _fails(checked: list[_Checked], *, strict: bool) -> bool:
    return any(
        problem.severity == "error" or strict for _, _, problems in checked for problem in problems
    )


def _print(checked: list[_Checked]) -> None:
    for path, policy, problems in checked:
        for problem in problems:
            out(styled(problem))
        errors = sum(problem.severity == "error" for problem in problems)
        counts = ((errors, "error"), (len(problems) - errors, "warning"))
        found = ", ".join(_count(count, word) for count, word in counts if count) or "nothing wrong"
        parts = (
            ()
            if policy is None
            else ((policy.rules, "rule"), (policy.meters, "meter"), (policy.offers, "offer"))
        )
        about = ", ".join(_count(len(part), word) for part, word in parts)
        out(f"{path}: {found}" + (f" ({about})" if about else ""))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _table(path: Path, policy: Policy | None, problems: tuple[Problem, ...]) -> dict[str, Any]:
    keys = ("severity", "code", "message", "line", "column", "help")
    return {
        "policy": str(path),
        "digest": None if policy is None else policy.digest,
        "problems": [{key: getattr(problem, key) for key in keys} for problem in problems],
    }


def _annotation(problem: Problem) -> str:
    """Write a problem as a workflow command of GitHub Actions.

    What would end a value is escaped as its toolkit does.
    """
    where = {
        "file": problem.name,
        "line": problem.line,
        "col": problem.column,
        "title": problem.code,
    }
    given = ",".join(
        f"{key}={_escaped(str(value), more=True)}"
        for key, value in where.items()
        if value is not None
    )
    message = problem.message + (f"\nhelp: {problem.help}" if problem.help else "")
    return f"::{problem.severity} {given}::{_escaped(message)}"


def _escaped(text: str, *, more: bool = False) -> str:
    for mark in "%\r\n" + (":," if more else ""):
        text = text.replace(mark, f"%{ord(mark):02X}")
    return text
