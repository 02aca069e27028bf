"""The folder of published files: write them, and say which of their lines are not true."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.errors import MeterError, Problem, quoted
from meter.resources import MOST_BYTES, replace_file
from meter.web.publish.articles import read_articles, write_articles
from meter.web.publish.headers import read_headers, write_headers
from meter.web.publish.places import machines_of, places
from meter.web.publish.robots import contradictions, own_lines, read_robots, write_robots
from meter.web.publish.rsl import read_rsl, write_rsl
from meter.web.publish.statements import MADE, UnreadableFileError, untrue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from meter.policy import Policy
    from meter.web.publish.statements import Statement

__all__ = ["FILES", "Written", "publish", "published_files", "untrue_lines"]

ROBOTS, RSL, HEADERS, ARTICLES = "robots.txt", "rsl.xml", "headers.txt", "article.jsonld"

FILES = {
    ROBOTS: "what crawlers may fetch, and what for",
    RSL: "licences and prices",
    HEADERS: "the headers of every page",
    ARTICLES: "structured data for each kind of article",
}
"""The files, each with what it says."""

_READ: dict[str, Callable[[str], Iterable[Statement]]] = {
    ROBOTS: read_robots,
    RSL: read_rsl,
    HEADERS: read_headers,
    ARTICLES: read_articles,
}


class Written(NamedTuple):
    """One file that is in the folder now; `is_new` where it was not, or said something else."""

    path: Path
    is_new: bool


def published_files(policy: Policy, name: str = "policy") -> dict[str, str]:
    """Return the text of every file: what machines are told of a policy, called `name` in messages.

    The same policy gives the same bytes. Raises `PolicyError` where it has no `[machines]`, and
    `UndecidedError` where its rules are too many to say what holds everywhere.
    """
    machines = machines_of(policy, name)
    among = places(policy)
    return {
        ROBOTS: write_robots(machines, among),
        RSL: write_rsl(machines, among),
        HEADERS: write_headers(among),
        ARTICLES: write_articles(policy, machines, among),
    }


def publish(
    policy: Policy, folder: Path, *, name: str = "policy", force: bool = False
) -> tuple[Written, ...]:
    """Write the files into a folder, which is made where there is none, each whole or not at all.

    Lines of the publisher's own in `robots.txt` are kept where they may stand. Raises what
    `published_files` raises, `MeterError` for a file that something else has made (with `force` it
    is replaced), and then nothing is written, and `OSError`.
    """
    texts = published_files(policy, name)
    for file in texts:
        _check_kind(folder / file, force=force)
        if not force:
            _check(folder / file)
    robots = folder / ROBOTS
    if robots.is_file() and not robots.is_symlink() and MADE in _text(robots):
        texts[ROBOTS] += own_lines(_text(robots))[0]
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write(folder / file, text) for file, text in texts.items())


def _check_kind(path: Path, *, force: bool) -> None:
    """Refuse what is no file of the folder's own: what a link leads to may be anybody's."""
    if path.is_symlink():
        if not force:
            raise MeterError(
                f"`{path}` is a link and is not followed; name a folder with files of its own, or"
                " replace the link with `--force`"
            )
    elif path.exists() and not path.is_file():
        raise MeterError(f"`{path}` is no ordinary file; name another folder")


def _check(path: Path) -> None:
    """Refuse to replace what is not ours, or what holds lines that would be lost."""
    if not path.exists():
        return
    text = _text(path)
    if text.strip() and MADE not in text:
        raise MeterError(
            f"`{path}` was made by something else and is not replaced; name another folder, or"
            " replace it with `--force`"
        )
    if path.name == ROBOTS and text.strip():
        lost = own_lines(text)[1]
        if lost is not None:
            raise MeterError(
                f"`{path}` has a line of your own that would be lost, {quoted(lost)}; move it below"
                " the line that says where your own may stand, or drop it with `--force`"
            )


def _write(path: Path, text: str) -> Written:
    raw = text.encode("utf-8", "surrogateescape")
    if path.exists() and not path.is_symlink() and path.read_bytes() == raw:
        return Written(path, is_new=False)
    replace_file(path, raw, follow=False)
    return Written(path, is_new=True)


def _text(path: Path) -> str:
    """Return a file's text; raises `MeterError` for one that is too large to be of these."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES * 16 + 1)
    if len(raw) > MOST_BYTES * 16:
        raise MeterError(f"`{path}` is larger than a published file; name the folder that has them")
    return raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def untrue_lines(policy: Policy, folder: Path) -> tuple[Problem, ...]:
    """Return a problem for each line of the published files that is not true under a policy.

    Lines that are missing are told too, a file that is not there, and rules in `robots.txt` that
    contradict the wall. Raises what `published_files` raises.
    """
    return tuple(
        problem
        for name, text in published_files(policy).items()
        for problem in _judge(folder / name, text)
    )


def _judge(path: Path, text: str) -> Iterator[Problem]:
    read = _READ[path.name]
    true = tuple(read(text))
    if not path.is_file():
        yield Problem(
            code="published-missing",
            message=f"there is no file {quoted(path.name)} in the folder",
            name=str(path),
            help="publish again with `meter publish`",
        )
        return
    there = _text(path)
    try:
        said = tuple(read(there))
    except UnreadableFileError as error:
        yield Problem(
            code="published-unreadable",
            message=str(error),
            name=str(path),
            line=error.line,
            help="publish again with `meter publish --force`",
        )
        return
    yield from untrue(str(path), said, true)
    if path.name == ROBOTS:
        yield from contradictions(str(path), there, true)
