"""Sum up what was decided of the shards of a log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from attrs import define, field

from meter.decision import Exposure
from meter.replay.measures import PromptViews, VariantReaders

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meter.columns.views import Decided, DecidedCampaigns, Views
    from meter.policy import Policy

__all__ = ["HUNDRED", "CampaignSums", "Sums"]

HUNDRED = 100
"""With fewer readers, nothing is said about how they are spread."""


@define
class CampaignSums:
    """What is summed up of prompts and experiments (see `columns.views.DecidedCampaigns`)."""

    shown: Counter[str] = field(factory=Counter)
    kept_back: Counter[str] = field(factory=Counter)
    exposures: Counter[Exposure] = field(factory=Counter)
    readers_exposed: Counter[Exposure] = field(factory=Counter)
    readers_in: Counter[Exposure] = field(factory=Counter)

    def add(self, found: DecidedCampaigns) -> None:
        """Add what was found of the readers of a shard."""
        self.shown.update(found.shown)
        self.kept_back.update(found.kept_back)
        self.exposures.update(found.exposures)
        self.readers_exposed.update(found.readers_exposed)
        self.readers_in.update(found.readers_in)

    def prompts(self, policy: Policy) -> dict[str, PromptViews]:
        """Return how often each prompt was shown and kept back that some rule or prompt names."""
        named = [rule.prompt for rule in policy.rules]
        named += [prompt.instead for prompt in policy.prompts]
        return {
            name: PromptViews(self.shown[name], self.kept_back[name])
            for name in dict.fromkeys(named)
            if name is not None
        }

    def experiments(self, policy: Policy) -> dict[str, dict[str, VariantReaders]]:
        """Return who was in which variant of each experiment that a condition asks for."""
        found = {}
        for experiment in policy.rulebook.experiments:
            name = experiment.name
            of_each = [Exposure(name, variant) for variant in experiment.variants]
            found[name] = {
                each.variant: VariantReaders(
                    self.readers_in[each], self.readers_exposed[each], self.exposures[each]
                )
                for each in of_each
            }
        return found


@define
class Sums:
    """What is summed up over the shards of a log.

    `verdicts` counts views by verdict, but
    for speculative ones, which show nobody anything; `first_stops` readers by the number of their
    first blocked view (0: none), `sizes` readers by the number of their views; `meters` the views
    that each meter has counted; `taken_for_one` those that nothing tells from another.
    """

    readers: int = 0
    stopped: int = 0
    blocked: int = 0
    counted: int = 0
    meters: Counter[int] = field(factory=Counter)
    verdicts: Counter[int] = field(factory=Counter)
    first_stops: Counter[int] = field(factory=Counter)
    sizes: Counter[int] = field(factory=Counter)
    taken_for_one: int = 0
    campaigns: CampaignSums = field(factory=CampaignSums)

    def add(self, decided: Decided) -> None:
        """Add the decisions of a shard."""
        readers = decided.readers
        self.readers += len(readers.reader)
        self.stopped += int((readers.blocked > 0).sum())
        self.blocked += int(readers.blocked.sum())
        self.counted += int(readers.counted.sum())
        for verdict, views in enumerate(decided.views):
            if views:
                self.verdicts[verdict] += int(views)
        self.meters.update(dict(enumerate(decided.meters.tolist())))
        if decided.campaigns is not None:
            self.campaigns.add(decided.campaigns)
        _tally(self.first_stops, readers.first_stop)
        _tally(self.sizes, readers.views)

    def add_alike(self, views: Views) -> None:
        """Add the views that neither an id nor their instant tells from another."""
        alike = np.stack((views.reader.astype(np.int64), views.article, views.at))
        self.taken_for_one += len(views.at) - np.unique(alike, axis=1).shape[1]

    @property
    def views(self) -> int:
        """How many views were decided."""
        return sum(size * count for size, count in self.sizes.items())

    @property
    def speculative(self) -> int:
        """How many of them were prefetches that would have counted."""
        return self.views - self.verdicts.total()

    @property
    def busiest_share(self) -> float:
        """The share of the views that the busiest hundredth of the readers make."""
        readers = self.sizes.total()
        if readers < HUNDRED:
            return 0.0
        busiest = max(1, readers // HUNDRED)
        views = 0
        for size in sorted(self.sizes, reverse=True):
            taken = min(busiest, self.sizes[size])
            views += taken * size
            busiest -= taken
            if not busiest:
                break
        return views / self.views


def _tally(counter: Counter[int], column: NDArray[np.int64]) -> None:
    numbers, counts = np.unique(column, return_counts=True)
    counter.update(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))
