"""Readers, page views and lives at the edges of what a policy mentions, drawn as plain tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.verify.oracle.constants import TICK, Constants
from tests.verify.oracle.prompts import caps_of, is_tracked
from tests.verify.oracle.records import Count, Record, Showing
from tests.verify.oracle.times import length_of, local

if TYPE_CHECKING:
    from random import Random

__all__ = ["Drawer"]

Table = dict[str, Any]
_STATUSES = [
    "anonymous",
    "registered",
    "trial",
    "subscriber",
    "trial-expired",
    "subscription-expired",
    "staff",
]
_CRAWLERS = [True, "search", "training", "agent"]
_VISITORS = ["v1", "v2", "v3", "v4", "müller", "\U0001f5de"]
_OFTEN = 0.12
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Drawer:
    """What draws readers, views, times and records for a policy, or for two that are compared."""

    def __init__(self, random: Random, policies: list[Table]) -> None:
        self.random = random
        self.policies = policies
        self.known = Constants(policies)
        self.zone = self.known.zone

    # Times.

    def now(self) -> datetime:
        """Draw an instant at or beside one that is mentioned, or an hour of some day."""
        random = self.random
        at = random.choice(self.known.dates)
        way = random.random()
        if way < 0.4:
            return at + random.choice([-TICK, timedelta(0), TICK])
        day = at + random.randint(-8, 8) * _DAY
        hour = random.choice([*self.known.hours, 12]) % 24
        shown = local(self.zone, day)
        return day + timedelta(hours=hour - shown.hour) - random.choice([TICK, 0 * TICK])

    def before(self, now: datetime, lengths: list[timedelta]) -> datetime:
        """Draw an instant so long ago that a length is just over, just not, or far from it."""
        length = self.random.choice([*lengths, timedelta(0), 3 * _HOUR, 400 * _DAY])
        return max(now - length + self.random.choice([-TICK, timedelta(0), TICK]), _first())

    # Readers.

    def reader(self, now: datetime) -> Table:
        """Draw a reader of any status, with what conditions may ask for."""
        random = self.random
        status = random.choice(_STATUSES)
        table: Table = {"id": None if random.random() < 0.05 else "r", "entitlements": []}
        if status != "anonymous" and random.random() < 0.8:
            table["registered"] = True
            if random.random() < 0.7:
                at = self.before(now, self.known.lengths["registration"])
                table["registered_at"] = at.isoformat()
        if status not in ("anonymous", "registered"):
            table["entitlements"].append(self.right(status, now))
        if random.random() < 0.3:
            table["entitlements"].append(self.another_right(now))
        self.set_words(table, ["country"], 0.5)
        self.set_members(table, "segments")
        self.set_number(table, "score")
        self.set_units(table)
        return table

    def set_units(self, reader: Table) -> None:
        """Set the ids that experiments go by, where there are any."""
        tables = [
            each for policy in self.policies for each in policy.get("experiments", {}).values()
        ]
        if tables and self.random.random() < 0.9:
            reader["visitor"] = self.random.choice(_VISITORS)
        if tables and reader["id"] is not None:
            reader["id"] = f"r{self.random.randint(1, 6)}"

    def right(self, status: str, now: datetime) -> Table:
        """Draw a right that makes a reader of a status."""
        random = self.random
        kinds = {
            "trial": ["trial"],
            "trial-expired": ["trial"],
            "subscription-expired": ["subscription"],
            "staff": ["staff"],
        }
        table: Table = {"kind": random.choice(kinds.get(status, ["subscription", "group"]))}
        self.set_words(table, ["product"], 0.7)
        if status.endswith("-expired"):
            ends = self.before(now, self.known.lengths["expiry"])
            if random.random() < 0.3:
                grace = random.choice([1, 7])
                ends -= grace * _DAY
                table["grace"] = grace
            table["ends"] = ends.isoformat()
            return table
        if random.random() < 0.7:
            table["starts"] = self.before(now, self.known.lengths["purchase"]).isoformat()
        if random.random() < 0.4:
            table["ends"] = (now + random.choice([TICK, 5 * _DAY])).isoformat()
        return table

    def another_right(self, now: datetime) -> Table:
        """Draw a right of any kind, running or not, often to something named."""
        random = self.random
        kind = random.choice(["gift", "purchase", "purchase", "trial", "subscription", "group"])
        table: Table = {"kind": kind}
        if kind in ("gift", "purchase"):
            what = random.choice(["article", "section", "tags", "product"])
            if what == "article":
                table["article"] = random.choice(["a1", "a2"])
            elif what == "tags":
                table["tags"] = [random.choice(self.known.words["tags"])]
            else:
                table[what] = random.choice(self.known.words[what])
        else:
            self.set_words(table, ["product"], 0.7)
        if random.random() < 0.5:
            table["ends"] = self.before(now, self.known.lengths["expiry"]).isoformat()
        elif random.random() < 0.5:
            table["starts"] = self.before(now, self.known.lengths["purchase"]).isoformat()
        return table

    # Page views.

    def view(self, now: datetime, article: str) -> Table:
        """Draw what is looked at, and how."""
        random = self.random
        about: Table = {
            "id": article,
            "access": random.choice(["free", "metered", "metered", "metered", "premium"]),
        }
        self.set_words(about, ["section", "kind"], 0.6)
        self.set_members(about, "tags")
        self.set_number(about, "value")
        if random.random() < 0.6:
            at = self.before(now, self.known.lengths["age"])
            if self.known.published and random.random() < 0.5:
                at = random.choice(self.known.published) + random.choice([-TICK, 0 * TICK])
            about["published"] = at.isoformat()
        event: Table = {"at": now.isoformat(), "article": about}
        self.set_words(event, ["country"], 0.3)
        self.set_words(event, ["device", "channel", "language", "referrer"], 0.6)
        if random.random() < 0.5:
            event["id"] = f"v{random.randint(1, 3)}"
        for flag in ("gift", "crawler", "prefetch"):
            drawn = random.random()
            if drawn < _OFTEN:
                event[flag] = True
                if flag == "crawler":
                    event[flag] = _CRAWLERS[int(drawn / _OFTEN * len(_CRAWLERS))]
        return event

    def event(self, now: datetime, article: str = "a1") -> Table:
        """Draw a page view by somebody."""
        return {**self.view(now, article), "reader": self.reader(now)}

    def set_words(self, table: Table, names: list[str], often: float) -> None:
        """Set some attributes to words that are mentioned, or to others."""
        for name in names:
            if self.random.random() < often:
                table[name] = self.random.choice(self.known.words[name])

    def set_members(self, table: Table, name: str) -> None:
        """Set a set of words."""
        words = self.known.words[name]
        table[name] = self.random.sample(words, self.random.randint(0, min(2, len(words))))

    def set_number(self, table: Table, name: str) -> None:
        """Set a number to a constant, or to one between."""
        if self.random.random() < 0.7:
            table[name] = self.random.choice(self.known.numbers[name])

    # What was counted.

    def record(self, event: Table) -> Record:
        """Draw any record there can be: so many counted by each meter, this article among them."""
        random = self.random
        now = datetime.fromisoformat(event["at"]).astimezone(UTC)
        counts = []
        meters: dict[str, Table] = {}
        for policy in self.policies:
            meters |= policy.get("meters", {})
        for name, meter in meters.items():
            number = random.choice([0, 0, 1, 2, 3, 4, 5, random.randint(0, 12)])
            articles = [event["article"]["id"] if random.random() < 0.3 else "other"]
            articles += [f"b{index}" for index in range(1, number)]
            counts += [
                Count(name, self.key(meter, article, event), self.counted_at(meter, now))
                for article in articles[:number]
            ]
        offers = {name for policy in self.policies for name in policy.get("offers", {})}
        once = [name for name in sorted(offers) if random.random() < 0.2]
        return Record(tuple(counts), frozenset(once), *self.of_prompts(event, now))

    def of_prompts(
        self, event: Table, now: datetime
    ) -> tuple[tuple[Showing, ...], tuple[tuple[str, datetime], ...]]:
        """Draw which prompts were shown, mostly in windows that run, and which were closed."""
        random = self.random
        shown = []
        closed = {}
        article, view = event["article"]["id"], event.get("id") or "v9"
        for name, table in self.tracked().items():
            lengths = [_length(window) for _, window in caps_of(table)] or [_DAY]
            for number in range(random.choice([0, 0, 1, 1, 2, 3])):
                own = number == 0 and random.random() < 0.3
                key = (article, f"view {view}") if own else (f"b{number}", f"view {name}")
                at = now if random.random() < 0.3 else self.before(now, lengths)
                shown.append(Showing(name, key, min(at, now)))
            quiet = table.get("quiet_after", {})
            if "closed" in quiet and random.random() < 0.4:
                closed[name] = min(now, self.before(now, [length_of(quiet["closed"])]))
        return tuple(shown), tuple(sorted(closed.items()))

    def tracked(self) -> dict[str, Table]:
        """Return the prompts whose showings mean something under the first of the policies."""
        policy = self.policies[0]
        return {
            name: table
            for name, table in policy.get("prompts", {}).items()
            if is_tracked(policy, name)
        }

    def key(self, meter: Table, article: str, event: Table) -> tuple[str, ...]:
        """Return what a meter has counted of an article."""
        if meter.get("count", "articles") == "articles":
            return (article,)
        known = event.get("id")
        return (article, "view v9" if known is None else f"view {known}")

    def counted_at(self, meter: Table, now: datetime) -> datetime:
        """Draw when something was counted: mostly now, else on an edge of the window."""
        if self.random.random() < 0.8:
            return now
        window = meter["window"]
        written = window.get("rolling") or window.get("fixed")
        length = length_of(written) if written else self.random.choice([_DAY, 31 * _DAY])
        return now - length + self.random.choice([TICK, 0 * TICK, -TICK, length / 2])


def _length(window: Table) -> timedelta:
    written = window.get("rolling") or window.get("fixed")
    return length_of(written) if written else _DAY


def _first() -> datetime:
    return datetime(1990, 1, 1, tzinfo=UTC)
