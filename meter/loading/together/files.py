"""Read the file of a policy together with those that it includes.

An included file stands beside the policy or in a folder below: nothing outside is opened, not
through a link either. It includes no others.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from meter.errors import PolicyError, Problem, quoted
from meter.loading.fields import REFUSED, Text
from meter.loading.files import file_problem
from meter.loading.problems import ProblemCollector
from meter.loading.toml import parse_toml, read_text
from meter.policy import Publication

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

__all__ = [
    "INCLUDE",
    "INCLUDED",
    "MOST_FILES",
    "PolicyFile",
    "PolicyFiles",
    "files_of",
    "read_files",
    "resolved",
]

INCLUDE = "include"
MOST_FILES = 50
"""How many files a policy may include."""

INCLUDED = Text(form='a file such as `"walls.toml"`')
"""The form of the name of an included file."""
_SUFFIX = ".toml"


@frozen
class PolicyFile:
    """One file of a policy: what messages call it, its text, and the tables in it."""

    name: str
    text: str
    table: dict[str, object] = field(eq=False, repr=False)

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.name)


@frozen
class PolicyFiles:
    """The files of a policy in the order in which their rules are tried: its own is the last.

    `problems` say which of them could not be read. Two are equal where the texts are.
    """

    included: tuple[PolicyFile, ...]
    own: PolicyFile
    problems: tuple[Problem, ...] = ()

    @property
    def all(self) -> tuple[PolicyFile, ...]:
        """Every file, the policy's own last."""
        return (*self.included, self.own)

    @property
    def are_several(self) -> bool:
        """Whether the policy includes other files."""
        return INCLUDE in self.own.table

    @property
    def locale(self) -> str:
        """The publication's own locale, as the policy says it or is taken to."""
        table = self.own.table.get("publication")
        said = table.get("locale") if isinstance(table, dict) else None
        return said if isinstance(said, str) else Publication(name="?").locale


def read_files(path: str | PathLike[str], known: PolicyFiles | None = None) -> PolicyFiles:
    """Read the policy at a path and the files it includes; `known` is what was read before.

    Raises `PolicyError` where the policy's own file cannot be read or is no TOML.
    """
    return files_of(read_text(path), str(path), Path(path).parent, known)


def files_of(
    text: str, name: str, folder: Path | None, known: PolicyFiles | None = None
) -> PolicyFiles:
    """Return a policy's text with the files it includes, which are below `folder`.

    Without a folder it includes none: those of a text from elsewhere are not opened. Raises
    `PolicyError` where the text is no TOML.
    """
    parsed = {} if known is None else {(one.name, one.text): one for one in known.all}
    own = parsed.get((name, text)) or PolicyFile(name, text, parse_toml(text, name))
    if INCLUDE not in own.table:
        return PolicyFiles((), own)
    reading = _Reading(own, folder, parsed)
    included = tuple(reading.files())
    located = reading.report.problems(text, name)
    return PolicyFiles(included, own, (*reading.broken, *located))


class _Reading:
    """The reading of the files that a policy includes."""

    def __init__(
        self, own: PolicyFile, folder: Path | None, parsed: dict[tuple[str, str], PolicyFile]
    ) -> None:
        self.own = own
        self.folder = folder
        self.parsed = parsed
        self.report = ProblemCollector()
        self.broken: list[Problem] = []

    def files(self) -> Iterator[PolicyFile]:
        """Yield the included files that can be read, and note what is wrong with the others."""
        listed = self.own.table[INCLUDE]
        if listed == []:
            return
        if self.folder is None:
            message = "this text includes other files, and no folder is known in which they are"
            advice = "read the policy from its file (`load_policy`), or name the `folder`"
            self.report.add("include-needs-folder", (INCLUDE,), message, advice)
            return
        if not isinstance(listed, list) or len(listed) > MOST_FILES:
            return  # reading the policy says what is wrong with that
        seen = {resolved(self.folder / self.own.path.name): "the policy's own file"}
        for place, item in enumerate(listed):
            path = None
            if isinstance(item, str) and _is_readable(item):
                path = self._path(item, (INCLUDE, place), seen)
            file = None if path is None else self._file(path)
            if file is not None:
                yield file

    def _path(self, item: str, place: tuple[str | int, ...], seen: dict[Path, str]) -> Path | None:
        """Return the path of an included file, or note why it is none."""
        folder = self.folder or Path()
        path = folder / item
        step = f"name a file beside the policy or below, such as `walls{_SUFFIX}`"
        if not item.endswith(_SUFFIX):
            message = f"{quoted(item)} is not the name of a `{_SUFFIX}` file"
            self.report.add("bad-include", place, message, step)
            return None
        target = resolved(path)
        if Path(item).is_absolute() or "\\" in item or ".." in Path(item).parts:
            message = f"{quoted(item)} is not below the folder of the policy"
            self.report.add("bad-include", place, message, step)
            return None
        problem = file_problem(path)
        if problem is not None:
            self.report.add_problem(evolve(problem, path=place))
            return None
        if not target.is_relative_to(resolved(folder)):
            message = f"{quoted(item)} is a link to a file outside the folder of the policy"
            self.report.add("bad-include", place, message, step)
            return None
        if target in seen:
            message = f"{quoted(item)} is {seen[target]}, so its rules would be there twice"
            self.report.add("bad-include", place, message, "remove it from the list")
            return None
        seen[target] = f"the same file as {quoted(item)}"
        return path

    def _file(self, path: Path) -> PolicyFile | None:
        """Return an included file, or note why it cannot be read."""
        name = str(path)
        try:
            text = read_text(path)
            file = self.parsed.get((name, text)) or PolicyFile(name, text, parse_toml(text, name))
        except PolicyError as error:
            self.broken += error.problems
            return None
        if INCLUDE not in file.table:
            return file
        problem = Problem(
            code="bad-include",
            message="a file that is included includes no others",
            help=f"list its files in `{self.own.path.name}`",
            path=(INCLUDE,),
        )
        report = ProblemCollector()
        report.add_problem(problem, "key")
        self.broken += report.problems(text, name)
        return None


def _is_readable(name: str) -> bool:
    """Say whether a name is a text; reading the policy says what is wrong with any other."""
    return INCLUDED.read(name, (INCLUDE,), ProblemCollector()) is not REFUSED


def resolved(path: Path) -> Path:
    """Return where a path leads; one that leads in a circle stays itself."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path
