"""Decide the same page views under two policies, and count the decisions that differ."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from attrs import frozen

from meter.engine import close, decide, start
from meter.errors import listed
from meter.loading.events import read_events
from meter.loading.other_events import Dismissed, Started
from meter.policy.faults.frequency import known_prompts
from meter.usage import Usage
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from meter.decision import Decision
    from meter.loading.events import Event
    from meter.policy import Policy

__all__ = ["Logged", "Shown", "decide_both", "replay_both"]


@frozen(kw_only=True)
class Logged:
    """What came of a log under two policies.

    `pairs` are what was shown before and after, with how often, the most first.
    """

    decisions: int
    changed: int
    readers: int
    pairs: tuple[tuple[tuple[str, str], int], ...]

    def summary(self, log: str) -> str:
        """Say in a sentence how much changes of a log, which is called `log`."""
        people = "1 reader" if self.readers == 1 else f"{self.readers:,} readers"
        share = f" ({self.changed / self.decisions:.1%})" if self.decisions else ""
        return (
            f"of {self.decisions:,} decisions in {log}, {self.changed:,}{share} would have changed,"
            f" for {people}"
        )


def replay_both(old: Policy, new: Policy, log: Path) -> Logged:
    """Decide the page views of a file under both policies, each with the counts it leads to.

    `-` stands for stdin.
    """
    if str(log) == "-":
        return decide_both(old, new, read_events(sys.stdin.buffer, "stdin", old.zone))
    with log.open("rb") as lines:
        return decide_both(old, new, read_events(lines, str(log), old.zone))


def decide_both(old: Policy, new: Policy, events: Iterable[Event | Started | Dismissed]) -> Logged:
    """Decide page views under two policies, in the order given.

    Every reader starts with nothing counted.
    """
    old_usages: dict[str | None, Usage] = {}
    new_usages: dict[str | None, Usage] = {}
    pairs: Counter[tuple[str, str]] = Counter()
    readers = set()
    decisions = 0
    for event in events:
        if isinstance(event, Started):
            _start(old, event, old_usages)
            _start(new, event, new_usages)
            continue
        if isinstance(event, Dismissed):
            _close(old, event, old_usages)
            _close(new, event, new_usages)
            continue
        before = _decide(old, event, old_usages)
        after = _decide(new, event, new_usages)
        decisions += 1
        was, now = Shown.by(before), Shown.by(after)
        if was != now:
            readers.add(event.reader.id)
            pairs[was.beside(now), now.beside(was)] += 1
    return Logged(
        decisions=decisions,
        changed=pairs.total(),
        readers=len(readers),
        pairs=tuple(pairs.most_common()),
    )


def _start(policy: Policy, event: Started, usages: dict[str | None, Usage]) -> None:
    """Keep that a reader has started an offer, if the policy has it."""
    name = event.reader.id
    if any(offer.name == event.started for offer in policy.offers):
        usages[name] = start(policy, usages.get(name, Usage()), event.started)


def _close(policy: Policy, event: Dismissed, usages: dict[str | None, Usage]) -> None:
    """Keep that a reader has closed a prompt, if the policy knows it."""
    name = event.reader.id
    if event.dismissed in known_prompts(policy):
        usages[name] = close(policy, usages.get(name, Usage()), event.dismissed, event.at)


def _decide(policy: Policy, event: Event, usages: dict[str | None, Usage]) -> Decision:
    """Decide one view, and keep what its reader has counted then."""
    reader = event.reader
    usage = usages.get(reader.id, Usage())
    decision, usages[reader.id] = decide(policy, reader, event.view, usage, event.at)
    return decision


@frozen
class Shown:
    """What of a decision a reader can notice.

    How much is left is none of it, as long as it is not the last.
    """

    show: Show
    offers: tuple[str, ...]
    prompt: str | None

    @classmethod
    def by(cls, decision: Decision) -> Shown:
        """Return what a decision shows."""
        return cls(decision.show, decision.offers, decision.prompt)

    def beside(self, other: Shown) -> str:
        """Say what is shown; offer and prompt where only they differ from the `other`."""
        words = f"`{self.show}`"
        if self.show is not other.show:
            return words
        if self.offers != other.offers:
            named = listed([f"`{name}`" for name in self.offers], "and")
            words += f" with offer {named}" if self.offers else " without an offer"
        if self.prompt != other.prompt:
            words += f", prompt `{self.prompt}`" if self.prompt else ", no prompt"
        return words
