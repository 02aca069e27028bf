"""Find the cautions that hold for a replay: what its answer cannot know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from meter.columns.cautions import Caution, caution
from meter.facts import READER
from meter.loading.article_ids import SAME_PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.columns.decide import Columns
    from meter.replay.gathering import ShardedLog
    from meter.replay.question import ReplayQuestion
    from meter.replay.sums import Sums
    from meter.windows import Timeline

__all__ = ["find_cautions"]

_LATE = 0.05
"""A log that begins later than this part of its first window lacks what was read before."""
_HEAVY = 0.25
"""From this share of the views on, the busiest 1 % of the readers are worth a caution."""
_WITH_ONE_VIEW = 0.2
"""Of all readers of a site at least this share are taken to have one view."""
_BY_CHANCE = 0.05
_DAY = timedelta(days=1)


def find_cautions(
    question: ReplayQuestion,
    gathered: ShardedLog,
    sums: Sums,
    *,
    looser: bool,
    lacks_walls: bool,
) -> Iterator[Caution]:
    """Yield every caution that holds for an answer, in the order of their codes.

    `looser` says that the recorded policy may have stopped readers whom this one would not,
    `lacks_walls` that the log holds nothing that was refused, though something may have been.
    """
    policy, recorded = question.names
    if looser:
        yield caution("W01", recorded=recorded, policy=policy)
    if not question.knows_recording:
        yield caution("W02")
    yield caution("W03")
    yield caution("W05")
    statuses = sorted({str(group.values[READER]) for group in question.asked.groups})
    if len(statuses) > 1:
        yield caution("W06", statuses=", ".join(statuses))
    if _selects_active(sums):
        yield caution("W07", least=min(sums.sizes))
    if question.source.clock and sums.readers:
        yield from _begins_inside(question.asked, gathered)
    yield caution("W09")
    yield caution("W15")
    share = sums.busiest_share
    if share > _HEAVY:
        yield caution("W16", share=share)
    if not gathered.columns & {"crawler", "prefetch"}:
        yield caution("W17")
    if question.pages.example is not None:
        yield caution(SAME_PAGES, pages=question.pages)
    if lacks_walls:
        yield caution("W27", recorded=recorded)
    yield from _of_campaigns(question, gathered)


def _of_campaigns(question: ReplayQuestion, gathered: ShardedLog) -> Iterator[Caution]:
    """Yield what a log lacks that prompts and experiments are decided by."""
    rulebook = question.asked.rulebook
    if "reader.visitor" not in gathered.columns:
        slots = rulebook.vocabulary.slots
        for experiment in rulebook.experiments:
            assignment = slots[experiment.slot].assignment
            if assignment is not None and assignment.by_visitor:
                yield caution("W35", experiment=experiment.name)
    if not question.closed.rows:
        for prompt in rulebook.frequencies.prompts:
            if prompt.closed:
                yield caution("W36", prompt=prompt.name)


def _selects_active(sums: Sums) -> bool:
    """Say whether it is no accident that no reader has only one view.

    Of all readers of a site at least a fifth have one. Where none of `n` readers has, all were
    selected, unless that happened by chance: with a probability of 0.8 ** n.
    """
    if not sums.readers or min(sums.sizes) == 1:
        return False
    return (1 - _WITH_ONE_VIEW) ** sums.readers < _BY_CHANCE


def _begins_inside(asked: Columns, gathered: ShardedLog) -> Iterator[Caution]:
    """Yield a caution for each meter whose first window began before the log."""
    length = timedelta(microseconds=gathered.last_at - gathered.first_at)
    days = max(1, round(length / _DAY))
    for meter in asked.rulebook.meters:
        if _begins_late(meter.timeline, gathered):
            yield caution("W08", days=days, meter=meter.name, window=meter.timeline.window)


def _begins_late(timeline: Timeline, gathered: ShardedLog) -> bool:
    """Say whether much of what the log's first window counts was read before the log began."""
    if timeline.window.lifetime:
        return True
    if timeline.window.calendar is None:
        return gathered.last_at - gathered.first_at < 2 * (timeline.ends((0,)) or 0)
    start, end = timeline.bounds(gathered.first_at)
    return gathered.first_at - start > _LATE * (end - start)
