"""Ask what another limit does, and what a registration wall does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.loading.positions import Path
from meter.studio.edits import add_rule, set_value, toml_value
from meter.studio.what_if.cards.card import (
    Branch,
    Card,
    CardField,
    DoesNotFitError,
    FieldChoice,
    UnusableFieldError,
    chosen,
    name_of,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.studio.what_if.cards.card import Base, Given

__all__ = ["LIMIT", "REGISTRATION"]

_UNLIMITED = "none"
_REGISTRATION = "registration-wall"
_PAID = ("wall", "subscription-wall", "trial-offer")
_STRANGERS = "anonymous"
_KNOWN = "registered"


@frozen
class _LimitPlace:
    """A limit of a policy: where it stands, for whom it is, and what it is."""

    path: Path
    whom: str
    name: str
    value: object

    @property
    def key(self) -> str:
        """How a form calls it."""
        return ".".join(map(str, self.path[1:]))


def _places(base: Base) -> list[_LimitPlace]:
    return [
        place
        for name, table in base.tables.get("meters", {}).items()
        for place in _of_a_meter(base, name, table)
    ]


def _of_a_meter(base: Base, name: str, table: dict[str, Any]) -> Iterator[_LimitPlace]:
    meters = base.policy.meters
    of = f" (“{name}”)" if len(meters) > 1 else ""
    limit = table.get("limit")
    if isinstance(limit, dict):
        for status, value in limit.items():
            yield _LimitPlace(
                ("meters", name, "limit", status), f"{status} readers{of}", status, value
            )
    elif limit is not None:
        yield _LimitPlace(("meters", name, "limit"), f"every reader{of}", "", limit)
    for number, line in enumerate(table.get("limits", ())):
        whom = f"where {toml_value(line['when'])}" if line.get("when") else "everybody else"
        path: Path = ("meters", name, "limits", number, "limit")
        yield _LimitPlace(path, f"{whom}{of}", f"line-{number + 1}", line["limit"])


def _limit_choices(base: Base) -> tuple[FieldChoice, ...]:
    places = _places(base)
    if not places:
        raise DoesNotFitError("this policy has no meter, so there is no limit to change")
    return tuple(FieldChoice(place.key, f"{place.whom}: {place.value} today") for place in places)


def _limit_fields(base: Base) -> tuple[CardField, ...]:
    choices = _limit_choices(base)
    return (
        CardField(name="whose", label="Whose limit", choices=choices, value=choices[0].key),
        CardField(name="to", label="Free articles instead", kind="number", example="5"),
    )


def _limit_branch(base: Base, given: Given) -> Branch:
    key = chosen(given, "whose", _limit_choices(base))
    place = next(place for place in _places(base) if place.key == key)
    limit = whole(given, "to", words=[_UNLIMITED])
    if limit == place.value:
        raise UnusableFieldError("to", "this is the limit today; write another one")
    return Branch(name_of("limit", limit, place.name), set_value(base.text, place.path, limit))


def _asks_to_register(base: Base) -> list[int]:
    """Return the rules that show a registration wall."""
    return [number for number, rule in enumerate(base.rules) if rule["show"] == _REGISTRATION]


def _meter(base: Base) -> tuple[str, object]:
    """Return the first meter that a rule spends, and its limit."""
    for rule in base.policy.rules:
        for name in rule.spend:
            table = base.tables["meters"][name]
            if "limits" in table:
                raise DoesNotFitError(
                    f"the limit of `{name}` depends on more than who has registered; add the wall"
                    " in Policy"
                )
            return name, table.get("limit", 0)
    raise DoesNotFitError(
        "no rule of this policy spends free articles, so nobody reads enough to be asked"
    )


def _paid_wall(base: Base) -> int:
    """Return the first rule that asks for money."""
    for number, rule in enumerate(base.rules):
        if rule["show"] in _PAID and "reader" not in rule.get("when", {}):
            return number
    raise DoesNotFitError("this policy asks nobody for money, so there is nothing to stand before")


def _registration_question(base: Base) -> str:
    if _asks_to_register(base):
        return "What if strangers were asked for money where they are asked to register today?"
    return "What if strangers had to register before they are asked for money?"


def _registration_fields(base: Base) -> tuple[CardField, ...]:
    if _asks_to_register(base):
        return ()
    _paid_wall(base)
    _, limit = _meter(base)
    now = limit.get(_STRANGERS, 0) if isinstance(limit, dict) else limit
    known = limit.get(_KNOWN, now) if isinstance(limit, dict) else limit
    return (
        CardField(
            name="strangers",
            label="Free articles before registering",
            kind="number",
            value=str(min(now, 2)) if isinstance(now, int) else "2",
        ),
        CardField(
            name="known",
            label="Free articles once registered",
            kind="number",
            value=str(known) if isinstance(known, int) else "5",
        ),
    )


def _registration_branch(base: Base, given: Given) -> Branch:
    text = base.text
    asking = _asks_to_register(base)
    if asking:
        for number in asking:
            text = set_value(text, ("rules", number, "show"), "wall")
        return Branch("no-registration-wall", text)
    wall = _paid_wall(base)
    name, limit = _meter(base)
    strangers = whole(given, "strangers")
    known = whole(given, "known")
    named = {**limit} if isinstance(limit, dict) else {}
    access = sorted(base.policy.meter(name).access)
    text = add_rule(
        text,
        wall,
        {
            "name": "registering comes first",
            "when": {"reader": [_STRANGERS], "access": [str(word) for word in access]},
            "show": _REGISTRATION,
        },
    )
    limits = {**named, _STRANGERS: strangers, _KNOWN: known}
    return Branch(
        name_of("register-after", strangers), set_value(text, ("meters", name, "limit"), limits)
    )


LIMIT = Card(
    key="limit",
    title="Another limit",
    question=lambda _: "What if readers had more free articles, or fewer?",
    fields=_limit_fields,
    branch=_limit_branch,
)
REGISTRATION = Card(
    key="register",
    title="Registration wall",
    question=_registration_question,
    fields=_registration_fields,
    branch=_registration_branch,
)
