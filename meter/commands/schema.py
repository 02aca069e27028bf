"""`meter schema`: the JSON Schema of a file, for editors that complete and check keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from meter.commands.console import print_json
from meter.commands.help import command
from meter.journeys.keys import JOURNEY
from meter.loading.conditions import WHEN
from meter.loading.events import event_shape
from meter.loading.schema import PART, policy_schema
from meter.web.institutions.keys import institutions_schema
from meter.web.machines.declared import crawlers_schema

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def _journey() -> dict[str, Any]:
    return {
        "$schema": _DRAFT,
        "title": "A journey of meter",
        **JOURNEY.definition(),
        "$defs": {"when": WHEN.definition()},
    }


def _event() -> dict[str, Any]:
    return {
        "$schema": _DRAFT,
        "title": "An event of meter",
        **event_shape(ZoneInfo("UTC")).definition(),
    }


_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "policy": policy_schema,
    "part": partial(policy_schema, PART),
    "journey": _journey,
    "event": _event,
    "institutions": institutions_schema,
    "crawlers": crawlers_schema,
}


@command(
    "meter schema > policy.schema.json",
    "meter schema part > part.schema.json",
    "meter schema journey > journey.schema.json",
    "meter schema institutions > institutions.schema.json",
    "meter schema crawlers > crawlers.schema.json",
)
@click.argument("what", type=click.Choice(list(_SCHEMAS)), default="policy")
def schema(what: str) -> None:
    """Print the JSON Schema of a file, for editors.

    An editor that knows JSON Schema completes the keys of a policy, a journey, or a list of
    institutions or crawlers as one types, and says what is wrong with them. `part` is a file that a
    policy includes, `event` one line of page views.
    """
    print_json(_SCHEMAS[what]())
