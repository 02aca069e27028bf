"""Crawlers and agents: who is verified, by published addresses, by DNS or by a signature.

`crawlers` are those a publisher knows, `declared` reads them from a file; `ranges`, `names` and
`signatures` are the three ways to prove one, and `verifying` tries them within a deadline.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from meter.errors import raise_missing_extra
from meter.web.machines.crawlers import KnownCrawler
from meter.web.machines.declared import CrawlersError, load_crawlers
from meter.web.machines.directories import KeyDirectory

if TYPE_CHECKING:
    from meter.web.machines.fetching import HttpsDirectory
    from meter.web.machines.names import Resolver, SystemResolver
    from meter.web.machines.ranges import published_ranges
    from meter.web.machines.verifying import Machines

__all__ = [
    "CrawlersError",
    "HttpsDirectory",
    "KeyDirectory",
    "KnownCrawler",
    "Machines",
    "Resolver",
    "SystemResolver",
    "load_crawlers",
    "published_ranges",
]


# What verifies and what asks other machines: a file of crawlers is checked without it.
_LAZY = {
    "HttpsDirectory": "meter.web.machines.fetching",
    "Machines": "meter.web.machines.verifying",
    "Resolver": "meter.web.machines.names",
    "SystemResolver": "meter.web.machines.names",
    "published_ranges": "meter.web.machines.ranges",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module `meter.web.machines` has no attribute `{name}`")
    try:
        return getattr(import_module(_LAZY[name]), name)
    except ModuleNotFoundError as error:
        raise_missing_extra(error)


def __dir__() -> list[str]:
    return sorted(__all__)
