"""Which prompt a page view shows: how often it was shown, when it was closed, and what stands in.

Whatever is asked is counted anew each time. No more showings are kept than numbers tell apart.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.verify.oracle.records import Key, Record, Showing, held_in
from tests.verify.oracle.times import length_of

if TYPE_CHECKING:
    from tests.verify.oracle.visit import Visit

__all__ = [
    "bounded",
    "caps_of",
    "close",
    "group_of",
    "is_tracked",
    "looked_at",
    "resolved",
    "seen",
    "shown",
]

Table = dict[str, Any]
Cap = tuple[int, Table]
"""How many times in which window."""
_KEYS = ("at_most", "every", "quiet_after", "once")
_A_DAY = timedelta(days=1)
_AGAIN: Cap = (1, {"rolling": "1 day"})
"""How long a prompt that comes every so many views comes again to a view that is sent twice."""
_LONGEST = {
    "day": timedelta(days=2),
    "week": timedelta(days=8),
    "month": timedelta(days=32),
    "year": timedelta(days=367),
}
"""A calendar unit is taken with a day more: clocks change, and zones skip a day."""


def _declared(policy: Table) -> dict[str, Table]:
    found: dict[str, Table] = policy.get("prompts", {})
    return found


def is_capped(prompt: Table) -> bool:
    """Say whether a prompt has a frequency of its own."""
    return any(prompt.get(key) for key in _KEYS)


def group_of(policy: Table, name: str) -> list[str]:
    """Return the prompts whose showings and closings count for one, itself among them."""
    group = _declared(policy)[name].get("group")
    if group is None:
        return [name]
    return [other for other, table in _declared(policy).items() if table.get("group") == group]


def is_tracked(policy: Table, name: str | None) -> bool:
    """Say whether it matters to anything that a prompt is shown."""
    declared = _declared(policy)
    return name in declared and any(is_capped(declared[other]) for other in group_of(policy, name))


def _own_caps(prompt: Table) -> list[Cap]:
    listed = prompt.get("at_most", [])
    return [(cap["times"], cap["window"]) for cap in ([listed] if "times" in listed else listed)]


def caps_of(prompt: Table) -> list[Cap]:
    """Return all that limits how often a prompt is shown: once is once in a lifetime."""
    found = _own_caps(prompt)
    if prompt.get("once"):
        found.append((1, {"lifetime": True}))
    if "shown" in prompt.get("quiet_after", {}):
        found.append((1, {"rolling": prompt["quiet_after"]["shown"]}))
    return found


def looked_at(policy: Table, name: str) -> list[Cap]:
    """Return the windows in which showings of a prompt mean something to some one of its group."""
    tables = [_declared(policy)[other] for other in group_of(policy, name)]
    return [cap for table in tables for cap in [*caps_of(table), *([_AGAIN] * ("every" in table))]]


def _reach(cap: Cap) -> tuple[timedelta, int]:
    times, window = cap
    if "calendar" in window:
        return _LONGEST[window["calendar"]], times
    written = window.get("rolling") or window.get("fixed")
    return (length_of(written) if written else timedelta.max), times


def seen(visit: Visit, name: str) -> int | None:
    """Return how often a prompt was shown in its longest window, as far as its number goes."""
    if not visit.has_id:
        return None
    times, window = max(_own_caps(_declared(visit.policy)[name]), key=_reach)
    own = [each for each in visit.record.shown if each.prompt == name]
    return min(times, len(held_in(window, visit.zone, own, visit.prompt_clock)))


def resolved(visit: Visit, named: str | None, counting: list[str]) -> str | None:
    """Return the prompt that is shown where a rule names one: it, what stands in for it, or none.

    `counting` are the meters that count this view.
    """
    declared = _declared(visit.policy)
    while named in declared and is_capped(declared[named]):
        if _may(visit, named, counting):
            return named
        named = declared[named].get("instead")
    return named


def _may(visit: Visit, name: str, counting: list[str]) -> bool:
    """Say whether everything leaves room for a prompt."""
    if not visit.has_id or visit.view.get("prefetch"):
        return False
    table = _declared(visit.policy)[name]
    group = group_of(visit.policy, name)
    quiet = table.get("quiet_after", {})
    now = visit.prompt_clock
    closings = [at for other, at in visit.record.closed if other in group]
    believed = [at for at in closings if at <= visit.now + _A_DAY]
    if "closed" in quiet and believed and now < max(believed) + length_of(quiet["closed"]):
        return False
    bought = visit.person.purchase(None)
    silent = length_of(quiet.get("purchase", "0 days"))
    if bought is not None and visit.now < bought + silent:
        return False
    every = _merged([each for each in visit.record.shown if each.prompt in group])
    own = [each for each in visit.record.shown if each.prompt == name]
    key = visit.view_key
    for times, window in caps_of(table):
        held = [each.key for each in held_in(window, visit.zone, every, now)]
        again = key in held and key in [each.key for each in own]
        if len(held) >= times and not again:
            return False
    return "every" not in table or _is_due(visit, table["every"], own, counting)


def _is_due(visit: Visit, every: Table, own: list[Showing], counting: list[str]) -> bool:
    """Say whether a view brings a meter to a multiple, or did so when it was sent before."""
    lately = held_in(_AGAIN[1], visit.zone, own, visit.prompt_clock)
    if visit.view_key in [each.key for each in lately]:
        return True
    meter = every["meter"]
    number = len(visit.stand(meter).held) + 1
    return meter in counting and number % int(every["views"]) == 0


def _merged(showings: list[Showing]) -> list[Showing]:
    """Return showings with each view once: the last of those that showed several prompts."""
    found: dict[tuple[str, ...], Showing] = {}
    for each in sorted(showings, key=lambda showing: showing.at):
        found[each.key] = each
    return list(found.values())


def shown(visit: Visit, record: Record, name: str | None, *, counts: bool) -> Record:
    """Return a record after a view that shows a prompt, or none, and that `counts` or does not.

    Whenever anything is written, what no window of any prompt tells apart is dropped.
    """
    declared = _declared(visit.policy)
    is_new = name is not None and _is_new(visit, record, name)
    after = record
    if is_new:
        rest = [each for each in record.shown if (each.prompt, each.key) != (name, visit.view_key)]
        last = Showing(str(name), visit.view_key, visit.prompt_clock)
        after = record._replace(shown=(*rest, last))
    if not is_new and not counts:
        return record
    key = visit.view_key if is_tracked(visit.policy, name) else ()
    for each in {each.prompt for each in after.shown if each.prompt in declared}:
        if looked_at(visit.policy, each):
            after = bounded(visit.policy, visit.zone, after, each, visit.prompt_clock, key)
    return after


def _is_new(visit: Visit, record: Record, name: str) -> bool:
    """Say whether a prompt that is shown is a showing that is not on record yet."""
    if not is_tracked(visit.policy, name) or not looked_at(visit.policy, name):
        return False
    now, key = visit.prompt_clock, visit.view_key
    if not any(each.prompt == name and each.key == key for each in record.shown):
        return True
    group = group_of(visit.policy, name)
    every = _merged([each for each in record.shown if each.prompt in group and each.at <= now])
    windows = [window for _, window in looked_at(visit.policy, name)]
    return not all(key in [x.key for x in held_in(w, visit.zone, every, now)] for w in windows)


def bounded(
    policy: Table, zone: str, record: Record, name: str, now: datetime, key: Key = ()
) -> Record:
    """Return a record with the last showings of a group and of each prompt in it.

    They are as many as the numbers of its windows tell apart.
    Of a window that a first showing begins all are kept, and the showing at the view `key` too.
    """
    group = group_of(policy, name)
    every = _merged([each for each in record.shown if each.prompt in group and each.at <= now])
    kept = {key}
    for times, window in looked_at(policy, name):
        held = held_in(window, zone, every, now)
        kept |= {each.key for each in (held if "fixed" in window else held[-times:])}
        for prompt in group:
            # A view that is sent again shows its own prompt, whatever its group showed since.
            own = {each.key for each in record.shown if each.prompt == prompt and each.at <= now}
            kept |= {each.key for each in [each for each in held if each.key in own][-times:]}
    kept = _with_beginnings(policy, name, every, kept)
    shown = tuple(
        each
        for each in record.shown
        if each.prompt not in group or each.key in kept or each.at > now
    )
    return record._replace(shown=shown)


def _with_beginnings(policy: Table, name: str, every: list[Showing], kept: set[Key]) -> set[Key]:
    """Return some showings, and those that begin the fixed windows in which they are.

    Without these another would begin a window that is over, and those after it, at other instants.
    """
    lengths = [
        length_of(window["fixed"]) for _, window in looked_at(policy, name) if "fixed" in window
    ]
    while True:
        new = set(kept)
        for length in lengths:
            begin = None
            for each in every:
                if begin is None or each.at >= begin.at + length:
                    begin = each
                if each.key in kept:
                    new.add(begin.key)
        if new == kept:
            return kept
        kept = new


def close(policy: Table, record: Record, name: str, at: datetime) -> Record:
    """Return the record of a reader who has closed a prompt."""
    group = group_of(policy, name)
    if not any("closed" in _declared(policy)[each].get("quiet_after", {}) for each in group):
        return record
    closed = dict(record.closed)
    before = closed.get(name, at)
    closed[name] = at if before > at + _A_DAY else max(before, at)
    return record._replace(closed=tuple(sorted(closed.items())))
