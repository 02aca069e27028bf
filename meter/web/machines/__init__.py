"""Crawlers and agents: who is verified, by published addresses, by DNS or by a signature.

`crawlers` are those a publisher knows, `declared` reads them from a file; `ranges`, `names` and
`signatures` are the three ways to prove one, and `verifying` tries them within a deadline.
"""

from meter.web.machines.crawlers import KnownCrawler
from meter.web.machines.directories import HttpsDirectory, KeyDirectory
from meter.web.machines.names import Resolver, SystemResolver
from meter.web.machines.ranges import published_ranges
from meter.web.machines.verifying import Machines

__all__ = [
    "HttpsDirectory",
    "KeyDirectory",
    "KnownCrawler",
    "Machines",
    "Resolver",
    "SystemResolver",
    "published_ranges",
]
