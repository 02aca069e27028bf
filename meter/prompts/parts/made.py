"""The parts of a prompt in one language, and how they are told as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.decision import MeterReading
from meter.prompts.offered import OfferWords

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Action", "Parts"]


@frozen(kw_only=True)
class Action:
    """Something to follow: what it is called, and where it leads."""

    label: str
    href: str


@frozen(kw_only=True)
class Parts:
    """One prompt in one language. What there is not is an empty text."""

    name: str
    show: str
    lang: str
    dir: str
    copy_lang: str
    heading: str
    text: str = ""
    count_line: str = ""
    headline: str = ""
    pitch: str = ""
    lead: str = ""
    benefits: tuple[str, ...] = ()
    offer_line: str = ""
    was_line: str = ""
    then_line: str = ""
    renews_line: str = ""
    return_line: str = ""
    others: tuple[Action, ...] = ()
    """The offers beside the one that the call to action is about."""
    action: Action | None = None
    all_offers: Action | None = None
    hint: str = ""
    """What an account would give, where the prompt does not ask for one."""
    account: Action | None = None
    about: Action | None = None
    sign_in: Action | None = None
    period: str = ""
    noun: str = ""
    price: str = ""
    term: str = ""
    ends: str = ""
    deadline: str = ""
    was: str = ""
    currency: str = ""
    country: str = ""
    today: str = ""
    weekday: str = ""
    open_label: str = ""
    close_label: str = ""
    publication: str
    reading: MeterReading | None
    offers: tuple[OfferWords, ...]

    @property
    def offer(self) -> OfferWords | None:
        """The first of the offers."""
        return self.offers[0] if self.offers else None

    def lines(self) -> tuple[str, ...]:
        """Return the lines between the heading and the benefits, in the order they are read."""
        return _said(self.text, self.count_line, self.headline, self.pitch, self.lead)

    def fine_print(self) -> tuple[str, ...]:
        """Return the quiet lines around the call to action, in the order they are read."""
        prices = (self.was_line, self.then_line, self.renews_line)
        return _said(self.offer_line, *prices, self.return_line)

    def table(self) -> dict[str, Any]:
        """Return the parts as plain values, for those who lay prompts out themselves."""
        return {
            "prompt": self.name,
            "show": self.show,
            "lang": self.lang,
            "dir": self.dir,
            "copy_lang": self.copy_lang,
            "heading": self.heading,
            "lines": list(self.lines()),
            "text": self.text,
            "count": self.count_line,
            "headline": self.headline,
            "pitch": self.pitch,
            "lead": self.lead,
            "benefits": list(self.benefits),
            "hint": self.hint,
            "actions": list(self._actions()),
            "fine_print": list(self.fine_print()),
            "call_to_action": _link(self.action),
            "about": _link(self.about),
            "sign_in": _link(self.sign_in),
            "offer": None if self.offer is None else self.offer.table(),
            "offers": [offer.table() for offer in self.offers],
            "other_offers": [_link(other) for other in self.others],
            "counts": self._count_table(),
        }

    def _actions(self) -> Iterator[dict[str, str]]:
        """Yield everything to follow with its role, in the order it is read."""
        for role, actions in (
            ("primary", (self.action,)),
            ("secondary", (self.all_offers, *self.others, self.account)),
            ("sign-in", (self.sign_in,)),
            ("about", (self.about,)),
        ):
            for action in actions:
                if action is not None:
                    yield {"role": role, "label": action.label, "href": action.href}

    def _count_table(self) -> dict[str, Any] | None:
        reading = self.reading
        if reading is None:
            return None
        return {
            "meter": reading.name,
            "limit": reading.limit,
            "used": reading.used,
            "left": reading.left,
            "resets_at": reading.resets_at and reading.resets_at.isoformat(),
        }


def _said(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def _link(action: Action | None) -> dict[str, str] | None:
    return None if action is None else {"label": action.label, "href": action.href}
