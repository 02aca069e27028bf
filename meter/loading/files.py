"""Say why a path cannot be read as a file, in the same words wherever a file is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import Problem, closest, meant, quoted
from meter.resources import prompt_set_name, prompt_set_names

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["file_problem", "folder_problem", "not_a_file", "unreadable_file"]

_LONGEST_PATH = 300
_MOST_SUGGESTED = 5
_POLICY_SUFFIX = ".toml"


def file_problem(path: Path) -> Problem | None:
    """Return why there is no file to read at a path, or `None` where there is one.

    A pipe is neither opened nor refused: opening one twice would lose what is in it.
    """
    try:
        if path.is_dir():
            return _no_such(path, f"{_quoted_path(path)} is a folder, not a file", _inside(path))
        if path.is_file():
            path.open("rb").close()
        else:
            path.stat()
    except FileNotFoundError:
        return _no_such(path, f"there is no file {_quoted_path(path)}", _file_instead_of(path))
    except (OSError, ValueError) as error:
        return unreadable_file(path, error)
    return None


def folder_problem(path: Path) -> Problem | None:
    """Return why there is no folder to read at a path, or `None` where there is one."""
    try:
        if path.is_dir():
            next(path.iterdir(), None)
            return None
        path.stat()
    except FileNotFoundError:
        named = prompt_set_name(path)
        if named is not None:
            advice = meant(named, prompt_set_names())
            return _no_such(path, "no set of prompts that ships is called so", advice)
        return _no_such(path, f"there is no folder {_quoted_path(path)}", _folder_instead_of(path))
    except (OSError, ValueError) as error:
        return unreadable_file(path, error)
    message = f"{_quoted_path(path)} is a file, not a folder"
    return _no_such(path, message, f"name a folder, such as {_quoted_path(path.parent)}")


def not_a_file(path: Path) -> Problem:
    """Return the problem of a pipe or a device where only a file will do."""
    return _no_such(path, f"{_quoted_path(path)} is not a file", "name the file itself")


def unreadable_file(path: Path, error: OSError | ValueError) -> Problem:
    """Return the problem of a path that the system refuses to read."""
    reason = str(getattr(error, "strerror", None) or error).lower()
    return Problem(
        code="unreadable-file",
        name=str(path),
        message=f"{_quoted_path(path)} cannot be read: {reason}",
        help="check the name and who may read it",
    )


def _no_such(path: Path, message: str, advice: str) -> Problem:
    return Problem(code="no-such-file", name=str(path), message=message, help=advice)


def _inside(folder: Path) -> str:
    """Return the next step for a folder that is named where a file is needed."""
    files = _file_names(folder)
    policies = [name for name in files if name.endswith(_POLICY_SUFFIX)]
    shown = (policies or files)[:_MOST_SUGGESTED]
    if not shown:
        return "name the file itself"
    return f"did you mean {' or '.join(_quoted_path(folder / name) for name in shown)}?"


def _file_instead_of(path: Path) -> str:
    """Return the next step for a file that is not there."""
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {_quoted_path(folder)}"
    files = _file_names(folder)
    close = closest(path.name, files)
    if close:
        return f"did you mean {_quoted_path(folder / close)}?"
    suffix = path.suffix or _POLICY_SUFFIX
    alike = [name for name in files if name.endswith(suffix)][:_MOST_SUGGESTED]
    if alike:
        return f"there are: {', '.join(map(quoted, alike))}"
    if suffix == _POLICY_SUFFIX:
        return "`meter init` writes a sample policy"
    return "check the name"


def _folder_instead_of(path: Path) -> str:
    """Return the next step for a folder that is not there."""
    above = path.parent
    if not above.is_dir():
        return f"there is no folder {_quoted_path(above)}"
    return "check the name"


def _file_names(folder: Path) -> list[str]:
    """Return the names of the files in a folder, without hidden ones; none if it cannot be read."""
    try:
        found = [item.name for item in folder.iterdir() if item.is_file()]
    except OSError:
        return []
    return sorted(name for name in found if not name.startswith("."))


def _quoted_path(path: Path) -> str:
    return quoted(str(path), _LONGEST_PATH)
