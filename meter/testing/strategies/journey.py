"""One reader's journeys, and what is remembered of such."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st

from meter.testing.strategies.reader import articles, page_views, readers
from meter.testing.strategies.times import MICROSECOND, NEAR, UTC_ZONE, edge_times, edges
from meter.testing.strategies.words import few
from meter.usage import Tally, Usage
from meter.windows import DAY, instant, moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hypothesis.strategies import DrawFn, SearchStrategy

    from meter.policy import Policy
    from meter.view import Article, PageView, Reader

__all__ = ["Step", "journeys", "usages"]

_MOVES = ("wait", "edge", "length", "back")
_NEXT_EDGES = 3
_WAITS = (0, 1, DAY // 24, DAY, 7 * DAY, 32 * DAY)


class Step(NamedTuple):
    """One page view of a journey: `decide(policy, step.reader, step.view, usage, step.now)`."""

    reader: Reader
    view: PageView
    now: datetime


@st.composite
def usages(draw: DrawFn, policy: Policy | None = None) -> Usage:
    """Draw usages of the policy's meters and prompts (and one of each that it has not).

    What is in them was counted, shown and closed at times near each other.
    """
    names = ["monthly", "daily"]
    if policy is not None:
        names = [*(meter.name for meter in policy.meters), "gone"]
    around = instant(draw(edge_times(policy)))
    after = st.sampled_from([0, 1, -1, DAY // 24, DAY, -DAY, 31 * DAY])
    at = after.map(lambda step: around + step) | edge_times(policy).map(instant)
    ids = st.sampled_from(["a1", "a2", "a3", "a4", "v1", "v2"])
    tallies = draw(_tallies(names, ids, at))
    if policy is None:
        return Usage(tallies)
    started = draw(few(("gone", *policy.once)))
    tracked = [prompt.name for prompt in policy.rulebook.frequencies.prompts]
    if not tracked:
        return Usage(tallies, started)
    shown = draw(_tallies([*tracked, "gone"], ids, at))
    closed = draw(st.dictionaries(st.sampled_from([*tracked, "gone"]), at, max_size=2))
    return Usage(tallies, started, shown, closed)


@st.composite
def _tallies(
    draw: DrawFn, names: Sequence[str], ids: SearchStrategy[str], at: SearchStrategy[int]
) -> dict[str, Tally]:
    """Draw what some meters have counted, or at which views some prompts were shown."""
    counted = draw(
        st.dictionaries(st.sampled_from(names), st.dictionaries(ids, at, max_size=5), max_size=3)
    )
    tallies = {}
    for name, times in counted.items():
        ordered = sorted((at, name) for name, at in times.items())
        tallies[name] = Tally(tuple(name for _, name in ordered), tuple(at for at, _ in ordered))
    return tallies


@st.composite
def journeys(draw: DrawFn, policy: Policy | None = None, *, max_size: int = 16) -> list[Step]:
    """Draw one reader's journey.

    Page views in the order they arrive, under one id, of few articles.

    The reader changes on the way (signs in, buys, loses a segment). Time mostly moves on: by
    nothing, by a microsecond, by days, to the next edge of a window or a date; sometimes it steps
    back, as a second server's clock may.
    """
    people = draw(st.lists(readers(policy, id="reader-1"), min_size=1, max_size=3))
    most = draw(st.integers(1, 4))
    content = [draw(articles(policy, id=f"a{number}")) for number in range(1, most + 1)]
    move = st.tuples(st.sampled_from(_MOVES), st.integers(0, 11), NEAR)
    view = page_views(policy, of=st.sampled_from(content))
    drawn = draw(
        st.lists(st.tuples(st.sampled_from(people), view, move), min_size=1, max_size=max_size)
    )
    at = instant(draw(edge_times(policy, people)))
    steps = []
    for reader, page, moved in drawn:
        at = _moved(policy, people, content, at, moved)
        steps.append(Step(reader, page, moment(at, UTC_ZONE)))
    return steps


def _moved(
    policy: Policy | None,
    people: Sequence[Reader],
    content: Sequence[Article],
    at: int,
    move: tuple[str, int, int],
) -> int:
    """Return the next instant of a journey."""
    kind, choice, near = move
    if kind == "back":
        return at - _WAITS[choice % len(_WAITS)]
    if kind == "edge":
        later = sorted(edge for edge in edges(policy, people, at, content) if edge > at)
        if later:
            return later[choice % min(len(later), _NEXT_EDGES)] + near
    if kind == "length" and policy is not None:
        rulebook = policy.rulebook
        timelines = (*rulebook.timelines.values(), *rulebook.frequencies.timelines)
        windows = [timeline.window for timeline in timelines]
        lengths = [window.length for window in windows if window.length is not None]
        if lengths:
            return at + lengths[choice % len(lengths)] // MICROSECOND + near
    return at + _WAITS[choice % len(_WAITS)]
