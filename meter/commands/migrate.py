"""`meter migrate`: rewrite the placeholders of old templates, in place or as a diff to look at."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

import click
from attrs import evolve

from meter.commands.console import EXIT_BAD_INPUT, print_json, print_message, print_problems
from meter.commands.help import command
from meter.commands.options import FilePath, format_option
from meter.prompts.errors import TemplateError
from meter.prompts.folder import form_of
from meter.prompts.legacy import modernised
from meter.prompts.templates import html_problems
from meter.prompts.texts import read_bounded
from meter.resources import replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from meter.errors import Problem

__all__ = ["migrate"]


@command()
@click.argument("templates", nargs=-1, required=True, type=FilePath(), metavar="TEMPLATE…")
@click.option(
    "--write", is_flag=True, help="Rewrite the files. Without this the changes are only shown."
)
@format_option("text", "json")
def migrate(templates: tuple[Path, ...], *, write: bool, form: str) -> None:
    """Bring an old template's placeholders up to date.

    `{{numberArticlesLeft}}`, `<<numberArticlesLeft>>` and `&lt;&lt;numberArticlesLeft&gt;&gt;`
    become `{{ left }}`; the same with `-plural` become `{{ left_plural }}`. Nothing else is
    touched, and the template renders the same. The changes are shown; `--write` makes them. If one
    template has an unknown placeholder, none is rewritten. What will be refused when the template
    is rendered, since a variable stands where none can, is told as a warning.
    """
    problems: list[Problem] = []
    rewritten: dict[Path, tuple[str, str]] = {}
    for path in templates:
        try:
            old = read_bounded(path, encoding="utf-8")
            rewritten[path] = old, modernised(old, str(path))
        except TemplateError as error:
            problems += error.problems
    if problems:
        print_problems(problems)
        raise click.exceptions.Exit(EXIT_BAD_INPUT)
    for path, (old, new) in rewritten.items():
        if form_of(path) == "html":
            found = html_problems(new, old, str(path))
            print_problems([evolve(problem, severity="warning") for problem in found])
    for path, (old, new) in rewritten.items():
        if write and new != old:
            replace_file(path, new.encode())
    if form == "json":
        print_json(
            [
                {"file": str(path), "changed": new != old, "written": write and new != old}
                for path, (old, new) in rewritten.items()
            ]
        )
        return
    for path, (old, new) in rewritten.items():
        if write:
            done = "rewritten" if new != old else "nothing to do"
            print_message(f"{path}: {done}")
        else:
            click.echo(_diff(path, old, new), nl=False)
    if not write:
        changed = sum(new != old for old, new in rewritten.values())
        step = "; add `--write` to do it" if changed else ""
        print_message(f"{changed} of {len(rewritten)} to rewrite{step}")


def _diff(path: Path, old: str, new: str) -> str:
    lines = unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), str(path), str(path), n=1
    )
    return "".join(map(_ended, lines))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n"
