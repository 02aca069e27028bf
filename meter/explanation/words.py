"""A condition and a fact in a person's words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from meter.errors import listed
from meter.facts import OTHER
from meter.facts.attributes import REGION
from meter.forms import span_text
from meter.formulas import And, Contains, In, Or, Turned
from meter.windows import day_start, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from meter.facts import Code, Slot, Vocabulary
    from meter.formulas import Formula

__all__ = ["clause", "code_words", "last_day", "turned", "value_words", "why_not"]

_NAMES = {
    "reader": "the reader's status",
    "access": "the article's access",
    "section": "the section",
    "kind": "the kind of article",
    "country": "the country",
    "device": "the device",
    "channel": "the channel",
    "language": "the language",
    "referrer": "the referrer",
    "product": "the products",
    "tags": "the tags",
    "segments": "the segments",
    "score": "the score",
    "value": "the article's value",
    "age": "the article's age",
    "expiry": "the time since expiry",
    "purchase": "the time since the purchase",
    "registration": "the time since registration",
    "period": "the date",
    "published": "the date of publication",
    "weekday": "the day of the week",
    "hour": "the time of day",
    "whole": "a right to everything",
    "named": "a right that names the article",
    "started": "the offers started before",
    "gift": "the gift link",
    "crawler": "the crawler flag",
}


_OF_METERS = {
    "open": "the allowance of `{}`",
    "left": "what is left of `{}`",
    "now": "what is left of `{}`",
    "used": "what `{}` has counted",
}


def _name(slot: Slot) -> str:
    if slot.meter is not None:
        return _OF_METERS[slot.name].format(slot.meter)
    if slot.asks == "seen":
        return f"the number of times that `{slot.name.partition(' ')[2]}` was shown"
    about = "" if slot.product is None else f" of `{slot.product}`"
    where = "" if slot.zone is None or slot.name == slot.asks else f" in {slot.zone.key}"
    return f"{_NAMES[slot.asks]}{about}{where}"


def _marks(slot: Slot) -> list[str]:
    """Return the constants of a slot of intervals, as the policy would write them."""
    if slot.is_length:
        return [span_text(timedelta(microseconds=mark)) for mark in slot.mentioned]
    return [f"{mark:g}" for mark in slot.mentioned]


def _between_hours(slot: Slot, codes: Sequence[int]) -> str:
    """Say some stretches of the day, neighbours as one, over midnight too."""
    edges = slot.mentioned
    wanted = set(codes)
    if len(wanted) == len(edges):
        return "any"
    starts = [code for code in codes if (code - 1) % len(edges) not in wanted]
    said = []
    for start in starts:
        end = start
        while end in wanted:
            end = (end + 1) % len(edges)
        said.append(f"from {edges[start]}:00 up to {edges[end] or 24}:00")
    return listed(said, "or")


def _country_words(slot: Slot, code: str) -> str:
    """Say a country or a region, where regions are told apart."""
    if code.endswith(REGION):
        return f"elsewhere in `{code[:-1]}`"
    if any(str(word).startswith(code + REGION) for word in slot.mentioned):
        return f"`{code}` (nobody knows where)"
    return f"`{code}`"


def _between_dates(slot: Slot, low: int, high: int, zone: ZoneInfo) -> str:
    """Say the stretch of periods from `low` up to `high`.

    Period `n` runs from the n-th date of the policy to the next.
    """
    start = f"from {_start(slot.mentioned[low - 1], zone)}" if low else ""
    if high > len(slot.mentioned):
        return f"{start} on" if start else "any"
    mark = slot.mentioned[high - 1]
    return f"{start} {_end(mark, zone)}" if start else f"before {_start(mark, zone)}"


def _start(mark: int, zone: ZoneInfo) -> str:
    """Say an instant as a policy writes it: a day by its date, any other with its time."""
    when = moment(mark, zone)
    return str(when.date()) if mark == day_start(when.date(), zone) else f"{when:%Y-%m-%d %H:%M}"


def _end(mark: int, zone: ZoneInfo) -> str:
    """Say the end of a stretch as a policy writes it.

    The last day, included, or a time that is not.
    """
    day = moment(mark, zone).date()
    if mark == day_start(day, zone):
        return f"until {last_day(mark, zone)}"
    return f"and before {_start(mark, zone)}"


def last_day(end: int, zone: ZoneInfo) -> date:
    """Return the day of the last moment before an end that is not included.

    The moment is taken off the instant: where the clock jumps at midnight, an hour or a whole day
    taken off the clock's own time is still the day after.
    """
    return moment(end - 1, zone).date()


def code_words(slot: Slot, code: Code, zone: ZoneInfo) -> str:
    """Say what one code of a slot means, such as ``from 0.2 up to 0.8``."""
    if code is None:
        return "not known"
    if slot.name == "open":
        return "not spent" if code else "spent"
    if slot.kind == "flag":
        return "set" if code else "not set"
    if slot.kind == "word":
        if code == OTHER:
            return "none of those named in the policy"
        if slot.name == "country":
            return _country_words(slot, code)
        return f"`{code}`" if code else "none at all"
    if slot.kind == "period":
        return _between_dates(slot, code, code + 1, zone)
    if slot.kind == "hours":
        return _between_hours(slot, [code])
    marks = _marks(slot)
    place: int = code // 2
    if code % 2:
        return marks[place]
    if place == 0:
        return f"below {marks[0]}"
    if place == len(marks):
        return f"above {marks[-1]}"
    return f"between {marks[place - 1]} and {marks[place]}"


def value_words(slot: Slot, value: Code, zone: ZoneInfo) -> str:
    """Say what a slot holds: ``the reader's status is `anonymous` ``."""
    if slot.kind == "set":
        if not value:
            return f"{_name(slot)} include none of those named"
        return f"{_name(slot)} include {listed([f'`{m}`' for m in sorted(value)])}"
    return f"{_name(slot)} is {code_words(slot, value, zone)}"


def clause(formula: Formula, vocabulary: Vocabulary) -> str:
    """Say what a formula asks for."""
    if isinstance(formula, In):
        slot = vocabulary.slots[formula.slot]
        return f"{_name(slot)} is {_codes(slot, formula.codes, vocabulary.zone)}"
    if isinstance(formula, Contains):
        name = _name(vocabulary.slots[formula.slot])
        return f"{name} {'include' if formula.inside else 'do not include'} `{formula.member}`"
    if isinstance(formula, Turned):
        return f"{_switches(formula)} {'on' if formula.wanted else 'off'}"
    parts = [clause(part, vocabulary) for part in formula.parts]
    if len(parts) == 1:
        return parts[0]
    if isinstance(formula, And):
        return " and ".join(parts) or "anything goes"
    return "either " + " or ".join(parts) if parts else "nothing can match"


def _switches(formula: Turned) -> str:
    names = listed([f"`{name}`" for name in formula.switches], "or")
    return f"the switch {names} is" if len(formula.switches) == 1 else f"one of {names} is"


def turned(formula: Turned) -> str:
    """Say how switches are."""
    if len(formula.switches) == 1:
        return f"{_switches(formula)} {'on' if formula.on else 'off'}"
    names = listed([f"`{name}`" for name in formula.switches], "and")
    return f"one of the switches {names} is on" if formula.on else f"the switches {names} are off"


def _codes(slot: Slot, codes: Iterable[Any], zone: ZoneInfo) -> str:
    ordered: list[Any] = [code for code in slot.codes() if code in codes]
    if slot.kind == "hours":
        return _between_hours(slot, ordered)
    if None in ordered and len(ordered) > 1:
        rest = frozenset(ordered) - {None}
        return f"{_codes(slot, rest, zone)}, or not known"
    if OTHER in ordered:
        named = [code_words(slot, word, zone) for word in slot.mentioned if word not in ordered]
        return f"other than {listed(named, 'or')}" if named else "known"
    if slot.kind in ("number", "period") and len(ordered) > 1:
        return _intervals(slot, ordered, zone)
    return listed([code_words(slot, code, zone) for code in ordered], "or")


def _intervals(slot: Slot, codes: Sequence[Any], zone: ZoneInfo) -> str:
    """Say several neighbouring intervals as one, from the lowest bound to the highest."""
    if codes != list(range(codes[0], codes[-1] + 1)):
        return listed([code_words(slot, code, zone) for code in codes], "or")
    if slot.kind == "period":
        return _between_dates(slot, codes[0], codes[-1] + 1, zone)
    marks = _marks(slot)
    bounds = []
    if codes[0]:
        low, on_low = divmod(codes[0], 2)
        bounds.append(f"at least {marks[low]}" if on_low else f"above {marks[low - 1]}")
    if codes[-1] < 2 * len(marks):
        high, on_high = divmod(codes[-1], 2)
        bounds.append(f"at most {marks[high]}" if on_high else f"below {marks[high]}")
    return " and ".join(bounds) or "known"


def why_not(formula: Formula, values: Sequence[Any], vocabulary: Vocabulary) -> str:
    """Say why a formula does not hold for these codes."""
    if isinstance(formula, In):
        slot = vocabulary.slots[formula.slot]
        value = values[formula.slot]
        told = value_words(slot, value, vocabulary.zone)
        if value is None or slot.kind == "flag":  # the opposite needs no saying
            return told
        if OTHER in formula.codes:
            return f"{told}, which is left out"
        return f"{told}, not {_codes(slot, formula.codes, vocabulary.zone)}"
    if isinstance(formula, Contains):
        name = _name(vocabulary.slots[formula.slot])
        return f"{name} {'do not include' if formula.inside else 'include'} `{formula.member}`"
    if isinstance(formula, Turned):
        return turned(formula)
    failing = [part for part in formula.parts if part.holds(values) is False]
    if isinstance(formula, Or):
        reasons = "; ".join(why_not(part, values, vocabulary) for part in failing)
        return reasons or "nothing can match it"
    return why_not(failing[0], values, vocabulary)
