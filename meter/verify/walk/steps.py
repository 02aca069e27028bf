"""The steps of journeys that are searched for: a page view, what was decided, what came before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, field, frozen

from meter.decision import Decision
from meter.memo import decide
from meter.verify.concretize import ConcreteView
from meter.verify.situations import Situation
from meter.verify.together.marks import grown, has_shown
from meter.view import PageView, Reader

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from meter.policy import Policy
    from meter.usage import Usage

__all__ = [
    "NextView",
    "Scenario",
    "SearchState",
    "SearchStep",
    "fresh_view",
    "opened_otherwise",
    "step_of",
]


@frozen(kw_only=True)
class SearchStep:
    """One step of a journey.

    `kind` is the kind of view (its number in the scenario), `asked` what the engine was asked,
    `counted` the meters that counted it, histories too, `showed` whether a prompt was shown that is
    remembered, `earlier` the steps before it.
    """

    kind: int
    asked: ConcreteView
    decision: Decision
    words: str
    counted: frozenset[str] = frozenset()
    showed: bool = False
    again: bool = False
    waited: bool = False
    earlier: tuple[SearchStep, ...] = field(default=(), repr=False, eq=False)

    def steps(self) -> tuple[SearchStep, ...]:
        """Return the journey up to and including this step."""
        return (*self.earlier, self)

    @property
    def leaves_a_mark(self) -> bool:
        """Whether anything is remembered of it."""
        return self.showed or bool(self.counted)


@frozen(kw_only=True)
class Scenario:
    """A reader on a day, and one page view of each kind that the policy can tell apart for them."""

    situation: Situation
    reader: Reader
    views: tuple[tuple[PageView, str], ...]
    now: datetime


class NextView(NamedTuple):
    """A page view that a reader could make next.

    `doubtful` is an article that was read, opened again as none that there need be.
    """

    kind: int
    view: PageView
    now: datetime
    words: str
    again: bool = False
    waited: bool = False
    doubtful: bool = False


class SearchState(NamedTuple):
    """Where a journey has come to: what is remembered, when, and the steps that led there.

    `mark` says what of these a promise looks at, `doubtful` whether one of them need not be.
    """

    usage: Usage
    now: datetime
    steps: tuple[SearchStep, ...] = ()
    mark: Hashable = None
    doubtful: bool = False


def step_of(
    policy: Policy, reader: Reader, event: NextView, state: SearchState
) -> tuple[SearchStep, Usage]:
    """Return the step of a reader who makes a view, and what is remembered after it."""
    decision, after = decide(policy, reader, event.view, state.usage, event.now)
    step = SearchStep(
        kind=event.kind,
        asked=ConcreteView(reader=reader, view=event.view, usage=state.usage, now=event.now),
        decision=decision,
        words=event.words,
        counted=frozenset(grown(state.usage, after)),
        showed=has_shown(state.usage, after),
        again=event.again,
        waited=event.waited,
        earlier=state.steps,
    )
    return step, after


def fresh_view(view: PageView, number: int) -> PageView:
    """Return a view of a new article, and with an id of its own."""
    article = evolve(view.article, id=f"article-{number}")
    return evolve(view, id=f"view-{number}", article=article)


def opened_otherwise(
    fresh: Sequence[tuple[PageView, str]], read: Mapping[int, SearchStep], now: datetime
) -> Iterator[NextView]:
    """Yield what was read, opened as each other kind of view.

    Of articles that the same meters counted one will do, where it would have to change for that.
    """
    for kind, (view, words) in enumerate(fresh):
        known = set()
        for other, step in read.items():
            again, doubtful = _opened_as(view, step.asked.view)
            if other == kind or (doubtful and step.counted in known):
                continue
            if doubtful:
                known.add(step.counted)
            yield NextView(kind, again, now, f"{words} again", again=True, doubtful=doubtful)


def _opened_as(view: PageView, before: PageView) -> tuple[PageView, bool]:
    """Return a view of the article of one before, and whether there need be none like it.

    There is, where the two differ in how an article is opened, and not in the article.
    """
    article = evolve(view.article, id=before.article.id)
    return evolve(view, article=article), article != before.article
