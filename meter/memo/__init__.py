"""What was judged before is looked up: `engine.decide`, remembering.

`memory` holds what was judged of a policy, and the plain way to look it up. `compiled` writes that
way out for one policy as a Python function; that is worth its while for a policy that decides many
views, so it is done when some were decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.engine import check_call
from meter.memo.compiled import compiled
from meter.memo.memory import Answer, KnownSituation, PolicyMemory, Ways
from meter.policy import Policy
from meter.usage import Usage
from meter.view import PageView, Reader
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.decision import Decision
    from meter.facts import Codes
    from meter.rulebook import Rulebook

__all__ = ["Observed", "decide", "observe", "watch", "write_out"]

_OFTEN = 256
"""How many views of a policy are decided before its ways are written out, which takes as long as
some hundred decisions."""

# Who measures which rules tests reach has to see every policy of a process, whoever made it: the
# one list of this package that calls change.
_watchers: list[Callable[[Rulebook, Codes, int], None]] = []


def watch(watcher: Callable[[Rulebook, Codes, int], None]) -> Callable[[], None]:
    """Call `watcher` for every view from now on with its facts and its instant.

    Views whose facts are remembered are told like others. Return what ends that.
    """
    _watchers.append(watcher)
    return lambda: _watchers.remove(watcher)


def _tell(rulebook: Rulebook, facts: Codes, at: int) -> None:
    for watcher in _watchers:
        watcher(rulebook, facts, at)


def decide(policy: Policy, reader: Reader, view: PageView, usage: Usage, now: datetime) -> Answer:
    """Decide what a reader gets for one page view, and return what is to be remembered.

    `now` is a time with a zone; a time without one is a `ValueError`. The usage returned is the
    same object if nothing was counted. To look without counting, drop it.

    >>> from datetime import datetime, UTC
    >>> from meter import Article, PageView, Reader, Usage, decide, loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 1
    ... [[rules]]
    ... name = "one a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... ''')
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> anna, first = Reader(id="r1"), PageView(article=Article(id="a1"))
    >>> decision, usage = decide(policy, anna, first, Usage(), now)
    >>> str(decision.show), decision.meter.left
    ('last-free-article', 0)
    >>> second = PageView(article=Article(id="a2"))
    >>> str(decide(policy, anna, second, usage, now)[0].show)
    'subscription-wall'
    """
    if (
        type(policy) is not Policy
        or type(reader) is not Reader
        or type(view) is not PageView
        or type(usage) is not Usage
    ):
        check_call(policy, reader, view, usage)
    ways: Ways = policy.rulebook.memory or _ways(policy.rulebook)
    if _watchers:
        return _told(policy.rulebook, ways.decide(reader, view, usage, now))
    return ways.decide(reader, view, usage, now)


def _told(rulebook: Rulebook, answer: Answer) -> Answer:
    """Tell the watchers of a view that was decided."""
    decision, _ = answer
    _tell(rulebook, decision.facts.values, instant(decision.at))
    return answer


def _ways(rulebook: Rulebook) -> Ways:
    """Return how the first views of a policy are decided."""
    memory = PolicyMemory(rulebook)
    first_views = iter(range(_OFTEN))

    def noted(now: datetime) -> None:
        if next(first_views, None) is None:
            rulebook.memory = compiled(memory, now)

    def decide(reader: Reader, view: PageView, usage: Usage, now: datetime) -> Answer:
        noted(now)
        return memory.decide(reader, view, usage, now)

    def observe(reader: Reader, view: PageView, now: datetime) -> tuple[KnownSituation, int]:
        noted(now)
        return memory.observe(reader, view, now)

    rulebook.memory = ways = Ways(decide, observe, memory.conclude, memory)
    return ways


def write_out(policy: Policy, now: datetime) -> None:
    """Write out the ways of a policy at once, such as before the first page is asked for.

    `now` is a time with a zone. They are written once, and kept with the policy's rulebook.
    """
    rulebook = policy.rulebook
    ways: Ways = rulebook.memory or _ways(rulebook)
    if not ways.is_written:
        rulebook.memory = compiled(ways.memory, now)


class Observed:
    """A view as far as it could be looked at without the reader's usage, which it hangs on.

    `at` is its instant.
    """

    __slots__ = ("_now", "_reader", "_situation", "_view", "_ways", "at")

    def __init__(
        self,
        ways: Ways,
        reader: Reader,
        view: PageView,
        now: datetime,
        situation: KnownSituation,
        at: int,
    ) -> None:
        self._ways = ways
        self._reader = reader
        self._view = view
        self._now = now
        self._situation = situation
        self.at = at

    def decide(self, usage: Usage) -> Answer:
        """Decide with what was counted before; may be asked again with another usage."""
        answer = self._ways.conclude(
            self._situation, self._reader, self._view, usage, self.at, self._now
        )
        if _watchers:
            _tell(self._ways.memory.rulebook, answer[0].facts.values, self.at)
        return answer


def observe(policy: Policy, reader: Reader, view: PageView, now: datetime) -> Decision | Observed:
    """Return the decision if it does not depend on what was counted, else what was looked at.

    A subscriber, a free article or a reader without an id is decided without asking a store for
    anything. `now` is a time with a zone.
    """
    if not (type(policy) is Policy and type(reader) is Reader and type(view) is PageView):
        check_call(policy, reader, view)
    rulebook = policy.rulebook
    ways: Ways = rulebook.memory or _ways(rulebook)
    situation, at = ways.observe(reader, view, now)
    if situation.final is None:
        observed = Observed(ways, reader, view, now, situation, at)
        return observed.decide(Usage())[0] if reader.id is None else observed
    final = situation.final.dated(now)
    if _watchers:
        _tell(rulebook, final.facts.values, at)
    return final
