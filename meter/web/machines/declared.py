"""Reads `crawlers.toml`, the crawlers that a publisher knows, and says what is wrong and where."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Required, TypedDict
from urllib.parse import urlsplit

from attrs import evolve

from meter.errors import PolicyError, Problem, ProblemsError, quoted
from meter.errors.values import InvalidValueError
from meter.loading.fields import Choice, Key, List, Table, Text
from meter.loading.files import file_problem, not_a_file, unreadable_file
from meter.loading.toml import read_text
from meter.vocabulary import CrawlerClass
from meter.web.addresses import AddressRange
from meter.web.institutions.keys import RANGE
from meter.web.listed import ListedFile, check_listed, repeated_names
from meter.web.machines.crawlers import (
    DIRECTORY_FORM,
    DOMAIN_FORM,
    KnownCrawler,
    directory_step,
    domain_step,
)
from meter.web.machines.directories import by_directory
from meter.web.machines.doubts import doubts
from meter.web.machines.ranges import published_ranges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from meter.loading.problems import ProblemCollector

__all__ = [
    "CRAWLERS",
    "FILE_NAME",
    "CrawlersError",
    "check_crawlers",
    "crawler_problems",
    "crawlers_schema",
    "load_crawlers",
]

FILE_NAME = "crawlers.toml"
"""What the file beside a policy is called."""

_KEY = "crawlers"
_MOST_CRAWLERS = 500
_MOST_RANGES = 10_000
_IN_THE_FILE = {"kind": "class", "keys": "key_directory", "ranges": "addresses"}
"""How the file calls what a `KnownCrawler` calls otherwise."""


class CrawlersError(ProblemsError):
    """A file of crawlers cannot be used. `problems` holds every problem of it."""


_CrawlerKeys = TypedDict(
    "_CrawlerKeys",
    {
        "name": Required[str],
        "class": CrawlerClass,
        "agent": str,
        "ranges": str,
        "addresses": tuple[AddressRange, ...],
        "domains": tuple[str, ...],
        "key_directory": str,
    },
    total=False,
)
"""One crawler as the file says it: a key may be called `class`."""


def _ranges_step(name: str) -> str | None:
    """Return the next step if the address of published ranges stands in the place of their file."""
    address = urlsplit(name) if "://" in name else None
    if address is None:
        return None
    file = PurePosixPath(address.path).name or "ranges.json"
    return f"download it beside this file, and write `ranges = {json.dumps(file)}`"


CRAWLER = Table(
    noun="a crawler",
    make=dict,
    example='{ name = "Googlebot", class = "search", domains = ["googlebot.com"] }',
    keys={
        "name": Key(
            shape=Text(form='a name in quotes such as `"Googlebot"`'),
            says="a name of its own, which messages use",
            required=True,
            filler="unnamed",
        ),
        "class": Key(
            shape=Choice(words=CrawlerClass),
            says='what it reads for, which rules ask about: `crawler = ["search"]`',
        ),
        "agent": Key(
            shape=Text(form='a word of the `User-Agent` such as `"Googlebot"`'),
            says="the word of its `User-Agent` that it says its name by; its `name` unless given",
        ),
        "ranges": Key(
            shape=Text(
                form='the name of a file such as `"googlebot.json"`',
                check=_ranges_step,
                code="bad-ranges",
                longest=500,
            ),
            says="the file of its published ranges, JSON with `prefixes`, seen from this one",
        ),
        "addresses": Key(
            shape=List(item=RANGE, most=_MOST_RANGES, example='["192.0.2.0/24"]'),
            says="its addresses, networks and ranges, beside those of `ranges`",
        ),
        "domains": Key(
            shape=List(
                item=Text(form=DOMAIN_FORM, check=domain_step, code="bad-domain"),
                most=20,
                example='["googlebot.com"]',
            ),
            says="the domains that its addresses have names in, which have these addresses, too",
        ),
        "key_directory": Key(
            shape=Text(form=DIRECTORY_FORM, check=directory_step, code="bad-link", longest=500),
            says="where the keys are that sign its requests (Web Bot Auth)",
        ),
    },
)
CRAWLERS = Table(
    noun="the file",
    make=dict,
    keys={
        _KEY: Key(
            shape=List(item=CRAWLER, most=_MOST_CRAWLERS, least=0),
            says="the crawlers, each below a heading `[[crawlers]]`",
            required=True,
            filler=(),
        )
    },
)

_FILE = ListedFile(name=FILE_NAME, key=_KEY, table=CRAWLERS, not_one="not-crawlers")


def crawlers_schema() -> dict[str, object]:
    """Return the JSON Schema of `crawlers.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Crawlers known to meter",
        **CRAWLERS.definition(),
    }


def load_crawlers(path: str | PathLike[str]) -> tuple[KnownCrawler, ...]:
    """Read the crawlers of a file, and the files of ranges that it names.

    Raises `CrawlersError` with every problem there is, also when there is no such file.
    """
    crawlers, problems = _checked(Path(path))
    if crawlers is None:
        raise CrawlersError(problems)
    return crawlers


def crawler_problems(path: Path) -> tuple[Problem, ...]:
    """Return everything that is wrong with a file of crawlers; see `check_crawlers`."""
    return _checked(path)[1]


def _checked(path: Path) -> tuple[tuple[KnownCrawler, ...] | None, tuple[Problem, ...]]:
    try:
        text = read_text(path)
    except PolicyError as error:
        return None, error.problems
    return check_crawlers(text, path.parent, name=str(path))


def check_crawlers(
    text: str, folder: Path, *, name: str = FILE_NAME
) -> tuple[tuple[KnownCrawler, ...] | None, tuple[Problem, ...]]:
    """Return the crawlers of a text, if it can be used, and what is wrong with it.

    Files of ranges are looked for from `folder`.
    """
    return check_listed(
        text,
        name,
        _FILE,
        make=lambda listed, report: _crawlers(listed, folder, report),
        faults=_faults,
        doubts=_doubts,
    )


def _crawlers(
    listed: Sequence[_CrawlerKeys], folder: Path, report: ProblemCollector
) -> tuple[KnownCrawler, ...]:
    made = [_crawler(keys, index, folder, report) for index, keys in enumerate(listed)]
    return tuple(crawler for crawler in made if crawler is not None)


def _crawler(
    keys: _CrawlerKeys, index: int, folder: Path, report: ProblemCollector
) -> KnownCrawler | None:
    """Return one crawler, or report why there is none."""
    ranges = _published(keys, index, folder, report)
    try:
        return KnownCrawler(
            name=keys["name"],
            kind=keys.get("class"),
            agent=keys.get("agent", keys["name"]),
            ranges=(*keys.get("addresses", ()), *ranges),
            domains=keys.get("domains", ()),
            keys=keys.get("key_directory"),
        )
    except InvalidValueError as error:
        path = (_KEY, index, _IN_THE_FILE.get(error.field, error.field))
        # what could not be read was told already, and nothing follows from it
        where = (_KEY, index)
        if not (report.dropped_at(where) or report.dropped_under(where)):
            report.add(error.fault.code, path, error.fault.message, error.fault.advice)
        return None


def _published(
    keys: _CrawlerKeys, index: int, folder: Path, report: ProblemCollector
) -> Sequence[str]:
    """Return the ranges of the file that a crawler names, or report."""
    if "ranges" not in keys:
        return ()
    where = (_KEY, index, "ranges")
    path = folder / keys["ranges"]
    problem = file_problem(path)
    if problem is None and not path.is_file():
        problem = not_a_file(path)
    if problem is not None:
        report.add_problem(evolve(problem, path=where))
        report.drop(where)
        return ()
    try:
        return published_ranges(path)
    except OSError as error:
        report.add_problem(evolve(unreadable_file(path, error), path=where))
    except ValueError as error:
        report.add("bad-ranges", where, str(error), "fetch it anew from its operator")
    report.drop(where)
    return ()


def _faults(listed: Sequence[_CrawlerKeys]) -> Iterator[Problem]:
    """Yield what makes crawlers unusable side by side."""
    yield from repeated_names(_KEY, [keys["name"] for keys in listed])
    for numbers in by_directory(keys.get("key_directory") for keys in listed).values():
        for before, number in pairwise(numbers):
            yield Problem(
                code="duplicate-keys",
                path=(_KEY, number, "key_directory"),
                message=f"{quoted(listed[before]['name'])} has the same keys,"
                " so nobody could tell which of the two has signed",
                help="keep one of them",
            )


def _doubts(listed: Sequence[_CrawlerKeys], known: Sequence[KnownCrawler]) -> Iterator[Problem]:
    return doubts(known, [len(keys.get("addresses", ())) for keys in listed])
