"""Which texts the prompts of a policy may say: a language without one of them has a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.policy.faults.frequency import may_show
from meter.policy.languages.catalogue import TEXTS
from meter.policy.placeholders import Needs, Placeholder, split_words
from meter.policy.prompts import NOUNS
from meter.vocabulary import Access, OfferKind, Show, Wall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.policy import Copy, Meter, Offer, Policy

__all__ = ["NeededText", "needed_texts"]

_SPONSORED = "sponsored"
_HEADED = ("heading", "lead", "action")
_TEXTS: Mapping[str, tuple[str, ...]] = {
    Show.COUNTDOWN: ("heading", "action"),
    Show.LAST_FREE_ARTICLE: ("heading", "action"),
    Show.REGISTRATION_WALL: _HEADED,
    Show.TRIAL_OFFER: ("heading", "action"),
    Show.SUBSCRIPTION_WALL: _HEADED,
    Show.TRIAL_EXPIRED: _HEADED,
    Show.SUBSCRIPTION_EXPIRED: _HEADED,
    _SPONSORED: ("heading", "about"),
}
"""The texts of each prompt that ships."""
_SIGN_IN = {
    Show.REGISTRATION_WALL: "reader",
    Show.TRIAL_OFFER: "subscriber",
    Show.SUBSCRIPTION_WALL: "subscriber",
}
_WITH_BENEFITS = {Show.SUBSCRIPTION_WALL, Show.TRIAL_EXPIRED, Show.SUBSCRIPTION_EXPIRED}
_COUNTING = {Show.COUNTDOWN, Show.LAST_FREE_ARTICLE}
_DAY_IN_HOURS = 24


@frozen
class NeededText:
    """A text that a prompt may say; without a `key` a whole table, such as one of plural forms.

    `is_spared` says that a prompt can do without: then nothing is said in its place.
    """

    table: str
    key: str | None = None
    is_spared: bool = False

    def written(self, locale: str) -> str:
        """Return how a policy file names it: `[copy.is.texts.left]`, `[copy.is.texts.bar] open`.

        Without a locale it is one of the publication's own: `[copy.texts.left]`.
        """
        table = ".".join(part for part in ("copy", locale, "texts", self.table) if part)
        return f"[{table}]" if self.key is None else f"[{table}] {self.key}"

    def is_in(self, tables: Mapping[str, Mapping[str, str]]) -> bool:
        """Say whether a language has it."""
        texts = tables.get(self.table, {})
        return bool(texts) if self.key is None else self.key in texts


def needed_texts(policy: Policy, copy: Copy | None = None) -> tuple[NeededText, ...]:
    """Return what the prompts of a policy may say, in the order of a file of texts.

    `copy` are the publisher's own words in the language that is asked about: what they say already
    (its benefits, its nouns) needs no text.
    """
    kinds = _kinds(policy)
    meters = [meter for meter in policy.meters if any(meter.name in r.spend for r in policy.rules)]
    found = (
        *_of_meters(meters, kinds, says_period=_says(policy, "period")),
        *_of_nouns(meters, kinds, copy),
        *(text for offer in policy.offers for text in _of_offers(offer)),
        *_of_deadlines(policy),
        *_of_accounts(meters),
        *_of_kinds(kinds, copy),
    )
    return tuple(dict.fromkeys(found))


def _kinds(policy: Policy) -> tuple[str, ...]:
    """Return the prompts that ship and that a rule may show.

    A declared prompt stands for itself, where its words never lack what they need.
    """
    declared = {prompt.name: prompt for prompt in policy.prompts}
    found: list[str] = []
    for rule in policy.rules:
        shown = tuple(may_show(declared, rule.prompt))
        if shown and all(prompt.needs() <= {Needs.NOTHING} for prompt in shown):
            continue
        if rule.prompt in _TEXTS:
            found.append(str(rule.prompt))
        elif isinstance(rule.show, Wall):
            found += [show for show in _TEXTS if show != _SPONSORED and show not in _COUNTING]
        elif rule.show in _TEXTS:
            found.append(rule.show)
    if Show.COUNTDOWN in found:
        found.append(Show.LAST_FREE_ARTICLE)
    return tuple(kind for kind in _TEXTS if kind in found)


def _is_wall(kind: str) -> bool:
    return kind in set(Show) and Show(kind).access is Access.PREVIEW


def _says(policy: Policy, name: str) -> bool:
    """Say whether a declared prompt has a placeholder: of a meter's window, or of a deadline."""
    words = (
        *policy.prompts,
        *(words for copy in policy.copy.values() for words in copy.prompts.values()),
    )
    return any(
        isinstance(piece, Placeholder) and piece.name == name
        for each in words
        for _, text in each.texts()
        for piece in split_words(text)
    )


def _of_meters(
    meters: list[Meter], kinds: tuple[str, ...], *, says_period: bool
) -> Iterator[NeededText]:
    """Yield what is said of windows, of what is left and of what was used."""
    counts_down = any(kind in _COUNTING for kind in kinds)
    has_walls = any(map(_is_wall, kinds))
    for meter in meters:
        window = meter.window
        if window.calendar is not None:
            yield NeededText("period", str(window.calendar))
        elif window.rolling is not None:
            hours = window.rolling.total_seconds() // 3600
            unit = "hours" if hours % _DAY_IN_HOURS else "days"
            if counts_down or says_period:
                yield NeededText(f"any-{unit}")
            if has_walls:
                yield NeededText(f"last-{unit}")
        elif window.fixed is not None:
            yield NeededText("period", "until")
            yield NeededText("period", "again")
        sentence = "" if meter.noun == NOUNS[0] else "noun-"
        if counts_down:
            yield NeededText(f"{sentence}left")
        if has_walls:
            yield NeededText(f"{sentence}used")
            yield NeededText("return", "day", is_spared=True)
            yield NeededText("return", "time", is_spared=True)


def _of_nouns(
    meters: list[Meter], kinds: tuple[str, ...], copy: Copy | None
) -> Iterator[NeededText]:
    own = {} if copy is None else copy.nouns
    for meter in meters:
        if meter.noun == NOUNS[0]:
            continue
        if meter.noun in NOUNS and meter.noun not in own:
            yield NeededText(f"noun-{meter.noun}")
        for kind in kinds:
            if kind in _COUNTING:
                yield NeededText("noun", kind)


def _of_offers(offer: Offer) -> Iterator[NeededText]:
    kind = "trial" if offer.kind is OfferKind.TRIAL else "subscription"
    yield NeededText("offer", kind if offer.price else f"{kind}-at-no-charge")
    yield NeededText("offer", "all", is_spared=True)
    if offer.ends is not None or offer.lasts is not None:
        yield NeededText("offer", "ends")
    if offer.was is not None:
        yield NeededText("offer", "was", is_spared=True)
    if offer.then is not None:
        one = offer.then.per.count == 1
        yield NeededText("offer", f"then-{offer.then.per.unit}" if one else "then")
        yield NeededText("offer", "renews", is_spared=True)


def _of_deadlines(policy: Policy) -> Iterator[NeededText]:
    """Yield how near an end is, where an offer lasts for a while or a declared prompt tells it."""
    if policy.lasting or _says(policy, "deadline"):
        for key in TEXTS["deadline"]:
            yield NeededText("deadline", key, is_spared=True)
        yield NeededText("days-left", is_spared=True)


def _of_accounts(meters: list[Meter]) -> Iterator[NeededText]:
    """Yield what is said of what an account gives, where limits differ by reader."""
    for meter in meters:
        if not meter.limits and not isinstance(meter.limit, dict):
            continue
        sentence = "" if meter.noun == NOUNS[0] else "noun-"
        for table in ("account-more", "account-first"):
            yield NeededText(f"{sentence}{table}", is_spared=True)
        yield NeededText("account", "hint", is_spared=True)
        if meter.window.calendar is not None:
            yield NeededText("every", str(meter.window.calendar), is_spared=True)


def _of_kinds(kinds: tuple[str, ...], copy: Copy | None) -> Iterator[NeededText]:
    for kind in kinds:
        for key in _TEXTS[kind]:
            yield NeededText(kind, key)
        if kind in _SIGN_IN:
            yield NeededText("sign-in", _SIGN_IN[Show(kind)])
        if kind in _WITH_BENEFITS and not (copy and copy.benefits):
            yield NeededText("benefits")
    if any(kind in _COUNTING for kind in kinds):
        yield NeededText("bar", "open", is_spared=True)
        yield NeededText("bar", "close", is_spared=True)
