"""Random policies and readers: is what a prompt promises of accounts and returns what happens?

    python -m tests.prompts.kept_promises [--whole]

Readers without an account read on under random policies. Whoever is told what an account gives
registers at that moment: the very view opens, and so do others like it until as many are counted as
was told, with what was counted carried over and with nothing counted; where nothing hangs on time,
again in the next window. Whoever is told to come back does so when the meter resets, or later that
day, and reads. (Where nothing counted was looked at, a wall promises what everybody gets: what was
counted is not carried over; one by status alone is about a metered article of which nothing more is
known.) Without `--whole` a seeded tenth is run. Exits with 1 if a promise was broken.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random

from attrs import evolve

from meter import (
    Article,
    Entitlement,
    Meter,
    PageView,
    PolicyError,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
)
from meter.engine import join, ledger
from meter.policy import Limit, Policy, Publication, When
from meter.prompts.parts.ahead import look_ahead
from tests.verify.random_policies import NAMES, random_policy, random_when

WHOLE = 9_000
START = datetime(2026, 6, 10, 9, tzinfo=UTC)
OF_TIME = ("age", "registration", "period", "weekday", "hour")
WINDOWS = [
    *[Window(calendar="month")] * 4,
    Window(calendar="week"),
    Window(calendar="day"),
    Window(rolling="30 days"),
    Window(rolling="1 day"),
    Window(fixed="2 days"),
    Window(lifetime=True),
]
ASKED = ["since", "age", "published", "dates", "hour", "weekday", "switch", "segments"]
ASKED += ["reader", "score", "device", "section", "used", "left", "exhausted"]


def some_meter(random, name):
    """A meter that mostly gives more with an account."""
    window = random.choice(WINDOWS)
    gives = [1, 2, 3, 5] if window.lifetime else [1, 2, 3, 5, "none"]
    without, given = random.choice([0, 1, 2, 3]), random.choice(gives)
    limits = random.choice(
        [
            {"limit": {"anonymous": without, "registered": given}},
            {"limit": {"anonymous": without, "registered": given}},
            {"limit": random.choice(gives)},
            {"limit": {"anonymous": without, "trial": given}},
            {
                "limits": (
                    Limit(
                        when=some_when(random, ["segments", "since", "score", "dates"]), limit=given
                    ),
                    Limit(limit=without),
                )
            },
        ]
    )
    counts = When() if random.random() < 0.1 else None
    count = random.choice(["articles", "articles", "articles", "views"])
    return Meter(name=name, window=window, count=count, counts=counts, **limits)


def some_when(random, names, meters=()):
    """A condition on a few of some things."""
    return random_when(random, list(meters), [name for name in NAMES if name in names], 1)


def promising_policy(random):
    """A policy that has something to promise, and rules before and between that may forbid it."""
    meters = [some_meter(random, name) for name in ("m", "n", "l")[: random.choice([1, 2, 2, 3])]]
    names = [meter.name for meter in meters]
    asked = random.sample(ASKED, 3)
    rules = []
    for place in range(random.choice([1, 2, 3])):
        spend = random.sample(names, random.randint(1, len(names)))
        spends = {"spend": spend, "show": "countdown"}
        others = [{"show": "wall"}, {"show": "article"}, {"show": "registration-wall"}, spends]
        when = some_when(random, asked, names)
        does = random.choice(others)
        if place == 0 or random.random() < 0.5:
            rules.append(Rule(name=f"odd {place}", when=when, **does))
        when = some_when(random, asked, names) if random.random() < 0.2 else When()
        rules.append(Rule(name=f"read {place}", when=when, **spends))
    strangers = When(reader=["anonymous"])
    wall = Rule(name="strangers", when=strangers, show="registration-wall")
    rules.insert(0 if random.random() < 0.2 else len(rules), wall)
    return Policy(
        publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo"),
        meters=meters,
        switches={"storm": random.random() < 0.5, "election": random.random() < 0.5},
        rules=(*rules, Rule(name="everyone else", show="wall")),
    )


def somebody(random):
    """What is known of a reader, with an account or without."""
    return {
        "segments": random.sample(["students", "loyal"], random.randrange(2)),
        "country": random.choice([None, "JP", "SE"]),
        "score": random.choice([None, 0, 0.3, 1]),
    }


def some_reader(random, who):
    """A reader: without an account, with one, or with a trial that ends."""
    status = random.random()
    if status < 0.7:
        return Reader(id="r", **who)
    registered = random.choice([None, START - timedelta(days=random.randrange(40))])
    ends = START + timedelta(days=random.randrange(1, 20))
    trial = [Entitlement(kind="trial", starts=START - timedelta(days=9), ends=ends)]
    rights = trial if status > 0.85 else []
    return Reader(id="r", registered=True, registered_at=registered, entitlements=rights, **who)


def some_view(random):
    """A page view of one of a few articles."""
    number = random.randrange(9)
    article = Article(
        id=f"a{number}",
        access=random.choice(["metered", "metered", "premium"]),
        section=random.choice(["markets", "sport", "arts"]),
        published=None if number < 3 else START - timedelta(days=number - 3),
    )
    return PageView(article=article, device=random.choice(["phone", "tablet"]))


def reads_on(policy, reader, view, usage, at, gain):
    """Say whether a reader reads others like a view until so many are counted as were promised."""
    most = 12 if gain.limit is None else gain.limit
    for number in range(most):
        if gain.limit is not None:
            counted, _ = ledger(policy, usage, at)[gain.meter]
            if len(counted.ids) >= gain.limit:
                break
        other = evolve(view, article=evolve(view.article, id=f"other{number} {at.isoformat()}"))
        decision, usage = decide(policy, reader, view if number == 0 else other, usage, at)
        if decision.access != "full":
            return False, usage
    return True, usage


def gives(policy, who, view, usage, decision, gain):
    """Say whether an account gives what was told of it."""
    vocabulary = policy.rulebook.vocabulary
    at = decision.at
    account = Reader(id="account", registered=True, registered_at=at, **who)
    if decision.facts["access"] is None:
        view = evolve(view, article=Article(id="any"))
    fresh, _ = decide(policy, account, view, Usage(), at)
    if fresh.access != "full":
        return False
    if (
        fresh.meter is not None
        and fresh.meter.name == gain.meter
        and (fresh.meter.limit != gain.limit)
    ):
        return False
    is_counted = len(decision.facts.values) > vocabulary.base
    for before in (Usage(), join(policy, usage, Usage(), at) if is_counted else Usage()):
        carried, _ = decide(policy, account, view, before, at)
        kept, after = reads_on(policy, account, view, before, at, gain)
        if not kept or carried.access != "full":
            return False
        _, ends = ledger(policy, after, at)[gain.meter]
        timeless = not any(slot.asks in OF_TIME for slot in vocabulary.slots)
        if timeless and ends is not None:
            kept, _ = reads_on(policy, account, view, after, ends, gain)
            if not kept:
                return False
    return True


def comes_back(random, policy, reader, view, usage, decision):
    """Say whether a reader reads who comes back when the meter resets, or later on that day."""
    first = decision.meter.resets_at
    midnight = datetime.combine(first.date() + timedelta(days=1), time(), policy.zone)
    later = first + random.random() * (midnight - first)
    decided = [decide(policy, reader, view, usage, at)[0] for at in (first, later)]
    return all(back.access == "full" for back in decided)


def is_kept(random, policy, who, reader, view, usage, decision):
    """Say of both promises whether they are kept; `None` of one that is not made."""
    ahead = look_ahead(decision)
    gained = returned = None
    if ahead.gain is not None:
        gained = gives(policy, who, view, usage, decision, ahead.gain)
    if ahead.returns:
        returned = comes_back(random, policy, reader, view, usage, decision)
    return gained, returned


def measured(policies, seed=20260610):
    """Return how many promises were made and broken in the lives of so many readers."""
    random = Random(seed)
    found = Counter()
    for number in range(policies):
        try:
            policy = random_policy(random) if number % 3 == 0 else promising_policy(random)
        except PolicyError:
            continue
        who = somebody(random)
        reader = some_reader(random, who)
        usage, at = Usage(), START
        for _ in range(8):
            at += timedelta(hours=random.choice([1, 7, 30]))
            view = some_view(random)
            decision, usage = decide(policy, reader, view, usage, at)
            kept_both = is_kept(random, policy, who, reader, view, usage, decision)
            for name, kept in zip(("accounts", "returns"), kept_both, strict=True):
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
