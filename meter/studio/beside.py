"""The files beside the policy that the studio reads: regular ones, in the folder, of bounded size.

A pipe would never end, and a link that leads out of the folder would show what is no part of it.
"""

from __future__ import annotations

from pathlib import Path

from meter.errors import MeterError, quoted
from meter.loading.toml import read_text

__all__ = ["name_below", "names_beside", "path_beside", "strangers_beside", "text_beside"]


def names_beside(folder: Path, ending: str) -> tuple[str, ...]:
    """Return the names of the files with an ending that can be read, in order."""
    return tuple(path.name for path in _ending(folder, ending) if _belongs(path, folder))


def strangers_beside(folder: Path, ending: str) -> tuple[str, ...]:
    """Return the names with an ending that are not read: of what is no file, or leads elsewhere."""
    return tuple(path.name for path in _ending(folder, ending) if not _belongs(path, folder))


def name_below(folder: Path, name: str) -> str:
    """Return what a file is called from the folder: `sections/markets.toml`; elsewhere its path."""
    path = Path(name)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else name


def path_beside(folder: Path, name: str) -> Path:
    """Return the path of a file of the folder. Raises `MeterError` for what is none."""
    path = folder / name
    if path.parent != folder or not _belongs(path, folder):
        raise MeterError(
            f"{quoted(name)} is no file of this folder, or a link that leads out of it, so the"
            " studio does not read it; put a copy of the file there"
        )
    return path


def text_beside(folder: Path, name: str) -> str:
    """Return the text of a file of the folder.

    Raises `MeterError` for what is no file there, and `PolicyError` for one that is too large or
    not UTF-8.
    """
    return read_text(path_beside(folder, name))


def _ending(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*{ending}"))


def _belongs(path: Path, folder: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a link that leads to itself
        return False
