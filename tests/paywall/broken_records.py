"""Whatever a store returns is met by a decision, and can be forgotten.

`python -m tests.paywall.broken_records --whole` tries 1,000,000 records: bytes of real readers with
some changed, cut, doubled or put in, tokens of the format in any order, and values that are no
bytes. Without `--whole` it tries a tenth of them. Each is read by a `check` and a `peek`, every
fourth by a `ledger` and a `join` either way too, and then it is forgotten. It prints how many were
refused, and exits with 1 where anything but a `StoreError` came out of a call, or a reader was not
forgotten.
"""

from __future__ import annotations

import logging
import random
import sys
from collections import Counter
from datetime import timedelta

from meter import Article, Decision, ManualClock, PageView, StoreError, Usage, loads_policy
from meter.stores import MemoryStore
from meter.usage import Tally
from tests.paywall.weather import process
from tests.servers import NOW, reader_of

__all__ = ["run"]

SECTIONS = [
    PageView(article=Article(id="a", section=section)) for section in (None, "markets", "politics")
]

WHOLE = 1_000_000
POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[meters.monthly]
window = { calendar = "month" }
limit = 3

[meters.rolling]
window = { rolling = "7 days" }
limit = 9

[meters.fixed]
window = { fixed = "2 days" }
limit = 9
count = "views"

[[rules]]
name = "markets"
when = { section = ["markets"] }
spend = "rolling"
show = "countdown"

[[rules]]
name = "politics"
when = { section = ["politics"] }
spend = "fixed"
show = "countdown"

[[rules]]
name = "monthly"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
SEEDS = [
    b"1{}",
    b'1{"monthly":[["a"],[1780315200000000]]}',
    b'1{"fixed":[["v","x@1780315201000000"],[1780315200000000,1000000]]}',
    b'1{"monthly":[["a","b","c"],[1780315200000000,1,2]],"rolling":[["\xe6"],[1780315200000000]]}',
    b'1{"monthly":[["a"],[253402300799999998]],"rolling":[["a"],[253402300799999999]]}',
    b'1{"fixed":[["a"],[253402300799999999]]}',
    b'1{"fixed":[["a"],[-62135596800000000]],"monthly":[["a"],[-62135596800000000]]}',
    b'J[2,["kiosk","phone"]]\n1{"monthly":[["a","b"],[1780315200000000,5000000]]}',
    b"Aanna",
    b"F1780315200000000",
]
TOKENS = [
    *(b"1", b"J", b"A", b"F", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\n", b" ", b"\\", b"-"),
    *(b'"monthly"', b'"rolling"', b'"fixed"', b'"a"', b"null", b"true", b"NaN", b"Infinity"),
    *(b"1e345", b"1.5", b"9" * 40, b"1780315200000000", b"253402300799999999", b"\xff", b"\x00"),
]
NOON = 1_780_315_200_000_000
LAST = 253_402_300_799_999_990
INSTANTS = [
    NOON,
    NOON,
    NOON - 10**12,
    NOON + 10**12,
    NOON + 10**15,
    LAST,
    0,
    -62_135_596_800_000_000,
]
ODD = ["1{}", "", 5, 1.5, True, [], {}, object(), bytearray(b"1{}"), memoryview(b"1{}"), ("1",)]
DEEP = [b"1" + b"[" * 100_000, b"J" + b"[" * 100_000, b'1{"monthly":' + b"[" * 100_000]


def draw(chance):
    """Return one record: whatever might be found under a key."""
    kind = chance.random()
    if kind < 0.00002:
        return chance.choice(DEEP)
    if kind < 0.01:
        return chance.choice(ODD)
    if kind < 0.05:
        return chance.randbytes(chance.randrange(40))
    if kind < 0.4:
        return counted(chance)
    if kind < 0.5:
        return b"".join(chance.choices(TOKENS, k=chance.randrange(14)))
    raw = bytearray(chance.choice(SEEDS))
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        place = chance.randrange(len(raw) + 1)
        gone = chance.choice([0, 0, 1, 1, 1, 2, 9])
        raw[place : place + gone] = chance.choice([b"", chance.randbytes(1), *TOKENS])
    return bytes(raw)


def counted(chance):
    """Return bytes that are a usage, at instants that nobody can have read at."""
    tallies = {}
    for meter in ("fixed", "gone", "monthly", "rolling"):
        ids = chance.sample("abcdefgh", chance.randrange(4))
        ats = sorted(chance.choice(INSTANTS) + chance.randrange(9) for _ in ids)
        tallies[meter] = Tally(tuple(sorted(ids)), tuple(ats))
    return Usage(tallies).to_bytes()


class Trial:
    """A reader's record in a store, and all that is asked about it."""

    def __init__(self):
        self.clock = ManualClock(NOW)
        self.store = MemoryStore()
        policy = loads_policy(POLICY)
        self.paywall, _ = process(policy, self.store, self.clock)
        self.found = Counter()
        self.number = 0

    def of(self, record):
        """Put a record under a reader's key, ask all there is, and forget the reader."""
        self.store._kept.update({"anna": (record, None), "bob": (b"1{}", None)})
        reader = reader_of("anna")
        paywall = self.paywall
        self.number += 1
        now = NOW + timedelta(days=self.number % 40)
        peeked = paywall.peek(reader, SECTIONS[self.number % len(SECTIONS)], now=now)
        self.expect(peeked)
        if self.number % 4 == 0:
            self.allow(lambda: paywall.ledger("anna", now=now))
            self.allow(lambda: paywall.join("anna", "bob", now=now))
            self.allow(lambda: paywall.join("bob", "anna", now=now))
        self.expect(paywall.check(reader, SECTIONS[self.number % len(SECTIONS)], now=now))
        paywall.forget("anna")
        if self.store.load("anna") is not None:
            raise AssertionError("the reader is still there")
        self.found["refused" if peeked.degraded else "read"] += 1

    def expect(self, decision):
        """Say so where something else than a decision came."""
        if not isinstance(decision, Decision):
            raise TypeError(f"not a decision: {decision!r}")

    def allow(self, call):
        """Call what may raise a `StoreError`, and nothing else."""
        try:
            call()
        except StoreError:
            self.found["errors that say so"] += 1


def run(records, seed=7):
    """Try so many records; return what was found, and those that something else came of."""
    chance = random.Random(seed)
    trial = Trial()
    wrong = []
    for _ in range(records):
        record = draw(chance)
        try:
            trial.of(record)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            wrong.append((record, error))
    return trial.found, wrong


if __name__ == "__main__":
    logging.getLogger("meter").setLevel(logging.CRITICAL)
    found, wrong = run(WHOLE if "--whole" in sys.argv[1:] else WHOLE // 10)
    for record, error in wrong[:20]:
        sys.stdout.write(f"{type(error).__name__}: {error}: {record!r:.200}\n")
    for name, times in sorted(found.items()):
        sys.stdout.write(f"{name}: {times:,}\n")
    sys.stdout.write(f"other exceptions: {len(wrong):,}\n")
    raise SystemExit(1 if wrong else 0)
