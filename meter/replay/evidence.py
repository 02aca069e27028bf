"""Gather what is known of all readers of a log, and what that makes of each number."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from attrs import define, field

from meter.replay.hidden import hidden_kinds
from meter.replay.known import Certainty, Shard, cut_log_known, may_refuse_at_once, walls_known
from meter.replay.measures import ReplayNumber
from meter.replay.premises import Premises, premises_of

if TYPE_CHECKING:
    from meter.columns.decide import Columns, Decided, Views
    from meter.replay.gathering import ShardedLog
    from meter.replay.sums import Sums

__all__ = ["Evidence"]

_ONCE = 20
"""Where so many readers met a wall, and none a second one, nothing after it is in the log."""
_LETS_ON = (
    "the policy the log was recorded under stopped readers whom this one would let read on, so what"
    " they would have read is not in the log; each number that is not known is told with its bounds"
)
_NO_WALLS = (
    "the log holds only what readers were let read, so nobody knows how many of those who used"
    " their allowance up asked for more; how many would be stopped lies between the bounds"
)


@define(slots=False)
class Evidence:
    """What is known of the readers of a log that was written under another policy.

    `walls` says whether the log holds the views that were refused then; `None` where that is to be
    judged from the log itself: it does if there is one.
    """

    premises: Premises
    walls: bool | None
    with_walls: list[Certainty] = field(factory=list)
    without: list[Certainty] = field(factory=list)
    walled: int = 0
    """How many readers met a wall under the recorded policy that is in the log,"""
    walled_again: bool = False
    """and whether one of them met another."""

    @classmethod
    def about(
        cls, recorded: Columns, asked: Columns, gathered: ShardedLog, *, walls: bool | None
    ) -> Evidence:
        """Prepare to judge a log."""
        kinds = hidden_kinds(recorded, asked, gathered.columns, gathered.pairs)
        return cls(premises_of(recorded, asked, kinds, gathered.pairs), walls)

    @cached_property
    def from_start(self) -> bool:
        """Whether the recorded policy refuses something to a reader who has read nothing."""
        return may_refuse_at_once(self.premises)

    def add(self, views: tuple[Views, Views], decided: tuple[Decided, Decided]) -> None:
        """Take a shard: its views, and what is decided of them; what is asked first."""
        shard = Shard.of(self.premises, views, decided)
        refused = shard.sums(shard.refused)
        self.walled += int((refused > 0).sum())
        self.walled_again = self.walled_again or bool((refused > 1).any())
        self.with_walls.append(walls_known(self.premises, shard))
        if not self.has_walls:
            self.without.append(cut_log_known(self.premises, shard, from_start=self.from_start))

    @property
    def has_walls(self) -> bool:
        """Whether the log holds the walls, as far as it has been seen."""
        return self.walled > 0 if self.walls is None else self.walls

    @property
    def known(self) -> Certainty:
        """What is known of all readers."""
        return _sum(self.with_walls if self.has_walls else self.without)

    @property
    def lacks_walls(self) -> bool:
        """Whether there are readers of whom walls may be lacking, and the log holds none."""
        return not self.has_walls and self.known.cut > 0 and not self.never_refused

    @property
    def lets_on(self) -> bool:
        """Whether this policy lets somebody read on whom the other stopped, or would have."""
        return self.premises.looser or self.known.let_on > 0

    @property
    def never_refused(self) -> bool:
        """Whether the policy asked about refuses nothing that is or may have been asked for."""
        return self.premises.kinds.never_refused

    @property
    def _lacks_readers(self) -> bool:
        """Whether there may be readers who were let read nothing, so that none of it is there."""
        return not self.has_walls and self.from_start and not self.never_refused

    @property
    def _ends_at_walls(self) -> bool:
        return (
            self.walls is None
            and self.walled >= _ONCE
            and not self.walled_again
            and not self.never_refused
        )

    def measures(self, sums: Sums) -> dict[str, ReplayNumber]:
        """Return what is known of each number, in which a log that was not cut would be exact."""
        known = self.known
        most = None if self._lacks_readers else known.stopped + known.unknown
        counted = known.exact_counted and not (self._lacks_readers and known.let_on)
        blocked = known.exact_blocked and not (self._lacks_readers or self._ends_at_walls)
        return {
            "readers": ReplayNumber.exact(sums.readers),
            "views": ReplayNumber.exact(sums.views),
            "readers_stopped": ReplayNumber.between(known.stopped, most),
            "views_blocked": ReplayNumber.of(known.blocked, is_exact=blocked),
            "views_counted": ReplayNumber.of(known.counted, is_exact=counted),
        }

    @property
    def exact_curve(self) -> bool:
        """Whether it is known at which of their views readers are stopped first."""
        return self.known.exact_curve and not self._lacks_readers

    @property
    def exact_tables(self) -> bool:
        """Whether it is known what is shown, by which rule, and what each meter counts."""
        known = self.known
        return known.exact_blocked and known.exact_counted and not self._lacks_readers

    @property
    def refused(self) -> str | None:
        """Why an answer is refused; `None` where it is not."""
        if self.known.let_on:
            return _LETS_ON
        return _NO_WALLS if self.known.unknown or self._lacks_readers else None


def _sum(parts: list[Certainty]) -> Certainty:
    def total(name: str) -> int:
        return int(np.sum([getattr(part, name) for part in parts], dtype=np.int64))

    return Certainty(
        stopped=total("stopped"),
        unknown=total("unknown"),
        blocked=total("blocked"),
        counted=total("counted"),
        cut=total("cut"),
        let_on=total("let_on"),
        exact_blocked=all(part.exact_blocked for part in parts),
        exact_counted=all(part.exact_counted for part in parts),
        exact_curve=all(part.exact_curve for part in parts),
    )
