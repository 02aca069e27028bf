"""The arguments and options that several commands share. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from meter.errors import closest, did_you_mean

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["FilePath", "format_option"]

_Command = TypeVar("_Command", bound=Callable[..., object])


class FilePath(click.Path):
    """A file that is there; for one that is not, the error names what may have been meant."""

    name = "file"

    def __init__(self, *, dash: bool = False) -> None:
        super().__init__(dir_okay=False, allow_dash=dash, path_type=Path)

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        path = Path(value)
        if path.is_dir():
            inside = sorted(_files(path))
            example = f", such as `{path / inside[0]}`" if inside else ""
            self.fail(f"`{value}` is a folder; name a file in it{example}", param, ctx)
        if not path.exists() and not (self.allow_dash and str(value) == "-"):
            self.fail(f"there is no file `{value}`{_meant(path)}", param, ctx)
        return path


def _files(folder: Path) -> list[str]:
    """Return the names of the files in a folder, hidden ones apart."""
    return [
        item.name for item in folder.iterdir() if item.is_file() and not item.name.startswith(".")
    ]


def _meant(path: Path) -> str:
    if not path.parent.is_dir():
        return f": there is no folder `{path.parent}`"
    there = sorted(_files(path.parent))
    close = closest(path.name, there)
    if close is not None:
        return f"; {did_you_mean(str(path.with_name(close)))}"
    alike = [name for name in there if Path(name).suffix == path.suffix][:5]
    if not alike:
        return ""
    return f"; there are: {', '.join(f'`{path.with_name(name)}`' for name in alike)}"


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
