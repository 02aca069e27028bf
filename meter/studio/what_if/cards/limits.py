"""Ask what another limit does, and what a registration wall does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.studio.edits import add_rule, set_value, toml_value
from meter.studio.what_if.cards.card import (
    PAID,
    Branch,
    Card,
    CardField,
    DoesNotFitError,
    PlaceToEdit,
    UnusableFieldError,
    chosen_place,
    field_of,
    name_of,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.loading.positions import Path
    from meter.studio.what_if.cards.card import Base, Given

__all__ = ["LIMIT", "REGISTRATION"]

_UNLIMITED = "none"
_REGISTRATION = "registration-wall"
_STRANGERS = "anonymous"
_KNOWN = "registered"


def _places(base: Base) -> list[PlaceToEdit]:
    places = [
        place
        for name, table in base.tables.get("meters", {}).items()
        for place in _of_a_meter(base, name, table)
    ]
    if not places:
        raise DoesNotFitError("this policy has no meter, so there is no limit to change")
    return places


def _of_a_meter(base: Base, name: str, table: dict[str, Any]) -> Iterator[PlaceToEdit]:
    of = f" (“{name}”)" if len(base.policy.meters) > 1 else ""
    limit = table.get("limit")
    if isinstance(limit, dict):
        for status, value in limit.items():
            path: Path = ("meters", name, "limit", status)
            yield PlaceToEdit(path, f"{status} readers{of}: {value} {base.standing}", value, status)
    elif limit is not None:
        path = ("meters", name, "limit")
        yield PlaceToEdit(path, f"every reader{of}: {limit} {base.standing}", limit)
    for number, line in enumerate(table.get("limits", ())):
        whom = f"where {toml_value(line['when'])}" if line.get("when") else "everybody else"
        path = ("meters", name, "limits", number, "limit")
        value = line["limit"]
        yield PlaceToEdit(path, f"{whom}{of}: {value} {base.standing}", value, f"line-{number + 1}")


def _limit_fields(base: Base) -> tuple[CardField, ...]:
    return (
        field_of("whose", "Whose limit", _places(base)),
        CardField(name="to", label="Free articles instead", kind="number", example="5"),
    )


def _limit_branch(base: Base, given: Given) -> Branch:
    place = chosen_place(given, "whose", _places(base))
    limit = whole(given, "to", words=[_UNLIMITED])
    if limit == place.value:
        raise UnusableFieldError("to", "this is the limit already; write another one")
    return Branch(name_of("limit", limit, place.short), set_value(base.text, place.path, limit))


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
        if rule["show"] in PAID and "reader" not in rule.get("when", {}):
            return number
    raise DoesNotFitError("this policy asks nobody for money, so there is nothing to stand before")


def _registration_question(base: Base) -> str:
    if _asks_to_register(base):
        return "What if strangers were asked for money where they are asked to register now?"
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
