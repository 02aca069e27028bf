"""What a log can say of each of its readers, and what it cannot.

A reader is *cut* from the first moment on at which the recorded policy refused him something, or
could have: from then on views of his may be lacking. He is *let on* from the first moment on at
which the policy asked about would have opened such a view. What it decides until then is certain: a
view that it refuses counts nothing, so it changes nothing else (a wall that is lacking is not
counted, though). Afterwards

* it is certain that he was stopped, where more reading never undoes that (`monotone`);
* all else is unknown.

In a log that holds its walls a reader is cut at the first of them (under a looser policy also where
nothing was left: a wall may be lacking all the same); in one that does not, at the first moment at
which nothing more of some kind would have been opened. That is found by asking: a *probe* is a
prefetch of a new article after a view; the policy says what it would show, and counts nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from meter.columns.decide import Views
from meter.columns.told import limits_told
from meter.replay.premises import asks_of_meters
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.columns.decide import Columns, Decided
    from meter.replay.premises import Premises

__all__ = ["Certainty", "Shard", "cut_log_known", "may_refuse_at_once", "walls_known"]

_Flags = NDArray[np.bool_]
_Integers = NDArray[np.int64]

_NEVER = np.iinfo(np.int64).max
_PROBES = 1 << 22
"""How many probes are asked at once."""


@frozen(kw_only=True)
class Certainty:
    """What is known of the readers of a shard, under the policy asked about.

    `stopped` for certain, `unknown`: nobody can say; `blocked` and `counted` views for certain.
    `cut` readers may lack views, `let_on` are those of them whom the policy asked about may let
    read on where the recorded one did not. `exact_blocked` and so on say that there is no more.
    """

    stopped: int
    unknown: int
    blocked: int
    counted: int
    cut: int
    let_on: int
    exact_blocked: bool
    exact_counted: bool
    exact_curve: bool


@frozen
class Shard:
    """The views of some readers in order of reader and time, decided under both policies.

    By view: the number of its `reader` from 0 on, its `rank` among the reader's views, whether it
    was `refused` (no prefetch) by the recorded policy or left nothing there (`is_last`), and is
    `stopped` and `counted` by the one asked about.
    """

    old: Views
    new: Views
    order: _Integers
    reader: _Integers
    rank: _Integers
    refused: _Flags
    is_last: _Flags
    stopped: _Flags
    counted: _Flags

    @classmethod
    def of(
        cls, premises: Premises, views: tuple[Views, Views], decided: tuple[Decided, Decided]
    ) -> Shard:
        """Put views, and what was decided of them, in order: first what is asked, then recorded."""
        new, old = views
        order = np.lexsort((old.at, old.reader))
        who = old.reader[order]
        starts = np.concatenate([[True], who[1:] != who[:-1]])
        reader = np.cumsum(starts) - 1
        rank = np.arange(len(who)) - np.flatnonzero(starts)[reader]
        refused = _refused(premises.recorded, decided[1].verdict) & ~_prefetches(premises, old)
        return cls(
            old=old,
            new=new,
            order=order,
            reader=reader,
            rank=rank,
            refused=refused[order],
            is_last=_leaves_nothing(premises.recorded, old, decided[1])[order],
            stopped=_refused(premises.asked, decided[0].verdict)[order],
            counted=decided[0].counted[order],
        )

    @property
    def readers(self) -> int:
        """How many readers there are."""
        return int(self.reader[-1]) + 1

    def first(self, marked: _Flags) -> _Integers:
        """Return the rank of each reader's first marked view; a high number for none."""
        found = np.full(self.readers, _NEVER)
        np.minimum.at(found, self.reader[marked], self.rank[marked])
        return found

    def sums(self, marked: _Flags) -> _Integers:
        """Return how many of each reader's views are marked."""
        return np.bincount(self.reader[marked], minlength=self.readers)


def _refused(columns: Columns, verdict: NDArray[np.int32]) -> _Flags:
    """Return which views got no full access."""
    full = [one.show.access is Access.FULL for one in columns.verdicts]
    refused: _Flags = ~np.array(full, np.bool_)[verdict]
    return refused


def _leaves_nothing(columns: Columns, views: Views, decided: Decided) -> _Flags:
    """Return which views left nothing of the meter of which their decision tells."""
    limits = limits_told(columns, _groups(views), decided.told)
    nothing: _Flags = (decided.told >= 0) & (decided.used == limits)
    return nothing


def _prefetches(premises: Premises, views: Views) -> _Flags:
    fetched = np.array([group.prefetch for group in premises.recorded.groups], np.bool_)
    return fetched[_groups(views)]


def _groups(views: Views) -> NDArray[np.int32]:
    return np.broadcast_to(views.group, views.at.shape)


def walls_known(premises: Premises, shard: Shard) -> Certainty:
    """Return what is known of readers whose walls are in the log."""
    cut = shard.first(shard.refused)
    opened = shard.sums(shard.refused & ~shard.stopped)
    alike = (opened == 0) & (not premises.looks_back)
    if premises.looser:
        unwalled = cut == _NEVER
        cut = np.where(unwalled, shard.first(shard.is_last), cut)
        alike &= ~unwalled
    alike |= premises.lower
    return _known(premises, shard, cut, np.where(alike, _NEVER, cut), complete=True)


def cut_log_known(premises: Premises, shard: Shard, *, from_start: bool) -> Certainty:
    """Return what is known of readers of whom only what was open to them is in the log.

    `from_start` says that the recorded policy refuses some kind of view whatever was read before.
    """
    cut = np.full(shard.readers, -1)
    if not from_start:
        kinds = tuple(dict.fromkeys(premises.kinds.recorded))
        refusing = _probed(premises.recorded, shard.old, shard.order, kinds)
        cut = shard.first(_any(refusing))
    lets = cut
    mine = cut < _NEVER
    if premises.kinds.is_known and mine.any():
        lets = _let_on(premises, shard, mine)
    return _known(premises, shard, cut, lets, complete=False)


def _known(
    premises: Premises, shard: Shard, cut: _Integers, lets: _Integers, *, complete: bool
) -> Certainty:
    """Return what is known of readers who are cut, and let on, after the views of some ranks.

    `complete` logs hold the walls.
    """
    is_cut = (cut < _NEVER) & (not premises.kinds.never_refused)
    alike = lets == _NEVER
    stop = shard.first(shard.stopped)
    stopped = stop < _NEVER
    in_time = stopped & (stop <= cut)
    sure = stopped & (~is_cut | (stop <= lets) | premises.monotone)
    known = sure | ~is_cut | (alike & complete)
    prefix = ~is_cut[shard.reader] | (shard.rank <= lets[shard.reader])
    reads_on = (cut < _NEVER) & ~alike
    return Certainty(
        stopped=int(sure.sum()),
        unknown=int((~known).sum()),
        blocked=int((shard.stopped & prefix).sum()),
        counted=int((shard.counted & prefix).sum()),
        cut=int((cut < _NEVER).sum()),
        let_on=0 if premises.lower else int(reads_on.sum()),
        exact_blocked=bool((~is_cut | (alike & complete)).all()),
        exact_counted=not bool(reads_on.any()),
        exact_curve=bool((known & (~stopped | ~is_cut | in_time | (alike & complete))).all()),
    )


def may_refuse_at_once(premises: Premises) -> bool:
    """Say whether the recorded policy refuses some kind of view to whoever has read nothing."""
    kinds = premises.kinds
    book = premises.recorded.rulebook
    # Where rules ask of several meters, one that starts anew may close what was open.
    if not kinds.is_known or (asks_of_meters(book) and len(book.meters) > 1):
        return True
    return bool(_fresh(premises.recorded, kinds.recorded).any())


def _fresh(columns: Columns, groups: Sequence[int]) -> _Flags:
    """Return which groups are refused to a reader who has read nothing."""
    if not groups:
        return np.zeros(0, np.bool_)
    numbers = np.arange(len(groups))
    views = Views(reader=numbers, at=numbers * 0, article=numbers, group=np.array(groups, np.int32))
    return _refused(columns, columns.at_once(views).verdict)


def _any(found: NDArray[np.bool_]) -> _Flags:
    """Return in which rows something is marked."""
    return np.asarray(found.any(axis=1), np.bool_)


def _let_on(premises: Premises, shard: Shard, mine: _Flags) -> _Integers:
    """Return after which of their views some readers may be let on: -1 for before the first.

    What they lack lies between two views. There the recorded policy refuses no more than right
    after the first, and the one asked about opens no more than right before the second; where both
    start anew at once, no more than after the first, or to whoever has read nothing.
    """
    pairs = zip(premises.kinds.recorded, premises.kinds.asked, strict=True)
    kinds = tuple(dict.fromkeys(pairs))
    old = [before for before, _ in kinds]
    new = [after for _, after in kinds]
    found = np.full(shard.readers, _NEVER)
    found[mine] = -1
    if (_fresh(premises.recorded, old) & ~_fresh(premises.asked, new)).any():
        return found
    places = np.flatnonzero(mine[shard.reader])
    rows = shard.order[places]
    lacking = _probed(premises.recorded, shard.old, rows, old)
    if premises.aligned:
        opened = ~_probed(premises.asked, shard.new, rows, new)
    elif asks_of_meters(premises.asked.rulebook):
        opened = np.ones_like(lacking)
    else:
        opened = ~_probed(premises.asked, shard.new, rows, new, before=True)
        is_last = np.append(shard.reader[places][1:] != shard.reader[places][:-1], [True])
        opened = np.roll(opened, -1, axis=0) | is_last[:, None]
    marked = np.zeros(len(shard.reader), np.bool_)
    marked[places] = _any(lacking & opened)
    return np.where(mine, shard.first(marked), _NEVER)


def _probed(
    columns: Columns,
    views: Views,
    rows: _Integers,
    groups: Sequence[int],
    *,
    before: bool = False,
) -> NDArray[np.bool_]:
    """Return which groups a new article would be refused in after (or before) each of some views.

    `rows` are whole readers' views in order of reader and time.
    """
    found = np.zeros((len(rows), len(groups)), np.bool_)
    if not len(rows):
        return found
    most = max(1, _PROBES // len(rows))
    for first in range(0, len(groups), most):
        some = groups[first : first + most]
        found[:, first : first + len(some)] = _asked(columns, views, rows, some, before=before)
    return found


def _asked(
    columns: Columns, views: Views, rows: _Integers, groups: Sequence[int], *, before: bool
) -> NDArray[np.bool_]:
    width = 1 + len(groups)
    place = len(groups) if before else 0
    each = np.repeat(rows, width)
    is_probe = np.tile(np.arange(width) != place, len(rows))
    kinds = np.tile(np.insert(np.array(groups, np.int32), place, 0), len(rows))
    key = views.key
    if len(key) == len(views.at):
        key = np.where(is_probe, views.key.min() - 1, key[each])
    probed = Views(
        reader=views.reader[each],
        at=views.at[each],
        article=np.where(is_probe, views.article.min() - 1, views.article[each]),
        key=key,
        group=np.where(is_probe, kinds, _groups(views)[each]),
    )
    verdict = columns.at_once(probed).verdict.reshape(len(rows), width)
    return _refused(columns, np.delete(verdict, place, axis=1))
