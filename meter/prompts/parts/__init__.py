"""The parts of a prompt: heading, lines, benefits, call to action.

Every layout and format is made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from meter.decision import MeterReading
from meter.errors import problem_at
from meter.policy import Copy
from meter.prompts.errors import TemplateError
from meter.prompts.languages import choose
from meter.prompts.locales import direction, name_text
from meter.prompts.offered import OfferWords, offer_words
from meter.prompts.parts.counted import MeterWords
from meter.prompts.parts.declared import fill
from meter.prompts.texts import without_controls
from meter.vocabulary import Status

if TYPE_CHECKING:
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
    then_line: str = ""
    others: tuple[Action, ...] = ()
    """The offers beside the one that the call to action is about."""
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
    offers: tuple[OfferWords, ...]

    @property
    def offer(self) -> OfferWords | None:
        """The first of the offers."""
        return self.offers[0] if self.offers else None

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
            "offer": None if self.offer is None else self.offer.table(),
            "offers": [offer.table() for offer in self.offers],
            "other_offers": [_link(other) for other in self.others],
            "counts": self._count_table(),
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
    today = decision.at.astimezone(policy.zone).date()
    offers = tuple(
        offer_words(policy.offer(name), policy, texts, today) for name in decision.offers
    )
    copy, copy_lang = _copy(policy, texts, wanted)
    publication = name_text(_shown(policy.publication.name), texts.locale)
    counted = MeterWords(decision, policy, texts, today)
    heading, count_line = counted.heading(kind, publication)
    # The call to action is the first offer's, where the prompt is there to sell one; every other
    # wall keeps its own and shows the offers below it.
    first = offers[0] if plan.offer and offers else None
    rest = offers if first is None else offers[1:]
    said = texts.say(kind, "action", publication=publication)
    label = said if first is None else first.action
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
        offer_line="" if first is None else first.ends_line,
        then_line="" if first is None else first.then_line,
        others=tuple(Action(label=one.line, href=_href(policy, "offers")) for one in rest),
        action=_action(label, policy, plan.link if first is None else "offers"),
        about=_action(about, policy, plan.link),
        sign_in=None if is_signed_in(decision) else _sign_in(plan, policy, texts),
        period=counted.period,
        noun=counted.noun,
        price=offers[0].price if offers else "",
        term=offers[0].term if offers else "",
        ends=offers[0].ends if offers else "",
        publication=publication,
        reading=decision.meter,
        offers=offers,
    )
    return parts if says is None else _in_own_words(parts, says, policy)


def _in_own_words(parts: Parts, says: Declared, policy: Policy) -> Parts:
    """Return a prompt that says what the policy declares, and nothing of ours around it.

    The first offer's own button stays where no other is declared, and so do the offers below it and
    the link for those who have an account.
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
        action = _action(parts.offer.action, policy, "offers")
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
        offer_line="" if words.action or parts.offer is None else parts.offer.ends_line,
        then_line="" if words.action or parts.offer is None else parts.offer.then_line,
        others=tuple(
            Action(label=one.line, href=_href(policy, "offers")) for one in parts.offers[1:]
        ),
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
