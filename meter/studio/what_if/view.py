"""What the page of *What if* shows of a question: fields with faults, cards, and what differs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import evolve, frozen
from markupsafe import Markup, escape

from meter.loading import check_text
from meter.studio.desk import FILE
from meter.studio.row_words import change_in_words
from meter.studio.what_if.asked import MOST_BRANCHES
from meter.studio.what_if.cards import (
    CARDS,
    Base,
    DoesNotFitError,
    UnusableFieldError,
    branch_of,
)
from meter.studio.what_if.fields import FIELDS, FIVE, MONEY, MORE
from meter.studio.what_if.publisher import default_currency, default_text
from meter.verify.diagram import UndecidedError
from meter.verify.diff import changes
from meter.verify.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.policy import Policy
    from meter.studio.what_if.cards import Card, CardField
    from meter.studio.what_if.fields import NumberField
    from meter.studio.what_if.question import Question

__all__ = ["BranchDifference", "CardView", "FieldView", "VersionView", "View", "marked", "view_of"]

_SECONDS = 3.0
"""How long telling two policies apart may take, for each pair of them."""


@frozen(kw_only=True)
class FieldView:
    """A field as it is shown: what stands in it, a hint, and what is wrong with that."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    example: str = ""
    fault: str | None = None
    kind: str = "text"
    choices: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class CardView:
    """A card as it is shown; `why_not` says why it cannot be asked of this policy.

    `needs` is a number of the publisher without which the answer is that nothing changes.
    """

    key: str
    title: str
    question: str
    fields: tuple[FieldView, ...] = ()
    why_not: str | None = None
    needs: FieldView | None = None
    fault: str | None = None


@frozen(kw_only=True)
class BranchDifference:
    """For whom a policy decides otherwise than today's.

    `rows` is `None` where that is not known, and then there is a `reason`.
    """

    rows: tuple[Row, ...] | None
    is_complete: bool = True
    reason: str = ""


@frozen(kw_only=True)
class VersionView:
    """A policy of the comparison: its name, its version, and how it differs from today's."""

    name: str
    key: str
    is_removable: bool
    difference: BranchDifference | None = None
    is_open: bool = False

    @property
    def says(self) -> str:
        """What it is in a comparison, in a few words."""
        if self.difference is None:
            return "the file as it is today"
        rows = self.difference.rows
        kind = "the draft that is open" if self.is_open else "a draft"
        if rows is None:
            return kind
        if not rows:
            return f"{kind}, the same as today for every reader"
        more = ""
        if len(rows) > 1:
            more = f"; and {len(rows) - 1} more"
        return f"{kind}: {change_in_words(rows[0])}{more}"


@frozen(kw_only=True)
class View:
    """Everything of a question that is shown above its answer."""

    five: tuple[FieldView, ...]
    more: tuple[FieldView, ...]
    money: tuple[FieldView, ...]
    sizes: tuple[FieldView, ...]
    cards: tuple[CardView, ...]
    today: VersionView
    others: tuple[VersionView, ...]
    has_room: bool
    open_is_broken: bool
    open_is_draft: bool


def view_of(question: Question) -> View:
    """Return what is shown of a question."""
    today, *others = question.versions
    removable = {name for name, _ in question.asked.branches}
    base = _base(question)
    cards = [] if base is None else [_card(card, base, question) for card in CARDS.values()]
    in_cards = {card.needs.name for card in cards if card.needs is not None}
    return View(
        five=tuple(_number(item, question) for item in FIVE),
        more=tuple(_number(item, question) for item in MORE if item.name not in in_cards),
        money=tuple(_number(item, question) for item in MONEY),
        sizes=tuple(_sizes(question)),
        cards=tuple(cards),
        today=VersionView(name=today.name, key=today.version.key, is_removable=False),
        others=tuple(
            VersionView(
                name=one.name,
                key=one.version.key,
                is_removable=one.name in removable,
                difference=_difference(today.version.policy, one.version.policy),
                is_open=one.version.key == question.asked.open_key,
            )
            for one in others
        ),
        has_room=len(question.asked.branches) < MOST_BRANCHES,
        open_is_broken=base is None,
        open_is_draft=question.asked.open_key != FILE,
    )


def marked(text: str) -> Markup:
    """Return a text as HTML, with what stands in backticks as code.

    >>> marked("`a<b` is best")
    Markup('<code>a&lt;b</code> is best')
    """
    parts = text.split("`")
    whole = len(parts) // 2 * 2
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 and number < whole else escape(part)
        for number, part in enumerate(parts)
    )


def _base(question: Question) -> Base | None:
    """Return the open policy, with the switches as they are asked for."""
    is_draft = question.asked.open_key != FILE
    version = question.versions[1 if is_draft else 0].version
    if version.policy is None:
        return None
    return Base.of(version.whole_text, version.policy, is_draft=is_draft)


def _number(item: NumberField, question: Question) -> FieldView:
    label = item.label
    hint = default_text(item)
    if item in MONEY:
        currency = question.currency or default_currency()
        label = f"{label}, in {currency}"
        hint = hint if currency == default_currency() else ""
    return FieldView(
        name=item.name,
        label=label,
        value=question.asked.texts.get(item.name, ""),
        hint=f"Left out: {hint}" if hint else "",
        example=item.example,
        fault=question.faults.get(item.name),
    )


def _sizes(question: Question) -> list[FieldView]:
    settings = question.settings
    texts = question.asked.texts
    sizes = [
        FieldView(
            name=item.name,
            label=item.label,
            value=texts.get(item.name, ""),
            hint=f"Left out: {item.default:,}",
            fault=settings.faults.get(item.name),
        )
        for item in settings.FIELDS
    ]
    first = FieldView(
        name="start",
        label="First day",
        value=texts.get("start", ""),
        hint=f"Left out: {question.start}" if not texts.get("start") else "",
        fault=settings.faults.get("start"),
        kind="date",
    )
    best_by = FieldView(
        name="by",
        label="The best has most",
        value=settings.by,
        choices=tuple(settings.BY.items()),
        fault=settings.faults.get("by"),
    )
    return [*sizes, first, best_by]


def _card(card: Card, base: Base, question: Question) -> CardView:
    """Return a card, with what was typed into it and what is wrong with that."""
    shown = CardView(key=card.key, title=card.title, question=card.question(base))
    try:
        fields = card.fields(base)
    except DoesNotFitError as error:
        return evolve(shown, why_not=str(error))
    asked = question.asked
    given = asked.given if asked.card == card.key else {}
    faults: dict[str, str] = {}
    if asked.card == card.key:
        faults = _faults(card, base, question)
    return evolve(
        shown,
        fields=tuple(_field(card, item, given, faults) for item in fields),
        needs=_needed(card, question),
        fault=faults.get(""),
    )


def _needed(card: Card, question: Question) -> FieldView | None:
    return None if card.needs is None else _number(FIELDS[card.needs], question)


def _faults(card: Card, base: Base, question: Question) -> dict[str, str]:
    """Return why a card could not be used: by field, or under an empty name."""
    try:
        branch = branch_of(base, card.key, question.asked.given)
    except UnusableFieldError as error:
        return {error.field: str(error)}
    except DoesNotFitError as error:
        return {"": str(error)}
    policy, problems = check_text(branch.text, "policy.toml")
    if policy is not None:
        return {}
    return {"": f"this makes no usable policy: {problems[0].message}"}


def _field(
    card: Card, item: CardField, given: Mapping[str, str], faults: Mapping[str, str]
) -> FieldView:
    return FieldView(
        name=f"{card.key}.{item.name}",
        label=item.label,
        value=given.get(item.name, item.value),
        example=item.example,
        fault=faults.get(item.name),
        kind=item.kind,
        choices=tuple((choice.key, choice.label) for choice in item.choices),
    )


def _difference(old: Policy | None, new: Policy | None) -> BranchDifference | None:
    return None if old is None or new is None else _told_apart(old, new)


@lru_cache(maxsize=64)
def _told_apart(old: Policy, new: Policy) -> BranchDifference:
    try:
        found = changes(old, new, seconds=_SECONDS)
    except UndecidedError as error:
        return BranchDifference(rows=None, reason=str(error))
    return BranchDifference(rows=found.rows, is_complete=found.complete)
