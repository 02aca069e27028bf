"""What a prompt counts: how many are left or were used, of what, and in which window."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from meter.policy.prompts import NOUNS
from meter.prompts.deadlines import from_text, until_text
from meter.prompts.locales import number, plural
from meter.resources.locales import best_match, with_fallbacks
from meter.vocabulary import Access
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import date

    from meter.decision import Decision
    from meter.policy import Noun, Policy
    from meter.prompts.texts import Texts

__all__ = ["MeterWords", "length_of", "noun_of"]

_COUNTING = ("countdown", "last-free-article")


class MeterWords:
    """What a prompt says of the meter that its decision tells of."""

    def __init__(self, decision: Decision, policy: Policy, texts: Texts, today: date) -> None:
        self.decision = decision
        self.policy = policy
        self.texts = texts
        self._is_used_up = _is_used_up(decision)
        reading = decision.meter
        self._noun = None if reading is None else noun_of(reading.name, policy, texts)
        self.period = self._period(today)

    @property
    def noun(self) -> str:
        """The noun in the form for what is left, or where nothing is, for what was used."""
        reading = self.decision.meter
        if reading is None:
            return ""
        noun = self._noun or self.texts.noun(NOUNS[0])
        category = plural(reading.left or reading.used or 0, self.texts.locale)
        return "" if noun is None else noun.form(category)

    def heading(self, kind: str, publication: str) -> tuple[str, str]:
        """Return the heading and the line that counts, as far as this prompt counts anything."""
        reading = self.decision.meter
        heading = self._say(kind, publication)
        if reading is None or not reading.limit:
            return heading, ""
        if self._is_used_up:
            used = self.texts.count_of(self._noun, "used", reading.limit, period=self.period)
            return heading, used
        if kind not in _COUNTING:
            return heading, ""
        # Zero is never counted: with nothing left after this article it is the last one.
        if not reading.left:
            return self._say("last-free-article", publication), ""
        return self.texts.count_of(self._noun, "left", reading.left, period=self.period), ""

    def _say(self, kind: str, publication: str) -> str:
        """Return a heading, with the noun where it names what is counted."""
        if self._noun is None or kind not in _COUNTING:
            return self.texts.say(kind, "heading", period=self.period, publication=publication)
        return self.texts.say(
            "noun",
            kind,
            period=self.period,
            noun=self._noun.form(plural(1, self.texts.locale)),
            nouns=self._noun.form(self.texts.say("noun", "plural") or "other"),
        )

    def _period(self, today: date) -> str:
        """Return the words for the meter's window; nothing for a lifetime.

        What is left is left `this month`, `(3 in any 30 days)` or `until June 5th`; what is used up
        was read `this month`, `in the last 30 days`, or `(more from June 5th)`.
        """
        reading = self.decision.meter
        if reading is None:
            return ""
        texts = self.texts
        window = self.policy.meter(reading.name).window
        if window.calendar is not None:
            return texts.say("period", str(window.calendar))
        if window.rolling is not None:
            unit, length = length_of(window.rolling)
            table = f"last-{unit}" if self._is_used_up else f"any-{unit}"
            limit = number(reading.limit, texts.locale)
            return texts.count_of(self._noun, table, length, limit=limit)
        if window.fixed is None or reading.resets_at is None:
            return ""
        end = instant(reading.resets_at)
        until = until_text(end, today, self.policy.zone, texts.locale)
        if not self._is_used_up:
            return texts.say("period", "until", until=until)
        start = from_text(end, today, self.policy.zone, texts.locale)
        return texts.say("period", "again", until=until, start=start)


def _is_used_up(decision: Decision) -> bool:
    """Say whether a wall stands where a meter has nothing left."""
    reading = decision.meter
    return reading is not None and reading.left == 0 and decision.access is Access.PREVIEW


def length_of(rolling: timedelta) -> tuple[str, int]:
    """Return the length of a window that rolls: in `days`, or where they are not whole in `hours`.

    >>> length_of(timedelta(hours=36)), length_of(timedelta(days=30))
    (('hours', 36), ('days', 30))
    """
    hours = rolling // timedelta(hours=1)
    days, rest = divmod(hours, 24)
    return ("hours", hours) if rest else ("days", days)


def noun_of(meter: str, policy: Policy, texts: Texts) -> Noun | None:
    """Return what a meter counts, in the language of the texts; nothing for articles.

    The publisher's own word comes first; where there is none in this language, the catalog's, then
    the publisher's in one that stands in for it, then in the publication's.
    """
    name = policy.meter(meter).noun
    own = {locale: copy.nouns[name] for locale, copy in policy.copy.items() if name in copy.nouns}
    tag = best_match(str(texts.locale), own)
    if tag is not None:
        return own[tag]
    if name == NOUNS[0]:
        return None
    chain = with_fallbacks((str(texts.locale),), policy.publication.fallback)
    named = (best_match(tag, own) for tag in (*chain, policy.publication.locale))
    stands_in = next((tag for tag in named if tag is not None), None)
    fallback = next(iter(own.values()), None) if stands_in is None else own[stands_in]
    return texts.noun(name) or fallback
