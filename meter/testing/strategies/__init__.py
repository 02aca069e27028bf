"""Hypothesis strategies for policies, readers and journeys, for your tests and ours.

Most of what they draw is useful: half of the policies let somebody read on an allowance before the
wall, times fall on the edges of windows, offers and entitlements, words are those the policy
mentions. Everything shrinks towards the shortest story.
"""

from __future__ import annotations

from meter.testing.strategies.campaigns import campaigns
from meter.testing.strategies.conditions import whens
from meter.testing.strategies.journey import Step, journeys, usages
from meter.testing.strategies.meters import windows
from meter.testing.strategies.policy import policies
from meter.testing.strategies.reader import articles, entitlements, page_views, readers
from meter.testing.strategies.times import edge_times

__all__ = [
    "Step",
    "articles",
    "campaigns",
    "edge_times",
    "entitlements",
    "journeys",
    "page_views",
    "policies",
    "readers",
    "usages",
    "whens",
    "windows",
]
