"""Caps in play while many read, sign in, forget and lose the store: never once over.

`python -m tests.stores.capped` sends 200 bursts to a store of each kind, `--whole` 2,000, and walks
every order of some views, closings, sign-ins and forgets. A burst is eight views of one reader at
once, of two prompts: one shown three times a day and five in thirty days, of which up to three were
the day before, and one that is shown once for good. Meanwhile, in turn, nothing happens; the device
that all but one come from signs in; the reader is forgotten; the way to the store is cut before
or after what was asked of it, and views are sent again. At the end eight more come, by which it
shows whether what was shown is remembered.

It prints what was shown, and how often a prompt was shown once more than its caps allow (`over`) or
was not shown that should have been (`under`; not where an answer of the store was lost). Exit 1 if
there is one.
"""

from __future__ import annotations

import logging
import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Lock

from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
from meter.errors import StoreUnavailableError
from meter.paywall.records import read_record
from meter.stores.keys import reader_key
from tests.paywall.capped_orders import orders
from tests.stores.bursts import run_bursts

__all__ = ["bursts"]

WHOLE = 2_000
AT_ONCE = 8
A_DAY, A_MONTH, ONCE = 3, 5, 1
MEANWHILE = ("nothing", "a sign-in", "a forget", "a cut")
CUTS = 0.2
TRIES = 3
NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
POLICY = f"""
[publication]
name = "Harbour Radio"
[prompts.give]
heading = "Give"
at_most = [
    {{ times = {A_DAY}, window = {{ calendar = "day" }} }},
    {{ times = {A_MONTH}, window = {{ rolling = "30 days" }} }},
]
[prompts.letter]
heading = "Our letter"
once = true
[[rules]]
name = "letters"
when = {{ section = ["letters"] }}
show = "article"
prompt = "letter"
[[rules]]
name = "open"
show = "article"
prompt = "give"
"""


class Cut:
    """The way to a store, cut now and then: before a write, or before its answer."""

    def __init__(self, store):
        self.store = store
        self.drawn = None
        self.lock = Lock()

    def __getattr__(self, name):
        return getattr(self.store, name)

    def load(self, key):
        self._pass()
        return self.store.load(key)

    def swap(self, key, old, new, *, expires=None):
        self._pass()
        found = self.store.swap(key, old, new, expires=expires)
        self._pass()
        return found

    def _pass(self):
        with self.lock:
            is_cut = self.drawn is not None and self.drawn.random() < CUTS
        if is_cut:
            raise StoreUnavailableError("the way to the store is cut")


class Burst:
    """One reader, on an account and on a device, and at which views prompts were shown to whom."""

    def __init__(self, paywalls, number):
        self.paywalls = paywalls
        self.account, self.device = f"capped-{number}", f"device-{number}"
        self.shown = Counter()
        self.lock = Lock()

    def read(self, place, name, now=NOW, reader=None):
        """Read one article with each prompt; where no answer came, ask again for the same view."""
        reader = reader or self.account
        for prompt, section in (("give", None), ("letter", "letters")):
            view = PageView(article=Article(id="a", section=section), id=f"{name}-{prompt}")
            for _ in range(TRIES):
                decision = self.paywalls[place].check(Reader(id=reader), view, now=now)
                if not decision.degraded:
                    break
            if decision.prompt is not None:
                with self.lock:
                    self.shown[reader, prompt] += 1

    def read_at_once(self, pool, first, also=None, others=None):
        """Read eight times at once, all but once as another reader, and do one thing more."""
        start = Barrier(AT_ONCE + 1)

        def read(place):
            start.wait()
            self.read(place, f"{first}{place}", reader=others if place else None)

        def act():
            start.wait()
            if also is not None:
                also()

        acting = pool.submit(act)
        list(pool.map(read, range(AT_ONCE)))
        acting.result()

    def sign_in(self):
        """Bring what the device has seen to the account."""
        self.paywalls[0].join(self.device, self.account, now=NOW)

    def forget(self):
        """Forget the account."""
        self.paywalls[0].forget(self.account)

    def take(self, reader):
        """Return how often each prompt was shown to a reader since this was asked last."""
        return [self.shown.pop((reader, prompt), 0) for prompt in ("give", "letter")]


def bursts(url, number):
    """Send bursts to a store, and count what was shown, over and under."""
    policy = loads_policy(POLICY)
    store = open_store(url)
    ways = [Cut(store) for _ in range(AT_ONCE)]
    settings = {"deadline": 60.0, "queue": 60.0, "on_outage": "closed", "attempts": 1000}
    paywalls = [Paywall(policy, way, **settings) for way in ways]
    found = Counter(bursts=number, shown=0, over=0, under=0)
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        for place in range(number):
            meanwhile = MEANWHILE[place % len(MEANWHILE)]
            for way in ways:
                way.drawn = None
            burst = Burst(paywalls, place)
            before = place // len(MEANWHILE) % (A_DAY + 1)
            for view in range(before):
                burst.read(0, f"before-{view}", now=NOW - timedelta(days=1))
            assert burst.take(burst.account) == [before, min(before, ONCE)]
            for number_of_way, way in enumerate(ways):
                if meanwhile == "a cut":
                    way.drawn = random.Random(f"{place} {number_of_way}")
            run(burst, before, meanwhile, pool, found, ways)
    store.close()
    return found


def run(burst, before, meanwhile, pool, found, ways):
    """Read at once, twice; count what was shown, and how far that is from what the caps say."""
    room = [min(A_DAY, A_MONTH - before), ONCE - min(before, ONCE)]
    acts = {"a sign-in": burst.sign_in, "a forget": burst.forget}
    signs_in = meanwhile == "a sign-in"
    others = burst.device if signs_in else None
    burst.read_at_once(pool, "first-", acts.get(meanwhile), others)
    for way in ways:
        way.drawn = None
    first, device = burst.take(burst.account), burst.take(burst.device)
    if signs_in:
        burst.sign_in()
    if meanwhile == "a forget":
        # What is in flight then is nobody's: it is shown, and not kept. What is kept counts.
        room = [A_DAY, ONCE]
        first = kept(burst)
    burst.read_at_once(pool, "second-")
    second = burst.take(burst.account)
    whole = [A_DAY, ONCE]
    for number, left in enumerate(room):
        shown = first[number] + device[number] + second[number]
        found["shown"] += shown
        # Before a sign-in each of the two has the room of its own.
        over = max(first[number] - left, device[number] - whole[number], 0)
        told = min(first[number] + device[number], left)
        over += max(0, second[number] - (left - told))
        found["over"] += over
        if meanwhile != "a cut":
            found["under"] += max(0, left - shown)


def kept(burst):
    """Return how often each prompt was shown to the account, as its record has it."""
    store = burst.paywalls[0].store.store
    usage = read_record(store.load(reader_key(burst.account))).usage
    return [len(usage.showings(prompt).ids) for prompt in ("give", "letter")]


def main(arguments):
    """Print what came of every order, and of the bursts."""
    logging.disable()  # a cut is told in the log
    whole = orders()
    told = ", ".join(f"{count:,} {what}" for what, count in whole.items())
    sys.stdout.write(f"every order: {told}\n")
    code = run_bursts(bursts, WHOLE if "--whole" in arguments else WHOLE // 10)
    return 1 if code or whole["over"] or whole["under"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
