"""Journey tests that are kept: what their files are called, and where they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli_w

from meter.errors import MeterError
from meter.verify.export import journey_file_name

if TYPE_CHECKING:
    from pathlib import Path

    from meter.studio.desk import Desk

__all__ = ["named", "with_title", "written"]

_MOST_NAMES = 99
_LONGEST = 80


def with_title(text: str, title: str, file_name: str) -> str:
    """Return the text of a journey with a title, and the policy's file that it is a test of."""
    return tomli_w.dumps({"title": title, "policy": file_name}) + "\n" + text


def named(name: str) -> str:
    """Return the name of a file for a journey test, in letters that every system can have."""
    return journey_file_name(name[:_LONGEST].encode("ascii", "ignore").decode())


def written(desk: Desk, name: str, text: str) -> Path:
    """Write a journey test to a new file beside the policy. Raises `MeterError`."""
    for number in range(1, _MOST_NAMES):
        file_name = journey_file_name(name[:_LONGEST], number)
        if not (desk.folder / file_name).exists():
            return desk.add_file(file_name, text)
    raise MeterError("there are many files of that name already; remove those not needed")
