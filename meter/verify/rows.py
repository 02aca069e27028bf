"""What of a decision a reader can notice, and a difference of it in words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.canonical import to_table
from meter.decision import machine_words
from meter.errors import listed
from meter.forms import length_text
from meter.policy.prompts import NOUNS
from meter.vocabulary import Access, Show
from meter.vocabulary.machine_terms import MachineTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meter.policy import Meter, Offer, Policy, PromptWords
    from meter.rulebook import Verdict

__all__ = [
    "NOTHING_DIFFERS",
    "ONE_EXAMPLE",
    "Pair",
    "Row",
    "Seen",
    "allowed",
    "counting",
    "difference",
    "main_difference",
    "pair",
    "prompt_words",
    "reports_meter",
    "setting",
    "settings",
    "terms",
    "visible",
]

NOTHING_DIFFERS = (
    "nothing differs: every reader sees the same under both policies, and the same is counted"
)
"""What to say of two policies without a single row between them."""

ONE_EXAMPLE = (
    "the policies are too large to list everything: this is one example, there may be more"
)
"""What to say of rows that are not all of them."""

_ONE = {Show.LAST_FREE_ARTICLE: Show.COUNTDOWN}
"""A countdown and its last article are one thing."""


@frozen(kw_only=True)
class Row:
    """One line of a comparison: who it is about, what they got before, and what they get after.

    `about` is `rules`, `limit`, `meter`, `offer`, `prompt`, `experiment`, `machines`, `gifts` or
    `languages`: what it is that differs.
    """

    about: str
    who: str
    before: str
    after: str


@frozen
class Seen:
    """What of a verdict a reader can notice: everything but the name of the rule."""

    show: Show
    offers: tuple[str, ...] = ()
    prompt: str | None = None
    spend: tuple[str, ...] = ()
    told: tuple[tuple[str, ...], ...] = ()
    """The meters of which one is told, in groups (see `meter.decision.told_places`)."""
    machines: MachineTerms | None = None

    @property
    def meters(self) -> tuple[str, ...]:
        """The meters of which one may be told, each once."""
        return tuple(dict.fromkeys(name for group in self.told for name in group))

    @property
    def kind(self) -> Show:
        """What is shown, where a countdown and its last article are one thing."""
        return _ONE.get(self.show, self.show)


Pair = tuple[Seen, Seen]
"""What two policies show."""


def visible(verdict: Verdict) -> Seen:
    """Return what of a verdict a reader can notice."""
    groups = (verdict.spend, *verdict.refused, verdict.exhausted)
    told = tuple(group for group in groups if group)
    return Seen(verdict.show, verdict.offers, verdict.prompt, verdict.spend, told, verdict.machines)


def reports_meter(meter: str) -> Callable[[Seen], bool]:
    """Return whether what is seen tells about a meter."""
    return lambda seen: meter in seen.meters


def pair(old: Verdict, new: Verdict) -> Pair | bool:
    """Return what either policy shows, where a reader could notice the difference."""
    before = visible(old)
    after = visible(new)
    return False if before == after else (before, after)


def main_difference(before: Seen, after: Seen) -> Pair:
    """Return what differs most: changes alike in that share one row."""
    if before.kind is after.kind:
        if before.show is not after.show:
            return before, after
        return _without_default(before), _without_default(after)
    # Where both open the article, it matters too what either counts it on.
    if before.show.access is after.show.access is Access.FULL:
        return Seen(before.kind, spend=before.spend), Seen(after.kind, spend=after.spend)
    return Seen(before.kind), Seen(after.kind)


def _without_default(seen: Seen) -> Seen:
    """Return what is seen, a prompt that is only the show's own left out."""
    prompt = None if seen.prompt == str(seen.show) else seen.prompt
    return evolve(seen, show=seen.kind, prompt=prompt)


def difference(this: Seen, other: Seen) -> str:
    """Say what is shown; of the rest what differs, and little where the shows differ enough."""
    same = this.kind is other.kind
    words = f"`{this.show}`"
    if this.offers != other.offers and (same or this.offers):
        words += with_offers(this.offers)
    if this.prompt != other.prompt and same:
        words += f", prompt `{this.prompt}`" if this.prompt else ", no prompt of its own"
    if this.spend != other.spend and this.show.access is other.show.access:
        words += f", counted on {_named(this.spend, 'and')}" if this.spend else ", not counted"
    elif this.told != other.told and same:
        words += f", with the count of {_named(this.meters, 'or')}" if this.told else ""
        words += "" if this.told else ", without a count"
    if this.machines != other.machines and same:
        words += _machine_words(this.machines)
    return words


def _machine_words(terms: MachineTerms | None) -> str:
    """Say what machines are told at a wall."""
    return ", nothing for machines" if terms is None else f", machines: {machine_words(terms)}"


def settings(old: Policy, new: Policy) -> Iterator[Row]:
    """Yield what differs outside rules: what machines are told, gifts, languages.

    Of languages, those that stand in for others, and texts of the publisher's own.
    """
    for about, who in _SETTINGS.items():
        was, now = (to_table(getattr(policy, about)) or {} for policy in (old, new))
        for key in dict.fromkeys((*was, *now)):
            before, after = (setting(table.get(key)) for table in (was, now))
            if before != after:
                yield Row(about=about, who=f"{who}: `{key}`", before=before, after=after)
    was, now = (_languages(policy) for policy in (old, new))
    for who in dict.fromkeys((*was, *now)):
        before, after = (setting(settings.get(who)) for settings in (was, now))
        if before != after:
            yield Row(about="languages", who=who, before=before, after=after)


def _languages(policy: Policy) -> dict[str, object]:
    """Return what stands in for each language, and each table of the texts of one."""
    found: dict[str, object] = {
        f"what stands in for `{locale}`": list(chain)
        for locale, chain in policy.publication.fallback.items()
    }
    for locale, copy in policy.copy.items():
        for table, texts in copy.texts.items():
            found[f"the texts in `{locale}`: `{table}`"] = dict(texts)
    return found


_SETTINGS = {"machines": "what machines are told", "gifts": "who gives an article away"}


def setting(value: object) -> str:
    """Write a setting as a policy file does, its tables and lists in one line."""
    return "not said" if value is None else f"`{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def with_offers(offers: Sequence[str]) -> str:
    """Say which offers are shown."""
    if not offers:
        return " without an offer"
    return f" with offer{'' if len(offers) == 1 else 's'} {_named(offers, 'and')}"


def _named(names: Sequence[str], joiner: str) -> str:
    return listed([f"`{name}`" for name in names], joiner)


def allowed(limit: int | None, meter: Meter) -> str:
    """Say an allowance: `3 articles a month`."""
    if limit is None:
        return f"any number of {meter.count} (`{meter.name}`)"
    noun = str(meter.count) if limit != 1 else str(meter.count).removesuffix("s")
    return f"{limit or 'no'} {noun} {_per(meter)} (`{meter.name}`)"


def _per(meter: Meter) -> str:
    window = meter.window
    if window.calendar is not None:
        return f"a {window.calendar}"
    if window.lifetime:
        return "ever"
    return f"in {length_text(window.rolling or window.fixed or timedelta())}"


def counting(policy: Policy, name: str) -> str:
    """Say how a meter counts."""
    meter = policy.meter(name)
    zone = f" in {policy.zone}" if meter.window.calendar is not None else ""
    called = "" if meter.noun == NOUNS[0] else f", called `{meter.noun}`"
    return f"{meter.count} by {meter.window}{zone}{called}"


def prompt_words(policy: Policy, name: str) -> dict[str, str]:
    """Say what a declared prompt says, by language; nothing where the policy declares none."""
    words: dict[str, PromptWords] = {
        locale: copy.prompts[name] for locale, copy in policy.copy.items() if name in copy.prompts
    }
    for prompt in policy.prompts:
        if prompt.name == name:
            words[policy.publication.locale] = prompt
    return {locale: _in_one_line(said) for locale, said in sorted(words.items())}


def _in_one_line(words: PromptWords) -> str:
    link = "" if words.link is None else f" ({words.link})"
    return " / ".join(text for _, text in words.texts()) + link


def terms(offer: Offer) -> str:
    """Say what an offer costs and what it is for."""
    table = {
        key: value
        for key, value in to_table(offer).items()
        if key not in ("name", "when", "starts")
    }
    price = f"{table.pop('price')} {table.pop('currency')} for {table.pop('term')}"
    kind = table.pop("kind", offer.kind)
    then = table.pop("then", None)
    if then is not None:
        price += f", then {then['price']} for {then['per']}"
    if table.pop("once", False):
        price += ", once an account"
    lasts = table.pop("lasts", None)
    if lasts is not None:
        price += f", over {lasts} after a reader was first shown it"
    rest = "".join(f", {key} {value}" for key, value in table.items())
    return f"{kind}, {price}{rest}"
