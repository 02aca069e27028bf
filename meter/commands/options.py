"""The arguments and options that several commands share. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from meter.commands.dates import AS_DATE, day_alone
from meter.errors import MeterError, PolicyError
from meter.loading.article_ids import ArticleIds
from meter.loading.files import file_problem, folder_problem
from meter.resources import prompt_set, templates_folder

if TYPE_CHECKING:
    from os import PathLike

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = [
    "FilePath",
    "FolderPath",
    "NewFilePath",
    "UnreadablePathError",
    "article_ids_option",
    "format_option",
    "own_templates",
    "policy_argument",
    "templates_option",
    "today_option",
]

_PAGE = b"<!doctype html"
_Command = TypeVar("_Command", bound=Callable[..., object])


class UnreadablePathError(MeterError):
    """A file or a folder that was named cannot be read."""

    def __init__(self, problem: Problem) -> None:
        self.problems = (problem,)
        super().__init__(str(problem))


class FilePath(click.Path):
    """A file to read. Of one that cannot be read, every command says the same."""

    name = "file"

    def __init__(self, *, dash: bool = False) -> None:
        super().__init__(allow_dash=dash, readable=False, path_type=Path)

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Return the path; `-` is stdin where that is allowed."""
        if not (self.allow_dash and str(value) == "-"):
            _check(file_problem(Path(value)))
        super().convert(value, param, ctx)
        return Path(value)


class FolderPath(click.Path):
    """A folder to read. Of one that cannot be read, every command says the same."""

    name = "directory"

    def __init__(self) -> None:
        super().__init__(readable=False, path_type=Path)

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Return the path of a folder that is there."""
        folder = prompt_set(str(value)) or Path(value)
        _check(folder_problem(folder))
        super().convert(folder, param, ctx)
        return folder


class NewFilePath(click.Path):
    """A page to write; what stands in its way is seen before anything is computed.

    Its folder must be there. Another page is written over, and an empty file; nothing else is.
    """

    name = "file"

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Return the path of a page that can be written."""
        path = Path(value)
        _check(folder_problem(path.parent))
        super().convert(value, param, ctx)
        if path.is_file() and not _is_page(path):
            raise MeterError(
                f"`{path}` is there and is no page: nothing is written over it; name another file,"
                " or remove this one"
            )
        return path


def _is_page(path: Path) -> bool:
    """Say whether a file is a page, or still empty."""
    with path.open("rb") as file:
        begins = file.read(len(_PAGE))
    return not begins or begins.lower() == _PAGE


def _check(problem: Problem | None) -> None:
    if problem is not None:
        raise UnreadablePathError(problem)


article_ids_option = click.option(
    "--article-ids",
    type=click.Choice([str(word) for word in ArticleIds]),
    default=str(ArticleIds.EXACT),
    show_default=True,
    callback=lambda _context, _option, word: ArticleIds(word),
    help="How ids of articles are compared: as they are, or as addresses of pages.",
)
today_option = click.option(
    "--today",
    metavar=AS_DATE,
    callback=day_alone,
    help=(
        "The day to look from, such as `2026-06-01`; without it, the first day that the policies"
        " name, else the first of next month."
    ),
)
templates_option = click.option(
    "--templates",
    type=FolderPath(),
    help="A folder whose files replace those that ship; without it, the one the policy names.",
)
policy_argument = click.argument("policy_path", type=FilePath(), metavar="POLICY")


def own_templates(policy_path: Path, policy: Policy, given: Path | None) -> Path | None:
    """Return the folder of a publisher's prompts: the one that was given, or the policy's.

    Raises `PolicyError` where the policy names one that is not there.
    """
    if given is not None or policy.publication.templates is None:
        return given
    folder = templates_folder(policy.publication.templates, policy_path.parent)
    missing = folder_problem(folder)
    if missing is not None:
        raise PolicyError([missing])
    return folder


def format_option(*choices: str) -> Callable[[_Command], _Command]:
    """Add `--format`, with the first of `choices` as the default."""
    words = "How to print the answer."
    if "json" in choices:
        words = "How to print the answer; `json` is one document for other programs."
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help=words,
    )
