"""What a policy file mentions: the words, numbers, lengths and times that its readers may be at."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.verify.oracle.times import instant_of, length_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Constants", "constants", "whens"]

Table = dict[str, Any]
TICK = timedelta(microseconds=1)
ORDINARY = datetime(2026, 6, 1, 3, tzinfo=UTC)
LISTS = ("section", "kind", "country", "device", "channel", "language", "referrer", "product")
SETS = ("tags", "segments")
OTHER = {
    "section": ["opinion"],
    "kind": ["recipe"],
    "country": ["BR"],
    "device": ["desktop"],
    "channel": ["newsletter"],
    "language": ["fr"],
    "referrer": ["elsewhere.example"],
    "product": ["nobody-sells-it"],
    "tags": ["quiet"],
    "segments": ["other"],
}


class Constants:
    """The constants of some policies, by what they are of, and values beside them."""

    def __init__(self, policies: list[Table]) -> None:
        self.words: dict[str, list[str]] = {name: [] for name in (*LISTS, *SETS)}
        self.numbers: dict[str, list[float]] = {"score": [0, 1], "value": [0, 1]}
        self.lengths: dict[str, list[timedelta]] = {
            name: [] for name in ("age", "expiry", "purchase", "registration")
        }
        self.dates: list[datetime] = [ORDINARY]
        self.published: list[datetime] = []
        self.hours: list[int] = []
        self.zone: str = policies[0]["publication"].get("timezone", "UTC")
        for policy in policies:
            self._read(policy)
        self._widen()

    def _read(self, policy: Table) -> None:
        for when in whens(policy):
            for name in LISTS:
                self.words[name] += _listed(when.get(name, []))
            for name in SETS:
                self.words[name] += _listed(when.get(name, []))
            for name, known in self.numbers.items():
                known.extend(_bounds(when.get(name, {})))
            self.lengths["age"] += map(length_of, _bounds(when.get("age", {})))
            for what, bounds in when.get("since", {}).items():
                given = {key: value for key, value in bounds.items() if key != "product"}
                self.lengths[what] += map(length_of, given.values())
                self.words["product"] += bounds.get("product", [])
            self.dates += self._edges(when.get("dates", {}))
            self.published += self._edges(when.get("published", {}))
            self.hours += when.get("hour", {}).values()
            if "weekday" in when:
                self.hours.append(0)
        self.words["product"] += policy.get("products", {})
        for prompt in policy.get("prompts", {}).values():
            bought = prompt.get("quiet_after", {}).get("purchase")
            self.lengths["purchase"] += [length_of(bought)] if bought else []
        for offer in policy.get("offers", {}).values():
            given = {"from": offer.get("starts"), "until": offer.get("ends")}
            self.dates += self._edges({key: at for key, at in given.items() if at is not None})

    def _edges(self, table: dict[str, date]) -> list[datetime]:
        ends = {"from": False, "until": True}
        return [instant_of(self.zone, at, end=ends[key]) for key, at in table.items()]

    def _widen(self) -> None:
        """Add what is beside a constant: a sub-section, a region, another word."""
        self.words["section"] += [f"{word}/below" for word in self.words["section"]]
        self.words["language"] += [f"{word}-at" for word in self.words["language"] if word]
        for name, other in OTHER.items():
            self.words[name] = list(dict.fromkeys([*self.words[name], *other]))
        hosts = [word for word in self.words["referrer"] if word]
        self.words["referrer"] += [f"https://www.{word}/a?b=c" for word in hosts]
        for name, known in self.numbers.items():
            # Scores and values are from 0 to 1, whatever a condition asks.
            found = sorted({number for number in known if 0 <= number <= 1})
            middles = [(one + two) / 2 for one, two in itertools.pairwise(found)]
            self.numbers[name] = [*found, *middles]


def constants(*policies: Table) -> Constants:
    """Return what some policies mention."""
    return Constants(list(policies))


def _listed(asked: Any) -> list[str]:
    if isinstance(asked, dict):
        return [word for group in asked.values() for word in group]
    return list(asked)


def _bounds(asked: Table) -> list[Any]:
    return list(asked.values())


def whens(policy: Table) -> Iterator[Table]:
    """Yield every condition of a policy, with those inside it."""
    tops = [each.get("when") for each in (*policy["rules"], *policy.get("guarantees", ()))]
    tops += [offer.get("when") for offer in policy.get("offers", {}).values()]
    tops += [each.get("when") for each in policy.get("experiments", {}).values()]
    for meter in policy.get("meters", {}).values():
        tops.append(meter.get("counts"))
        tops += [each.get("when") for each in meter.get("limits", ())]
    opens = [product.get("opens") for product in policy.get("products", {}).values()]
    tops += [each for each in opens if isinstance(each, dict)]
    for top in tops:
        yield from inner(top or {})


def inner(when: Table) -> Iterator[Table]:
    """Yield a condition and those inside it."""
    yield when
    for part in when.get("any", ()):
        yield from inner(part)
    if "not" in when:
        yield from inner(when["not"])
