"""The names a template may use, with what each holds.

`docs/reference/prompts.md` is checked against them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from meter.policy.faults.offers import MOST_OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meter.decision import MeterReading
    from meter.prompts.parts.made import Action, Parts

__all__ = [
    "COUNTED",
    "COUNTS",
    "LISTS",
    "VARIABLES",
    "as_bytes",
    "checksum_of",
    "id_of",
    "numbers_of",
    "settled_values",
    "values_of",
]

VARIABLES = {
    "heading": "what the prompt says first, such as `You have 4 free articles left this month`",
    "text": "the text of a prompt that the policy declares",
    "count_line": (
        "on a wall, what was used up, such as `You have read your 5 free articles this month`"
    ),
    "headline": "the publisher's headline",
    "pitch": "the publisher's line of pitch",
    "lead": "the line that leads to the benefits, such as `You need a subscription to:`",
    "benefits": "the list of benefits, to loop over",
    "offer_line": "when the offer ends, such as `Offer ends June 30th`",
    "offer_ends": "the last day of the offer in the publication's zone, such as `June 30th`",
    "was_line": "what the same term cost before, such as `Instead of $19`",
    "then_line": "what the offer costs afterwards, such as `Then $19 a month`",
    "renews_line": "beside that, `Renews automatically until cancelled`",
    "return_line": "at a wall, when one reads again, such as `Or come back on July 1st`",
    "hint": (
        "what an account would give, such as `With an account: 5 free articles a month instead of"
        " 3`"
    ),
    "account_label": "beside a hint, the words of the link to an account",
    "account_link": "where that link leads",
    "all_offers_label": "beside a single offer, the words of the link to all of them",
    "all_offers_link": "where that link leads",
    "other_offer_1": (
        "the words of another offer side by side with the first, or of one that a wall shows below"
        " its own call to action, such as `Get 1 year for $90`"
    ),
    "other_offer_2": "the words of the next one",
    "other_offer_3": "the words of the next one",
    "other_offer_4": "the words of the next one",
    "offers_link": "where other offers lead",
    "deadline": "when the offer ends, by how near that is, such as `3 days left`",
    "price": "the offer's price, such as `$9`",
    "was": "what the same term cost before, such as `$19`",
    "term": "the offer's term, such as `3 months`",
    "action_label": "the words of the call to action, such as `Try 3 months for $9`",
    "action_link": "where the call to action leads",
    "sign_in_label": "the words of the link for those who have an account",
    "sign_in_link": "where that link leads",
    "about_label": "the words of the link that explains sponsored content",
    "about_link": "where that link leads",
    "currency": "the name of the offer's currency, such as `US Dollar`",
    "country": "the name of the reader's country, where the policy tells it from others",
    "today": "the day of the page view in the publication's zone, such as `June 10th`",
    "weekday": "its day of the week, such as `Wednesday`",
    "publication": "the publication's name",
    "period": "the meter's window in words, such as `this month`",
    "noun": (
        "what the meter counts, such as `articles`, in the form for what is left, or at a wall for"
        " what was used"
    ),
    "left": "how many articles are left after this one",
    "left_plural": (
        "`s`, or nothing if exactly one is left (for old English templates; new ones use the"
        " `plural` filter)"
    ),
    "used": "how many were read in the window, this one included",
    "limit": "how many the window allows",
    "prompt": "the prompt's name",
    "show": "the decision's `show`",
    "offer": "the offer's name",
    "layout": "`wide`, `narrow` or `bar`",
    "open_label": "in a bar, the word that opens it",
    "close_label": "in a bar, the name of the button that closes it",
    "lang": "the language of the words, such as `ja-JP`",
    "copy_lang": "the language of the publisher's headline and pitch",
    "dir": "`ltr` or `rtl`",
    "id": "an id for the heading, another for other words, another layout and another `place`",
}
"""Every variable of a template. A text that there is not is empty."""

COUNTS = frozenset({"left", "left_plural", "used", "limit"})
"""The variables that are there only where a meter was read."""

LISTS = frozenset({"benefits"})
"""The variables that a template may loop over."""


COUNTED = ("heading", "count_line", "return_line", "period", "noun")
"""The variables whose words hang on what was counted; the other words are alike for all readers."""

_OF_THE_DAY = ("today", "weekday")
_OTHERS = tuple(f"other_offer_{number}" for number in range(1, MOST_OFFERS + 1))


def values_of(parts: Parts, layout: str, ending: str = "") -> dict[str, Any]:
    """Return the value of every variable.

    Texts, whole numbers and one tuple of texts, never an object with methods of its own. `ending`
    is put behind the id.
    """
    settled = settled_values(parts, layout)
    words = [getattr(parts, name) for name in COUNTED]
    before = crc32(as_bytes(words), checksum_of(settled))
    return {
        **settled,
        **dict(zip(COUNTED, words, strict=True)),
        **({} if parts.reading is None else numbers_of(parts.reading)),
        "id": id_of(parts.name, parts.reading, before, ending),
    }


def settled_values(parts: Parts, layout: str) -> dict[str, Any]:
    """Return the value of every variable that does not hang on what was counted."""
    return {
        "text": parts.text,
        "headline": parts.headline,
        "pitch": parts.pitch,
        "lead": parts.lead,
        "benefits": parts.benefits,
        "offer_line": parts.offer_line,
        "offer_ends": parts.ends,
        "deadline": parts.deadline,
        "was": parts.was,
        "was_line": parts.was_line,
        "then_line": parts.then_line,
        "renews_line": parts.renews_line,
        "hint": parts.hint,
        **_link("account", parts.account),
        **_link("all_offers", parts.all_offers),
        **dict(
            zip(_OTHERS, (*(offer.label for offer in parts.others), "", "", "", ""), strict=False)
        ),
        "offers_link": parts.others[0].href if parts.others else "",
        "price": parts.price,
        "term": parts.term,
        **_link("action", parts.action),
        **_link("sign_in", parts.sign_in),
        **_link("about", parts.about),
        "currency": parts.currency,
        "country": parts.country,
        "today": parts.today,
        "weekday": parts.weekday,
        "publication": parts.publication,
        "prompt": parts.name,
        "show": parts.show,
        "offer": parts.offer.name if parts.offer else "",
        "layout": layout,
        "open_label": parts.open_label,
        "close_label": parts.close_label,
        "lang": parts.lang,
        "copy_lang": parts.copy_lang,
        "dir": parts.dir,
    }


def numbers_of(reading: MeterReading) -> dict[str, Any]:
    """Return the value of every variable that is a count."""
    return {
        "left": reading.left,
        "left_plural": "" if reading.left == 1 else "s",
        "used": reading.used,
        "limit": reading.limit,
    }


def id_of(name: str, reading: MeterReading | None, before: int, ending: str) -> str:
    """Return an id that no prompt with other words or in another layout has on the same page.

    `before` is the checksum of all other values. That is enough: who gets two prompts of one id has
    written both.
    """
    told = "" if reading is None else f"{reading.left} {reading.used} {reading.limit}"
    return f"meter-{name}-{crc32(told.encode(), before):08x}{ending}"


def checksum_of(settled: Mapping[str, object]) -> int:
    """Return the checksum of settled values, but for the day: all prompts of a page have that."""
    return crc32(as_bytes(value for name, value in settled.items() if name not in _OF_THE_DAY))


def as_bytes(values: Iterable[object]) -> bytes:
    """Return values in a form that is another for other values."""
    return "".join([f"{value}\0" for value in values]).encode(errors="surrogatepass")


def _link(name: str, action: Action | None) -> dict[str, str]:
    if action is None:
        return {f"{name}_label": "", f"{name}_link": ""}
    return {f"{name}_label": action.label, f"{name}_link": action.href}
