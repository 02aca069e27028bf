"""A policy as the tables of a policy file, for its digest and for writing it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from attrs import fields

from meter.forms import length_text, span_text
from meter.policy import (
    DeclaredExperiment,
    GiftTerms,
    Guarantee,
    Meter,
    Offer,
    Policy,
    Quiet,
    Rule,
    When,
)
from meter.policy.promised import promised_words
from meter.policy.prompts import NOUNS
from meter.vocabulary import ArticleAccess, Count
from meter.windows import Term, Window

if TYPE_CHECKING:
    from attrs import AttrsInstance

__all__ = ["digest", "texts_by_key", "to_table"]

_OF_GIFTS = ("per_month", "readers", "lasts", "givers")


def digest(policy: Policy) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a policy's canonical form."""
    table = to_table(policy)
    for experiment in table.get("experiments", {}).values():
        _keep_order(experiment)
    return sha256(_text(table).encode()).hexdigest()[:16]


def texts_by_key(value: object) -> dict[str, str]:
    """Return each key of a part of a policy, with what it says as the digest looks at it."""
    table = to_table(value)
    if isinstance(value, DeclaredExperiment):
        _keep_order(table)
    return {str(key): _text(part) for key, part in table.items()}


def _keep_order(experiment: dict[str, Any]) -> None:
    """Write variants as a list: they share a hash's numbers out in an order sorting would lose."""
    experiment["variants"] = list(experiment["variants"].items())


def _text(table: object) -> str:
    return json.dumps(table, sort_keys=True, default=str)


def to_table(value: object) -> Any:  # noqa: ANN401 - tables, lists, words, numbers, dates
    """Return a value of a policy as the tables of a policy file.

    Plain dictionaries, lists, words, numbers and dates; what is left at its default is left out.
    """
    for kind, table_of in _BY_TYPE:
        if isinstance(value, kind):
            return table_of(value)
    if hasattr(type(value), "__attrs_attrs__"):
        return _fields(value)
    return value


def _policy(policy: Policy) -> dict[str, Any]:
    table: dict[str, Any] = {"publication": to_table(policy.publication)}
    for key in ("meters", "offers", "products", "prompts", "experiments"):
        table[key] = {}
        for item in getattr(policy, key):
            named = to_table(item)
            table[key][named.pop("name")] = named
    table["rules"] = to_table(policy.rules)
    table["guarantees"] = to_table(policy.guarantees)
    table["copy"] = to_table(policy.copy)
    table["links"] = to_table(policy.links)
    table["promises"] = to_table(policy.promises)
    table["words"] = to_table(policy.words)
    table["switches"] = to_table(policy.switches)
    table["holdout"] = None if policy.holdout is None else to_table(policy.holdout)
    table["machines"] = to_table(policy.machines)
    table["gifts"] = to_table(policy.gifts)
    return {key: part for key, part in table.items() if part or key == "rules"}


def _meter(meter: Meter) -> dict[str, Any]:
    table = {"name": meter.name, "window": to_table(meter.window)}
    if meter.limits:
        table["limits"] = to_table(meter.limits)
    else:
        table["limit"] = to_table(meter.limit)
    if meter.count is not Count.ARTICLES:
        table["count"] = str(meter.count)
    if meter.noun != NOUNS[0]:
        table["noun"] = meter.noun
    if meter.access != {ArticleAccess.METERED}:
        table["access"] = to_table(meter.access)
    if meter.counts is not None:
        table["counts"] = to_table(meter.counts)
    return table


def _guarantee(guarantee: Guarantee) -> dict[str, Any]:
    table = _fields(guarantee)
    for key in ("never", "always"):
        if key in table:
            table[key] = sorted(promised_words(getattr(guarantee, key)))
    return table


def _experiment(experiment: DeclaredExperiment) -> dict[str, Any]:
    table = _fields(experiment)
    table["variants"] = dict(experiment.variants)
    if experiment.filters:
        table["filters"] = [
            {**_fields(each), "ranges": [list(pair) for pair in each.ranges]}
            for each in experiment.filters
        ]
    return table


def _offer(offer: Offer) -> dict[str, Any]:
    table = _fields(offer)
    if offer.lasts is not None:
        table["lasts"] = length_text(offer.lasts)
    return table


def _rule(rule: Rule) -> dict[str, Any]:
    table = _fields(rule)
    table.pop("group", None)  # its condition is in the rule's own
    if len(rule.spend) == 1:
        table["spend"] = rule.spend[0]
    return table


def _gifts(gifts: GiftTerms) -> dict[str, Any]:
    # All of them: an empty table would say that there are no gifts.
    return {name: to_table(getattr(gifts, name)) for name in _OF_GIFTS}


def _quiet(quiet: Quiet) -> dict[str, str]:
    lengths = {key: getattr(quiet, key) for key in ("closed", "purchase", "shown")}
    return {key: length_text(length) for key, length in lengths.items() if length}


def _window(window: Window) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key in ("calendar", "starts"):
        word = getattr(window, key)
        if word:
            table[key] = str(word)
    for key in ("rolling", "fixed"):
        length = getattr(window, key)
        if length:
            table[key] = length_text(length)
    if window.lifetime:
        table["lifetime"] = True
    return table


def _fields(value: object) -> dict[str, Any]:
    empty: tuple[object, ...] = (None, (), {}, frozenset(), When())
    table = {}
    for attribute in fields(cast("type[AttrsInstance]", type(value))):
        item = getattr(value, attribute.name)
        if attribute.init and item not in empty and item != attribute.default:
            table[attribute.name.rstrip("_")] = to_table(item)
    return table


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _words(value: frozenset[Any]) -> list[str]:
    return sorted(map(str, value))


def _list(value: tuple[Any, ...]) -> list[Any]:
    return [to_table(item) for item in value]


def _table(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): to_table(item) for key, item in value.items()}


_BY_TYPE: tuple[tuple[Any, Any], ...] = (
    (Policy, _policy),
    (Meter, _meter),
    (DeclaredExperiment, _experiment),
    (Guarantee, _guarantee),
    (Offer, _offer),
    (Rule, _rule),
    (GiftTerms, _gifts),
    (Quiet, _quiet),
    (Window, _window),
    ((Term, StrEnum), str),
    (frozenset, _words),
    (tuple, _list),
    (Mapping, _table),
    (Decimal, _number),
    (timedelta, span_text),
)
"""How each kind of value is written; any other is a number, a text or a date, and stays itself."""
