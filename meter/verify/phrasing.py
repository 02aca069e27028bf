"""Readers, page views and sets of situations in a person's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.errors import listed
from meter.explanation import clause
from meter.facts import ATTRIBUTES, OTHER
from meter.facts.attributes import REGION
from meter.forms import covers
from meter.formulas import In
from meter.verify.telling.state_words import state_words
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

    from meter.facts import Vocabulary
    from meter.verify.diagram import Box
    from meter.verify.situations import Variable

__all__ = [
    "Phrase",
    "phrase",
    "quoted",
    "reader_words",
    "status_words",
    "view_words",
    "words_of",
]

_STATUSES = {
    Status.ANONYMOUS: ("an anonymous reader", "anonymous readers"),
    Status.REGISTERED: ("a registered reader", "registered readers"),
    Status.SUBSCRIBER: ("a subscriber", "subscribers"),
    Status.TRIAL: ("a reader in a trial", "readers in a trial"),
    Status.TRIAL_EXPIRED: ("a reader whose trial has expired", "readers whose trial has expired"),
    Status.SUBSCRIPTION_EXPIRED: (
        "a reader whose subscription has expired",
        "readers whose subscription has expired",
    ),
    Status.STAFF: ("a member of staff", "staff"),
}
_EXPIRED = (Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED)
_BEFORE = {
    "section": "in",
    "kind": "of kind",
    "channel": "on channel",
    "device": "on device",
    "language": "in language",
    "referrer": "coming from",
    "country": "in",
}
_FLAGS = {"gift": "by a gift link"}
_CRAWLER = "as a crawler"
_EITHER = {
    "whole": ("with a right to everything", "without a right to everything"),
    "named": ("bought or given to them", "neither bought nor given to them"),
}
_MEMBERSHIP = {
    "tags": ("tagged", "not tagged"),
    "segments": ("in segment", "not in segment"),
    "product": ("with", "without"),
    "started": ("who started", "who did not start"),
}
_SINCE = ("expiry", "purchase", "registration")
_WHO = (
    *("whole", "started", "offered", "segments", "product", "score", "country", "experiment"),
    *_SINCE,
)
_CLOCKS = ("weekday", "hour")
_STATE = ("meter state", "counted already", "period", "seen")
"""The variables that say who reads and what is left to them; all others say what is opened."""


def quoted(words: Iterable[object], joiner: str = "or") -> str:
    """Join the policy's own words as English does, each in backticks."""
    return listed([f"`{word}`" for word in words], joiner)


def status_words(statuses: Collection[Status]) -> str:
    """Say who readers of these statuses are: `anonymous or registered readers`."""
    left_out = [many for status, (_, many) in _STATUSES.items() if status not in statuses]
    if not left_out:
        return "every reader"
    if len(left_out) < len(statuses) - 2:
        return f"every reader but {listed(left_out, 'and')}"
    named = [many for status, (_, many) in _STATUSES.items() if status in statuses]
    if "registered readers" in named and "anonymous readers" in named:
        named = ["anonymous or registered readers", *named[2:]]
    expired = [_STATUSES[status][1] for status in _EXPIRED]
    if all(many in named for many in expired):
        named = [many for many in named if many not in expired]
        named.append("readers whose trial or subscription has expired")
    return listed(named, "or")


def reader_words(values: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Say who one reader is: `an anonymous reader in segment `students``."""
    parts = [_STATUSES[values["reader"]][0]]
    if values.get("product"):
        parts.append(f"with {_members('product', values['product'])}")
    if values.get("whole"):
        parts.append(_EITHER["whole"][0])
    if values.get("started"):
        parts.append(f"who started {quoted(sorted(values['started']), 'and')}")
    if values.get("segments"):
        parts.append(f"in {_members('segment', values['segments'])}")
    if values.get("country") not in (None, OTHER):
        parts.append(_country(values["country"]))
    numbers = [
        name
        for name, value in values.items()
        if value is not None and _asks(name) in ("score", "offered", *_SINCE)
    ]
    parts += [f"({words_of(vocabulary, name, [values[name]])})" for name in numbers]
    parts += _variants(values)
    return " ".join(parts)


def _variants(values: Mapping[str, Any]) -> list[str]:
    """Say which variants of experiments a reader is in, where that is known."""
    asked = [(name, code) for name, code in values.items() if _asks(name) == "experiment"]
    named = [
        f"`{code}` of `{name.split()[1]}`" for name, code in asked if code not in (None, OTHER)
    ]
    if named:
        return [f"in variant {listed(named, 'and')}"]
    none = [name.split()[1] for name, code in asked if code == OTHER]
    return [f"in no variant of {quoted(none)}"] if none else []


def view_words(values: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Say what is opened: `a metered article in `markets` tagged `live``."""
    parts = ["opens", f"a {values['access']} article"]
    parts += _known(values, "section", "kind")
    if values.get("tags"):
        parts.append(f"tagged {quoted(sorted(values['tags']), 'and')}")
    for name in ("value", "age", "published"):
        if values.get(name) is not None:
            parts.append(f"({words_of(vocabulary, name, [values[name]])})")
    if values.get("named"):
        parts.append(_EITHER["named"][0])
    parts += _known(values, "channel", "device", "language", "referrer")
    parts += [words for name, words in _FLAGS.items() if values.get(name)]
    if values.get("crawler"):
        slot = vocabulary.slots[vocabulary.place("crawler")]
        parts.append(_crawler_words(slot.codes(), [values["crawler"]]))
    if values.get("period") is not None:
        parts.append(f"on a day {_day_words(vocabulary, [values['period']])}")
    clocks = [name for name in values if _asks(name) in _CLOCKS]
    parts += [f"when {words_of(vocabulary, name, [values[name]])}" for name in clocks]
    return " ".join(parts)


def _asks(name: str) -> str:
    """Return what a variable is about; its name says besides of which product or zone."""
    return name.partition(" ")[0]


def _country(code: str) -> str:
    """Say where a reader is; another region of a country than those that are named."""
    return f"elsewhere in {code[:-1]}" if code.endswith(REGION) else f"in {code}"


def _known(values: Mapping[str, Any], *names: str) -> list[str]:
    """Say those of some words that are known and that the policy mentions."""
    known = [name for name in names if values.get(name) not in (None, OTHER)]
    return [f"{_BEFORE[name]} `{values[name]}`" for name in known]


def _members(noun: str, members: Collection[str]) -> str:
    plural = "" if len(members) == 1 else "s"
    return f"{noun}{plural} {quoted(sorted(members), 'and')}"


def _day_words(vocabulary: Vocabulary, periods: Collection[Hashable]) -> str:
    return words_of(vocabulary, "period", periods).removeprefix("the date is ")


def words_of(
    vocabulary: Vocabulary, name: str, codes: Collection[Hashable], meter: str | None = None
) -> str:
    """Say that a slot holds one of some codes: `the score is at least 0.2 and below 0.8`."""
    place = vocabulary.place(name, meter)
    known = frozenset(code for code in codes if code is not None)
    if not known:
        return clause(In(place, frozenset({None})), vocabulary)
    said = clause(In(place, known), vocabulary)
    return f"{said} or not known" if None in codes else said


@frozen(kw_only=True)
class Phrase:
    """A box in words: who reads, what they open, and what is left to them."""

    who: str
    what: str
    state: str

    def __str__(self) -> str:
        return ", ".join(part for part in (self.who, self.what, self.state) if part)


def phrase(variables: Sequence[Variable], vocabulary: Vocabulary, box: Box) -> Phrase:
    """Say a box of a space with these variables."""
    who = ["every reader"]
    what = ["every article"]
    state: list[str] = []
    sides: dict[str, dict[bool, list[str]]] = {}
    for level in sorted(box):
        variable = variables[level]
        codes = [variable.domain[code] for code in sorted(box[level])]
        if variable.name == "reader":
            who[0] = status_words(codes)
        elif variable.name == "access":
            what[0] = f"{listed([str(code) for code in codes], 'or')} articles"
        elif variable.member is not None:
            side = sides.setdefault(variable.name, {})
            side.setdefault(bool(codes[0]), []).append(variable.member)
        else:
            words = _variable_words(vocabulary, variable, codes)
            _part_of(variable.name, who, what, state).append(words)
    for name, side in sides.items():
        _part_of(name, who, what, state).append(_membership(name, side))
    if what == ["every article"] and (state or who != ["every reader"]):
        what = []
    return Phrase(who=" ".join(who), what=" ".join(what), state=" and ".join(state))


def _part_of(name: str, who: list[str], what: list[str], state: list[str]) -> list[str]:
    if _asks(name) in _WHO:
        return who
    return state if _asks(name) in _STATE or name in _STATE or _asks(name) in _CLOCKS else what


def _variable_words(vocabulary: Vocabulary, variable: Variable, codes: Sequence[Any]) -> str:
    """Say which codes a variable holds, members of sets apart."""
    if variable.meter is not None:
        return state_words(vocabulary, variable, codes)
    if variable.slot is None:
        return "where it is counted already" if codes[0] else "where it is not counted yet"
    regions = variable.name == "country" and any(REGION in str(code) for code in variable.domain)
    if variable.name in _BEFORE and not regions:
        return _word_words(variable, codes)
    if variable.name in _EITHER:
        return _EITHER[variable.name][not codes[0]]
    if variable.name in _FLAGS:
        words = _FLAGS[variable.name]
        return words if codes[0] else f"not {words}"
    if variable.name == "crawler":
        return _crawler_words(variable.domain, codes)
    if variable.name == "period":
        return _day_words(vocabulary, codes)
    if _asks(variable.name) in _CLOCKS:
        return f"when {words_of(vocabulary, variable.name, codes)}"
    return f"where {words_of(vocabulary, variable.name, codes)}"


def _crawler_words(domain: Collection[Hashable], codes: Collection[Hashable]) -> str:
    """Say which crawlers ask, or which do not; a plain yes is one of a class that is not named."""
    if False in codes:
        return f"not {_crawler_words(domain, [code for code in domain if code not in codes])}"
    classes = [code for code in codes if code is not True]
    if len(codes) == len(domain) - 1:
        return _CRAWLER
    of = [f"of class {quoted(classes)}"] if classes else []
    if len(classes) < len(codes):
        of.append("of another class")
    return f"{_CRAWLER} {listed(of, 'or')}"


def _membership(name: str, sides: Mapping[bool, Sequence[str]]) -> str:
    inside, outside = _MEMBERSHIP[name]
    parts = []
    if True in sides:
        parts.append(f"{inside} {quoted(sides[True], 'and')}")
    if False in sides:
        parts.append(f"{outside} {quoted(sides[False])}")
    return " and ".join(parts)


def _word_words(variable: Variable, codes: Collection[Hashable]) -> str:
    """Say which words a slot holds; most of them are better said by those it does not hold."""
    before = _BEFORE[variable.name]
    mentioned = [str(code) for code in variable.domain if code not in (OTHER, None)]
    if OTHER in codes:
        left_out = _broadest(variable.name, [code for code in mentioned if code not in codes])
        if not left_out:
            return f"of any known {variable.name}"
        known = "" if None in codes else f" ({variable.name} known)"
        return f"not {before} {quoted(left_out)}{known}"
    words = []
    named = _broadest(variable.name, [code for code in mentioned if code in codes])
    if named:
        words.append(f"{before} {quoted(named)}")
    if None in codes:
        words.append(f"with no {variable.name} known")
    return listed(words, "or")


def _broadest(name: str, words: Sequence[str]) -> list[str]:
    """Return the words that no other of them covers: `markets` says `markets/asia` too."""
    mark = ATTRIBUTES[name].mark
    return [
        word
        for word in words
        if not any(covers(other, word, mark) for other in words if other != word)
    ]
