"""The files beside a policy that are checked with it: institutions, and known crawlers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.errors import Problem, closest, did_you_mean, quoted
from meter.loading.together import resolved
from meter.web.institutions.reading import FILE_NAME as INSTITUTIONS_FILE
from meter.web.institutions.reading import institution_problems
from meter.web.machines.declared import FILE_NAME as CRAWLERS_FILE
from meter.web.machines.declared import crawler_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from meter.policy import Policy

__all__ = ["Beside", "found_beside"]

_NAMES = (INSTITUTIONS_FILE, CRAWLERS_FILE)
_LIKE_ENOUGH = 0.85
"""How alike a name is that was meant: a folder holds other files with names of their own."""
_CRAWLERS_ARE_USED = "a site uses it only with the setting `crawler`"


class Beside(NamedTuple):
    """A file beside a policy, what is wrong with it, and what else is to be known of it."""

    path: Path
    problems: tuple[Problem, ...]
    note: str | None = None


def found_beside(policies: dict[Path, Policy], parts: Collection[Path]) -> Iterator[Beside]:
    """Yield the files beside policies, each once, by the products of all policies there.

    `parts` are the files that the policies include: whatever they are called, they are read.
    """
    found: dict[Path, dict[Problem, None]] = {}
    for path, policy in policies.items():
        beside = path.parent / INSTITUTIONS_FILE
        if beside.exists():
            found.setdefault(beside, {}).update(dict.fromkeys(institution_problems(beside, policy)))
    for beside, problems in found.items():
        yield Beside(beside, tuple(problems))
    folders = dict.fromkeys(path.parent for path in policies)
    for folder in folders:
        beside = folder / CRAWLERS_FILE
        if beside.exists():
            yield Beside(beside, crawler_problems(beside), _CRAWLERS_ARE_USED)
    for folder in folders:
        for beside in sorted(folder.glob("*")):
            is_toml = beside.suffix.lower() == ".toml"
            is_read = beside in policies or resolved(beside) in parts
            if is_toml and not is_read and beside.name not in _NAMES:
                yield from _misnamed(beside)


def _misnamed(path: Path) -> Iterator[Beside]:
    """Yield a file that is read by nobody, because its name is only like that of one that is."""
    stems = {name.removesuffix(".toml"): name for name in _NAMES}
    meant = closest(path.stem, stems, _LIKE_ENOUGH)
    if meant is None or path.with_name(stems[meant]).exists():
        return
    problem = Problem(
        code="misnamed-file",
        message=f"{quoted(path.name)} is read by nobody",
        help=did_you_mean(stems[meant]),
        severity="warning",
        name=str(path),
    )
    yield Beside(path, (problem,))
