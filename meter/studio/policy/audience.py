"""Whom a draft concerns: how many page views and readers, and some of them as examples.

The views are those of a log, or of simulated readers. What counts as a difference, and its words,
are those of `meter.replay.both`.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from weakref import finalize

import numpy as np
from attrs import frozen

from meter.errors import quoted
from meter.replay.both import Logged
from meter.replay.logs.log import Log
from meter.simulate.export.events import simulated_views, to_event
from meter.simulate.population import simulate
from meter.studio.policy.views import SeenView, audience_views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from meter.policy import Policy
    from meter.studio.policy.views import AudienceViews

__all__ = ["Audience", "Change", "Concerned", "log_audience", "simulated_audience"]

_EXAMPLES = 3
_LOOKED_AT = 1000
"""Among so many views of a change, different readers are looked for."""
_READERS = 2000
_MONTHS = 2
_SEED = 1
_SIMULATED = f"{_MONTHS} months of {_READERS:,} simulated people"


@frozen(kw_only=True)
class Change:
    """What was shown and is shown now, in words: in how many views, to how many readers."""

    before: str
    after: str
    views: int
    readers: int
    examples: tuple[SeenView, ...]


@frozen(kw_only=True)
class Concerned:
    """What differs between two policies for an audience; `changes` explain `logged.pairs`."""

    logged: Logged
    readers: int
    """How many readers the audience has."""
    left_out: int
    """How many rows of the log could not be read."""
    changes: tuple[Change, ...]


class Audience:
    """Page views that are decided under one pair of policies after another.

    `called` is what it is called in a sentence. Not safe for threads.
    """

    def __init__(
        self, log: Log, *, called: str, folder: TemporaryDirectory[str] | None = None
    ) -> None:
        self.called = called
        self.is_simulated = folder is not None
        self._log = log
        if folder is not None:  # kept as long as this: the log may be read again
            finalize(self, folder.cleanup)
        self._kept: AudienceViews | None = None

    def concerned(self, old: Policy, new: Policy) -> Concerned:
        """Return what differs between two policies for these page views.

        Raises `LogError` for a log that cannot be read.
        """
        views = self._kept
        if views is None or not views.serves(old, new, self._log):
            views = self._kept = audience_views(self._log, old, new)
        before, after = views.shown(old), views.shown(new)
        rows = np.flatnonzero(before != after)
        changes = tuple(_changes(views, rows, before[rows], after[rows]))
        logged = Logged(
            decisions=len(before),
            changed=len(rows),
            readers=views.count_readers(rows),
            pairs=tuple(((one.before, one.after), one.views) for one in changes),
        )
        return Concerned(
            logged=logged, readers=views.readers, left_out=views.left_out, changes=changes
        )


def log_audience(path: Path, name: str | None = None) -> Audience:
    """Return the readers of a log, called `name` if it has one. Raises `LogError` for no log."""
    return Audience(Log(path), called=quoted(name or path.name))


def simulated_audience(policy: Policy) -> Audience:
    """Return some simulated readers, always the same ones for a policy.

    Raises `MeterError` where nobody can be simulated under it.
    """
    population = simulate(policy, readers=_READERS, months=_MONTHS, seed=_SEED, workers=1, log=True)
    folder = TemporaryDirectory(prefix="meter-studio-", ignore_cleanup_errors=True)
    path = Path(folder.name) / "simulated.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for seen in simulated_views(population):
            file.write(json.dumps(to_event(seen)) + "\n")
    return Audience(Log(path), called=_SIMULATED, folder=folder)


def _changes(
    views: AudienceViews,
    rows: NDArray[np.int64],
    before: NDArray[np.int32],
    after: NDArray[np.int32],
) -> Iterator[Change]:
    """Yield the changes of views at some rows, the most frequent first."""
    shows = views.shows
    pairs = before.astype(np.int64) * len(shows) + after
    numbers, first, place_of = np.unique(pairs, return_index=True, return_inverse=True)
    counts: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], list[int]] = {}
    sizes = np.bincount(place_of, minlength=len(numbers))
    for place in np.argsort(first):
        old, new = (shows[number] for number in divmod(int(numbers[place]), len(shows)))
        words = (old.beside(new), new.beside(old))
        counts[words] += int(sizes[place])
        places.setdefault(words, []).append(int(place))
    for words, count in counts.most_common():
        mine = rows[np.isin(place_of, places[words])]
        yield Change(
            before=words[0],
            after=words[1],
            views=count,
            readers=views.count_readers(mine),
            examples=tuple(_examples(views, mine)),
        )


def _examples(views: AudienceViews, rows: NDArray[np.int64]) -> Iterator[SeenView]:
    """Yield the first view of a few different readers."""
    seen: set[int] = set()
    for row in rows[:_LOOKED_AT].tolist():
        reader = int(views.reader[row])
        if reader not in seen:
            seen.add(reader)
            yield views.view(row)
        if len(seen) == _EXAMPLES:
            return
