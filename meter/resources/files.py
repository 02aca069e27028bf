"""The files that ship with the package, and what holds for every file from outside."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = [
    "MOST_BYTES",
    "FileStamp",
    "file_stamp",
    "prompt_set",
    "prompt_set_name",
    "prompt_set_names",
    "replace_file",
    "template_root",
    "templates_folder",
]

MOST_BYTES = 64 * 1024
"""The largest file from outside that is read whole: a policy, a template, a file of texts."""


def template_root() -> Traversable:
    """Return the folder `templates`: inside the installed package, or beside it in a checkout."""
    shipped = files("meter") / "templates"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "templates"


_SET = "meter:"
"""Before the name of a set of prompts that ships, where else a folder is named."""


def prompt_set(named: str) -> Path | None:
    """Return the folder of a set of prompts that ships, such as `meter:source`.

    `None` for any other name; of a set that there is not, the folder is not there.
    """
    if not named.startswith(_SET):
        return None
    name = named.removeprefix(_SET)
    is_plain = name.replace("-", "").isalnum()
    return _sets() / (name if is_plain else "no-such-set")


def prompt_set_name(folder: Path) -> str | None:
    """Return what the set in a folder is called where a folder is named; `None` for no set."""
    return f"{_SET}{folder.name}" if folder.parent == _sets() else None


def prompt_set_names() -> tuple[str, ...]:
    """Return what the sets of prompts that ship are called where a folder is named."""
    return tuple(f"{_SET}{folder.name}" for folder in _sets().iterdir())


def _sets() -> Path:
    return Path(str(template_root())) / "prompts" / "sets"


def templates_folder(named: str, beside: Path) -> Path:
    """Return the folder of prompts that a policy names: a set of ours, else from its own folder."""
    return prompt_set(named) or beside / named


FileStamp = tuple[int, ...]
"""What changes when a file does: the times of its content and of its entry, size and place."""


def file_stamp(path: Path) -> FileStamp | None:
    """Return what changes when a file does; `None` where there is none.

    The time of its entry is among it, since a copy may keep the time of the content.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return (
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
        status.st_ino,
        status.st_dev,
    )


def replace_file(path: Path, raw: bytes, *, follow: bool = True) -> None:
    """Put new bytes in the place of a file's, whole or not at all; its mode stays.

    They are written beside it under a name that nobody has, brought to the disk, and renamed. A
    link is followed, or with `follow=False` is itself replaced. Where there was no file, the new
    one has the mode of any that is made. Raises `OSError`, and then what was there is as it was,
    with nothing beside it.
    """
    target = path.resolve() if follow else path
    is_new = target.is_symlink() or not target.exists()
    mode = None if is_new else target.stat().st_mode & 0o777
    with TemporaryDirectory(
        dir=target.parent, prefix=f".{target.name}.", ignore_cleanup_errors=True
    ) as folder:
        beside = Path(folder) / target.name
        with beside.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(target)
