"""Check a publisher's folder: every template and every file of texts in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.prompts.errors import TemplateError
from meter.prompts.templates import found
from meter.prompts.texts import read_texts

if TYPE_CHECKING:
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
            read_texts(path)
        except TemplateError as error:
            problems |= dict.fromkeys(error.problems)
    return tuple(problems)
