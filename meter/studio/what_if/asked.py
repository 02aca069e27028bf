"""What a page of *What if* shows, as it stands in its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from meter.studio.desk import FILE
from meter.studio.what_if.fields import FIELDS
from meter.studio.what_if.settings import SimulationSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.datastructures import ImmutableMultiDict

__all__ = ["DRAFT", "MOST_BRANCHES", "TypedQuestion", "free_name"]

DRAFT = "draft"
"""What a draft is called that no card has made."""
MOST_BRANCHES = 4
"""With how many policies today's is compared, at most."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


@frozen(kw_only=True)
class TypedQuestion:
    """A question as it stands in an address; every text is as somebody typed it.

    `open_key` is the version that is open. `branches` are names with the keys of versions,
    `turned` the switches that do not stand as in the file, `texts` the numbers and the settings by
    their names. Where a card could not be used, `card` is its key and `given` what was typed.
    """

    open_key: str = FILE
    branches: tuple[tuple[str, str], ...] = ()
    turned: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(factory=dict)
    card: str | None = None
    given: Mapping[str, str] = field(factory=dict)

    @classmethod
    def read(cls, query: ImmutableMultiDict[str, str]) -> TypedQuestion:
        """Return what an address asks; what it should not hold is passed by."""
        branches: list[tuple[str, str]] = []
        for item in query.getlist("w"):
            name, _, key = item.rpartition("~")
            if _NAME.fullmatch(name or DRAFT) and len(branches) < MOST_BRANCHES:
                branches.append((free_name(name or DRAFT, branches), key))
        card = query.get("card")
        head = f"{card}."
        return cls(
            open_key=query.get("v") or FILE,
            branches=tuple(branches),
            turned=tuple(dict.fromkeys(query.getlist("turned"))),
            texts={
                name: query[name].strip()
                for name in (*FIELDS, *SimulationSettings.NAMES)
                if query.get(name, "").strip()
            },
            card=card,
            given={
                name.removeprefix(head): value
                for name, value in query.items()
                if card is not None and name.startswith(head)
            },
        )

    @property
    def address(self) -> str:
        """The address that asks this."""
        pairs = [] if self.open_key == FILE else [("v", self.open_key)]
        pairs += [("w", f"{name}~{key}") for name, key in self.branches]
        pairs += [("turned", name) for name in self.turned]
        pairs += list(self.texts.items())
        if self.card is not None:
            pairs.append(("card", self.card))
            pairs += [(f"{self.card}.{name}", value) for name, value in self.given.items()]
        return f"/what-if?{urlencode(pairs)}" if pairs else "/what-if"

    def with_branch(self, name: str, key: str) -> TypedQuestion:
        """Return this with one more branch, under a name that is free."""
        branches = (*self.branches, (free_name(name, self.branches), key))
        return evolve(self, branches=branches, card=None, given={})

    def without_branch(self, name: str) -> TypedQuestion:
        """Return this without a branch."""
        return evolve(self, branches=tuple(pair for pair in self.branches if pair[0] != name))

    def apart_from(self, today: str) -> TypedQuestion:
        """Return this with another name for a branch that is called as today's policy is."""
        branches: list[tuple[str, str]] = []
        for name, key in self.branches:
            free = name
            if name == today.casefold():
                free = free_name(f"{name}-new", self.branches)
            branches.append((free, key))
        return evolve(self, branches=tuple(branches))

    def with_texts(self, texts: Mapping[str, str]) -> TypedQuestion:
        """Return this with other numbers or settings."""
        return evolve(self, texts={**self.texts, **texts})

    def with_card(self, card: str, given: Mapping[str, str]) -> TypedQuestion:
        """Return this with what was typed into a card."""
        return evolve(self, card=card, given=dict(given))


def free_name(name: str, branches: Iterable[tuple[str, str]]) -> str:
    """Return a name that no branch has: this one, or with a number behind it."""
    taken = {other for other, _ in branches}
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
