"""One page view as the rules see it: who, what, when, and where each meter stands before it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple
from unicodedata import normalize

from tests.verify.oracle.conditions import holds
from tests.verify.oracle.prompts import seen
from tests.verify.oracle.readers import Person, person
from tests.verify.oracle.records import Count, Key, Record, inside, is_spent, spent
from tests.verify.oracle.times import after
from tests.verify.oracle.variants import told

__all__ = ["Stand", "Visit"]

Table = dict[str, Any]


class Stand(NamedTuple):
    """Where a meter stands before a page view, and what this view would do to it."""

    held: list[Count]
    limit: int | None
    own: bool
    """It has counted this already."""
    again: bool
    """The article (for a meter of views, this view) costs nothing on it."""
    opens: bool
    left: int | None
    after: int | None
    """What would be left after a rule that spends it has shown the article."""


class Visit:
    """A page view by a reader at an instant, with what is remembered of the reader."""

    def __init__(
        self,
        policy: Table,
        event: Table,
        record: Record,
        forced: dict[str, str] | None = None,
    ) -> None:
        self.policy = policy
        self.forced = forced or {}
        """Variants that the reader is taken to be in, whatever the ids say."""
        self.zone: str = policy["publication"].get("timezone", "UTC")
        self.now = datetime.fromisoformat(event["at"]).astimezone(UTC)
        self.view = event
        self.reader: Table = event["reader"]
        self.article: Table = event["article"]
        self.id = normalize("NFC", self.article["id"])
        self.access: str = self.article.get("access", "metered")
        self.published = after(self.article.get("published"), self.zone)
        self.record = record
        self.clock = record.clock(self.now)
        self.prompt_clock = record.prompt_clock(self.now)
        self.spending: tuple[str, ...] = ()
        """The meters of the rule that is asked just now."""
        self._person: Person | None = None
        self._stands: dict[str, Stand] = {}
        self._held: dict[str, list[Count]] = {}

    @property
    def has_id(self) -> bool:
        """Say whether anything can be remembered of the reader."""
        return self.reader.get("id") is not None

    @property
    def person(self) -> Person:
        """What the reader is now."""
        if self._person is None:
            self._person = person(self.reader, self.zone, self.now)
        return self._person

    def matches(self, when: Table, spending: tuple[str, ...] = ()) -> bool:
        """Say whether a condition holds, in a rule that spends some meters."""
        before = self.spending
        self.spending = spending
        answer = holds(when, self) is True
        self.spending = before
        return answer

    # What conditions ask of meters.

    def left(self, meter: str) -> int | None:
        """Return what remains: after this view where the rule spends the meter, else as it is."""
        stand = self.stand(meter)
        return stand.after if meter in self.spending else stand.left

    def used(self, meter: str) -> int | None:
        """Return the count before this view; of a reader without an id it is not known."""
        return len(self.held(meter)) if self.has_id else None

    def is_exhausted(self, meter: str) -> bool:
        """Say whether a meter is closed to this article before this view."""
        return not self.stand(meter).opens

    # What they ask of prompts and experiments.

    def seen(self, prompt: str) -> int | None:
        """Return how often a prompt was shown before this view."""
        return seen(self, prompt)

    def variant(self, experiment: str) -> str | None:
        """Return the variant that the reader is in, if that is known."""
        return told(self, experiment)

    # Where meters stand.

    def held(self, meter: str) -> list[Count]:
        """Return what a meter holds in its running window."""
        if meter not in self._held:
            found = inside(self.policy, self.zone, self.record, meter, self.clock)
            self._held[meter] = found if self.has_id else []
        return self._held[meter]

    def key(self, meter: str) -> Key:
        """Return what a meter would count."""
        if self.policy["meters"][meter].get("count", "articles") == "articles":
            return (self.id,)
        return self.view_key

    @property
    def view_key(self) -> Key:
        """Return what tells this view from others; one that is sent twice has the same."""
        view = self.view.get("id")
        return (self.id, f"at {self.now.isoformat()}" if view is None else f"view {view}")

    def limit(self, meter: str) -> int | None:
        """Return the limit that holds for this reader and view; none for no limit."""
        table = self.policy["meters"][meter]
        if "limits" in table:
            first = (x["limit"] for x in table["limits"] if self.matches(x.get("when", {})))
            found: Any = next(first, 0)
        else:
            found = table["limit"]
        if isinstance(found, dict):
            status = self.person.status
            fall_back = found.get("registered", 0) if status.endswith("-expired") else 0
            found = found.get(status, fall_back)
        return None if found == "none" else int(found)

    def is_counted(self) -> bool:
        """Say whether a meter of articles that some rule spends has counted the article."""
        return any(
            count.key == (self.id,)
            for meter, table in self.policy.get("meters", {}).items()
            if table.get("count", "articles") == "articles" and is_spent(self.policy, meter)
            for count in self.held(meter)
        )

    def is_for(self, meter: str) -> bool:
        """Say whether the article may be read on a meter."""
        return self.access in self.policy["meters"][meter].get("access", ["metered"])

    def is_history_of(self, meter: str) -> bool:
        """Say whether a meter counts a whole view whichever rule opened it."""
        counts = self.policy["meters"][meter].get("counts")
        if counts is None or (is_spent(self.policy, meter) and not self.is_for(meter)):
            return False
        return self.matches(counts)

    def stand(self, meter: str) -> Stand:
        """Return where a meter stands."""
        if meter not in self._stands:
            self._stands[meter] = self._stand(meter)
        return self._stands[meter]

    def _stand(self, meter: str) -> Stand:
        limit = self.limit(meter)
        if not self.has_id:
            left = None if limit is None else 0
            return Stand(
                [], limit, own=False, again=False, opens=left is None, left=left, after=left
            )
        held = self.held(meter)
        own = self.key(meter) in [count.key for count in held]
        by_views = self.policy["meters"][meter].get("count") == "views"
        again = own if by_views else self.is_counted()
        opens = limit is None or again or len(held) < limit
        left = None if limit is None else max(0, limit - len(held))
        adds = (self.is_for(meter) and not again) or (self.is_history_of(meter) and not own)
        after_it = max(0, left - adds) if left is not None and opens else left
        return Stand(held, limit, own, again, opens, left, after_it)

    def passes_by(self, rule: Table) -> bool:
        """Say whether a meter of a rule is not for the article."""
        return not all(self.is_for(meter) for meter in spent(rule))
