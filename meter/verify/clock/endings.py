"""What may be left of a record when windows have ended, whenever each of them does."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.usage import Tally, Usage
from meter.verify.search import begin_apart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.policy import Policy

__all__ = ["Ended", "Endings", "without_first"]

_MOST = 200


@frozen(kw_only=True)
class Ended:
    """What is left of a record, the meters of which something has ended, and whether all has."""

    usage: Usage
    meters: frozenset[str]
    whole: bool


class Endings:
    """The windows of a policy that may end one without another.

    `left_out` says that there were once too many ways to end.
    """

    def __init__(self, policy: Policy) -> None:
        self.rolling = [m.name for m in policy.meters if m.window.rolling is not None]
        self.lasting = any(meter.window.lifetime for meter in policy.meters)
        self.groups: dict[object, list[str]] = {}
        apart = begin_apart(policy)
        for meter in policy.meters:
            if meter.window.lifetime or meter.window.rolling is not None:
                continue
            own = apart and meter.window.fixed is not None
            self.groups.setdefault(meter.name if own else meter.window, []).append(meter.name)
        self.left_out = False

    def after(self, usage: Usage, ages: Sequence[tuple[str, str]]) -> Iterator[Ended]:
        """Yield what may be left of a record, where some of it has ended and not all there is.

        `ages` are meters with what they counted, in the order in which they did.
        """
        counted = {name for name, tally in usage.tallies.items() if tally.ids}
        groups = [here for names in self.groups.values() if (here := counted.intersection(names))]
        rolling = [name for name in self.rolling if name in counted]
        lengths = [range(len(usage.tally(name).ids) + 1) for name in rolling]
        if prod([2 ** len(groups), *map(len, lengths)]) > _MOST:
            self.left_out = True
            return
        for ended in product((False, True), repeat=len(groups)):
            for gone in product(*lengths):
                tallies = dict(usage.tallies)
                meters = set()
                for names, is_over in zip(groups, ended, strict=True):
                    if is_over:
                        meters |= names
                        tallies = {
                            name: each for name, each in tallies.items() if name not in names
                        }
                for name, number in zip(rolling, gone, strict=True):
                    if number:
                        meters.add(name)
                        order = [mark for meter, mark in ages if meter == name]
                        tallies[name] = without_first(tallies[name], number, order)
                left = evolve(usage, tallies=tallies)
                whole = all(ended) and all(
                    number == len(usage.tally(name).ids)
                    for name, number in zip(rolling, gone, strict=True)
                )
                if meters and (left.tallies or self.lasting):
                    yield Ended(usage=left, meters=frozenset(meters), whole=whole)


def without_first(tally: Tally, number: int, order: Sequence[str]) -> Tally:
    """Return a tally without so many of the ids that were counted first, in an order."""
    ids = sorted(tally.ids, key=order.index)[number:]
    return Tally(tuple(sorted(ids)), tally.ats[: len(ids)])
