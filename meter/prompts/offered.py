"""What a prompt says of offers, in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.prompts.deadlines import deadline_text, until_text
from meter.prompts.locales import money
from meter.vocabulary import OfferKind
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import date

    from meter.decision import Decision
    from meter.policy import Offer, Policy
    from meter.policy.offers import Then
    from meter.prompts.texts import Texts

__all__ = ["OfferWords", "offer_words", "own_ends"]

_MINUTE = 60_000_000


@frozen(kw_only=True)
class OfferWords:
    """What is said of an offer; what there is not is an empty text."""

    name: str
    kind: str
    action: str
    price: str
    term: str
    ends: str
    ends_line: str
    then_line: str
    renews_line: str
    deadline: str = ""
    """When it ends by how near that is."""
    was: str = ""
    was_line: str = ""

    @property
    def line(self) -> str:
        """The whole offer in one line: what it is, its other prices, and when it ends."""
        parts = (self.action, self.was_line, self.then_line, self.renews_line, self.ends_line)
        return " · ".join(part for part in parts if part)

    def table(self) -> dict[str, Any]:
        """Return the words as plain values; `was` only where there is one."""
        was = {"was": self.was, "was_line": self.was_line} if self.was else {}
        return {
            "name": self.name,
            "kind": self.kind,
            "price": self.price,
            "term": self.term,
            "ends": self.ends or None,
            "line": self.ends_line or None,
            "then": self.then_line or None,
            "renews": self.renews_line or None,
            **was,
        }


def offer_words(
    offer: Offer, policy: Policy, texts: Texts, today: date, over: int | None = None
) -> OfferWords:
    """Return what is said of an offer in the language of some texts.

    `over` is the instant at which it ends for this reader, where that is another than for all.
    """
    price = money(offer.price, offer.currency, texts.locale)
    term = texts.term(offer.term)
    kind = "trial" if offer.kind is OfferKind.TRIAL else "subscription"
    key = kind if offer.price else f"{kind}-at-no-charge"
    end = offer.instants(policy.zone)[1] if over is None else over
    ends = "" if end is None else until_text(end, today, policy.zone, texts.locale)
    deadline = "" if end is None else deadline_text(end, today, policy.zone, texts)
    ends_line = texts.say("offer", "ends", day=ends) if ends else ""
    was = "" if offer.was is None else money(offer.was, offer.currency, texts.locale)
    return OfferWords(
        name=offer.name,
        kind=str(offer.kind),
        action=texts.say("offer", key, term=term, price=price),
        price=price,
        term=term,
        ends=ends,
        ends_line=ends_line if over is None else deadline or ends_line,
        then_line="" if offer.then is None else _then(offer.then, offer.currency, texts),
        renews_line="" if offer.then is None else texts.say("offer", "renews"),
        deadline=deadline or ends_line,
        was=was,
        was_line=texts.say("offer", "was", price=was) if was else "",
    )


def own_ends(decision: Decision) -> tuple[tuple[str, int], ...]:
    """Return when offers end for the reader of a decision, to the whole minute before.

    So what is said of them is alike for all whose deadline is in the same minute.
    """
    return tuple(
        (each.offer, instant(each.ends) // _MINUTE * _MINUTE) for each in decision.deadlines
    )


def _then(then: Then, currency: str, texts: Texts) -> str:
    """Say what an offer costs afterwards: a month, or every four weeks."""
    key = f"then-{then.per.unit}" if then.per.count == 1 else "then"
    price = money(then.price, currency, texts.locale)
    return texts.say("offer", key, price=price, term=texts.term(then.per))
