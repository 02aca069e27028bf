"""Which kinds of views a log may lack: all that its columns could have told apart.

A log that holds no walls lacks every view that its policy refused. Nobody knows what these were,
only what they can have been: a column that is there may have held any value, one that is not there
none. A *kind* is one combination of facts that can make a difference to reading under one of the
two policies.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable
from itertools import chain, combinations, product
from math import prod
from typing import TYPE_CHECKING

from attrs import frozen

from meter.columns.attributes import scene
from meter.columns.grouping import needs_of
from meter.engine import is_settled
from meter.facts import ACCESS, Slot, Vocabulary
from meter.facts.attributes import ATTRIBUTES, OTHER
from meter.forms import covering
from meter.formulas import leaves
from meter.rulebook import first_match
from meter.vocabulary import Access, Show, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from meter.columns.decide import Columns
    from meter.facts import Code, Codes
    from meter.rulebook import Rulebook

__all__ = ["Kinds", "can_refuse", "hidden_kinds", "is_open"]

_MOST = 1024
"""With more kinds than this, none is looked at: any view may be lacking then."""
_MOST_MEMBERS = 4
_RIGHTS = frozenset({"reader.entitlements", "reader.status"})


@frozen(kw_only=True)
class Kinds:
    """The kinds of views that a log may lack, and that matter to the policy asked about.

    `recorded` and `asked` are the groups (of prefetches, which count nothing) of each kind under
    the two policies. Where there are too many, `is_known` is false and there are none.
    `never_refused` says that no view in the log, or lacking, is refused under the policy asked
    about, whatever was read before.
    """

    recorded: tuple[int, ...]
    asked: tuple[int, ...]
    is_known: bool
    never_refused: bool


def hidden_kinds(
    recorded: Columns, asked: Columns, there: Collection[str], pairs: Iterable[tuple[int, int]]
) -> Kinds:
    """Return the kinds of views that a log with the columns `there` may lack.

    `pairs` are the groups of the views in it, under the recorded policy and under the one that is
    asked about.
    """
    logged = {number for _, number in pairs}
    books = (recorded.rulebook, asked.rulebook)
    never = not any(can_refuse(books[1], asked.groups[number].values) for number in logged)
    places = _places(books, there)
    if places is None:
        open_rules = all(is_open(rule.show) for rule in books[1].rules)
        return Kinds(recorded=(), asked=(), is_known=False, never_refused=never and open_rules)
    kinds: dict[tuple[int, int], None] = {}
    for old, new in _facts(books, places):
        if not _is_inert(books[1], new):
            kinds[recorded.group(old, prefetch=True), asked.group(new, prefetch=True)] = None
            never = never and not can_refuse(books[1], new)
    return Kinds(
        recorded=tuple(old for old, _ in kinds),
        asked=tuple(new for _, new in kinds),
        is_known=True,
        never_refused=never,
    )


def can_refuse(rulebook: Rulebook, values: Codes) -> bool:
    """Say whether a view with these facts may be refused, whatever was read before."""
    for rule in rulebook.rules:
        holds = rule.formula.holds(values)
        if holds is False:
            continue
        if not is_open(rule.show):
            return True
        if holds and not rule.spend:
            return False
    return False


def is_open(show: object) -> bool:
    """Say whether what a rule shows is the whole article."""
    return isinstance(show, Show) and show.access is Access.FULL


def _is_inert(rulebook: Rulebook, values: Codes) -> bool:
    """Say whether a view with these facts is open and counts nothing, whatever was read before."""
    if not is_settled(rulebook, values):
        return False
    verdict = first_match(rulebook, values)
    return verdict is not None and verdict.show.access is Access.FULL


@frozen
class _Place:
    """A slot that both policies look at, or one of them, and the codes that it can have."""

    slot: Slot
    codes: tuple[Hashable, ...]


def _places(books: Sequence[Rulebook], there: Collection[str]) -> list[_Place] | None:
    """Return what can make a difference, with all its codes; `None` if there are too many."""
    policies = [book.policy for book in books]
    joint = Vocabulary(policies)
    if len({name for name, _ in joint.experiments}) < len(joint.experiments):
        return None  # one name stands for two ways to put readers into variants
    relevant = {name for book in books for name in _relevant(book)}
    fixed = joint.observe(*scene({}), 0)
    places = []
    for number, slot in enumerate(joint.slots[: joint.base]):
        if number > ACCESS and slot.name not in relevant:
            continue
        codes = _codes(slot, there, fixed[number])
        if codes is None:
            return None
        places.append(_Place(slot, codes))
    return places if prod(len(place.codes) for place in places) <= _MOST else None


def _relevant(book: Rulebook) -> Iterator[str]:
    """Yield the names of the slots on which it depends who may read what."""
    formulas = [rule.formula for rule in book.rules]
    formulas += [formula for limits in book.limits.values() for formula, _ in limits]
    formulas += [kept.history for kept in book.kept if kept.history is not None]
    for formula in formulas:
        for leaf in leaves(formula):
            yield book.vocabulary.slots[leaf.slot].name


def _codes(slot: Slot, there: Collection[str], fixed: Hashable) -> tuple[Hashable, ...] | None:
    """Return the codes a slot can have in a log with these columns; `None` if too many."""
    needed = needs_of(slot)
    if needed and not set(needed) & set(there):
        return (fixed,)
    if slot.name == "reader" and not _RIGHTS & set(there):
        return (Status.ANONYMOUS, Status.REGISTERED)
    if slot.kind != "set":
        return slot.codes()
    if len(slot.mentioned) > _MOST_MEMBERS:
        return None
    sizes = range(len(slot.mentioned) + 1)
    sets = chain.from_iterable(combinations(slot.mentioned, size) for size in sizes)
    return tuple(map(frozenset, sets))


def _facts(books: Sequence[Rulebook], places: Sequence[_Place]) -> Iterator[tuple[Codes, Codes]]:
    """Yield the facts of every kind, as each policy tells them apart."""
    names = [place.slot.name for place in places]
    own = [_translations(book, places) for book in books]
    for numbers in product(*(range(len(place.codes)) for place in places)):
        chosen = dict(zip(names, numbers, strict=True))
        old, new = (
            tuple(said[chosen[name]] if name in chosen else said[0] for name, said in slots)
            for slots in own
        )
        yield old, new


def _translations(
    book: Rulebook, places: Sequence[_Place]
) -> list[tuple[str, tuple[Hashable, ...]]]:
    """Return, for each slot of a policy, what it makes of the codes of the slot of both."""
    by_name = {place.slot.name: place for place in places}
    vocabulary = book.vocabulary
    fixed = vocabulary.observe(*scene({}), 0)
    found = []
    for number, slot in enumerate(vocabulary.slots[: vocabulary.base]):
        said: tuple[Hashable, ...] = (fixed[number],)
        if slot.name in by_name:
            place = by_name[slot.name]
            said = tuple(_translated(slot, place.slot, code) for code in place.codes)
        found.append((slot.name, said))
    return found


def _translated(slot: Slot, finer: Slot, code: Code) -> Hashable:
    """Return the code of one policy's slot for a code of a slot that tells more apart."""
    same: Hashable = code
    if code is None or slot.mentioned == finer.mentioned or slot.kind == "flag":
        return same
    if slot.kind == "word":
        return _word(slot, code)
    if slot.kind == "class":
        return slot.class_code(code)
    if slot.kind == "set":
        return frozenset(code) & frozenset(slot.mentioned)
    if slot.kind == "number":
        return slot.code(_number(finer, code))
    if slot.kind == "hours":
        return slot.hour_code(finer.mentioned[code])
    return bisect_right(slot.mentioned, finer.mentioned[code - 1]) if code else 0


def _word(slot: Slot, code: str) -> Hashable:
    if code in slot.mentioned or slot.name not in ATTRIBUTES:
        return code if code in slot.mentioned else OTHER
    mark = ATTRIBUTES[slot.name].mark
    return next((word for word in covering(code, mark) if word in slot.mentioned), OTHER)


def _number(slot: Slot, code: int) -> float:
    """Return a number of an interval between constants (of an odd code, the constant itself)."""
    place = code // 2
    if code % 2:
        return float(slot.mentioned[place])
    if place == 0:
        return float(slot.mentioned[0]) - 1
    if place == len(slot.mentioned):
        return float(slot.mentioned[-1]) + 1
    return float(slot.mentioned[place - 1] + slot.mentioned[place]) / 2
