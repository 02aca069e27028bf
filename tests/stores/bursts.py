"""Many at once on two meters: neither is ever over its limit, and nothing is refused too early.

`python -m tests.stores.bursts --whole` sends 10,000 bursts to each store, without `--whole` a
tenth. A burst is eight views of one account at once, of eight articles, under a rule that spends
`["daily", "monthly"]`: three a day and five a month, of which up to three were read the day before.
It prints how many bursts each store had, and how many counts were over or under, in either meter;
it ends with 1 if there is one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
from tests.servers import Postgres, Valkey

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["bursts", "run_bursts"]

WHOLE = 10_000
VIEWS = 8
A_DAY, A_MONTH = 3, 5
NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
POLICY = f"""
[publication]
name = "The Harbour Review"
[meters.daily]
window = {{ calendar = "day" }}
limit = {A_DAY}
[meters.monthly]
window = {{ calendar = "month" }}
limit = {A_MONTH}
[[rules]]
name = "three a day, five a month"
spend = ["daily", "monthly"]
show = "countdown"
[[rules]]
name = "everyone else"
show = "wall"
"""


def bursts(url: str, number: int) -> Counter[str]:
    """Send bursts to a store, and count what was granted, over and under, by meter."""
    policy = loads_policy(POLICY)
    store = open_store(url)
    settings = {"deadline": 30.0, "queue": 30.0, "on_outage": "raise", "attempts": 100}
    paywalls = [Paywall(policy, store, **settings) for _ in range(VIEWS)]
    found: Counter[str] = Counter(bursts=number)
    with ThreadPoolExecutor(VIEWS) as pool:
        for account in range(number):
            reader = Reader(id=f"burst-{account}")
            before = account % (A_DAY + 1)
            for article in range(before):
                paywalls[0].check(reader, _view(f"old-{article}"), now=NOW - timedelta(days=1))
            start = Barrier(VIEWS)

            def read(place, reader=reader, start=start):
                start.wait()
                return paywalls[place].check(reader, _view(f"a{place}"), now=NOW).access == "full"

            granted = sum(pool.map(read, range(VIEWS)))
            room = min(A_DAY, A_MONTH - before)
            ledger = paywalls[-1].ledger(reader.id, now=NOW)
            counted = {name: len(meter.reads) for name, meter in ledger.items()}
            found["granted"] += granted
            for name, expected in (("daily", room), ("monthly", before + room)):
                found[f"over in {name}"] += max(0, counted[name] - expected)
                found[f"under in {name}"] += max(0, expected - counted[name])
            found["wrongly granted"] += granted != room
    store.close()
    return found


def _view(article: str) -> PageView:
    return PageView(article=Article(id=article))


def run_bursts(bursts: Callable[[str, int], Counter[str]], number: int) -> int:
    """Send bursts to a store of each kind, print what came of them, and return 1 if any is wrong.

    Wrong is what is counted as over, under or wrongly something.
    """
    wrong = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"memory": "memory://", "SQLite": f"sqlite:///{folder / 'usage.db'}"}
        for name, serve in (("Valkey", Valkey), ("PostgreSQL", Postgres)):
            server = serve()
            stack.callback(server.close)
            urls[name] = server.url
        for name, url in urls.items():
            found = bursts(url, number)
            told = ", ".join(f"{count:,} {what}" for what, count in found.items())
            sys.stdout.write(f"{name}: {told}\n")
            wrong += sum(
                count
                for what, count in found.items()
                if what.startswith(("over", "under", "wrongly"))
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(run_bursts(bursts, WHOLE if "--whole" in sys.argv else WHOLE // 10))
