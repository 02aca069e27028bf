"""What a policy opens to everyone: the same answer whoever asks, until when.

Only such an answer may be kept by a cache that serves many readers. Whether a page is one is read
off the rules: what hangs on the reader or on the request is taken as unknown, and a rule that may
match or not is taken both ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from meter.facts import ACCESS
from meter.facts.attributes import OF_THE_ARTICLE, OF_THE_TIME
from meter.formulas import holds_unless
from meter.rulebook import Fit, possible_rules
from meter.view import PageView, Reader
from meter.vocabulary import ArticleAccess, Show
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from meter.policy import Policy
    from meter.rulebook import JudgedRule
    from meter.view import Article

__all__ = ["Everyone", "Openness"]

NOBODY = Reader(id=None)
_MICROSECONDS = 1_000_000
_QUARTER = 15 * 60 * _MICROSECONDS
"""Zones are whole quarters of an hour apart, so no clock's hour begins between two of them."""
_MOST_REMEMBERED = 4096


class Openness(NamedTuple):
    """How open an article is.

    `whole`: everyone may read it. `same`: and everyone gets the very same answer, which nothing
    counts. `seconds`: for so many whole seconds that cannot change; `None` for as long as the
    policy is in force.
    """

    whole: bool
    same: bool
    seconds: int | None = None


class Everyone:
    """Says of one policy what it opens to everyone."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._rulebook = policy.rulebook
        slots = self._rulebook.vocabulary.slots
        known = (*OF_THE_ARTICLE, *OF_THE_TIME)
        self._unknown = frozenset(
            place for place, slot in enumerate(slots) if slot.asks not in known
        )
        self._known = [place for place in range(len(slots)) if place not in self._unknown]
        self._clocks = any(slot.asks in ("weekday", "hour") for slot in slots)
        self._dates = [at for slot in slots if slot.name == "period" for at in slot.mentioned]
        self._ages = [age for slot in slots if slot.name == "age" for age in slot.mentioned]
        self._timeless = all(slot.asks not in (*OF_THE_TIME, "age", "published") for slot in slots)
        self._remembered: dict[object, tuple[bool, bool]] = {}

    def of(self, article: Article, now: datetime) -> Openness:
        """Return how open an article is at `now`, a time with a zone."""
        if self._timeless and article.published is None:
            whole, same = self._recall(article, lambda: self._values(article, instant(now)))
            return Openness(whole, same)
        at = instant(now)
        values = self._values(article, at)
        key = tuple(values[place] for place in self._known if place < len(values))
        whole, same = self._recall(key, lambda: values)
        return Openness(whole, same, self._seconds(article, at) if same else None)

    def always(self, article: Article) -> bool:
        """Say whether everyone may read an article, at whatever time, and however old it is."""
        of_the_time = {
            place
            for place, slot in enumerate(self._rulebook.vocabulary.slots)
            if slot.asks in (*OF_THE_TIME, "age", "published")
        }
        values = self._values(article, 0)
        rules = possible_rules(self._rulebook, values, self._unknown | of_the_time)
        return all(_opens(rule, values[ACCESS]) for rule in rules)

    def _values(self, article: Article, at: int) -> tuple[Any, ...]:
        return self._rulebook.vocabulary.observe(NOBODY, PageView(article=article), at)

    def _recall(self, key: object, values: Callable[[], tuple[Any, ...]]) -> tuple[bool, bool]:
        """Return what was judged of a key before; else judge the facts, and remember."""
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._judge(values())
        return found

    def _judge(self, values: tuple[Any, ...]) -> tuple[bool, bool]:
        """Say whether everyone may read what has these facts, and gets the same."""
        whole = True
        same = True
        for rule in possible_rules(self._rulebook, values, self._unknown):
            whole = whole and _opens(rule, values[ACCESS])
            same = same and whole and self._is_plain(rule, values)
            if not whole:
                break
        return whole, same and whole and not any(self._may_count(values))

    def _is_plain(self, rule: JudgedRule, values: tuple[Any, ...]) -> bool:
        """Say whether a rule that opens an article says the same to all.

        It has no prompt, and its offers hang on nothing but the article and the time.
        """
        is_free = bool(rule.spend) and values[ACCESS] is ArticleAccess.FREE
        if not is_free and (rule.show is not Show.ARTICLE or rule.prompt is not None):
            return False
        running = [holds_unless(offer.formula, values, self._unknown) for offer in rule.offers]
        return None not in running

    def _may_count(self, values: tuple[Any, ...]) -> Iterator[bool]:
        """Yield, for each meter that counts whatever rule opens a view, whether it may count it."""
        for kept in self._rulebook.kept:
            if kept.history is not None and values[ACCESS] in kept.access:
                yield holds_unless(kept.history, values, self._unknown) is not False

    def _seconds(self, article: Article, at: int) -> int | None:
        """Return the whole seconds in which no date, age or clock can change the answer."""
        nearest = min((turn for turn in self._turns(article, at) if turn > at), default=None)
        return None if nearest is None else (nearest - at) // _MICROSECONDS

    def _turns(self, article: Article, at: int) -> Iterator[int]:
        """Yield the instants at which the facts of an article may become others."""
        yield from self._dates
        if self._clocks:
            yield at - at % _QUARTER + _QUARTER
        if article.published is None:
            return
        published = instant(article.published)
        yield published
        # What is compared with `at_most` changes just behind the age, in the microsecond after.
        for age in self._ages:
            yield published + int(age)
            yield published + int(age) + 1


def _opens(rule: JudgedRule, access: ArticleAccess) -> bool:
    """Say whether everyone whom a rule matches reads the whole article, uncounted."""
    if rule.spend:
        return rule.fit(access) is Fit.FREE
    return rule.opens
