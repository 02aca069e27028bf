"""Ask what another price, another length of a trial, and an offer for the summer do."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from meter.clock import system_clock
from meter.errors import listed
from meter.studio.edits import add_key, add_table, set_value
from meter.studio.what_if.cards.card import (
    PAID,
    Branch,
    Card,
    CardField,
    DoesNotFitError,
    PlaceToEdit,
    UnusableFieldError,
    chosen_place,
    day,
    field_of,
    name_of,
    price,
    term,
    toml_number,
)
from meter.studio.what_if.publisher import default_currency
from meter.vocabulary import OfferKind

if TYPE_CHECKING:
    from meter.loading.positions import Path
    from meter.studio.what_if.cards.card import Base, Given

__all__ = ["PRICE", "SUMMER", "TRIAL"]

_OF_SUMMER = "summer-offer"
_JUNE = 6
_LAST_OF_AUGUST = (8, 31)


def _prices(base: Base) -> list[PlaceToEdit]:
    sold = []
    for offer in base.policy.offers:
        now = f"{offer.price} {offer.currency} for {offer.term}"
        path: Path = ("offers", offer.name, "price")
        sold.append(PlaceToEdit(path, f"“{offer.name}”: {now} {base.standing}", str(offer.price)))
        if offer.then is not None:
            after = f"{offer.then.price} {offer.currency} every {offer.then.per}"
            path = ("offers", offer.name, "then", "price")
            label = f"“{offer.name}”, afterwards: {after} {base.standing}"
            sold.append(PlaceToEdit(path, label, str(offer.then.price)))
    if not sold:
        raise DoesNotFitError("this policy sells no offer, so there is no price to change")
    return sold


def _trials(base: Base) -> list[PlaceToEdit]:
    trials = [
        PlaceToEdit(
            ("offers", offer.name, "term"),
            f"“{offer.name}”: {offer.term} {base.standing}",
            str(offer.term),
        )
        for offer in base.policy.offers
        if offer.kind is OfferKind.TRIAL
    ]
    if not trials:
        raise DoesNotFitError("this policy offers no trial, so there is no length to change")
    return trials


def _price_fields(base: Base) -> tuple[CardField, ...]:
    return (
        field_of("which", "Which price", _prices(base)),
        CardField(name="to", label="Price instead", kind="number", example="12"),
    )


def _price_branch(base: Base, given: Given) -> Branch:
    one = chosen_place(given, "which", _prices(base))
    amount = price(given, "to")
    if str(amount) == one.value:
        raise UnusableFieldError("to", "this is the price already; write another one")
    text = set_value(base.text, one.path, toml_number(amount))
    words = ("then",) if "then" in one.path else ()
    return Branch(name_of("price", *words, amount), text)


def _trial_fields(base: Base) -> tuple[CardField, ...]:
    return (
        field_of("which", "Which trial", _trials(base)),
        CardField(name="to", label="Length instead", example="7 days"),
    )


def _trial_branch(base: Base, given: Given) -> Branch:
    one = chosen_place(given, "which", _trials(base))
    length = term(given, "to")
    if length == one.value:
        raise UnusableFieldError("to", "this is the length already; write another one")
    return Branch(name_of("trial", length), set_value(base.text, one.path, length))


def _selling(base: Base) -> list[int]:
    """Return the rules that ask for money, or come with an offer."""
    found = [
        number
        for number, rule in enumerate(base.rules)
        if rule["show"] in PAID or "offer" in rule or "offers" in rule
    ]
    if not found:
        raise DoesNotFitError("no rule of this policy asks for money, so no page shows an offer")
    return found


def _currency(base: Base) -> str:
    currencies = sorted({offer.currency for offer in base.policy.offers})
    if len(currencies) > 1:
        raise DoesNotFitError(
            f"this policy sells in {listed(currencies, 'and')}, and money of several currencies is"
            " never added up"
        )
    return currencies[0] if currencies else default_currency()


def _summer_fields(base: Base) -> tuple[CardField, ...]:
    _selling(base)
    currency = _currency(base)
    today = system_clock().astimezone(base.policy.zone).date()
    year = today.year + (today.month >= _JUNE)
    return (
        CardField(name="price", label=f"Price, in {currency}", kind="number", value="1"),
        CardField(name="term", label="For how long", value="1 month"),
        CardField(name="from", label="From", kind="date", value=date(year, _JUNE, 1).isoformat()),
        CardField(
            name="until",
            label="To the end of",
            kind="date",
            value=date(year, *_LAST_OF_AUGUST).isoformat(),
        ),
    )


def _summer_branch(base: Base, given: Given) -> Branch:
    first = day(given, "from")
    last = day(given, "until")
    if last < first:
        raise UnusableFieldError("until", "this is before the first day")
    amount = price(given, "price")
    length = term(given, "term")
    taken = {offer.name for offer in base.policy.offers}
    names = [_OF_SUMMER, *(f"{_OF_SUMMER}-{number}" for number in range(2, len(taken) + 3))]
    name = next(name for name in names if name not in taken)
    text = base.text
    for number in _selling(base):
        text = _offered(text, number, base.rules[number], name)
    text = add_table(
        text,
        ("offers", name),
        {
            "kind": "trial",
            "price": toml_number(amount),
            "currency": _currency(base),
            "term": length,
            "starts": first,
            "ends": last,
            "when": {"reader": ["anonymous", "registered"]},
        },
    )
    return Branch(name_of("summer", amount, "for", length), text)


def _offered(text: str, number: int, rule: dict[str, Any], name: str) -> str:
    """Return a text whose rule comes with an offer, before those that it comes with already."""
    for key in ("offers", "offer"):
        if key in rule:
            before = rule[key] if isinstance(rule[key], list) else [rule[key]]
            return set_value(text, ("rules", number, key), [name, *before])
    return add_key(text, ("rules", number), "offer", name)


PRICE = Card(
    key="price",
    title="Another price",
    question=lambda _: "What if an offer cost more, or less?",
    fields=_price_fields,
    branch=_price_branch,
)
TRIAL = Card(
    key="trial",
    title="Trial length",
    question=lambda _: "What if a trial were shorter, or longer?",
    fields=_trial_fields,
    branch=_trial_branch,
)
SUMMER = Card(
    key="summer",
    title="Summer offer",
    question=lambda _: "What if there were a cheap way in for some weeks?",
    fields=_summer_fields,
    branch=_summer_branch,
)
