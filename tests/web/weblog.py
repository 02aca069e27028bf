"""A real web log through each example site gives the counts that were worked out independently.

Run it: `python -m tests.web.weblog FOLDER [EXAMPLE…] [--whole]`.

The folder holds `requests_2015-05.csv.gz`: 10,000 requests to a blog in May 2015, a line each. Each
address is one browser with its cookies, and the path of a page is its article's id. Beside what a
person read, the log's `HEAD`s and its known crawlers are sent, and must count nothing. `serve` is
the command of that name, which is asked for the decision on what counts. Without `--whole` a tenth
of the addresses is sent. Exit code 1 if a figure differs.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import crawleruseragents

from tests.web.sites import NAMES, ROOT, Site

FILE = "requests_2015-05.csv.gz"
LIMITS = (1, 2, 3, 5)
COUNTED_AND_STOPPED = {1: (782, 123), 2: (905, 22), 3: (927, 14), 5: (952, 11)}
"""By the limit a month: articles counted and addresses stopped, worked out without this project."""

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "UTC"
locale = "en"

[meters.monthly]
window = {{ rolling = "30 days" }}
limit = {limit}

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
"""

_PAGES = ("blog", "articles", "projects", "presentations")
_FILE = re.compile(
    r"\.(png|jpe?g|gif|css|js|ico|pdf|jar|gz|svg|swf|woff|ttf|txt|xml|rb|py|c|h|sh|zip|tar|deb|rpm)$",
    re.IGNORECASE,
)
_FEEDS = ("flav=rss", "flav=atom")


class Asked(NamedTuple):
    """A request of the log."""

    address: str
    method: str
    path: str
    agent: str
    counts: bool


class Found(NamedTuple):
    """What came of a log."""

    counted: int
    stopped: int


def is_page(path):
    """Say whether a path is one of an article: no file, no feed, no list of articles."""
    first, *rest = path.removeprefix("/").split("/")
    if first not in _PAGES or not rest or "/tags/" in path or path.endswith("/feed"):
        return False
    return _FILE.search(path) is None


def is_feed(target):
    """Say whether a feed reader asks: no person reads then."""
    return any(mark in target for mark in _FEEDS) or target.rstrip("/").endswith(
        ("rss", "atom", "feed")
    )


def asked(row, is_crawler=crawleruseragents.is_crawler):
    """Return a line of the log as a request, or `None` for one that is not sent.

    What counts is the `GET` of a page that was answered with 200, by somebody who says what they
    read with and is no known crawler. Sent besides are known crawlers, and every `HEAD`.
    """
    path = row["target"].partition("?")[0]
    agent = row["user_agent"]
    crawler = is_crawler(agent)
    counts = (
        row["method"] == "GET"
        and row["status"] == "200"
        and is_page(path)
        and not is_feed(row["target"])
        and agent != "-"
        and not crawler
    )
    if counts or row["method"] == "HEAD" or (crawler and row["method"] == "GET"):
        return Asked(row["address"], row["method"], path, agent, counts)
    return None


def log(folder):
    """Return the requests of the log that are sent, in order."""
    known = {}

    def is_crawler(agent):
        if agent not in known:
            known[agent] = crawleruseragents.is_crawler(agent)
        return known[agent]

    with gzip.open(folder / FILE, "rt", encoding="utf-8", newline="") as lines:
        found = [asked(row, is_crawler) for row in csv.DictReader(lines)]
    return [request for request in found if request is not None]


def tenth(requests):
    """Return the requests of a tenth of the addresses, drawn with a seed."""
    addresses = sorted({request.address for request in requests})
    drawn = set(random.Random(13).sample(addresses, max(1, len(addresses) // 10)))
    return [request for request in requests if request.address in drawn]


def expected_of(requests, limit):
    """Count without this project: the distinct pages of each address, up to the limit."""
    pages = defaultdict(set)
    for request in requests:
        if request.counts:
            pages[request.address].add(request.path)
    numbers = [len(each) for each in pages.values()]
    return Found(
        sum(min(number, limit) for number in numbers), sum(number > limit for number in numbers)
    )


def through_site(site, requests):
    """Send requests to a site, one browser an address; return what was counted and stopped."""
    jars = defaultdict(site.jar)
    stopped = set()
    for request in requests:
        jar = jars[request.address]
        reply = jar.open(request.path, request.method, User_Agent=request.agent)
        if reply.status != 200 or (reply.whole and not request.counts):
            raise AssertionError(f"{request} was answered with {reply}")
        if request.counts and not reply.whole:
            stopped.add(request.address)
    return Found(sum(len(jar.ledger()) for jar in jars.values() if jar.cookies), len(stopped))


def through_serve(service, requests):
    """Ask the service for the decisions on what counts."""
    jar = service.jar()
    counted, stopped = 0, set()
    for request in requests:
        if not request.counts:
            continue
        view = {"reader": {"id": request.address}, "article": {"id": request.path}}
        reply = jar.send(
            "POST", "/v1/decide", json.dumps(view), {"Content-Type": "application/json"}
        )
        if reply.status != 200:
            raise AssertionError(f"{request} was answered with {reply}")
        decision = json.loads(reply.text)
        counted += decision["counted"]
        if decision["access"] != "full":
            stopped.add(request.address)
    return Found(counted, len(stopped))


def _started(name, policy, folder):
    if name != "serve":
        return Site(name, POLICY=str(policy))
    store = f"sqlite:///{folder}/{policy.stem}.db"
    words = ["serve", policy, "--store", store, "--port", "PORT", "--no-key"]
    start = "from meter.cli import main; main()"
    return Site(name, command=[sys.executable, "-c", start, *words])


def known_sites():
    """Return what there is to send a log to."""
    serves = (ROOT / "meter" / "commands" / "serve.py").exists()
    return (*NAMES, "serve") if serves else NAMES


def compare(name, requests, limit, expected):
    """Send a log to a new site of a limit, and print the outcome; say whether it is as expected."""
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / f"limit-{limit}.toml"
        policy.write_text(POLICY.format(limit=limit), encoding="utf-8")
        site = _started(name, policy, folder)
        try:
            send = through_serve if name == "serve" else through_site
            found = send(site, requests)
        finally:
            site.close()
    same = found == expected
    sys.stdout.write(
        f"{name}, limit {limit}: {found.counted} counted, {found.stopped} addresses stopped,"
        f" {'as' if same else 'NOT as'} expected ({expected.counted}, {expected.stopped})\n"
    )
    sys.stdout.flush()
    return same


def main(words=None):
    """Print the figures of each site and limit beside those expected."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.weblog")
    parser.add_argument("folder", type=Path)
    parser.add_argument("sites", nargs="*", metavar="EXAMPLE", help=", ".join(known_sites()))
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args(words)
    whole = log(given.folder)
    requests = whole if given.whole else tenth(whole)
    counts = sum(request.counts for request in requests)
    sys.stdout.write(f"{len(requests)} requests, of which {counts} may count\n")
    same = all(expected_of(whole, limit) == COUNTED_AND_STOPPED[limit] for limit in LIMITS)
    for name in given.sites or known_sites():
        for limit in LIMITS:
            same &= compare(name, requests, limit, expected_of(requests, limit))
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
