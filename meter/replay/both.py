"""How many of yesterday's decisions would have been different?

The same page views, decided under both policies.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from attrs import frozen

from meter.loading.events import read_events
from meter.memo import decide
from meter.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from meter.decision import Decision
    from meter.loading.events import Event
    from meter.policy import Policy

__all__ = ["Logged", "decide_both", "replay_both"]


@frozen(kw_only=True)
class Logged:
    """What came of a log under two policies.

    `pairs` are what was shown before and after, with how often, the most first.
    """

    decisions: int
    changed: int
    readers: int
    pairs: tuple[tuple[tuple[str, str], int], ...]


def replay_both(old: Policy, new: Policy, log: Path) -> Logged:
    """Decide the page views of a file (or of stdin for `-`) under both policies, each with the
    counts it leads to.
    """
    if str(log) == "-":
        return decide_both(old, new, read_events(sys.stdin.buffer, "stdin", old.zone))
    with log.open("rb") as lines:
        return decide_both(old, new, read_events(lines, str(log), old.zone))


def decide_both(old: Policy, new: Policy, events: Iterable[Event]) -> Logged:
    """Decide page views under two policies, in the order given.

    Every reader starts with nothing counted.
    """
    usages: tuple[dict[str, Usage], dict[str, Usage]] = ({}, {})
    pairs: Counter[tuple[str, str]] = Counter()
    readers = set()
    decisions = 0
    for event in events:
        seen = []
        for policy, kept in zip((old, new), usages, strict=True):
            usage = kept.get(event.reader.id, Usage())
            decision, kept[event.reader.id] = decide(
                policy, event.reader, event.view, usage, event.at
            )
            seen.append(decision)
        decisions += 1
        if _shown(seen[0]) != _shown(seen[1]):
            readers.add(event.reader.id)
            pairs[_words(seen[0], seen[1]), _words(seen[1], seen[0])] += 1
    return Logged(
        decisions=decisions,
        changed=pairs.total(),
        readers=len(readers),
        pairs=tuple(pairs.most_common()),
    )


def _shown(decision: Decision) -> tuple[object, ...]:
    """Return what a reader can notice.

    How much is left is no decision, as long as it is not the last.
    """
    return decision.show, decision.offer, decision.prompt


def _words(decision: Decision, other: Decision) -> str:
    words = f"`{decision.show}`"
    if decision.offer != other.offer and decision.show is other.show:
        words += f" with offer `{decision.offer}`" if decision.offer else " without an offer"
    if decision.prompt != other.prompt and decision.show is other.show:
        words += f", prompt `{decision.prompt}`" if decision.prompt else ", no prompt"
    return words
