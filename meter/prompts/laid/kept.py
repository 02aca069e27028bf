"""What was said before is looked up, and else what was laid out before is filled in.

How a prompt comes out hangs on nothing but what was decided, and the day, of which the key here
holds all the values: two readers who were decided alike on one day are told the same, whoever they
are. Two tables a policy (which are only room for them in `Rulebook`) keep

- by all these values, the texts that were made (`said`);
- by all of them but the counts, the drafts to fill in (`drafted`; see `drafts`), where nothing else
  of a prompt hangs on a count.

Each is emptied when it grows past a bound. What is not in them is made in the plain way.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from meter.prompts.parts.ahead import has_enough
from meter.windows import day_start, moment

if TYPE_CHECKING:
    from collections.abc import Hashable

    from meter.decision import Decision
    from meter.prompts.laid.drafts import PromptDraft
    from meter.rulebook import Rulebook

__all__ = [
    "DAY",
    "Asked",
    "asked_for",
    "can_be_kept",
    "day_of",
    "draft_for",
    "keep_draft",
    "keep_text",
    "words_room",
]

_MOST_TEXTS = 4096
_MOST_DRAFTS = 512
_A_DAY = timedelta(days=1)
_LONGEST_LOCALE = 200
"""A header of a browser is shorter; what anybody sends is not kept."""
_DECIDED = attrgetter("facts.values", "show", "access", "prompt", "offers", "deadlines")
_TOLD = attrgetter("name", "limit", "used", "left", "resets_at")


Asked = tuple[tuple[Any, ...], date, tuple[object, ...], tuple[Any, ...] | None]
"""All the values that a prompt hangs on.

What was decided, the day, language and looks as they were asked for, and what is told of a meter.
(A plain tuple: it is made every view.)
"""

DAY: Final = 1
"""Where the day stands in `Asked`."""


def can_be_kept(locale: object) -> bool:
    """Say whether what is asked for by a locale may be a part of what is looked up."""
    return type(locale) is str and len(locale) <= _LONGEST_LOCALE


def asked_for(decision: Decision, rulebook: Rulebook, wanted: tuple[object, ...]) -> Asked:
    """Return all that a prompt hangs on; `wanted` are its language and looks, as asked for."""
    reading = decision.meter
    told = None if reading is None else _TOLD(reading)
    return _DECIDED(decision), day_of(decision.at, rulebook), wanted, told


class _KnownDay(NamedTuple):
    """A day in a publication's zone: from which instant, to which, in UTC."""

    starts: datetime
    ends: datetime
    day: date


def day_of(at: datetime, rulebook: Rulebook) -> date:
    """Return the day of an instant in the publication's zone; the last day asked for is known.

    Only instants in UTC are compared with its bounds, since only there is a comparison cheap.
    """
    known: _KnownDay | None = rulebook.day
    is_plain = at.tzinfo is UTC
    if is_plain and known is not None and known.starts <= at < known.ends:
        return known.day
    zone = rulebook.policy.zone
    today = at.astimezone(zone).date()
    if is_plain and date.min < today < date.max:
        starts, ends = (
            moment(day_start(day, zone), zone).astimezone(UTC) for day in (today, today + _A_DAY)
        )
        # Where a clock jumps, a day may begin twice: it is asked for anew.
        if ends - starts == _A_DAY:
            rulebook.day = _KnownDay(starts, ends, today)
    return today


def keep_text(decision: Decision, rulebook: Rulebook, asked: Asked, text: str) -> None:
    """Remember a text, unless it is of a moment that no other reader has.

    A meter whose window rolls or begins with a read resets to the microsecond, and what lasts a
    while for each reader ends so.
    """
    reading = decision.meter
    if decision.deadlines or (
        reading is not None
        and reading.resets_at is not None
        and rulebook.policy.meter(reading.name).window.calendar is None
    ):
        return
    if len(rulebook.said) >= _MOST_TEXTS:
        rulebook.said.clear()
    rulebook.said[asked] = text


def draft_for(decision: Decision, rulebook: Rulebook, asked: Asked) -> PromptDraft | None:
    """Return a draft of the same values but for the counts, where only they make a difference."""
    if decision.meter is None or not has_enough(decision):
        return None
    return rulebook.drafted.get((*asked[:-1], decision.meter.name))


def keep_draft(decision: Decision, rulebook: Rulebook, asked: Asked, draft: PromptDraft) -> None:
    """Remember a draft, where nothing hangs on a count but what it fills in."""
    if decision.meter is None or not has_enough(decision):
        return
    if len(rulebook.drafted) >= _MOST_DRAFTS:
        rulebook.drafted.clear()
    rulebook.drafted[(*asked[:-1], decision.meter.name)] = draft


@lru_cache(maxsize=256)
def words_room(*_alike: Hashable) -> dict[Hashable, Any]:
    """Return room for the words of counts, the same for drafts that are alike but for the day."""
    return {}
