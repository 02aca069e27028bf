"""Lives of two identities of one person: page views, offers started, prompts closed, sign-ins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.verify.oracle.constants import TICK
from tests.verify.oracle.drawing import Drawer
from tests.verify.oracle.evaluator import Decided, counted_by, decide, judged
from tests.verify.oracle.joins import join, start
from tests.verify.oracle.prompts import caps_of, close
from tests.verify.oracle.records import Record
from tests.verify.oracle.times import bounds, length_of
from tests.verify.oracle.visit import Visit

if TYPE_CHECKING:
    from random import Random

__all__ = ["Life", "history"]

Table = dict[str, Any]
_MINUTE = timedelta(minutes=1)
_TRIES = 6
ARTICLES = ["a1", "a2", "a3", "a4", "a5"]


class Life:
    """What a policy file makes of a life, step by step: the records of both identities."""

    def __init__(self, policy: Table) -> None:
        self.policy = policy
        self.records = {who: Record() for who in ("device", "account")}

    def take(self, step: Table) -> Decided | None:
        """Take a step; return the decision where it is a page view."""
        records = self.records
        if step["do"] == "join":
            source, target = records[step["source"]], records[step["target"]]
            records[step["target"]] = join(self.policy, source, target, step["at"])
            return None
        who = step["who"]
        if step["do"] == "start":
            records[who] = start(records[who], step["offer"])
            return None
        if step["do"] == "close":
            records[who] = close(self.policy, records[who], step["prompt"], step["at"])
            return None
        decided, records[who] = decide(self.policy, step["event"], records[who])
        return decided


def history(random: Random, policy: Table, steps: int) -> list[Table]:
    """Draw a life: `{"do": "read" | "start" | "close" | "join", …}` in order.

    The same articles come again, waits end on the edges of windows, a clock sometimes steps back a
    little, and views that count are preferred: of views drawn at random few do.
    """
    drawer = Drawer(random, [policy])
    now = drawer.now()
    people = {who: drawer.reader(now) for who in ("device", "account")}
    for who, reader in people.items():
        reader["id"] = None if reader["id"] is None else who
    life = Life(policy)
    latest = now
    found: list[Table] = []
    for _ in range(steps):
        who = random.choice(list(people))
        way = random.random()
        if way < 0.08 and all(reader["id"] for reader in people.values()):
            now = latest
            step: Table = {"do": "join", "at": now, "source": who, "target": _other(who)}
        elif way < 0.14 and policy.get("offers") and people[who]["id"]:
            step = {"do": "start", "who": who, "offer": random.choice(list(policy["offers"]))}
        elif way < 0.22 and drawer.tracked() and people[who]["id"]:
            prompt = random.choice(list(drawer.tracked()))
            step = {"do": "close", "who": who, "prompt": prompt, "at": now}
        else:
            step = _view(drawer, life, who, people, now)
        life.take(step)
        found.append(step)
        latest = max(latest, now)
        now = _later(random, policy, now, latest)
    return found


def _view(drawer: Drawer, life: Life, who: str, people: Table, now: datetime) -> Table:
    """Draw a page view; where some that were drawn count, mostly one of these."""
    random = drawer.random
    first = None
    for _ in range(_TRIES if random.random() < 0.8 else 1):
        event = drawer.view(now, random.choice(ARTICLES))
        reader = drawer.reader(now) if random.random() < 0.4 else people[who]
        event["reader"] = {**reader, "id": people[who]["id"]}
        step = {"do": "read", "who": who, "event": event}
        first = first or step
        visit = Visit(life.policy, event, life.records[who])
        if counted_by(visit, judged(visit)):
            if random.random() < 0.6:
                people[who] = event["reader"]
            return step
    return first or {}


def _other(who: str) -> str:
    return "account" if who == "device" else "device"


def _later(random: Random, policy: Table, now: datetime, latest: datetime) -> datetime:
    """Return the time of the next step: soon, at the edge of a window, or a little before."""
    way = random.random()
    if way < 0.05:
        return now - 10 * _MINUTE
    now = max(now, latest)
    windows = [meter["window"] for meter in policy.get("meters", {}).values()]
    for prompt in policy.get("prompts", {}).values():
        windows += [window for _, window in caps_of(prompt)]
        windows += [{"rolling": length} for length in prompt.get("quiet_after", {}).values()]
    if way < 0.7 or not windows:
        return now + random.randint(0, 90) * _MINUTE
    return _edge(random.choice(windows), policy["publication"].get("timezone", "UTC"), now) - (
        random.choice([TICK, 0 * TICK])
    )


def _edge(window: Table, zone: str, now: datetime) -> datetime:
    if "calendar" in window:
        return bounds(window, zone, now)[1]
    written = window.get("rolling") or window.get("fixed")
    return now + (length_of(written) if written else timedelta(days=3))
