"""List every reader for whom two policies decide differently, in as few lines as possible.

Both policies are laid over one vocabulary, so their rules are compared for every reader, page view
and count at once: in the same state of each meter. Where a limit or a window differs, so does the
state itself, and that is a line of its own.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.facts import Vocabulary
from meter.rulebook import Rulebook, Verdict
from meter.verify.budget import SOLVER_SECONDS, decided, open_solver
from meter.verify.cover import cover
from meter.verify.diagram import FALSE, MOST_STEPS, UndecidedError
from meter.verify.phrasing import phrase
from meter.verify.rows import (
    Row,
    allowed,
    counting,
    difference,
    main_difference,
    pair,
    reports_meter,
    settings,
    visible,
)
from meter.verify.switches import MOST_POSITIONS, positions, shared_switches
from meter.verify.together.moved import in_same_variants, moved
from meter.verify.together.shown import offer_rows, prompt_rows
from meter.verify.walk.histories import KeptViews, counted_otherwise, kept_views
from meter.verify.walk.symbolic import reports, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meter.policy import Policy
    from meter.verify.rows import Pair, Seen
    from meter.verify.space import Space
    from meter.verify.together.counts import Limits

__all__ = ["Changes", "changes", "one_difference"]


@frozen(kw_only=True)
class Changes:
    """What differs between two policies.

    `complete` says that `rows` are all of it, and not only one example.
    """

    rows: tuple[Row, ...]
    complete: bool = True


def changes(
    old: Policy, new: Policy, *, seconds: float | None = None, steps: int = MOST_STEPS
) -> Changes:
    """Return every reader and page view whose decision differs, as few rows.

    None where the policies are equal as functions.

    The names of rules and their order do not matter, only what readers see and what is counted.
    An edit that puts readers into other variants of an experiment is told with their exact share,
    and the rest is about who stays in one. What `[machines]` and `[gifts]` say otherwise has rows
    of its own. Switches that stand alike in both are compared in every position, others as they
    are. Policies too large for a diagram are put to z3 where it is installed: it finds one example,
    or proves that there is none. Raises `UndecidedError` otherwise.
    """
    moving = tuple(moved(old, new))
    old, new = in_same_variants(old, new)
    shared = shared_switches(old, new)
    pairs = zip(positions(old, shared), positions(new, shared), strict=True)
    found = [
        (turned.turned, _changes(before.policy, turned.policy, seconds, steps))
        for before, turned in islice(pairs, MOST_POSITIONS)
    ]
    rows = [*found[0][1].rows]
    for turned, changed in found[1:]:
        new_rows = (row for row in changed.rows if row not in found[0][1].rows)
        rows += (evolve(row, who=f"{row.who}, with {turned}") for row in new_rows)
    rows += settings(old, new)
    complete = 2 ** len(shared) == len(found) and all(changed.complete for _, changed in found)
    return Changes(rows=(*moving, *rows), complete=complete)


def _changes(old: Policy, new: Policy, seconds: float | None, steps: int) -> Changes:
    """Return what differs between two policies whose switches are as they are."""
    vocabulary = Vocabulary([old, new])
    rulebooks = [Rulebook(policy, vocabulary) for policy in (old, new)]
    try:
        rows = decided(
            rulebooks,
            lambda space: tuple(_Comparison(space).rows()),
            steps=steps,
            seconds=None if seconds is None else seconds / 2,
        )
    except UndecidedError as error:
        return Changes(rows=tuple(one_difference(rulebooks, str(error), seconds)), complete=False)
    return Changes(rows=rows)


def one_difference(
    rulebooks: Sequence[Rulebook], reason: str, seconds: float | None
) -> Iterator[Row]:
    """Yield one reader for whom two policies decide differently, if there is any, found by z3.

    `reason` says why the diagram gives no answer. Raises `UndecidedError` where z3 cannot say.
    """
    solver = open_solver(rulebooks, reason)
    solver.limit(SOLVER_SECONDS if seconds is None else seconds / 2)
    old, new = (solver.verdict(side, visible, telling=True) for side in (0, 1))
    differs = [solver.differ(old, new)]
    policies = rulebooks[0].policy, rulebooks[1].policy
    for meter in _shared(*policies):
        reported = solver.disjoin(
            *(solver.among(side, reports_meter(meter)) for side in (old, new))
        )
        if counting(policies[0], meter) != counting(policies[1], meter):
            differs.append(reported)
        else:
            differs.append(solver.conjoin(reported, solver.differ(*solver.limits(meter))))
    situation = solver.find(solver.disjoin(*differs))
    if situation is not None:
        shown = [solver.space.ask(situation, side).show for side in (0, 1)]
        who = f"for example {solver.space.describe(situation)}"
        yield Row(about="rules", who=who, before=f"`{shown[0]}`", after=f"`{shown[1]}`")
        return
    for meter in solver.space.meters:
        situation = solver.find(counted_otherwise(solver, meter, (old, new)))
        if situation is not None:
            before, after = (kept_views(policy, meter) for policy in policies)
            who = f"for example {solver.space.describe(situation)}"
            yield Row(about="meter", who=who, before=before, after=after)
            return

    def occurs(side: int, holds: Callable[[Verdict | Seen], bool]) -> bool:
        return solver.find(solver.among((old, new)[side], holds)) is not None

    rows = chain(offer_rows(*policies, occurs), prompt_rows(*policies, occurs))
    yield from islice(rows, 1)


def _shared(old: Policy, new: Policy) -> list[str]:
    """Return the meters that two policies have in common."""
    names = {meter.name for meter in new.meters}
    return [meter.name for meter in old.meters if meter.name in names]


class _Comparison:
    """Two policies over one space: what either says, and the pairs of what both say."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.diagrams = space.diagrams
        self.old, self.new = (book.policy for book in space.rulebooks)
        self.shared = _shared(self.old, self.new)
        self.verdicts = [verdicts(space, side, telling=True) for side in (0, 1)]
        self.pairs = self.diagrams.combine(self.verdicts[0], self.verdicts[1], pair)
        self.history = KeptViews(space, self.verdicts)
        self.base_levels = frozenset({*space.known_levels, *space.state_levels})

    @cached_property
    def base(self) -> int:
        """The possible readers and articles, whatever the state of the meters."""
        return self.diagrams.exists(self.space.possible, self.base_levels)

    def rows(self) -> Iterator[Row]:
        yield from self.limits()
        yield from self.meters()
        yield from self.histories()
        yield from self.rules()
        yield from offer_rows(self.old, self.new, self._occurs)
        yield from prompt_rows(self.old, self.new, self._occurs)

    def rules(self) -> Iterator[Row]:
        """Yield what differs for readers whose meters are in the same state under both policies."""
        same = self.diagrams.conjoin(
            self.space.possible, *(self._alike(name) for name in self.shared)
        )
        pairs = self.diagrams.ite(same, self.pairs, FALSE)
        found = [seen for seen in self.diagrams.values(pairs) if isinstance(seen, tuple)]
        groups: dict[Pair, list[Pair]] = {}
        for seen in sorted(found, key=str):
            groups.setdefault(main_difference(*seen), []).append(seen)
        rows = []
        for label, members in groups.items():
            wanted = self.diagrams.relabel(pairs, frozenset(members).__contains__)
            before, after = (_common(label, members, side) for side in (0, 1))
            for box in cover(self.space, wanted, self.diagrams.difference(same, wanted)):
                row = Row(
                    about="rules",
                    who=str(phrase(self.space.variables, self.space.vocabulary, box)),
                    before=difference(before, after),
                    after=difference(after, before),
                )
                rows.append((len(box), row))
        yield from (row for _, row in sorted(rows, key=lambda item: (item[0], str(item[1]))))

    def limits(self) -> Iterator[Row]:
        """Yield the readers whose limit differs, where that changes anything."""
        for meter in self.shared:
            seen = self.diagrams.relabel(self.pairs, lambda found: not isinstance(found, bool))
            differs = self.diagrams.disjoin(seen, self._reports(meter))
            for limits in self.space.counts[meter].limits:
                if limits[0] != limits[1]:
                    yield from self._limited(meter, limits, differs)

    def _limited(self, meter: str, limits: Limits, differs: int) -> Iterator[Row]:
        """Yield the readers who have these two limits of a meter, where that changes anything."""
        space = self.space
        diagrams = self.diagrams
        those = space.limited(meter, limits)
        concerned = diagrams.conjoin(space.possible, those, differs)
        wanted = diagrams.exists(concerned, self.base_levels)
        if wanted == FALSE:
            return
        for box in cover(space, wanted, diagrams.difference(self.base, those)):
            yield Row(
                about="limit",
                who=str(phrase(space.variables, space.vocabulary, box)),
                before=allowed(limits[0], self.old.meter(meter)),
                after=allowed(limits[1], self.new.meter(meter)),
            )

    def meters(self) -> Iterator[Row]:
        """Yield the meters that count otherwise, where anything is spent from them."""
        for meter in self.shared:
            was = counting(self.old, meter)
            now = counting(self.new, meter)
            if (
                was != now
                and self.diagrams.conjoin(self.space.possible, self._reports(meter)) != FALSE
            ):
                who = f"whoever spends from `{meter}`"
                yield Row(about="meter", who=who, before=was, after=now)

    def histories(self) -> Iterator[Row]:
        """Yield the meters that count other views, of those that nobody spends them for."""
        for meter in self.space.meters:
            old, new = (self.history.keeps(side, meter) for side in (0, 1))
            if self.diagrams.conjoin(old, self.diagrams.negate(new)) != FALSE or (
                self.diagrams.conjoin(new, self.diagrams.negate(old)) != FALSE
            ):
                yield Row(
                    about="meter",
                    who=f"whoever is counted by `{meter}`",
                    before=kept_views(self.old, meter),
                    after=kept_views(self.new, meter),
                )

    def _occurs(self, side: int, holds: Callable[[Verdict | Seen], bool]) -> bool:
        """Say whether a policy gives anybody a verdict of which something holds."""
        return any(map(holds, self._leaves[side]))

    @cached_property
    def _leaves(self) -> list[list[Verdict]]:
        """What either policy says to anybody."""
        found = []
        for whole in self.verdicts:
            leaves = self.diagrams.values(self.diagrams.ite(self.space.possible, whole, FALSE))
            found.append([leaf for leaf in leaves if isinstance(leaf, Verdict)])
        return found

    def _alike(self, meter: str) -> int:
        """Return where a meter is in the same state under both policies."""
        level = self.space.state_level(meter)
        domain = self.space.variables[level].domain
        alike = [state for state in domain if state.codes[0] == state.codes[1]]
        return self.diagrams.test(level, self.space.variables[level].indices(alike))

    def _reports(self, meter: str) -> int:
        """Return where either policy spends from a meter, reports it, or keeps a view on it."""
        parts = [self.diagrams.relabel(whole, reports(meter)) for whole in self.verdicts]
        parts += [self.history.keeps(side, meter) for side in (0, 1)]
        return self.diagrams.disjoin(*parts)


def _common(label: Pair, members: Sequence[Pair], side: int) -> Seen:
    """Return what a row says of a group on one side: what is shown, where that is one thing."""
    shows = {member[side].show for member in members}
    if len(shows) > 1:
        return label[side]
    return evolve(label[side], show=members[0][side].show)
