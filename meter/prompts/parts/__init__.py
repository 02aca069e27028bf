"""The parts of a prompt: heading, lines, benefits, call to action.

Every layout and format is made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from meter.decision import MeterReading
from meter.errors import problem_at
from meter.policy import Copy, Offer
from meter.prompts.deadlines import until_text
from meter.prompts.errors import TemplateError
from meter.prompts.languages import choose
from meter.prompts.locales import direction, money, name_text
from meter.prompts.parts.counted import MeterWords
from meter.prompts.parts.declared import fill
from meter.prompts.texts import without_controls
from meter.vocabulary import OfferKind, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.prompts.parts.declared import Declared
    from meter.prompts.texts import Texts

__all__ = ["Action", "Parts", "compose", "is_signed_in"]


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
    action: Action | None = None
    about: Action | None = None
    sign_in: Action | None = None
    period: str = ""
    noun: str = ""
    price: str = ""
    term: str = ""
    ends: str = ""
    publication: str
    reading: MeterReading | None
    offer: Offer | None

    def lines(self) -> tuple[str, ...]:
        """Return the lines between the heading and the benefits, in the order they are read."""
        return tuple(
            line
            for line in (self.text, self.count_line, self.headline, self.pitch, self.lead)
            if line
        )

    def table(self) -> dict[str, Any]:
        """Return the parts as plain values, for those who lay prompts out themselves."""
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
            "offer": self._offer_table(),
            "counts": self._count_table(),
        }

    def _offer_table(self) -> dict[str, Any] | None:
        if self.offer is None:
            return None
        return {
            "name": self.offer.name,
            "kind": str(self.offer.kind),
            "price": self.price,
            "term": self.term,
            "ends": self.ends or None,
            "line": self.offer_line or None,
        }

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


def _link(action: Action | None) -> dict[str, str] | None:
    return None if action is None else {"label": action.label, "href": action.href}


def is_signed_in(decision: Decision) -> bool:
    """Say whether the site knows who reads: any status but `anonymous`."""
    return decision.facts["reader"] != Status.ANONYMOUS


def compose(
    decision: Decision,
    policy: Policy,
    texts: Texts,
    wanted: tuple[str, ...],
    says: Declared | None = None,
) -> Parts:
    """Return the parts of the prompt that `decision` names, in the language of `texts`.

    `says` are its words, where the policy declares it.
    """
    name = decision.prompt or str(decision.show)
    kind = name if name in PLANS else str(decision.show)
    plan = PLANS.get(kind, _Plan(copy=True, offer=True))
    offer = None if decision.offer is None else policy.offer(decision.offer)
    today = decision.at.astimezone(policy.zone).date()
    terms = _offer_words(offer, policy, texts, today)
    copy, copy_lang = _copy(policy, texts, wanted)
    publication = name_text(_shown(policy.publication.name), texts.locale)
    counted = MeterWords(decision, policy, texts, today)
    heading, count_line = counted.heading(kind, publication)
    takes = plan.offer and offer is not None
    label = terms["action"] if takes else texts.say(kind, "action", publication=publication)
    about = texts.say(kind, "about")
    parts = Parts(
        name=name,
        show=str(decision.show),
        lang=str(texts.locale).replace("_", "-"),
        dir=direction(texts.locale),
        copy_lang=copy_lang,
        heading=heading,
        count_line=count_line,
        headline=_shown(copy.headline or "") if plan.copy else "",
        pitch=_shown(copy.pitch or "") if plan.copy else "",
        lead=texts.say(kind, "lead", publication=publication),
        benefits=_benefits(copy, texts) if plan.benefits else (),
        offer_line=terms["line"] if takes else "",
        action=_action(label, policy, "offers" if takes else plan.link),
        about=_action(about, policy, plan.link),
        sign_in=None if is_signed_in(decision) else _sign_in(plan, policy, texts),
        period=counted.period,
        noun=counted.noun,
        price=terms["price"],
        term=terms["term"],
        ends=terms["ends"],
        publication=publication,
        reading=decision.meter,
        offer=offer,
    )
    return parts if says is None else _in_own_words(parts, says, terms, policy)


def _in_own_words(parts: Parts, says: Declared, terms: Mapping[str, str], policy: Policy) -> Parts:
    """Return a prompt that says what the policy declares, and nothing of ours around it.

    The offer's own button stays where no other is declared, and the link for those who have an
    account.
    """
    locale = says.language.locale
    values = {
        "noun": parts.noun,
        "period": parts.period,
        "price": parts.price,
        "term": parts.term,
        "offer_ends": parts.ends,
        "publication": parts.publication,
    }
    words = says.words
    heading, text, label = (
        fill(written, values, parts.reading, locale)
        for written in (words.heading, words.text, words.action)
    )
    action = None
    if label and says.link is not None:
        action = Action(label=label, href=_safe(says.link, "link"))
    elif parts.offer is not None:
        action = _action(terms["action"], policy, "offers")
    return evolve(
        parts,
        lang=str(locale).replace("_", "-"),
        dir=direction(locale),
        heading=heading,
        text=text,
        count_line="",
        headline="",
        pitch="",
        lead="",
        benefits=(),
        offer_line="" if words.action else terms["line"],
        action=action,
        about=None,
    )


def _benefits(copy: Copy, texts: Texts) -> tuple[str, ...]:
    """Return the publisher's own benefits, or those of the language."""
    own = tuple(benefit for benefit in map(_shown, copy.benefits) if benefit)
    return own or tuple(texts.tables.get("benefits", {}).values())


def _action(label: str, policy: Policy, link: str) -> Action | None:
    """Return something to follow, or nothing where it has no words."""
    return Action(label=label, href=_href(policy, link)) if label else None


def _shown(text: str) -> str:
    """Return a publisher's text without edges and control characters: blank copy is no copy."""
    return without_controls(text).strip()


def _copy(policy: Policy, texts: Texts, wanted: tuple[str, ...]) -> tuple[Copy, str]:
    """Return the publisher's words in the locale asked for, else in their own, and its tag."""
    choice = choose((texts.asked, *wanted), policy.copy)
    own = policy.copy.get(choice.words)
    tag = str(choice.locale) if own is None else choice.words
    return own or Copy(), tag.replace("_", "-")


def _offer_words(offer: Offer | None, policy: Policy, texts: Texts, today: date) -> dict[str, str]:
    """Return what is said of an offer; without one each is an empty text."""
    if offer is None:
        return dict.fromkeys(("action", "line", "price", "term", "ends"), "")
    price = money(offer.price, offer.currency, texts.locale)
    term = texts.term(offer.term)
    kind = "trial" if offer.kind is OfferKind.TRIAL else "subscription"
    key = kind if offer.price else f"{kind}-at-no-charge"
    end = offer.instants(policy.zone)[1]
    ends = "" if end is None else until_text(end, today, policy.zone, texts.locale)
    return {
        "action": texts.say("offer", key, term=term, price=price),
        "line": texts.say("offer", "ends", day=ends) if ends else "",
        "price": price,
        "term": term,
        "ends": ends,
    }


def _sign_in(plan: _Plan, policy: Policy, texts: Texts) -> Action | None:
    if not plan.sign_in:
        return None
    return _action(texts.say("sign-in", plan.sign_in), policy, "sign_in")


def _href(policy: Policy, name: str) -> str:
    """Return a link of the policy."""
    return _safe(getattr(policy.links, name), name)


def _safe(href: str, name: str) -> str:
    """Return a link; one that is neither a path of the site nor `https://` is refused."""
    is_path = href.startswith("/") and not href.startswith("//")
    has_tricks = any(char <= " " or char in "\\\x7f" for char in href)
    if has_tricks or not (is_path or href.startswith("https://")):
        message = (
            f"the link `{name}` leads to `{href}`, which is neither a path of the site nor an"
            " `https://` address"
        )
        advice = "write it like `/subscribe` or `https://example.com/subscribe`"
        raise TemplateError([problem_at("unsafe-link", message, advice, name="policy")])
    return href
