"""A ready question: its fields, and the policy that comes of them as a branch of the open one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen

from meter.errors import MeterError
from meter.loading.positions import Path
from meter.loading.toml import parse_toml
from meter.policy import Policy
from meter.studio.what_if.settings import day_of
from meter.windows import Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

__all__ = [
    "PAID",
    "Base",
    "Branch",
    "Card",
    "CardField",
    "DoesNotFitError",
    "FieldChoice",
    "Given",
    "PlaceToEdit",
    "UnusableFieldError",
    "chosen",
    "chosen_place",
    "day",
    "field_of",
    "name_of",
    "price",
    "term",
    "toml_number",
    "whole",
]

_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")

PAID = ("wall", "subscription-wall", "trial-offer")
"""What is shown where somebody is asked to pay."""

Given = Mapping[str, str]
"""What was typed into the fields of a card, by their names."""


class DoesNotFitError(MeterError):
    """A question cannot be asked of this policy; the message says why."""


class UnusableFieldError(MeterError):
    """What was typed into a field of a card cannot be used."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


@frozen
class Base:
    """The open policy: its text, with line ends as a form has them, and what it comes to.

    `standing` says where a value that stands in it holds: today, or in a draft.
    """

    text: str
    policy: Policy
    standing: str = "today"

    @classmethod
    def of(cls, text: str, policy: Policy, *, is_draft: bool = False) -> Base:
        """Return a policy and the text of its file, or of a draft."""
        standing = "in the draft" if is_draft else "today"
        return cls(text.replace("\r\n", "\n").removeprefix("\ufeff"), policy, standing)

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The tables of the text, as TOML has them."""
        return parse_toml(self.text, "policy.toml")

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The tables of the rules, in order."""
        return list(self.tables["rules"])


@frozen
class FieldChoice:
    """One of several things a field chooses from: its key, and what it is called."""

    key: str
    label: str


@frozen
class PlaceToEdit:
    """A value of a policy that a card changes: where it stands, what it is called, what it is.

    `short` is what tells it from others in the name of a branch.
    """

    path: Path
    label: str
    value: object
    short: str = ""

    @property
    def choice(self) -> FieldChoice:
        """What a form shows of it."""
        return FieldChoice(".".join(map(str, self.path[1:])), self.label)


@frozen(kw_only=True)
class CardField:
    """A field of a card. With `choices` one of them is chosen; `value` is what stands there."""

    name: str
    label: str
    value: str = ""
    example: str = ""
    kind: Literal["number", "text", "date"] = "text"
    choices: tuple[FieldChoice, ...] = ()


@frozen
class Branch:
    """A policy that comes of a card: what it is called in a comparison, and its text."""

    name: str
    text: str


@frozen(kw_only=True)
class Card:
    """A ready question, in words for a policy.

    `needs` is the number of the publisher without which the answer is that nothing changes.
    `fields` and `branch` raise `DoesNotFitError` where the policy is not one to ask this of, and
    `branch` raises `UnusableFieldError` for what was typed into a field.
    """

    key: str
    title: str
    question: Callable[[Base], str] = field(eq=False)
    fields: Callable[[Base], tuple[CardField, ...]] = field(eq=False)
    branch: Callable[[Base, Given], Branch] = field(eq=False)
    needs: str | None = None


def name_of(*words: object) -> str:
    """Return a name for a branch, such as `limit-5-anonymous`."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(map(str, words)).lower()).strip("-")[:40]


def chosen(given: Given, name: str, choices: Sequence[FieldChoice]) -> str:
    """Return the key that was chosen; where there is one only, that."""
    keys = [choice.key for choice in choices]
    key = given.get(name, keys[0] if len(keys) == 1 else "")
    if key not in keys:
        raise UnusableFieldError(name, "choose one of these")
    return key


def chosen_place(given: Given, name: str, places: Sequence[PlaceToEdit]) -> PlaceToEdit:
    """Return the place that was chosen."""
    key = chosen(given, name, [place.choice for place in places])
    return next(place for place in places if place.choice.key == key)


def field_of(name: str, label: str, places: Sequence[PlaceToEdit]) -> CardField:
    """Return a field that chooses one of some places."""
    choices = tuple(place.choice for place in places)
    return CardField(name=name, label=label, choices=choices, value=choices[0].key)


def whole(given: Given, name: str, *, words: Iterable[str] = ()) -> int | str:
    """Return a whole number from 0 on, or one of some words."""
    text = given.get(name, "").strip()
    if text in words:
        return text
    if not re.fullmatch(r"[0-9]{1,6}", text):
        step = "write a whole number from 0 on, such as `5`"
        raise UnusableFieldError(name, _not_usable(text, step))
    return int(text)


def price(given: Given, name: str) -> Decimal:
    """Return an amount of money from 0 on."""
    text = given.get(name, "").strip()
    if not _AMOUNT.fullmatch(text):
        step = "write an amount without a currency, such as `9` or `9.5`"
        raise UnusableFieldError(name, _not_usable(text, step))
    return Decimal(text)


def term(given: Given, name: str) -> str:
    """Return a term as a policy writes it."""
    text = " ".join(given.get(name, "").split())
    try:
        Term.parse(text)
    except ValueError:
        step = "write a term such as `7 days`, `1 month` or `1 year`"
        raise UnusableFieldError(name, _not_usable(text, step)) from None
    return text


def day(given: Given, name: str) -> date:
    """Return a day."""
    text = given.get(name, "").strip()
    found = day_of(text)
    if found is None:
        raise UnusableFieldError(name, _not_usable(text, "write a day such as `2027-06-01`"))
    return found


def toml_number(amount: Decimal) -> int | float:
    """Return an amount as TOML writes it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _not_usable(text: str, step: str) -> str:
    return f"`{text[:40]}` cannot be used; {step}" if text else step
