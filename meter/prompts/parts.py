"""The parts of a prompt: heading, lines, benefits, call to action.

Every layout and format is made of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.decision import MeterReading
from meter.errors import problem_at
from meter.policy import Copy
from meter.prompts.deadlines import from_text, until_text
from meter.prompts.errors import TemplateError
from meter.prompts.languages import choose
from meter.prompts.locales import direction, name_text, number
from meter.prompts.offered import OfferWords, offer_words
from meter.prompts.texts import without_controls
from meter.vocabulary import Access, Status
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import date

    from meter.decision import Decision
    from meter.policy import Policy
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
    then_line: str = ""
    others: tuple[Action, ...] = ()
    """The offers beside the one that the call to action is about."""
    action: Action | None = None
    about: Action | None = None
    sign_in: Action | None = None
    period: str = ""
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
            line for line in (self.count_line, self.headline, self.pitch, self.lead) if line
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


def compose(decision: Decision, policy: Policy, texts: Texts, wanted: tuple[str, ...]) -> Parts:
    """Return the parts of the prompt that `decision` names, in the language of `texts`."""
    name = decision.prompt or str(decision.show)
    kind = name if name in PLANS else str(decision.show)
    plan = PLANS.get(kind, _Plan(copy=True, offer=True))
    today = decision.at.astimezone(policy.zone).date()
    offers = tuple(
        offer_words(policy.offer(name), policy, texts, today) for name in decision.offers
    )
    copy, copy_lang = _copy(policy, texts, wanted)
    publication = name_text(_shown(policy.publication.name), texts.locale)
    period = _period(decision, policy, texts, today)
    heading, count_line = _counted(kind, decision, texts, period, publication)
    # The call to action is the first offer's, where the prompt is there to sell one; every other
    # wall keeps its own and shows the offers below it.
    first = offers[0] if plan.offer and offers else None
    rest = offers if first is None else offers[1:]
    said = texts.say(kind, "action", publication=publication)
    label = said if first is None else first.action
    about = texts.say(kind, "about")
    return Parts(
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
        period=period,
        price=offers[0].price if offers else "",
        term=offers[0].term if offers else "",
        ends=offers[0].ends if offers else "",
        publication=publication,
        reading=decision.meter,
        offers=offers,
    )


def _counted(
    kind: str, decision: Decision, texts: Texts, period: str, publication: str
) -> tuple[str, str]:
    """Return the heading and the line that counts, as far as this prompt counts anything."""
    heading = texts.say(kind, "heading", period=period, publication=publication)
    reading = decision.meter
    if reading is None or reading.limit <= 0:
        return heading, ""
    if _is_used_up(decision):
        return heading, texts.count("used", reading.limit, period=period)
    if kind not in _COUNTING:
        return heading, ""
    # Zero is never counted: with nothing left after this article it is the last one.
    last = texts.say("last-free-article", "heading", period=period)
    return texts.count("left", reading.left, period=period) if reading.left else last, ""


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


def _is_used_up(decision: Decision) -> bool:
    """Say whether a wall stands where a meter has nothing left."""
    reading = decision.meter
    return reading is not None and reading.left == 0 and decision.access is Access.PREVIEW


def _period(decision: Decision, policy: Policy, texts: Texts, today: date) -> str:
    """Return the words for the meter's window; nothing for a lifetime.

    What is left is left `this month`, `(3 in any 30 days)` or `until June 5th`; what is used up was
    read `this month`, `in the last 30 days`, or `(more from June 5th)`.
    """
    reading = decision.meter
    if reading is None:
        return ""
    is_used_up = _is_used_up(decision)
    window = policy.meter(reading.name).window
    if window.calendar is not None:
        return texts.say("period", str(window.calendar))
    if window.rolling is not None:
        hours = window.rolling // timedelta(hours=1)
        days, rest = divmod(hours, 24)
        unit = "hours" if rest else "days"
        table = f"last-{unit}" if is_used_up else f"any-{unit}"
        length = hours if rest else days
        return texts.count(table, length, limit=number(reading.limit, texts.locale))
    if window.fixed is None or reading.resets_at is None:
        return ""
    end = instant(reading.resets_at)
    until = until_text(end, today, policy.zone, texts.locale)
    if not is_used_up:
        return texts.say("period", "until", until=until)
    start = from_text(end, today, policy.zone, texts.locale)
    return texts.say("period", "again", until=until, start=start)


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
    """Return a link of the policy.

    One that is neither a path of the site nor an `https://` address is refused.
    """
    href: str = getattr(policy.links, name)
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
