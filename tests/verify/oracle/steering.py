"""Page views that are drawn towards a condition: what it asks for is mostly so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.verify.oracle.conditions import in_length, in_range, words
from tests.verify.oracle.constants import LISTS, TICK
from tests.verify.oracle.times import instant_of, length_of

if TYPE_CHECKING:
    from tests.verify.oracle.drawing import Drawer

__all__ = ["toward"]

Table = dict[str, Any]
_OF_ARTICLE = ("section", "kind")
_NAMES = ("at_least", "at_most", "above", "below", "equals")


def toward(drawer: Drawer, event: Table, when: Table) -> Table:
    """Return a page view that meets more of what a condition asks than the one given."""
    event = {**event, "reader": dict(event["reader"]), "article": dict(event["article"])}
    if "dates" in when:
        _move(event, _date_in(drawer, when["dates"]))
    now = datetime.fromisoformat(event["at"]).astimezone(UTC)
    if "reader" in when or "entitled" in when or "account" in when:
        _become(drawer, event, when, now)
    for name in LISTS:
        if name in when and name != "product":
            place = event["article"] if name in _OF_ARTICLE else event
            place[name] = _word(drawer, name, when[name])
    for name, place in (("tags", event["article"]), ("segments", event["reader"])):
        if name in when:
            place[name] = _members(when[name], place.get(name) or [])
    for name, place in (("score", event["reader"]), ("value", event["article"])):
        fitting = [n for n in drawer.known.numbers[name] if in_range(when.get(name, {}), n)]
        if name in when and fitting:
            place[name] = drawer.random.choice(fitting)
    if "access" in when:
        event["article"]["access"] = drawer.random.choice(when["access"])
    event |= {name: _one_of(drawer, when[name]) for name in ("gift", "crawler") if name in when}
    if "age" in when:
        lengths = [length_of(bound) for bound in when["age"].values()]
        age = _length(drawer, lengths, when["age"])
        if age is not None:
            event["article"]["published"] = (now - age).isoformat()
    if when.get("any"):
        return toward(drawer, event, drawer.random.choice(when["any"]))
    return event


def _one_of(drawer: Drawer, asked: Any) -> Any:
    """Return what is asked for: a flag, or one of several words."""
    return drawer.random.choice(asked) if isinstance(asked, list) else asked


def _move(event: Table, at: datetime) -> None:
    event["at"] = at.isoformat()


def _date_in(drawer: Drawer, dates: Table) -> datetime:
    """Return an instant at an edge of some dates, inside."""
    if "from" in dates and (drawer.random.random() < 0.5 or "until" not in dates):
        return instant_of(drawer.zone, dates["from"])
    return instant_of(drawer.zone, dates["until"], end=True) - TICK


def _become(drawer: Drawer, event: Table, when: Table, now: datetime) -> None:
    """Make the reader one of a status that is asked for."""
    wanted = list(when.get("reader", ()))
    if not wanted and when.get("entitled", True) is True:
        wanted = ["subscriber", "trial", "staff"] if "entitled" in when else ["registered"]
    if not wanted:
        wanted = ["anonymous", "registered"]
    status = drawer.random.choice(wanted)
    reader = event["reader"]
    reader["entitlements"] = []
    if status in ("anonymous", "registered"):
        reader["registered"] = status == "registered"
        if status == "anonymous":
            reader.pop("registered_at", None)
        return
    right = drawer.right(status, now)
    if "product" in when and drawer.random.random() < 0.8:
        right["product"] = drawer.random.choice(when["product"])
    reader["entitlements"] = [right]


def _word(drawer: Drawer, name: str, asked: Any) -> str | None:
    if not isinstance(asked, dict):
        return str(drawer.random.choice(asked))
    others = [word for word in drawer.known.words[name] if words(word) not in asked["none"]]
    return drawer.random.choice([None, *others])


def _members(asked: Any, has: list[str]) -> list[str]:
    table = asked if isinstance(asked, dict) else {"any": asked}
    kept = [*has, *table.get("all", ()), *list(table.get("any", ()))[:1]]
    return sorted({word for word in kept if word not in table.get("none", ())})


def _length(drawer: Drawer, known: list[timedelta], bounds: Table) -> timedelta | None:
    beside = [length + step for length in known for step in (-TICK, 0 * TICK, TICK)]
    fitting = [x for x in [*beside, timedelta(0)] if x >= 0 * TICK and in_length(bounds, x)]
    return drawer.random.choice(fitting) if fitting else None
