"""What a prompt says: heading, lines, benefits, call to action.

Every layout and format is made of these parts.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.decision import MeterReading
from meter.policy import Copy, Offer
from meter.prompts.errors import TemplateError, fault
from meter.prompts.locales import choose, day_text, length_text, money, tags, term_text
from meter.vocabulary import Access, OfferKind
from meter.windows import moment

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.policy import Policy
    from meter.prompts.texts import Texts

__all__ = ["Action", "Parts", "compose"]


@frozen(kw_only=True)
class Action:
    """Something to follow: what it is called, and where it leads."""

    label: str
    href: str


@frozen(kw_only=True)
class _Plan:
    """What one prompt is made of, beside its texts."""

    link: str = "subscribe"
    copy: bool = True
    benefits: bool = False
    offer: bool = False
    sign_in: str = ""


PLANS = {
    "countdown": _Plan(offer=True),
    "last-free-article": _Plan(offer=True),
    "registration-wall": _Plan(link="register", sign_in="reader"),
    "trial-offer": _Plan(link="offers", offer=True, sign_in="subscriber"),
    "subscription-wall": _Plan(link="offers", benefits=True, offer=True, sign_in="subscriber"),
    "trial-expired": _Plan(link="offers", copy=False, benefits=True),
    "subscription-expired": _Plan(link="offers", copy=False, benefits=True),
    "sponsored": _Plan(link="about_sponsored", copy=False),
}
"""The prompts that ship, by name."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_COUNTING = ("countdown", "last-free-article")


@frozen(kw_only=True)
class Parts:
    """One prompt in one language. What there is not is an empty text."""

    name: str
    show: str
    lang: str
    dir: str
    copy_lang: str
    heading: str
    count_line: str = ""
    headline: str = ""
    pitch: str = ""
    lead: str = ""
    benefits: tuple[str, ...] = ()
    offer_line: str = ""
    action: Action | None = None
    about: Action | None = None
    sign_in: Action | None = None
    period: str = ""
    price: str = ""
    term: str = ""
    ends: str = ""
    publication: str
    reading: MeterReading | None
    offer: Offer | None

    def lines(self) -> tuple[str, ...]:
        """Return the lines between the heading and the benefits, in the order they are read."""
        return tuple(
            line for line in (self.count_line, self.headline, self.pitch, self.lead) if line
        )

    def table(self) -> dict[str, Any]:
        """Return the parts as plain values, for those who lay prompts out themselves."""
        reading, offer = self.reading, self.offer
        return {
            "prompt": self.name,
            "show": self.show,
            "lang": self.lang,
            "dir": self.dir,
            "heading": self.heading,
            "lines": list(self.lines()),
            "benefits": list(self.benefits),
            "call_to_action": _link(self.action),
            "about": _link(self.about),
            "sign_in": _link(self.sign_in),
            "offer": (
                offer
                and {
                    "name": offer.name,
                    "kind": str(offer.kind),
                    "price": self.price,
                    "term": self.term,
                    "ends": self.ends or None,
                    "line": self.offer_line or None,
                }
            ),
            "counts": (
                reading
                and {
                    "meter": reading.name,
                    "limit": reading.limit,
                    "used": reading.used,
                    "left": reading.left,
                    "resets_at": reading.resets_at and reading.resets_at.isoformat(),
                }
            ),
        }


def _link(action: Action | None) -> dict[str, str] | None:
    return None if action is None else {"label": action.label, "href": action.href}


def compose(
    decision: Decision, policy: Policy, texts: Texts, wanted: tuple[str | None, ...]
) -> Parts:
    """Return the parts of the prompt that `decision` names, in the language of `texts`."""
    name = decision.prompt or str(decision.show)
    kind = name if name in PLANS else str(decision.show)
    plan = PLANS.get(kind, _Plan(copy=True, offer=True))
    offer = policy.offer(decision.offer) if decision.offer is not None else None
    said = _offer_words(offer, policy, texts)
    period = _period(decision.meter, policy, texts)
    copy, copy_lang = _copy(policy, texts, wanted)
    publication = _shown(policy.publication.name)
    reading = decision.meter
    heading = texts.say(kind, "heading", period=period, publication=publication)
    counted = reading is not None and reading.limit > 0
    count_line = ""
    if counted and reading is not None:
        if reading.left == 0 and decision.access is Access.PREVIEW:
            count_line = texts.count("used", reading.limit, period=period)
        elif kind in _COUNTING:
            # Zero is never counted: with nothing left after this article it is the last one.
            last = texts.say("last-free-article", "heading", period=period)
            heading = texts.count("left", reading.left, period=period) if reading.left else last
    takes = plan.offer and offer is not None
    label = said["action"] if takes else texts.say(kind, "action", publication=publication)
    own = tuple(benefit for benefit in map(_shown, copy.benefits) if benefit)
    benefits = own or tuple(texts.tables.get("benefits", {}).values())
    about = texts.say(kind, "about")
    return Parts(
        name=name,
        show=str(decision.show),
        lang=str(texts.locale).replace("_", "-"),
        dir=texts.locale.text_direction,
        copy_lang=copy_lang,
        heading=heading,
        count_line=count_line,
        headline=_shown(copy.headline or "") if plan.copy else "",
        pitch=_shown(copy.pitch or "") if plan.copy else "",
        lead=texts.say(kind, "lead", publication=publication),
        benefits=benefits if plan.benefits else (),
        offer_line=said["line"] if takes else "",
        action=(
            Action(label=label, href=_href(policy, "offers" if takes else plan.link))
            if label
            else None
        ),
        about=Action(label=about, href=_href(policy, plan.link)) if about else None,
        sign_in=_sign_in(plan, policy, texts),
        period=period,
        price=said["price"],
        term=said["term"],
        ends=said["ends"],
        publication=publication,
        reading=reading,
        offer=offer,
    )


def _shown(text: str) -> str:
    """Return a publisher's text without the edges and control characters that do not show.

    Blank copy is no copy.
    """
    return _CONTROLS.sub(" ", text).strip()


def _period(reading: MeterReading | None, policy: Policy, texts: Texts) -> str:
    """Return the words for the meter's window, such as `this month`; nothing for a lifetime."""
    if reading is None:
        return ""
    window = policy.meter(reading.name).window
    if window.calendar is not None:
        return texts.say("period", str(window.calendar))
    length = window.rolling or window.fixed
    return texts.say("period", "length", length=length_text(length, texts.locale)) if length else ""


def _copy(policy: Policy, texts: Texts, wanted: tuple[str | None, ...]) -> tuple[Copy, str]:
    """Return the publisher's own words and their language.

    In the locale asked for, else in the publication's.
    """
    by_tag = {tag.replace("_", "-"): copy for tag, copy in policy.copy.items()}
    locale, tag = choose((*tags(texts.locale), *wanted), by_tag)
    return by_tag.get(tag, Copy()), tag if tag in by_tag else str(locale)


def _offer_words(offer: Offer | None, policy: Policy, texts: Texts) -> dict[str, str]:
    if offer is None:
        return dict.fromkeys(("action", "line", "price", "term", "ends"), "")
    locale = texts.locale
    price, term = money(offer.price, offer.currency, locale), term_text(offer.term, locale)
    kind = "trial" if offer.kind is OfferKind.TRIAL else "subscription"
    key = kind if offer.price else f"{kind}-at-no-charge"
    ends = ""
    until = offer.instants(policy.zone)[1]
    if until is not None:
        # The end is exclusive: the last day is the one of the moment before it.
        ends = day_text((moment(until, policy.zone) - timedelta(microseconds=1)).date(), locale)
    return {
        "action": texts.say("offer", key, term=term, price=price),
        "line": texts.say("offer", "ends", day=ends) if ends else "",
        "price": price,
        "term": term,
        "ends": ends,
    }


def _sign_in(plan: _Plan, policy: Policy, texts: Texts) -> Action | None:
    label = texts.say("sign-in", plan.sign_in) if plan.sign_in else ""
    return Action(label=label, href=_href(policy, "sign_in")) if label else None


def _href(policy: Policy, name: str) -> str:
    """Return a link of the policy.

    One that is neither a path of the site nor an `https://` address is refused.
    """
    href: str = getattr(policy.links, name)
    path = href.startswith("/") and not href.startswith("//")
    if not (path or href.startswith("https://")) or any(
        char <= " " or char in "\\\x7f" for char in href
    ):
        message = (
            f"the link `{name}` leads to `{href}`, which is neither a path of the site nor an"
            " `https://` address"
        )
        raise TemplateError(
            fault(
                "unsafe-link",
                message,
                "write it like `/subscribe` or `https://example.com/subscribe`",
                name="policy",
            )
        )
    return href
