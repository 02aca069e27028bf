"""What each meter has counted for a reader, and what that leaves of it for a view."""

from __future__ import annotations

from itertools import compress
from math import inf
from typing import TYPE_CHECKING

from meter.decision import FIRST_METER, NEVER
from meter.engine.deadlines import elapsed_codes
from meter.engine.showings import Glance, look
from meter.facts.meters import ALREADY, Opening
from meter.usage import Tally, latest_believed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.decision import Counts
    from meter.facts import Code, Codes, Vocabulary
    from meter.rulebook import Rulebook
    from meter.usage import Usage
    from meter.view import PageView, Reader

__all__ = ["Held", "allowance", "believe", "complete", "count", "is_counted", "meter_codes"]

_EMPTY = Tally()

Held = tuple[int, list[tuple[Tally, str]], Glance | None, int]
"""The instant this view would count at (microseconds since 1970, never before the last read on
record); for each meter, what its window holds and the id it would remember this view under; and
what the record says of prompts, where their frequency is asked for; and the instant of this view.
"""


def count(
    rulebook: Rulebook, reader: Reader, view: PageView, usage: Usage, at: int
) -> tuple[Counts, Held]:
    """Return what each meter has counted in the window that runs at the instant `at`."""
    tallies = usage.tallies
    article = view.article
    counts: list[int] = [view.prefetch]
    if reader.id is None:
        return tuple(counts), (at, [], None, at)
    when, ahead = latest_believed(tallies.values(), at, at)
    inside = []
    for name, timeline, by_view, opens in rulebook.meters:
        mark = view.view_key(at) if by_view else article.key
        tally = tallies.get(name, _EMPTY)
        first = timeline.inside(tally.ats, when)
        if ahead:
            tally = tally.until(timeline.outside(tally.ats, first, when))
        if first:
            tally = tally.since(first)
        counts += (len(tally.ids), opens if mark in tally.ids else 0)
        inside.append((tally, mark))
    if rulebook.sharing and len(rulebook.meters) > 1 and is_counted(rulebook, counts):
        for place, meter in enumerate(rulebook.meters):
            if not meter.by_view:
                counts[FIRST_METER + 1 + 2 * place] |= ALREADY
    glance = None
    if rulebook.looks_beyond_meters:
        vocabulary = rulebook.vocabulary
        if vocabulary.once:
            counts += (offer in usage.started for offer in vocabulary.once)
        if vocabulary.lasting:
            counts += elapsed_codes(rulebook, usage, at)
        if rulebook.looks_at_prompts:
            glance = look(rulebook, reader, view, usage, at, when)
            counts += glance[0]
    return tuple(counts), (when, inside, glance, at)


def is_counted(rulebook: Rulebook, counts: Sequence[int]) -> bool:
    """Say whether the article is counted already by a meter of articles that a rule spends."""
    seen = counts[FIRST_METER + 1 :: 2]
    return any(seen[place] for place in rulebook.sharing)


def complete(rulebook: Rulebook, facts: Codes, counts: Counts) -> Codes:
    """Return the facts with those of the meters: is each open to this view, what would be left."""
    codes = list(facts)
    for place, meter in enumerate(rulebook.meters):
        limit = rulebook.limit(meter.name, facts)
        used = None
        seen = 0
        if len(counts) > FIRST_METER:
            used, seen = counts[FIRST_METER + 2 * place : FIRST_METER + 2 * place + 2]
        adds = rulebook.adds(place, facts, seen)
        codes += meter_codes(rulebook.vocabulary, meter.name, limit, used, seen=seen, adds=adds)
    codes += _offer_codes(rulebook, counts)
    asked = len(rulebook.vocabulary.seen)
    if asked:
        shown = counts[-asked:] if len(counts) > FIRST_METER else (None,) * asked
        codes += [rulebook.vocabulary.slots[len(codes) + n].code(shown[n]) for n in range(asked)]
    return tuple(codes)


def _offer_codes(rulebook: Rulebook, counts: Counts) -> Iterator[Code]:
    """Yield the codes of what was started, and of how long offers have been shown.

    Whoever has no id may have started anything, and have been shown anything long ago: what must
    be remembered is not given.
    """
    vocabulary = rulebook.vocabulary
    once = vocabulary.once
    first = rulebook.first_offer
    last = first + len(once)
    if once:
        started = counts[first:last] or (True,) * len(once)
        yield frozenset(compress(once, started))
    for place, offer in enumerate(vocabulary.lasting, last):
        if len(counts) > FIRST_METER:
            yield None if counts[place] == NEVER else counts[place]
        else:
            yield vocabulary.offered(offer).code(inf)


def meter_codes(
    vocabulary: Vocabulary, name: str, limit: int | None, used: int | None, *, seen: int, adds: bool
) -> Iterator[Code]:
    """Yield the codes of a meter's slots in their order.

    `used` counts what is inside the window (`None`: that cannot be known), `seen` says whether this
    view is counted already (see `Counts`), `adds` that it would count.
    """
    opening: Opening = Opening.CLOSED
    left: int | None = 0
    if used is not None:
        opening, left = allowance(limit, used, seen=bool(seen & ALREADY), adds=adds)
    elif limit is None:
        opening, left = Opening.UNLIMITED, None
    yield opening
    slots = vocabulary.meters[name]
    yield vocabulary.slots[slots.left].code(left)
    if slots.now >= 0:
        now = left if limit is None or used is None else limit - min(used, limit)
        yield vocabulary.slots[slots.now].code(now)
    if slots.used >= 0:
        yield vocabulary.slots[slots.used].code(used)


def allowance(
    limit: int | None, used: int, *, seen: bool, adds: bool
) -> tuple[Opening, int | None]:
    """Return whether a meter is open to a view, and what is left after it.

    `used` counts what is inside the window, `seen` says that this view is counted already, `adds`
    that it would count. Without a `limit` it is always open, and there is no telling what is left.
    """
    if limit is None:
        return Opening.UNLIMITED, None
    if used >= limit and not seen:
        return Opening.CLOSED, 0
    if limit == 0:
        return Opening.GIVEN, 0
    return Opening.OPEN, max(limit - min(used, limit) - adds, 0)


def believe(usage: Usage, at: int) -> tuple[int, bool]:
    """Return the instant whose windows run at `at`, and whether some read lies ahead of it.

    That is the later of `at` and the last read in any meter: a window only moves forward. A read
    more than a day ahead of `at` is a clock that was wrong, and moves nothing.
    """
    return latest_believed(usage.tallies.values(), at, at)
