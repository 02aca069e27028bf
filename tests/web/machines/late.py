"""What a view costs, and what others cost beside it, while who is asked hangs, lies or is late.

Run it: `python -m tests.web.machines.late [--whole]`.

A name server over UDP and a directory over https, both on this machine, misbehave in each way.
Prints the slowest view of each in milliseconds, against the deadline, and the slowest view of a
person in the same event loop meanwhile. Exit code 1 if a view took longer than twice its deadline,
if a person waited longer than that, or if anybody was verified who must not be.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from datetime import timedelta
from threading import Timer

from meter import Article, AsyncPaywall
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest
from meter.web.gate.kinds import prepare
from meter.web.machines import HttpsDirectory, KnownCrawler, Machines
from tests.web.machines.servers import ServerResolver, key_server, name_server
from tests.web.machines.signing import HOST, NOW, directory, ed25519, signed
from tests.web.site import BROWSER, loaded

DEADLINE = timedelta(milliseconds=200)
METERED = Article(id="a1", access="metered")
KEY = ed25519()
POLICY = """
[publication]
name = "The Harbour Review"

[[rules]]
name = "machines"
when = { crawler = true }
show = "article"

[[rules]]
name = "everyone else"
show = "wall"
"""


def hang(server):
    """Let a server answer nothing."""
    server.holds = True


def lie(server):
    """Let the names of all addresses be Google's, which has none of these addresses."""
    server.names = {
        f"{number}.2.0.192.in-addr.arpa": ["crawl.googlebot.com"] for number in range(256)
    }
    server.addresses = {"crawl.googlebot.com": ["198.51.100.1"]}


def answer_late(server):
    """Let a server answer when the deadline is over."""
    server.holds = True
    Timer(2 * DEADLINE.total_seconds(), server.goes_on.set).start()


def talk_rubbish(server):
    """Let a server answer bytes that are no message."""
    server.rubbish = True


NAMES = {"hangs": hang, "lies": lie, "is late": answer_late, "talks rubbish": talk_rubbish}
PARTS = {"hangs": [b" ", directory(KEY)], "lies": [directory(ed25519(2))], "talks rubbish": [b"\0"]}


async def timed(call):
    """Return how many milliseconds something that is awaited took, and what it came to."""
    before = time.perf_counter()
    found = await call
    return 1000 * (time.perf_counter() - before), found


async def people(gate, done):
    """Open articles as a person until the others are done; return the slowest."""
    slowest = 0.0
    while not done.is_set():
        request = WebRequest(method="GET", headers={"User-Agent": BROWSER}, client="203.0.113.5")
        took, _ = await timed(gate.visit(request).aopen(METERED))
        slowest = max(slowest, took)
        await asyncio.sleep(0)
    return slowest


async def meanwhile(machines, requests):
    """Return the slowest of some requests, of a person beside them, and how many were verified."""
    paywall = AsyncPaywall(loaded(POLICY), MemoryStore())
    gate = Gate(paywall=paywall, secret="new", crawler=machines)
    done = asyncio.Event()
    beside = asyncio.create_task(people(gate, done))
    asked = [timed(gate.visit(request).aopen(METERED)) for request in requests]
    found = await asyncio.gather(*asked)
    done.set()
    return max(took for took, _ in found), await beside, sum(answer.whole for _, answer in found)


def by_name(way, number):
    """Measure crawlers whose names are asked for."""
    with name_server() as server:
        NAMES[way](server)
        known = [KnownCrawler(name="Googlebot", domains=["googlebot.com"])]
        machines = Machines(known, resolver=ServerResolver(server), deadline=DEADLINE)
        requests = [
            WebRequest(method="GET", headers={"User-Agent": "Googlebot"}, client=f"192.0.2.{last}")
            for last in range(number)
        ]
        return asyncio.run(meanwhile(machines, requests))


def by_key(way, number):
    """Measure agents whose keys are asked for."""
    answers = {"/keys.json": (200, {}, PARTS[way])}
    with key_server(answers) as server:
        site = f"{server.address}/keys.json"
        machines = Machines(
            [KnownCrawler(name="Agent", keys=site)],
            hosts=[HOST],
            keys=HttpsDirectory(context=server.context()),
            deadline=DEADLINE,
            clock=lambda: NOW,
        )
        requests = [
            signed(KEY, agent=f'sig1="{site}";type=jwks_uri', nonce=f"n{each}")
            for each in range(number)
        ]
        return asyncio.run(meanwhile(machines, requests))


def main(argv=None):
    """Measure each way, and print the slowest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whole", action="store_true", help="50 views of each, instead of 8")
    number = 50 if parser.parse_args(argv).whole else 8
    deadline = 1000 * DEADLINE.total_seconds()
    prepare()
    is_true = True
    for who, ways, measure in (("a name server", NAMES, by_name), ("a directory", PARTS, by_key)):
        for way in ways:
            slowest, person, verified = measure(way, number)
            is_true = is_true and max(slowest, person) <= 2 * deadline and not verified
            sys.stdout.write(
                f"{who} {way}: {number} views at once, the slowest {slowest:.0f} ms (deadline"
                f" {deadline:.0f}); a person beside them {person:.0f} ms; {verified} verified\n"
            )
    return 0 if is_true else 1


if __name__ == "__main__":
    sys.exit(main())
