"""Random policies and readers: is what a prompt promises of accounts and returns what happens?

    python -m tests.prompts.kept_promises [--whole]

Readers without an account read on under random policies. Whoever is told what an account gives
registers: the very view opens with what was counted carried over, and with nothing counted it opens
on a meter with the very limit. Whoever is told to come back does so when the meter resets, and
reads. (A wall that asks to register promises what everybody gets, whatever was counted: only its
limit is looked at.) Without `--whole` a seeded tenth is run. Exits with 1 if a promise was broken.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from meter import Article, PageView, PolicyError, Reader, Usage, decide
from meter.engine import join
from meter.prompts.parts.ahead import look_ahead
from tests.verify.random_policies import random_policy

WHOLE = 9_000
START = datetime(2026, 6, 10, 9, tzinfo=UTC)


def somebody(random):
    """What is known of a reader, with an account or without."""
    return {
        "segments": random.sample(["students", "loyal"], random.randrange(2)),
        "country": random.choice([None, "JP", "SE"]),
        "score": random.choice([None, 0, 0.3, 1]),
    }


def some_view(random):
    """A page view of one of a few articles."""
    article = Article(
        id=f"a{random.randrange(9)}",
        access=random.choice(["metered", "metered", "premium"]),
        section=random.choice(["markets", "sport", "arts"]),
    )
    return PageView(article=article, device=random.choice(["phone", "tablet"]))


def is_kept(policy, who, view, usage, decision):
    """Say of both promises whether they are kept; `None` of one that is not made."""
    ahead = look_ahead(decision)
    account = Reader(id="account", registered=True, **who)
    gained = returned = None
    if ahead.gain is not None:
        fresh, _ = decide(policy, account, view, Usage(), decision.at)
        gained = fresh.access == "full" or decision.facts["access"] is None
        if fresh.meter is not None and fresh.meter.name == ahead.gain.meter:
            gained = gained and fresh.meter.limit == ahead.gain.limit
        if decision.show != "registration-wall":
            joined = join(policy, usage, Usage(), decision.at)
            carried, _ = decide(policy, account, view, joined, decision.at)
            gained = gained and carried.access == "full"
    if ahead.returns:
        back, _ = decide(policy, Reader(id="r", **who), view, usage, decision.meter.resets_at)
        returned = back.access == "full"
    return gained, returned


def measured(policies, seed=20260610):
    """Return how many promises were made and broken in the lives of so many readers."""
    random = Random(seed)
    found = Counter()
    for _ in range(policies):
        try:
            policy = random_policy(random)
        except PolicyError:
            continue
        who = somebody(random)
        usage, at = Usage(), START
        for _ in range(8):
            at += timedelta(hours=random.choice([1, 7, 30]))
            view = some_view(random)
            decision, usage = decide(policy, Reader(id="r", **who), view, usage, at)
            for name, kept in zip(
                ("accounts", "returns"), is_kept(policy, who, view, usage, decision), strict=True
            ):
                found[name] += kept is not None
                found[f"broken {name}"] += kept is False
    return found


def main():
    """Print what was found; say whether every promise was kept."""
    found = measured(WHOLE if "--whole" in sys.argv[1:] else WHOLE // 10)
    sys.stdout.write(
        f"{found['accounts']:,} readers were told of an account,"
        f" {found['broken accounts']} in vain;"
        f" {found['returns']:,} to come back, {found['broken returns']} in vain\n"
    )
    return found["broken accounts"] == found["broken returns"] == 0


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
