"""For whom do two policies decide differently? All of them, in as few lines as there are.

Both policies are laid over one vocabulary, so their rules are compared for every reader, page view
and count at once: in the same standing on each meter. Where a limit or a window differs the
standing itself does, and that is told as a line of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.canonical import to_table
from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.verify.budget import decided
from meter.verify.cover import cover, phrase
from meter.verify.diagram import FALSE, MOST_STEPS, UndecidedError
from meter.verify.symbolic import reports, verdicts
from meter.vocabulary import Access, Show
from meter.windows import length_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.engine import Verdict
    from meter.policy import Meter, Offer, Policy
    from meter.verify.space import Space

__all__ = ["Changes", "Row", "changes"]


@frozen(kw_only=True)
class Row:
    """One line of a comparison: who it is about, what they got before, and what they get after.

    `about` is `rules`, `limit`, `meter` or `offer`: what it is that differs.
    """

    about: str
    who: str
    before: str
    after: str


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
    Policies too large for a diagram are put to z3 where it is installed: it finds one example, or
    proves that there is none. Raises `UndecidedError` otherwise.
    """
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
        from meter.verify.opinion import (
            one_difference,
        )

        return Changes(rows=tuple(one_difference(rulebooks, str(error), seconds)), complete=False)
    return Changes(rows=rows)


class _Comparison:
    def __init__(self, space: Space) -> None:
        self.space = space
        self.forest = space.forest
        self.old, self.new = (book.policy for book in space.rulebooks)
        self.verdicts = [verdicts(space, side) for side in (0, 1)]
        self.pairs = self.forest.combine(self.verdicts[0], self.verdicts[1], _pair)
        self.base_levels = frozenset({space.counts, *space.standing_levels})

    def rows(self) -> Iterator[Row]:
        yield from self.limits()
        yield from self.meters()
        yield from self.rules()
        yield from self.offers()

    def rules(self) -> Iterator[Row]:
        """Yield what differs for readers in the same standing under both policies."""
        same = self.forest.both(
            self.space.possible, *(self._alike(meter) for meter in self._shared())
        )
        pairs = self.forest.choose(same, self.pairs, FALSE)
        found = [pair for pair in self.forest.values(pairs) if not isinstance(pair, bool)]
        groups: dict[Any, list[_Pair]] = {}
        for pair in sorted(found, key=str):
            groups.setdefault(_label(pair), []).append(pair)
        rows = []
        for label, members in groups.items():
            wanted = self.forest.relabel(pairs, frozenset(members).__contains__)
            before, after = (
                (
                    (
                        seen[0]
                        if len({pair[side][0] for pair in members}) > 1
                        else members[0][side][0]
                    ),
                    *seen[1:],
                )
                for side, seen in enumerate(label)
            )
            for box in cover(self.space, wanted, self.forest.minus(same, wanted)):
                row = Row(
                    about="rules",
                    who=str(phrase(self.space, box)),
                    before=_said(before, after),
                    after=_said(after, before),
                )
                rows.append((len(box), row))
        yield from (row for _, row in sorted(rows, key=lambda item: (item[0], str(item[1]))))

    def limits(self) -> Iterator[Row]:
        """Yield the readers whose limit differs, where that changes anything."""
        base = self.forest.exists(self.space.possible, self.base_levels)
        for meter in self._shared():
            differs = self.forest.either(
                self.forest.relabel(self.pairs, lambda pair: not isinstance(pair, bool)),
                self._reports(meter),
            )
            for limits in self.space.limit_values[meter]:
                if limits[0] == limits[1]:
                    continue
                those = self.space.limited(meter, limits)
                wanted = self.forest.exists(
                    self.forest.both(self.space.possible, those, differs), self.base_levels
                )
                if wanted == FALSE:
                    continue
                for box in cover(self.space, wanted, self.forest.minus(base, those)):
                    before, after = (
                        _allowed(limit, policy.meter(meter))
                        for limit, policy in zip(limits, (self.old, self.new), strict=True)
                    )
                    yield Row(
                        about="limit", who=str(phrase(self.space, box)), before=before, after=after
                    )

    def meters(self) -> Iterator[Row]:
        """Yield the meters that count otherwise, where anything is spent from them."""
        for meter in self._shared():
            was, now = counting(self.old, meter), counting(self.new, meter)
            if was != now and self.forest.both(self.space.possible, self._reports(meter)) != FALSE:
                yield Row(
                    about="meter", who=f"whoever spends from `{meter}`", before=was, after=now
                )

    def offers(self) -> Iterator[Row]:
        """Yield the offers that are shown under both policies and are not the same offer."""
        shown = [
            {
                verdict.offer
                for verdict in self.forest.values(
                    self.forest.choose(self.space.possible, whole, FALSE)
                )
                if verdict
            }
            for whole in self.verdicts
        ]
        for name in sorted(filter(None, shown[0] & shown[1])):
            was, now = (_terms(policy.offer(name)) for policy in (self.old, self.new))
            if was != now:
                yield Row(about="offer", who=f"whoever sees offer `{name}`", before=was, after=now)

    def _shared(self) -> list[str]:
        return [
            meter.name
            for meter in self.old.meters
            if meter.name in {other.name for other in self.new.meters}
        ]

    def _alike(self, meter: str) -> int:
        level = next(
            level for level, variable in enumerate(self.space.variables) if variable.meter == meter
        )
        domain = self.space.variables[level].domain
        return self.forest.test(
            level,
            [
                code
                for code, standing in enumerate(domain)
                if standing.codes[0] == standing.codes[1]
            ],
        )

    def _reports(self, meter: str) -> int:
        """Return where either policy spends from a meter, or tells about it."""
        parts = (self.forest.relabel(whole, reports(meter)) for whole in self.verdicts)
        return self.forest.either(*parts)


_Seen = tuple[Show, str | None, str | None, str | None, str | None]


def _pair(old: Verdict, new: Verdict) -> tuple[_Seen, _Seen] | bool:
    """Return what either policy shows, where a reader could tell them apart."""
    before, after = visible(old), visible(new)
    return False if before == after else (before, after)


def visible(verdict: Verdict) -> _Seen:
    """Return what of a verdict a reader can notice: everything but the name of the rule."""
    return verdict.show, verdict.offer, verdict.prompt, verdict.spend, verdict.meter


_Pair = tuple[_Seen, _Seen]
_ONE = {Show.LAST_FREE_ARTICLE: Show.COUNTDOWN}


def _label(pair: _Pair) -> Any:
    """Return what differs most: changes alike in that are told in one row.

    A countdown and its last article are one thing.
    """
    before, after = (
        (_ONE.get(show, show), offer, None if prompt == str(show) else prompt, spend, meter)
        for show, offer, prompt, spend, meter in pair
    )
    if before[0] is after[0]:
        return pair if pair[0][0] is not pair[1][0] else (before, after)
    spends = [
        seen[3] if before[0].access is after[0].access is Access.FULL else None
        for seen in (before, after)
    ]
    return (before[0], None, None, spends[0], None), (after[0], None, None, spends[1], None)


def _said(this: _Seen, other: _Seen) -> str:
    """Say what is shown; of the rest only what differs, and nothing where the shows differ enough."""
    show, offer, prompt, spend, meter = this
    same = _ONE.get(show, show) is _ONE.get(other[0], other[0])
    words = f"`{show}`"
    if offer != other[1] and (same or offer):
        words += f" with offer `{offer}`" if offer else " without an offer"
    if prompt != other[2] and same:
        words += f", prompt `{prompt}`" if prompt else ", no prompt of its own"
    if spend != other[3] and show.access is other[0].access:
        words += f", counted on `{spend}`" if spend else ", not counted"
    elif meter != other[4] and same:
        words += f", told of `{meter}`" if meter else ", told of no meter"
    return words


def _allowed(limit: int, meter: Meter) -> str:
    """Say an allowance: `3 articles a month`."""
    window, noun = (
        meter.window,
        str(meter.count) if limit != 1 else str(meter.count).removesuffix("s"),
    )
    if window.calendar is not None:
        per = f"a {window.calendar}"
    elif window.lifetime:
        per = "ever"
    else:
        per = f"in {length_text(window.rolling or window.fixed or timedelta())}"
    return f"{limit or 'no'} {noun} {per} (`{meter.name}`)"


def told_of(meter: str) -> Callable[[_Seen], bool]:
    """Return whether what is seen tells about a meter."""
    return lambda seen: seen[4] == meter


def counting(policy: Policy, name: str) -> str:
    """Say how a meter counts."""
    meter = policy.meter(name)
    zone = f" in {policy.zone}" if meter.window.calendar is not None else ""
    return f"{meter.count} by {meter.window}{zone}"


def _terms(offer: Offer) -> str:
    table = {
        key: value
        for key, value in to_table(offer).items()
        if key not in ("name", "when", "starts")
    }
    price = f"{table.pop('price')} {table.pop('currency')} for {table.pop('term')}"
    kind = table.pop("kind", offer.kind)
    rest = "".join(f", {key} {value}" for key, value in table.items())
    return f"{kind}, {price}{rest}"
