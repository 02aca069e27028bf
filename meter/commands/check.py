"""`meter check`: list the errors and warnings of policies, with their places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from meter.commands.beside import found_beside
from meter.commands.console import (
    EXIT_BAD_INPUT,
    EXIT_NO,
    print_answer,
    print_error,
    print_json,
    styled,
)
from meter.commands.help import command
from meter.commands.options import FolderPath, format_option, today_option
from meter.errors import PolicyError, Problem
from meter.loading import check_text
from meter.loading.together import read_files, resolved
from meter.loading.toml import read_text
from meter.resources import templates_folder
from meter.verify.lints import lints, search_advice

if TYPE_CHECKING:
    from datetime import date

    from meter.commands.languages import LanguageReport
    from meter.policy import Policy

__all__ = ["check"]

_MOST_ALIKE = 12
"""How many warnings of one code are printed for a file; of more, their number."""
_KEYS = ("severity", "code", "message", "line", "column", "help")
_A_PART = "if a policy includes this file, check that policy: the file is checked with it"
_IN_A_MESSAGE = "%\r\n"
_IN_A_VALUE = "%\r\n:,"

# The template engine is a third of a check, and most policies have no folder of prompts: what needs
# it is imported when it is asked for.
_FolderProblems = Callable[[Path], tuple[Problem, ...]]
_Reports = Callable[["Policy", Path | None], "tuple[LanguageReport, ...]"]


class _Checked(NamedTuple):
    """What was found in a file: a policy, if it is one, problems, and what else is to be known."""

    path: Path
    policy: Policy | None
    problems: tuple[Problem, ...]
    note: str | None = None
    languages: tuple[LanguageReport, ...] | None = None


@command(
    "meter check policy.toml",
    "meter check --strict --format json policies/*.toml",
    "meter check policy.toml --languages",
)
@click.argument(
    "policies", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="POLICY…"
)
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option(
    "--languages",
    "lists_languages",
    is_flag=True,
    help="List the languages of each policy, with every text that is missing in one.",
)
@click.option("--search", is_flag=True, help="Warn too where search engines advise otherwise.")
@today_option
@click.option(
    "--templates",
    type=FolderPath(),
    help="The folder of your own prompts; without it, the one that the policy names.",
)
@format_option("text", "json", "github")
def check(
    policies: tuple[Path, ...],
    today: date | None,
    templates: Path | None,
    form: str,
    *,
    strict: bool,
    search: bool,
    lists_languages: bool,
) -> None:
    """Find what is wrong in a policy, and where.

    List every problem with its line and column, a code, and what to do next. What is allowed but is
    probably a mistake is a warning. An offer that is over on --today is one; without --today a
    policy is looked at from its own first day, on which no offer of it is over.

    The files that a policy includes are checked with it, each problem in its own file; one that is
    named besides is not checked twice. The institutions in a file institutions.toml beside a policy
    are checked with it, and the crawlers in a file crawlers.toml, which a site uses only with the
    setting `crawler`. A file whose name is only like one of these is a warning.

    Of more than twelve warnings of one code in a file the first twelve are printed and the rest is
    counted; `--format json` and `github` list all of them.

    With --languages the languages of a policy are listed below it: whose texts the prompts have
    there, and what is missing.

    The exit code is 1 if there are errors, and 2 if a file cannot be read. `--format github` prints
    annotations for a pull request.
    """
    checked = []
    unreadable = False
    parts = _included(policies)
    for path in policies:
        if resolved(path) in parts:
            continue
        try:
            checked.append(_check(path, today, templates, search=search))
        except PolicyError as error:
            unreadable = True
            if form == "json":
                checked.append(_Checked(path, None, error.problems))
            else:
                print_error(error)
    if lists_languages:
        checked = [_with_languages(result, templates) for result in checked]
    folders = [templates] if templates else [_folder_of(result) for result in checked]
    policies_read = {result.path: result.policy for result in checked if result.policy is not None}
    checked += [
        _Checked(beside.path, None, beside.problems, beside.note)
        for beside in found_beside(policies_read, parts)
    ]
    checked += [
        _Checked(folder, None, _folder_problems(folder))
        for folder in dict.fromkeys(folders)
        if folder is not None
    ]
    fails = any(_fails(result.problems, strict=strict) for result in checked)
    if form == "json":
        ok = not unreadable and not fails
        print_json({"ok": ok, "policies": [_table(result) for result in checked]})
    elif form == "github":
        for result in checked:
            for problem in result.problems:
                click.echo(_annotation(problem))
    else:
        for result in checked:
            _print(result)
    if unreadable:
        raise click.exceptions.Exit(EXIT_BAD_INPUT)
    if fails:
        raise click.exceptions.Exit(EXIT_NO)


def _included(policies: tuple[Path, ...]) -> frozenset[Path]:
    """Return the files that some policies include; one that cannot be read is told elsewhere."""
    found: list[Path] = []
    for path in policies:
        with suppress(PolicyError):
            found += [resolved(file.path) for file in read_files(path).included]
    return frozenset(found)


def _check(path: Path, today: date | None, templates: Path | None, *, search: bool) -> _Checked:
    text = read_text(path)
    exact = _with_search_advice if search else lints
    policy, problems = check_text(
        text, str(path), today=today, exact=exact, templates=templates, folder=path.parent
    )
    return _Checked(path, policy, problems, _A_PART if _is_part(problems) else None)


def _is_part(problems: tuple[Problem, ...]) -> bool:
    """Say whether a file may be one that a policy includes: it does not say who publishes."""
    return any(one.code == "missing-key" and "`publication`" in one.message for one in problems)


def _with_languages(checked: _Checked, templates: Path | None) -> _Checked:
    """Return what was found in a file, with the languages of its policy if it is one."""
    if checked.policy is None:
        return checked
    folder = templates or _folder_of(checked)
    reports: _Reports = import_module("meter.commands.languages").language_reports
    return checked._replace(languages=reports(checked.policy, folder))


def _folder_problems(folder: Path) -> tuple[Problem, ...]:
    problems: _FolderProblems = import_module("meter.prompts.folder").folder_problems
    return problems(folder)


def _folder_of(checked: _Checked) -> Path | None:
    """Return the folder of prompts that a policy names; one that is not there was told before."""
    if checked.policy is None or checked.policy.publication.templates is None:
        return None
    folder = templates_folder(checked.policy.publication.templates, checked.path.parent)
    return folder if folder.is_dir() else None


def _with_search_advice(policy: Policy) -> tuple[Problem, ...]:
    return (*lints(policy), *search_advice(policy))


def _fails(problems: tuple[Problem, ...], *, strict: bool) -> bool:
    return any(problem.severity == "error" or strict for problem in problems)


def _print(checked: _Checked) -> None:
    """Print the problems of a file, and in its last line how many there are of what."""
    alike: Counter[str] = Counter()
    for problem in checked.problems:
        alike[problem.code] += problem.severity == "warning"
        if alike[problem.code] <= _MOST_ALIKE:
            print_answer(styled(problem))
    for code, number in alike.items():
        if number > _MOST_ALIKE:
            more = number - _MOST_ALIKE
            print_answer(f"… and {more} more warning[{code}]; `--format json` lists all of them")
    errors = sum(problem.severity == "error" for problem in checked.problems)
    warnings = len(checked.problems) - errors
    found = [
        _count(number, word)
        for number, word in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    line = f"{checked.path}: {', '.join(found) or 'nothing wrong'}"
    if checked.policy is not None:
        policy = checked.policy
        parts = (
            _count(len(policy.rules), "rule"),
            _count(len(policy.meters), "meter"),
            _count(len(policy.offers), "offer"),
        )
        line += f" ({', '.join(parts)})"
    if checked.note is not None:
        line += f" ({checked.note})"
    print_answer(line)
    for language in checked.languages or ():
        for said in language.lines():
            print_answer(said)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _table(checked: _Checked) -> dict[str, object]:
    table: dict[str, object] = {
        "policy": str(checked.path),
        "digest": None if checked.policy is None else checked.policy.digest,
        "problems": [
            {**{key: getattr(problem, key) for key in _KEYS}, "file": problem.name}
            for problem in checked.problems
        ],
    }
    if checked.languages is not None:
        table["languages"] = [language.table() for language in checked.languages]
    return table


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
        f"{key}={_escaped(str(value), _IN_A_VALUE)}"
        for key, value in where.items()
        if value is not None
    )
    message = problem.message
    if problem.help:
        message += f"\nhelp: {problem.help}"
    return f"::{problem.severity} {given}::{_escaped(message, _IN_A_MESSAGE)}"


def _escaped(text: str, marks: str) -> str:
    for mark in marks:
        text = text.replace(mark, f"%{ord(mark):02X}")
    return text
