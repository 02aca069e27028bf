"""What verified crawlers get under a policy, by class and section, read off the diagrams.

A verified crawler is a reader without an id who holds no right, as the gate asks for one. What may
still differ from page to page (its article, its country, the hour) is left open.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from meter.facts import Vocabulary
from meter.rulebook import Rulebook, Verdict
from meter.verify.budget import decided
from meter.verify.diagram import FALSE, MOST_STEPS
from meter.verify.walk.symbolic import verdicts
from meter.view import Article, PageView, Reader
from meter.vocabulary import Access, ArticleAccess, CrawlerClass
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.policy import Policy
    from meter.verify.space import Space

__all__ = ["ELSEWHERE", "VerifiedCrawlers", "ask_of_crawlers", "opens"]

ELSEWHERE = None
"""Stands for all sections that the policy does not mention, and for articles without one."""

_NOBODY = Reader(id=None)
# fmt: off
_OF_THE_PAGE = frozenset({
    "access", "age", "channel", "country", "crawler", "device", "hour", "kind", "language",
    "period", "published", "referrer", "section", "tags", "value", "weekday",
})
# fmt: on
"""What may be otherwise on another page, or at another time."""
_ANY_TIME = instant(datetime(2026, 1, 1, tzinfo=UTC))
_Answer = TypeVar("_Answer")


def opens(verdict: Verdict) -> bool:
    """Say whether a verdict gives the whole article."""
    return verdict.show.access is Access.FULL


class VerifiedCrawlers:
    """All that verified crawlers can meet under one policy."""

    def __init__(self, space: Space, whole: int) -> None:
        self._space = space
        self._whole = whole
        self._crawlers = space.diagrams.conjoin(
            space.possible, space.without_id(), self._fixed(_view(), but=_OF_THE_PAGE)
        )

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that the policy mentions, sorted."""
        slots = self._space.vocabulary.slots
        return tuple(
            sorted(name for slot in slots if slot.name == "section" for name in slot.mentioned)
        )

    def verdicts(
        self,
        crawler: CrawlerClass | None,
        section: str | None,
        access: ArticleAccess | None = None,
    ) -> frozenset[Verdict]:
        """Return every verdict that a class of verified crawlers can meet in a section.

        `section` is a mentioned one, without its mentioned sub-sections, or `ELSEWHERE`. Without
        `access` articles of each are meant. `None` for the crawler is a stranger without an id.
        """
        diagrams = self._space.diagrams
        met = diagrams.values(
            diagrams.ite(self.where(crawler, section, access), self._whole, FALSE)
        )
        return frozenset(leaf for leaf in met if isinstance(leaf, Verdict))

    def where(
        self, crawler: CrawlerClass | None, section: str | None, access: ArticleAccess | None = None
    ) -> int:
        """Return all situations of a class of verified crawlers in a section; see `verdicts`."""
        diagrams = self._space.diagrams
        here = diagrams.conjoin(
            self._crawlers, self._code("crawler", _view(crawler=crawler)), self._in(section)
        )
        if access is None:
            return here
        return diagrams.conjoin(here, self._code("access", _view(access=access)))

    def _in(self, section: str | None) -> int:
        if section is not ELSEWHERE:
            return self._code("section", _view(section=section))
        mentioned = [self._code("section", _view(section=name)) for name in self.sections]
        return self._space.diagrams.negate(self._space.diagrams.disjoin(*mentioned))

    def _code(self, name: str, view: PageView) -> int:
        """Return where one slot is as in a view: everywhere, where no rule asks for it."""
        every = {slot.asks for slot in self._space.vocabulary.slots}
        return self._fixed(view, but=every - {name})

    def _fixed(self, view: PageView, *, but: frozenset[str] | set[str]) -> int:
        """Return where the slots are as in a view of nobody's, `but` some."""
        space = self._space
        values = space.vocabulary.observe(_NOBODY, view, _ANY_TIME)
        tests = []
        for level, variable in enumerate(space.variables):
            if variable.slot is None or variable.slot >= len(values):
                continue
            if space.vocabulary.slots[variable.slot].asks in but:
                continue
            value = values[variable.slot]
            code = value if variable.member is None else variable.member in value
            tests.append(space.diagrams.test(level, variable.indices((code,))))
        return space.diagrams.conjoin(*tests)


def _view(
    *,
    crawler: CrawlerClass | None = None,
    section: str | None = None,
    access: ArticleAccess = ArticleAccess.METERED,
) -> PageView:
    article = Article(id="a", section=section, access=access)
    return PageView(article=article, crawler=crawler or False)


def ask_of_crawlers(
    policy: Policy,
    question: Callable[[VerifiedCrawlers], _Answer],
    *,
    steps: int = MOST_STEPS,
) -> _Answer:
    """Return the answer to a question about verified crawlers, its switches as they stand.

    Raises `UndecidedError` where the policy is too large for the budget of `steps`.
    """
    rulebook = Rulebook(policy, Vocabulary([policy], []))
    return decided(
        [rulebook], lambda space: question(VerifiedCrawlers(space, verdicts(space))), steps=steps
    )
