"""Some states of a meter in a person's words: `with nothing left of `monthly``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed
from meter.explanation import clause
from meter.facts.meters import Opening
from meter.formulas import In

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence

    from meter.facts import Codes, Vocabulary
    from meter.verify.situations import MeterState, Variable

__all__ = ["state_words"]

_OPEN, _LEFT = range(2)
_FIRST_ASKED = 2
"""Where the codes begin that only some policies ask for: what is left as it is, and the count."""


_Asked = tuple["Codes", ...]
"""Under each policy, the codes that only some policies ask for."""


def state_words(vocabulary: Vocabulary, variable: Variable, states: Collection[MeterState]) -> str:
    """Say that a meter is in one of some states."""
    meter = str(variable.meter)
    whole = _by_asked(variable.domain)
    said: dict[str, list[_Asked]] = {}
    for asked, some in _by_asked(states).items():
        is_all = len(whole) > 1 and len(some) == len(whole[asked])
        words = "" if is_all else _words(vocabulary, meter, some, whole[asked])
        said.setdefault(words, []).append(asked)
    parts = []
    for words, among in said.items():
        where = [*_asked_words(vocabulary, meter, among, whole), words]
        parts.append(" and ".join(part for part in where if part))
    return listed([part for part in dict.fromkeys(parts) if part], "or")


def _by_asked(states: Iterable[MeterState]) -> dict[_Asked, list[MeterState]]:
    """Return states by the codes that only some policies ask for."""
    found: dict[_Asked, list[MeterState]] = {}
    for state in states:
        asked = tuple(codes[_FIRST_ASKED:] for codes in state.codes)
        found.setdefault(asked, []).append(state)
    return found


def _asked_words(
    vocabulary: Vocabulary, meter: str, among: Collection[_Asked], whole: Collection[_Asked]
) -> Iterator[str]:
    """Yield what is asked of a meter besides, of each part that is not any."""
    slots = vocabulary.meters[meter]
    names = [name for name, place in (("now", slots.now), ("used", slots.used)) if place >= 0]
    for part, name in enumerate(names):
        codes = {side[part] for asked in among for side in asked}
        if codes != {side[part] for asked in whole for side in asked}:
            yield f"where {_clause(vocabulary, name, meter, codes)}"


def _clause(vocabulary: Vocabulary, name: str, meter: str, codes: set[Hashable]) -> str:
    known = frozenset(code for code in codes if code is not None)
    place = vocabulary.place(name, meter)
    if not known:
        return clause(In(place, frozenset({None})), vocabulary)
    said = clause(In(place, known), vocabulary)
    return f"{said} or not known" if None in codes else said


def _words(
    vocabulary: Vocabulary,
    meter: str,
    states: Sequence[MeterState],
    all_states: Sequence[MeterState],
) -> str:
    """Say how a meter is open and what is left after the view."""
    openings = {codes[_OPEN] for state in states for codes in state.codes}
    left = _left(states)
    every = _left(all_states)
    nothing = vocabulary.slots[vocabulary.place("left", meter)].code(0)
    if left and left == every:
        closed = " or nothing is left of it" if Opening.CLOSED in openings else ""
        return f"while `{meter}` lasts{closed}"
    words = []
    if Opening.CLOSED in openings:
        words.append(f"with nothing left of `{meter}`")
    if Opening.GIVEN in openings:
        words.append(f"counted already and without an allowance of `{meter}`")
    if Opening.UNLIMITED in openings:
        words.append(f"without a limit of `{meter}`")
    if left and left == {nothing}:
        words.append(f"on the last one of `{meter}`")
    elif left and left == every - {nothing}:
        words.append(f"with more left of `{meter}`")
    elif left:
        words.append(f"where {_clause(vocabulary, 'left', meter, set(left))}")
    return listed(words, "or")


def _left(states: Iterable[MeterState]) -> set[Hashable]:
    """Return the codes of what is left of a meter where it is open."""
    return {
        codes[_LEFT] for state in states for codes in state.codes if codes[_OPEN] is Opening.OPEN
    }
