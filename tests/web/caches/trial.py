"""Put a cache between the site and its readers, and look at what each of them gets."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from tests.web.caches.between import Between
from tests.web.caches.configurations import CACHES
from tests.web.caches.printing import Row
from tests.web.caches.programs import UnableError
from tests.web.caches.running import folder, free_port, running, site
from tests.web.caches.traffic import Findings, Traffic
from tests.web.caches.visits import mingle, opening

WHOLE = 100_000
LEAST_FROM_THE_CACHE = 0.95
ENOUGH = 2000
"""So many exchanges that a first fetch of each of seventeen bodies is next to nothing."""


def try_cache(name, mode, exchanges, *, lines=1):
    """Start the site of a mode and send so many exchanges through a cache, in so many threads."""
    with folder() as place, site(mode, place) as site_port:
        return through(name, mode, site_port, exchanges, lines=lines)


def through(name, mode, site_port, exchanges, *, lines=1, seed=5, spoil=list, changed=None):
    """Send exchanges through a cache to a site that runs; `spoil` changes the site's answers.

    `changed` is called with the file that a cache is told, and returns another.
    A site that is tried again needs another `seed`: its accounts have read what they have read.
    """
    between = Between(site_port, spoil)
    with folder() as place, between.running():
        port = free_port()
        try:
            command = CACHES[name][mode](port, between.port, place)
            if changed is not None:
                _change(place, changed)
        except UnableError as reason:
            return Row(mode, name, cannot=str(reason))
        with running(command, port, place / "cache.log"):
            found = _send(port, between, exchanges, lines, seed)
    return _row(name, mode, found, between)


def _change(place, changed):
    for name in ("nginx.conf", "site.vcl"):
        settings = place / name
        if settings.exists():
            text = settings.read_text(encoding="utf-8")
            settings.write_text(changed(text), encoding="utf-8")


def _send(port, between, exchanges, lines, seed):
    found = Findings()

    def fetched(path):
        return between.pages[path] + between.bodies[path]

    def line(number):
        traffic = Traffic(port, found, fetched)
        if number == 0:
            opening(traffic, f"opening-{seed}")
        share = exchanges // lines - traffic.asked
        mingle(traffic, f"{seed}-{number}", share, random.Random(seed * 1000 + number))
        traffic.settle()

    with ThreadPoolExecutor(lines) as threads:
        try:
            for done in [threads.submit(line, number) for number in range(lines)]:
                done.result()
        finally:
            found.stopped.set()  # the other lines, where one has failed or somebody is tired of it
    return found


def _row(name, mode, found, between):
    """Work out how many of the bodies that may be stored came from the cache."""
    free = {path: times for path, times in between.pages.items() if "/free-" in path}
    if mode == "preflight":
        fetched, given = between.bodies, found.delivered.total()
    else:
        fetched, given = free, found.delivered["free"]
    found.other += between.cookies_to_store
    rate = max(0.0, 1 - sum(fetched.values()) / given)
    if mode == "preflight" and rate < LEAST_FROM_THE_CACHE and found.exchanges >= ENOUGH:
        found.other.append(f"only {rate:.1%} of the bodies were the cache's")
    return Row(
        mode,
        name,
        found.exchanges,
        len(found.wrong_bodies),
        len(found.foreign_cookies),
        len(found.uncounted),
        rate,
        tuple(found.leaks),
    )
