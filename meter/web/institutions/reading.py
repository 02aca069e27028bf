"""Read `institutions.toml`, and say what is wrong or doubtful in it, and where."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from meter.errors import PolicyError, ProblemsError
from meter.loading.toml import read_text
from meter.web.institutions.doubts import doubts, faults
from meter.web.institutions.institution import Institutions
from meter.web.institutions.keys import INSTITUTIONS
from meter.web.listed import ListedFile, check_listed

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = [
    "FILE_NAME",
    "InstitutionsError",
    "check_institutions",
    "institution_problems",
    "load_institutions",
    "loads_institutions",
    "read_institutions",
]

FILE_NAME = "institutions.toml"
"""What the file beside a policy is called."""

_ROOM = 16
"""How many times as large as a policy the file may be: ten thousand ranges fit."""
_FILE = ListedFile(
    name=FILE_NAME, key="institutions", table=INSTITUTIONS, not_one="not-institutions", room=_ROOM
)


class InstitutionsError(ProblemsError):
    """A file of institutions cannot be used. `problems` holds every problem of it."""


def load_institutions(path: str | PathLike[str], policy: Policy | None = None) -> Institutions:
    """Read the institutions of a file; their products are those of `policy`, where one is given.

    Raises `InstitutionsError` with every problem there is, also when there is no such file.
    """
    return loads_institutions(read_institutions(path), policy, name=str(path))


def loads_institutions(
    text: str, policy: Policy | None = None, *, name: str = FILE_NAME
) -> Institutions:
    """Read institutions from the text of a file, which messages call `name`.

    Raises `InstitutionsError` with every problem there is, each with its line and column.

    >>> found = loads_institutions('''
    ... [[institutions]]
    ... name = "Harbour Library"
    ... addresses = ["192.0.2.0/24", "2001:db8::/48"]
    ... ''')
    >>> len(found), len(found.rights("2001:db8::7"))
    (1, 1)
    """
    institutions, problems = check_institutions(text, policy, name=name)
    if institutions is None:
        raise InstitutionsError(problems)
    return institutions


def read_institutions(path: str | PathLike[str]) -> str:
    """Return the text of a file of institutions. Raises `InstitutionsError` where it has none."""
    try:
        return read_text(path, room=_ROOM)
    except PolicyError as error:
        raise InstitutionsError(error.problems) from None


def institution_problems(path: Path, policy: Policy | None = None) -> tuple[Problem, ...]:
    """Return everything to say about a file of institutions; see `check_institutions`."""
    try:
        text = read_institutions(path)
    except InstitutionsError as error:
        return error.problems
    return check_institutions(text, policy, name=str(path))[1]


def check_institutions(
    text: str, policy: Policy | None = None, *, name: str = FILE_NAME
) -> tuple[Institutions | None, tuple[Problem, ...]]:
    """Return the institutions of a text, if it can be used, and everything to say about it.

    Errors or, where there are none, warnings.
    """
    listed, problems = check_listed(
        text,
        name,
        _FILE,
        make=lambda listed, _report: listed,
        faults=partial(faults, policy=policy),
        doubts=lambda listed, _made: doubts(listed),
    )
    return None if listed is None else Institutions(listed), problems
