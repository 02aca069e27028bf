"""Many at once, through one gift link and at one month's gifts: never more, and never fewer.

`python -m tests.web.gift_bursts --whole` sends 2,000 bursts to each store, without `--whole` a
tenth. In a burst eight open one link for three, two of them the same reader; and eight gifts are
made of the three that are left. It prints how many got in, were over and under, by store; it ends
with 1 if any was.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from meter import open_store
from meter.web.gifts import GiftAllowanceError, Gifts
from tests.stores.bursts import run_bursts
from tests.web.giving import NOW, SECRET, anna, policy_of

__all__ = ["PATIENCE", "bursts"]

WHOLE = 2_000
AT_ONCE = 8
QUOTA = 3
PATIENCE = 60.0


def bursts(url, number):
    """Send bursts to a store, and count who got in, who was over and who under."""
    store = open_store(url)
    policy = policy_of(per_month=QUOTA, readers=QUOTA)
    desks = [Gifts(policy, store, SECRET, deadline=PATIENCE) for _ in range(AT_ONCE)]
    found = Counter(bursts=number, opened=0, given=0, over=0, under=0)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for burst in range(number):
            giver = anna(f"giver-{burst}")
            link = desks[0].make(anna(f"other-{burst}"), "a1", now=NOW)
            start = Barrier(AT_ONCE)

            def read(place, start=start, link=link):
                start.wait()
                name = f"r{max(place, 1)}"
                return name if desks[place].open(link, name, NOW) else None

            def give(place, start=start, giver=giver):
                start.wait()
                try:
                    return desks[place].make(giver, f"a{place}", now=NOW).id
                except GiftAllowanceError:
                    return None

            opened = set(pool.map(read, range(AT_ONCE))) - {None}
            given = set(pool.map(give, range(AT_ONCE))) - {None}
            listed = {record.id for record in desks[-1].given(giver.id, NOW)}
            found["opened"] += len(opened)
            found["given"] += len(given)
            for counted in (len(opened), len(given), len(listed | given)):
                found["over"] += max(0, counted - QUOTA)
                found["under"] += max(0, QUOTA - counted)
    store.close()
    return found


if __name__ == "__main__":
    raise SystemExit(run_bursts(bursts, WHOLE if "--whole" in sys.argv else WHOLE // 10))
