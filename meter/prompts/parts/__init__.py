"""The parts of a prompt: heading, lines, benefits, call to action.

Every layout and format is made of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import evolve

from meter.errors import problem_at
from meter.policy import Copy
from meter.prompts.errors import TemplateError
from meter.prompts.languages import choose
from meter.prompts.locales import (
    country_text,
    currency_text,
    day_text,
    direction,
    name_text,
    weekday_text,
)
from meter.prompts.offered import offer_words, own_ends
from meter.prompts.parts.ahead import look_ahead
from meter.prompts.parts.declared import country_of, fill
from meter.prompts.parts.made import Action, Parts
from meter.prompts.parts.plans import BENEFIT, HINT, PLANS, Plan
from meter.prompts.parts.selling import gain_words
from meter.prompts.parts.telling import counted_words
from meter.prompts.texts import without_controls
from meter.resources.locales import lineage
from meter.vocabulary import Status

if TYPE_CHECKING:
    from babel import Locale

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.prompts.offered import OfferWords
    from meter.prompts.parts.ahead import Gain
    from meter.prompts.parts.declared import Declared
    from meter.prompts.texts import Texts

__all__ = ["PLANS", "Action", "Parts", "compose", "is_signed_in"]


_OPENS = "…"
_CLOSES = "×"
"""What the bar says where a language has no words for it yet."""


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
    plan = PLANS.get(kind, Plan(copy=True, offer=True))
    today = decision.at.astimezone(policy.zone).date()
    own = dict(own_ends(decision))
    offers = tuple(
        offer_words(policy.offer(name), policy, texts, today, own.get(name))
        for name in decision.offers
    )
    copy, copy_lang = _copy(policy, (texts.asked, *wanted))
    publication = name_text(_shown(policy.publication.name), texts.locale)
    ahead = look_ahead(decision)
    counted = counted_words(decision, policy, texts, kind, publication, returns=ahead.returns)
    about = texts.say(kind, "about")
    parts = Parts(
        name=name,
        show=str(decision.show),
        lang=str(texts.locale).replace("_", "-"),
        dir=direction(texts.locale),
        copy_lang=copy_lang,
        heading=counted.heading,
        count_line=counted.count_line,
        return_line=counted.return_line,
        headline=_shown(copy.headline or "") if plan.copy else "",
        pitch=_shown(copy.pitch or "") if plan.copy else "",
        lead=texts.say(kind, "lead", publication=publication),
        benefits=_benefits(copy, texts) if plan.benefits else (),
        about=_action(about, policy, plan.link),
        sign_in=None if is_signed_in(decision) else _sign_in(plan, policy, texts),
        period=counted.period,
        noun=counted.noun,
        price=offers[0].price if offers else "",
        term=offers[0].term if offers else "",
        ends=offers[0].ends if offers else "",
        deadline=offers[0].deadline if offers else "",
        was=offers[0].was if offers else "",
        open_label=texts.say("bar", "open") or _OPENS,
        close_label=texts.say("bar", "close") or _CLOSES,
        publication=publication,
        reading=decision.meter,
        offers=offers,
    )
    label = texts.say(kind, "action", publication=publication)
    parts = _with_offers(parts, plan, label, policy, texts)
    parts = _with_gain(parts, plan, ahead.gain, policy, texts)
    locale = texts.locale if says is None else says.language.locale
    parts = _with_names(parts, decision, policy, locale)
    return parts if says is None else _in_own_words(parts, says, policy)


def _with_offers(parts: Parts, plan: Plan, label: str, policy: Policy, texts: Texts) -> Parts:
    """Return a prompt with its buttons.

    The call to action is the first offer's, where the prompt is there to sell one; every other wall
    keeps its own, called `label`, and shows the offers below it. Beside a single offer there is the
    way to all of them.
    """
    first = parts.offer if plan.offer else None
    if first is None:
        rest = _offers_below(parts.offers, policy)
        return evolve(parts, others=rest, action=_action(label, policy, plan.link))
    rest = _offers_below(parts.offers[1:], policy)
    every = "" if rest else texts.say("offer", "all")
    return evolve(
        _with_offer_lines(parts, first),
        others=rest,
        action=_action(first.action, policy, "subscribe"),
        all_offers=_action(every, policy, "offers"),
    )


def _with_offer_lines(parts: Parts, offer: OfferWords) -> Parts:
    return evolve(
        parts,
        offer_line=offer.ends_line,
        was_line=offer.was_line,
        then_line=offer.then_line,
        renews_line=offer.renews_line,
    )


def _offers_below(offers: tuple[OfferWords, ...], policy: Policy) -> tuple[Action, ...]:
    href = _href(policy, "subscribe")
    return tuple(Action(label=offer.line, href=href) for offer in offers)


def _with_gain(parts: Parts, plan: Plan, gain: Gain | None, policy: Policy, texts: Texts) -> Parts:
    """Return a prompt with what an account would give."""
    words = gain_words(gain, policy, texts)
    if plan.gain == BENEFIT and words.benefit:
        return evolve(parts, benefits=(words.benefit, *parts.benefits))
    if plan.gain == HINT and words.hint:
        label = texts.say("registration-wall", "action")
        return evolve(parts, hint=words.hint, account=_action(label, policy, "register"))
    return parts


def _with_names(parts: Parts, decision: Decision, policy: Policy, locale: Locale) -> Parts:
    """Return a prompt with the names of its country, currency and day, as a locale writes them."""
    today = decision.at.astimezone(policy.zone).date()
    currency = "" if decision.offer is None else policy.offer(decision.offer).currency
    return evolve(
        parts,
        country=country_text(country_of(decision), locale),
        currency=currency_text(currency, locale) if currency else "",
        today=day_text(today, locale),
        weekday=weekday_text(today, locale),
    )


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
        "deadline": parts.deadline,
        "was": parts.was,
        "publication": parts.publication,
        "country": parts.country,
        "currency": parts.currency,
        "today": parts.today,
        "weekday": parts.weekday,
    }
    words = says.words
    heading, text, label = (
        fill(written, values, parts.reading, locale)
        for written in (words.heading, words.text, words.action)
    )
    own = evolve(
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
        offer_line="",
        was_line="",
        then_line="",
        renews_line="",
        return_line="",
        others=_offers_below(parts.offers[1:], policy),
        action=None,
        all_offers=None,
        hint="",
        account=None,
        about=None,
    )
    offer = parts.offer
    if not words.action and offer is not None:
        own = _with_offer_lines(own, offer)
        if says.uses("deadline"):
            own = evolve(own, offer_line="")
        if says.uses("was"):
            own = evolve(own, was_line="")
    if label and says.link is not None:
        return evolve(own, action=Action(label=label, href=_safe(says.link, "link")))
    if offer is not None:
        return evolve(own, action=_action(offer.action, policy, "subscribe"))
    return own


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


@lru_cache(maxsize=256)
def _copy(policy: Policy, wanted: tuple[str, ...]) -> tuple[Copy, str]:
    """Return the publisher's words around a prompt in the locale asked for, and its tag.

    Else those in their own locale. What a language leaves out is that of what it inherits from:
    of `de` in `de-CH`.
    """
    having = [tag for tag, copy in policy.copy.items() if copy.frames_prompts]
    choice = choose(wanted, having)
    copies = [policy.copy[tag] for tag in lineage(choice.words, having)]
    tag = choice.words if copies else str(choice.locale)
    whole = Copy(
        headline=next((copy.headline for copy in copies if copy.headline), None),
        pitch=next((copy.pitch for copy in copies if copy.pitch), None),
        benefits=next((copy.benefits for copy in copies if copy.benefits), ()),
    )
    return whole, tag.replace("_", "-")


def _sign_in(plan: Plan, policy: Policy, texts: Texts) -> Action | None:
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
