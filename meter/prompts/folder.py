"""Check a publisher's folder: every template and every file of texts in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import evolve

from meter.errors import problem_at
from meter.policy.languages import CATEGORIES, COUNTED, text_faults
from meter.prompts.errors import TemplateError
from meter.prompts.templates import found
from meter.prompts.texts import read_bounded, read_texts
from meter.resources.languages import plural_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from meter.errors import Problem
    from meter.prompts.rendering import TemplateWord

__all__ = ["folder_problems", "form_of"]

_TEXTS = (".txt", ".txt.j2")


def form_of(path: Path) -> TemplateWord:
    """Return what a template is written in, by its name: `text` for `.txt`, else `html`."""
    return "text" if path.name.endswith(_TEXTS) else "html"


def folder_problems(folder: Path) -> tuple[Problem, ...]:
    """Return what is wrong with the templates and the texts of a folder, file by file.

    It is what `render` would say, with the same codes; a mistake of an included file is told once.
    """
    problems: dict[Problem, None] = {}
    for path in sorted(folder.glob("*.j2")):
        try:
            found(path.name, form_of(path), folder)
        except TemplateError as error:
            problems |= dict.fromkeys(error.problems)
    for path in sorted((folder / "texts").glob("*.toml")):
        try:
            tables = read_texts(path)
        except TemplateError as error:
            problems |= dict.fromkeys(error.problems)
        else:
            problems |= dict.fromkeys(_of_texts(path, tables))
    return tuple(problems)


def _of_texts(path: Path, tables: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Yield what is wrong with the texts of a file, and what its language lacks.

    Errors are those that a prompt would fail with: what is not known is never read.
    """
    source = read_bounded(path)
    for fault in text_faults(tables):
        if fault.code != "missing-plural":
            table, *rest = map(str, fault.path)
            found = _in_file(fault, path, source, _offset(source, table, *rest))
            is_fatal = fault.code == "unknown-field"
            yield found if is_fatal else evolve(found, severity="warning")
    for table in tables.keys() & COUNTED.keys():
        forms = CATEGORIES & tables[table].keys()
        for problem in plural_problems(f"`{table}`", path.stem, forms):
            found = _in_file(problem, path, source, _offset(source, table))
            if problem.code == "copy-gap" and "other" not in forms:
                yield evolve(found, code="missing-plural", help="add them, or `other`")
            else:
                yield evolve(found, severity="warning")


def _in_file(problem: Problem, path: Path, source: str, offset: int | None) -> Problem:
    """Return a problem at its place in a file."""
    at = {"name": str(path), "source": source}
    return problem_at(problem.code, problem.message, problem.help or "", **at, offset=offset)


def _offset(source: str, table: str, key: str = "") -> int | None:
    """Return where a table, or a text of it, stands in a file; nothing where it is not found."""
    heading = re.search(rf"^[ \t]*\[ *\"?{re.escape(table)}\"? *\]", source, re.MULTILINE)
    if heading is None or not key:
        return None if heading is None else heading.start()
    line = re.compile(rf"^[ \t]*\"?{re.escape(key)}\"?[ \t]*=", re.MULTILINE)
    found = line.search(source, heading.end())
    return heading.start() if found is None else found.start()
