"""One small mistake in a policy: what it is about, and what stands there instead."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from attrs import evolve, frozen

from meter.loading.positions import Path
from meter.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from meter.errors import Problem
    from meter.loading.together import Places

__all__ = ["Edit", "Kind", "Mutant", "lifted", "listing", "replaced", "with_field"]

_Value = TypeVar("_Value")
_Whole = TypeVar("_Whole")
_Item = TypeVar("_Item")


class Kind(StrEnum):
    """What a mistake is about."""

    LIMITS = "limits"
    WINDOWS = "windows"
    DATES = "dates"
    NUMBERS = "numbers"
    LISTS = "lists"
    FLAGS = "flags"
    ORDER = "order"
    OFFERS = "offers"
    PRICES = "prices"
    PROMPTS = "prompts"
    FREQUENCY = "frequency"
    EXPERIMENTS = "experiments"


class Edit(NamedTuple, Generic[_Value]):
    """A mistake in a part of a policy.

    `make` returns the part with the mistake in it, or raises where no policy may say that. `what`
    names what is changed, `old` and `new` are in the words of a policy file, `path` is where it
    stands in the tables of the part.
    """

    kind: Kind
    what: str
    old: str
    new: str
    path: Path
    make: Callable[[], _Value]


@frozen(kw_only=True)
class Mutant:
    """A policy with one mistake in it; `path` is where that stands in the tables of its file."""

    kind: Kind
    what: str
    old: str
    new: str
    path: Path
    policy: Policy

    @property
    def words(self) -> str:
        """What was changed, and from what to what."""
        return f"{self.what}: {self.old} → {self.new}"

    def place_in(self, places: Places) -> Problem:
        """Return a problem without words that has the file and the line of the mistake."""
        return places.located(self.path)


def lifted(
    edits: Iterable[Edit[_Value]], path: Path, whole: Callable[[_Value], _Whole]
) -> Iterator[Edit[_Whole]]:
    """Yield the mistakes in a part as mistakes in what holds it, at `path`."""
    for edit in edits:
        yield Edit(
            edit.kind,
            edit.what,
            edit.old,
            edit.new,
            (*path, *edit.path),
            _composed(whole, edit.make),
        )


def _composed(
    whole: Callable[[_Value], _Whole], make: Callable[[], _Value]
) -> Callable[[], _Whole]:
    return lambda: whole(make())


def replaced(items: tuple[_Item, ...], place: int, *others: _Item) -> tuple[_Item, ...]:
    """Return a list with others in the place of one of its items."""
    return (*items[:place], *others, *items[place + 1 :])


def with_field(value: _Value, name: str, part: object) -> _Value:
    """Return a value with another value in one of its fields, which checks it."""
    whole: Any = value  # of any of the classes of a policy
    changed: _Value = evolve(whole, **{name: part})
    return changed


def listing(words: Iterable[object]) -> str:
    """Write words as a list of a policy file."""
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
