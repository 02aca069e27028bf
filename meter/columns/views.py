"""Page views as columns, and what was decided of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from attrs import evolve, field, frozen

from meter.columns.arrays import Codes, Flags, Integers
from meter.columns.partition import Hashes
from meter.columns.remembering import CountedAfter
from meter.decision import Exposure
from meter.view import Entitlement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from meter.columns.tables import Judging

__all__ = ["Decided", "DecidedCampaigns", "OtherEvent", "Readers", "Views", "with_starts"]

_READY: tuple[Literal["C"], Literal["W"]] = ("C", "W")
"""A column that may not be written is copied, as the loops are compiled for the other sort."""


def _integers(values: ArrayLike) -> Integers:
    return np.require(values, np.int64, _READY)


def _codes(values: ArrayLike) -> Codes:
    return np.require(values, np.int32, _READY)


def _hashes(values: ArrayLike) -> Hashes:
    numbers = np.require(np.asarray(values), None, _READY)
    if numbers.dtype == np.int64:
        return numbers.view(np.uint64)
    return numbers.astype(np.uint64, copy=False)


def _no_integers() -> Integers:
    return np.empty(0, np.int64)


def _no_codes() -> Codes:
    return np.empty(0, np.int32)


class OtherEvent(NamedTuple):
    """A reader has closed a prompt or started an offer, whose `name` it is.

    That was at an instant, after the first `before` of the views.
    """

    reader: int
    at: int
    before: int
    name: str


@frozen(kw_only=True)
class Views:
    """Page views as columns of equal length.

    `reader`, `article` and `key` are whole numbers that stand for ids, `at` instants in
    microseconds since 1970. `key` stands for the view's id (`PageView.view_key`) and is only needed
    where a meter counts views and they have ids of their own; without it, views of one article at
    one microsecond are one. `group` numbers the facts as `Columns.group` does; one entry holds for
    all. Where a prompt is quiet after a purchase, `right` numbers the entitlements of each view's
    reader in `rights`; `closings` are the prompts that readers closed in between, `starts` the
    offers that they started.
    """

    reader: Hashes = field(converter=_hashes)
    at: Integers = field(converter=_integers)
    article: Integers = field(converter=_integers)
    key: Integers = field(factory=_no_integers, converter=_integers)
    group: Codes = field(converter=_codes)
    right: Codes = field(factory=_no_codes, converter=_codes)
    rights: tuple[tuple[Entitlement, ...], ...] = ((),)
    closings: tuple[OtherEvent, ...] = ()
    starts: tuple[OtherEvent, ...] = ()


@frozen(kw_only=True)
class Readers:
    """One row a reader, in no particular order.

    `views` all of them, `counted` those that spent, `blocked` those that got a preview;
    `first_stop` is the number of the first blocked view among the reader's own (from 1; 0 for none)
    and `first_stop_at` its instant.
    """

    reader: Hashes
    views: Integers
    counted: Integers
    blocked: Integers
    first_stop: Integers
    first_stop_at: Integers


@frozen(kw_only=True)
class DecidedCampaigns:
    """What was decided of prompts and experiments.

    By view, where that was asked for: `prompt` numbers `Columns.prompts`, or is -1 where nothing is
    said; `exposed` numbers `Columns.exposed`. `shown` and `kept_back` count views by prompt: those
    that showed it, and those whose rule names it and showed it not. `exposures` counts views,
    `readers_exposed` and `readers_in` readers by experiment and variant: whoever was exposed, and
    whoever was in it at some view. A prefetch is in none of these.
    """

    prompt: Codes
    exposed: Codes
    shown: Counter[str]
    kept_back: Counter[str]
    exposures: Counter[Exposure]
    readers_exposed: Counter[Exposure]
    readers_in: Counter[Exposure]


@frozen(kw_only=True)
class Decided:
    """What was decided, by reader, by verdict and, where that was asked for, by view.

    `views` counts views by verdict, without the speculative ones; `meters` the views that each
    meter has counted. The others are by view: `verdict` numbers `Columns.verdicts`; `told` is the
    number of the meter in `Columns.meters` of which the decision tells and `used` what it says of
    it, or -1 where there is none; `counted` and `speculative` are as in `Decision`; `resets` is the
    instant at which the meter told of resets (`arrays.NEVER`: it does not). `after` is what those
    readers have counted who have counted something new, in parts. `campaigns` is what a policy says
    besides that has some (`Columns.has_campaigns`).
    """

    readers: Readers
    views: Integers
    meters: Integers
    verdict: Codes
    told: Codes
    used: Codes
    counted: Flags
    speculative: Flags
    resets: Integers = field(factory=_no_integers)
    after: tuple[CountedAfter, ...] = ()
    campaigns: DecidedCampaigns | None = None


def with_starts(columns: Judging, views: Views) -> Views:
    """Return views whose groups say what their readers have started; each start counts once.

    Only offers that an account starts once make a difference.
    """
    once = columns.rulebook.vocabulary.once
    starts = [start for start in views.starts if start.name in once]
    if not starts:
        return views
    group = np.resize(views.group, len(views.at))
    for offer in dict.fromkeys(start.name for start in starts):
        later = _later(views, (start for start in starts if start.name == offer))
        found, places = np.unique(group[later], return_inverse=True)
        numbers = []
        for facts in (columns.groups[number] for number in found.tolist()):
            started = facts.started | {offer}
            numbers.append(columns.group(facts.values, prefetch=facts.prefetch, started=started))
        group[later] = np.array(numbers, np.int32)[places.reshape(-1)]
    return evolve(views, group=group, starts=())


def _later(views: Views, starts: Iterable[OtherEvent]) -> Flags:
    """Return which views come after their reader's first start of an offer."""
    first: dict[int, tuple[int, int]] = {}
    for start in starts:
        when = (start.at, start.before)
        first[start.reader] = min(first.get(start.reader, when), when)
    readers = np.array(sorted(first), np.uint64)
    at, before = np.array([first[int(reader)] for reader in readers], np.int64).T
    place = np.minimum(np.searchsorted(readers, views.reader), len(readers) - 1)
    same = views.at == at[place]
    position = np.arange(len(views.at))
    after = (views.at > at[place]) | (same & (position >= before[place]))
    later: Flags = after & (readers[place] == views.reader)
    return later
