"""What an editor writes: meters, offers, rules and the conditions they share.

A policy built in Python is held to the same checks as one read from a file (see `validation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from meter import vocabulary
from meter.errors import PolicyError, Problem
from meter.errors.kinds import (
    FLAG,
    TEXT,
    as_tuple,
    check_name,
    choice,
    each,
    either,
    instance,
    maybe,
    table,
    whole_number,
)
from meter.errors.values import InvalidValueError, check_fields
from meter.policy.conditions import EVERYONE, Limit, When, pairs
from meter.policy.experiments import DeclaredExperiment, DeclaredHoldout
from meter.policy.faults.conditions import condition_faults
from meter.policy.faults.experiments import experiment_faults
from meter.policy.faults.frequency import frequency_faults
from meter.policy.faults.machines import machine_faults
from meter.policy.faults.meters import meter_faults
from meter.policy.faults.offers import offer_faults
from meter.policy.faults.promises import promise_faults
from meter.policy.faults.prompts import prompt_faults
from meter.policy.gifts import GiftTerms, gift_faults
from meter.policy.groups import RuleGroup
from meter.policy.guarantees import Guarantee
from meter.policy.languages import language_faults
from meter.policy.machines import MachinesTable
from meter.policy.meters import Meter
from meter.policy.offers import Offer, Product, Then, lasting
from meter.policy.promises import Promises
from meter.policy.prompts import Cap, Every, Noun, Prompt, PromptWords, Quiet
from meter.policy.publication import Copy, Links, Publication, link_faults
from meter.policy.times import Dates, Hours, Lengths, Since, Tenure
from meter.policy.words import Declarable, declared
from meter.rulebook import Rulebook
from meter.validation import find_faults
from meter.vocabulary import WORDS, RuleShow, Show, Wall
from meter.vocabulary.machine_terms import MachineTerms

if TYPE_CHECKING:
    from meter.experiments import Assignment
    from meter.policy.offers import Lasting

# fmt: off
__all__ = [
    "Cap", "Copy", "Dates", "DeclaredExperiment", "DeclaredHoldout", "Every", "GiftTerms",
    "Guarantee", "Hours", "Lengths", "Limit", "Links", "MachineTerms", "MachinesTable", "Meter",
    "Noun", "Offer", "Policy", "Product", "Promises", "Prompt", "PromptWords", "Publication",
    "Quiet", "Rule", "RuleGroup", "Since", "Tenure", "Then", "When",
]
# fmt: on

_WHEN = instance(When)
_LINKS = Links()
_ALL_PROMISES = Promises()
_WHOLE = whole_number("5")


def _names(value: str | Iterable[str] | None) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return value
    names = as_tuple(value)
    # One in brackets is one: policies that say the same are equal.
    return names[0] if type(names) is tuple and len(names) == 1 else names


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(value)


def _meter_names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else as_tuple(value)


@frozen(kw_only=True)
class Rule:
    """One line of the policy: the first rule that matches decides.

    `spend` is a meter, or several that must all be open and are all spent. `offer` names an offer,
    or several: the first of them that runs and is for this reader is shown. `offers` instead names
    several that stand side by side. `machines` is what a rule that shows a preview tells machines.
    `group` is the group it was written in, for words only: its condition is in `when` already.
    """

    name: str
    when: When = EVERYONE
    spend: tuple[str, ...] = field(default=(), converter=_meter_names)
    show: RuleShow = field(converter=vocabulary.rule_show)
    offer: str | tuple[str, ...] | None = field(default=None, converter=_names)
    offers: tuple[str, ...] = field(default=(), converter=_texts)
    prompt: str | None = None
    machines: MachineTerms | None = None
    group: RuleGroup | None = field(default=None, eq=False)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_RULE)

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of the offers this rule may show, in order."""
        if self.offer is None:
            return self.offers
        return (self.offer,) if isinstance(self.offer, str) else self.offer


_OF_A_RULE = {
    "name": TEXT,
    "when": _WHEN,
    "show": choice(Show, Wall),
    "spend": each(TEXT, '"monthly", or `["daily", "monthly"]`'),
    "prompt": maybe(TEXT),
    "offer": maybe(either(TEXT, (str,), each(TEXT, '["summer", "world"]'))),
    "offers": each(TEXT, '["day", "month"]'),
    "machines": maybe(instance(MachineTerms)),
    "group": maybe(instance(RuleGroup)),
}


# One function a type: mypy cannot see through `converter=tuple`.
def _rules(value: Iterable[Rule]) -> tuple[Rule, ...]:
    return as_tuple(value)


def _meters(value: Iterable[Meter]) -> tuple[Meter, ...]:
    return as_tuple(value)


def _prompts(value: Iterable[Prompt]) -> tuple[Prompt, ...]:
    return as_tuple(value)


def _offers(value: Iterable[Offer]) -> tuple[Offer, ...]:
    return as_tuple(value)


def _products(value: Iterable[Product]) -> tuple[Product, ...]:
    return as_tuple(value)


def _experiments(value: Iterable[DeclaredExperiment]) -> tuple[DeclaredExperiment, ...]:
    return as_tuple(value)


def _guarantees(value: Iterable[Guarantee]) -> tuple[Guarantee, ...]:
    return as_tuple(value)


def _copies(value: Mapping[str, Copy]) -> Mapping[str, Copy]:
    return dict(value) if isinstance(value, Mapping) else value


def _switches(value: Mapping[str, bool]) -> Mapping[str, bool]:
    return dict(value) if isinstance(value, Mapping) else value


@frozen(kw_only=True)
class Policy:
    """A whole policy.

    `copy` maps a locale to the publisher's words in it (the publication's own locale is the
    fall-back). `words` are those an attribute may have in conditions, `switches` what the desk has
    turned on and off, `machines` what the publication says to machines, `gifts` the links that
    readers may give away (without it, none). `holdout` keeps a share of all ids out of every
    experiment. Raises `PolicyError` with every fault there is.
    """

    publication: Publication
    rules: tuple[Rule, ...] = field(converter=_rules)
    meters: tuple[Meter, ...] = field(default=(), converter=_meters)
    offers: tuple[Offer, ...] = field(default=(), converter=_offers)
    prompts: tuple[Prompt, ...] = field(default=(), converter=_prompts)
    products: tuple[Product, ...] = field(default=(), converter=_products)
    guarantees: tuple[Guarantee, ...] = field(default=(), converter=_guarantees)
    copy: Mapping[str, Copy] = field(factory=dict, converter=_copies)
    links: Links = _LINKS
    promises: Promises = _ALL_PROMISES
    words: Mapping[str, frozenset[str]] = field(factory=dict, converter=declared, eq=pairs)
    switches: Mapping[str, bool] = field(factory=dict, converter=_switches, eq=pairs)
    experiments: tuple[DeclaredExperiment, ...] = field(default=(), converter=_experiments)
    holdout: DeclaredHoldout | None = None
    machines: MachinesTable | None = None
    gifts: GiftTerms | None = None

    def __attrs_post_init__(self) -> None:
        try:
            check_fields(self, _OF_A_POLICY)
        except InvalidValueError as error:
            code, message, advice = error.fault
            raise PolicyError(
                [Problem(code=code, message=message, help=advice, path=(error.field,))]
            ) from None
        faults = (
            *find_faults(self),
            *meter_faults(self),
            *condition_faults(self),
            *offer_faults(self),
            *promise_faults(self),
            *prompt_faults(self),
            *experiment_faults(self),
            *frequency_faults(self),
            *language_faults(self),
            *link_faults(self.links),
            *machine_faults(self),
            *gift_faults(self),
        )
        if faults:
            raise PolicyError(faults)

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The publication's time zone."""
        return ZoneInfo(self.publication.timezone)

    @property
    def switched_on(self) -> frozenset[str]:
        """The switches that are on."""
        return frozenset(name for name, on in self.switches.items() if on)

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules in the form the engine judges by."""
        return Rulebook(self)

    @cached_property
    def once(self) -> tuple[str, ...]:
        """The names of the offers that an account can start one time only."""
        return tuple(offer.name for offer in self.offers if offer.once)

    @cached_property
    def assignments(self) -> dict[str, Assignment]:
        """What puts a reader into a variant of each experiment, the holdout considered."""
        return {each.name: each.assignment(self.holdout) for each in self.experiments}

    @cached_property
    def lasting(self) -> Mapping[str, Lasting]:
        """The offers that run for each reader for a while (see `offers.lasting`)."""
        return lasting(self.offers, self.zone)

    @cached_property
    def coverings(self) -> tuple[When, ...]:
        """For each product that opens something: whoever holds it, and what it opens."""
        return tuple(
            When(product=[product.name], any=[product.opens])
            for product in self.products
            if isinstance(product.opens, When)
        )

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of this policy's canonical form."""
        from meter.canonical import digest  # noqa: PLC0415 - it reads the classes of this module

        return digest(self)

    def meter(self, name: str) -> Meter:
        """Return the meter called `name`. Raises `MeterError` if there is none."""
        return _named("meter", name, self.meters)

    def experiment(self, name: str) -> DeclaredExperiment:
        """Return the experiment called `name`. Raises `MeterError` if there is none."""
        return _named("experiment", name, self.experiments)

    def offer(self, name: str) -> Offer:
        """Return the offer called `name`. Raises `MeterError` if there is none."""
        return _named("offer", name, self.offers)

    def rule(self, name: str) -> Rule:
        """Return the rule called `name`. Raises `MeterError` if there is none."""
        return _named("rule", name, self.rules)


_OF_A_POLICY = {
    "publication": instance(Publication),
    "rules": each(instance(Rule), "[Rule(…)]"),
    "meters": each(instance(Meter), "[Meter(…)]"),
    "offers": each(instance(Offer), "[Offer(…)]"),
    "prompts": each(instance(Prompt), "[Prompt(…)]"),
    "products": each(instance(Product), "[Product(…)]"),
    "guarantees": each(instance(Guarantee), "[Guarantee(…)]"),
    "copy": table(TEXT, instance(Copy), '{"en": Copy(…)}'),
    "links": instance(Links),
    "promises": instance(Promises),
    "words": table(choice(Declarable), WORDS, '{"kind": ["podcast"]}'),
    "switches": table(TEXT, FLAG, '{"storm": False}'),
    "experiments": each(instance(DeclaredExperiment), "[DeclaredExperiment(…)]"),
    "holdout": maybe(instance(DeclaredHoldout)),
    "machines": maybe(instance(MachinesTable)),
    "gifts": maybe(instance(GiftTerms)),
}
_Named = TypeVar("_Named", DeclaredExperiment, Meter, Offer, Rule)


def _named(kind: str, name: str, items: tuple[_Named, ...]) -> _Named:
    for item in items:
        if item.name == name:
            return item
    check_name(kind, name, [item.name for item in items])
    raise AssertionError("a name that is known was not found")  # pragma: no cover
