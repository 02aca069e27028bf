"""What a simulation cannot know: coded cautions for one comparison, and the experiment to run.

The codes are those of `meter.columns.cautions` and `codes`; what is said here is about simulated
people, not about a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from meter.columns.cautions import HEAVY_SHARE, Caution, holdout_size
from meter.simulate.codes import coded
from meter.simulate.measures import MEASURES
from meter.simulate.report.policy_cautions import about_the_policies
from meter.simulate.report.words import counted, listed
from meter.simulate.results import leader_and_rival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from meter.simulate.population import Population
    from meter.simulate.report.shapes import Holdout
    from meter.simulate.results import Results

__all__ = ["UNKNOWABLE", "cautions_of", "closing", "holdout"]

_YEAR = 12
_HUNDRED = 100
_FEW = 2
"""Of more policies than these, the best looks better than it is."""
_SMALL_CHANGE = 0.1
"""The change an experiment is planned for where the simulation shows none."""
_LEAST_CHANGE = 0.02
_REACTIONS = ("habit.growth", "habit.wear", "walls.leave")

UNKNOWABLE = (
    (
        "what your readers would do: nobody here was asked, and no published log has both reading"
        " and subscribing in it"
    ),
    "how people react to seeing a counter, to a change as such, or to another publisher's wall",
    "what is shared, linked and ranked differently when more pages are closed",
    "next year's news, prices and competitors",
)
"""What no number of simulated readers can tell."""


def cautions_of(comparison: Results) -> list[Caution]:
    """Return every caution that holds for a comparison, in the order of their codes."""
    return sorted(
        (
            *_about_the_people(comparison),
            *_about_the_fit(comparison),
            *_about_the_answer(comparison),
            *about_the_policies(comparison),
        ),
        key=lambda caution: caution.code,
    )


def _about_the_people(comparison: Results) -> Iterator[Caution]:
    """Yield what simulated people are not, as far as something here depends on it."""
    known = comparison.assumptions
    met = [people for people in comparison.populations if people.walled_views()]
    if met:
        yield coded(
            "W03",
            "no limit was drawn at random for real readers: who registers, tries, buys and leaves"
            " here follows from assumptions alone",
        )
        yield coded(
            "W18",
            "each reader is alone: nobody shares a link, and no search engine ranks a closed page"
            " lower",
        )
    lost = known.number("identity.cookie_reset")
    if lost and any(rule.spend for policy in comparison.policies for rule in policy.rules):
        yield coded(
            "W05",
            f"an unknown reader is metered by device, and {lost:.0%} of devices lose their cookie"
            " in a month: readers as you count them are more than people, and fewer are stopped"
            " than a limit suggests",
        )
    if len(comparison.names) > 1 or any(map(_counts_down, comparison.populations)):
        yield coded(
            "W09",
            "people do not react to the counter itself, nor to the fact that something changed",
        )
    if any(people.total("starts") for people in comparison.populations):
        yield _two_values(comparison)
    if not 1 <= known.number("news.peak_month") <= comparison.months:
        yield coded(
            "W15",
            "the news is the same every month (unless `news.peak_month` says otherwise): seasons"
            " and great events are not in here",
        )
    yield from _heavy_tail(comparison.populations[0])


def _counts_down(people: Population) -> bool:
    """Say whether some page told what is left."""
    return not {"countdown", "last-free-article"}.isdisjoint(people.by_show())


def _two_values(comparison: Results) -> Caution:
    known = comparison.assumptions
    months = counted(round(known.number("money.lifetime_months")), "month")
    return coded(
        "W14",
        f"cash is what is paid within {counted(comparison.months, 'month')}; lifetime is what each"
        f" start is expected to pay in up to {months}, discounted by"
        f" {known.number('money.discount_year'):.0%} a year: they are never added up",
    )


def _heavy_tail(people: Population) -> Iterator[Caution]:
    """Say where the busiest readers make much of everything."""
    heavy = [
        f"the busiest 1% of readers {done} {share:.0%} of the {things}"
        for column, done, things in (("read", "read", "articles"), ("starts", "make", "starts"))
        if (share := _share_of_top(people.column(column))) > HEAVY_SHARE
    ]
    if heavy:
        yield coded("W16", f"{' and '.join(heavy)}: few people decide this answer")


def _share_of_top(values: NDArray[np.float64]) -> float:
    """Return the share that the largest 1 % of values have of their sum."""
    whole = float(values.sum())
    if not whole or len(values) < _HUNDRED:
        return 0.0
    falling = np.sort(values)[::-1]
    return float(falling[: len(falling) // _HUNDRED].sum() / whole)


def _about_the_fit(comparison: Results) -> Iterator[Caution]:
    """Say which of the numbers that were given the simulation does not give."""
    for row in comparison.fit:
        if not row["fits"]:
            yield coded(
                "W30",
                f"{row['name']}: you gave {_short(row['yours'])}, and the fitted simulation gives"
                f" {_short(row['simulated'])}; what follows is not about your readers",
            )


def _short(number: float) -> str:
    return f"{number:.1%}" if number < 1 else f"{number:,.0f}"


def _about_the_answer(comparison: Results) -> Iterator[Caution]:
    if comparison.months < _YEAR:
        are = "is" if comparison.months == 1 else "are"
        yield coded(
            "W11",
            f"{counted(comparison.months, 'month')} {are} less than a year: in the largest trial of"
            " trials (Miller et al. 2023) the ranking turned round after twelve months",
        )
    ahead, other = leader_and_rival(comparison)
    if other is not None:
        yield from _about_the_lead(comparison, ahead, other)
    if len(comparison.names) > _FEW:
        yield coded(
            "W19",
            f"{len(comparison.names)} policies were compared: the best of several looks better than"
            " it is",
        )


def _about_the_lead(comparison: Results, ahead: int, other: int) -> Iterator[Caution]:
    """Say what makes the lead of the policy ahead over another doubtful."""
    names = comparison.names
    by = comparison.by.name
    words = comparison.by.plain
    gap = comparison.differences[ahead or other][by]
    if gap.low <= 0 <= gap.high:
        yield coded(
            "W12",
            f"`{names[ahead]}` and `{names[other]}` differ in {words} by no more than sampling"
            " does: simulate more readers",
        )
    if comparison.turning:
        most, less = (
            comparison.of_all(comparison.measures[number])[by].value for number in (ahead, other)
        )
        lead = f"{most - less:,.0f} {comparison.assumptions.word('money.currency')}"
        turning = listed([f"`{name}`" for name in comparison.turning])
        yield coded(
            "W13",
            f"`{names[ahead]}` leads `{names[other]}` by {lead} in {words}, with"
            f" {comparison.population}, at the central assumptions, but not over the whole"
            f" stated range of {turning}",
        )
    name = "net_lifetime" if by == "net" else "net"
    otherwise = next(measure for measure in MEASURES if measure.name == name)
    rival = int(np.argmax([row[name].value for row in comparison.measures]))
    if rival != ahead:
        yield coded(
            "W14",
            f"by cash and by lifetime value different policies have the most: `{names[ahead]}` by"
            f" {words}, `{names[rival]}` by {otherwise.plain}",
        )
    if not any(comparison.assumptions.number(name) for name in _REACTIONS):
        yield coded(
            "W22",
            "nobody leaves and no habit changes: such a model always prefers all free or all"
            " closed, or nearly so",
        )


def holdout(comparison: Results) -> Holdout:
    """Return the randomised experiment that would show the difference in starts.

    With 80 % power at 5 %. `readers` is for each of two groups, for `months` months; `None` where
    nothing can be planned.
    """
    base = comparison.populations[0]
    share = _starts(base)
    change = _SMALL_CHANGE
    assumed = True
    ahead, other = leader_and_rival(comparison)
    challenger = ahead or other
    if challenger is not None and share:
        found = _starts(comparison.populations[challenger]) / share - 1
        if abs(found) >= _LEAST_CHANGE:
            change = found
            assumed = False
    size = holdout_size(share, change)
    per_reader = base.total("months") / base.readers
    return {
        "readers": None if size is None else int(np.ceil(size / max(per_reader, 1e-9))),
        "months": comparison.months,
        "change": change,
        "assumed": assumed,
        "share": share,
        "power": 0.8,
        "error": 0.05,
    }


def _starts(people: Population) -> float:
    """Return the share of reader-months in which something is begun."""
    return people.total("starts") / max(people.total("months"), 1)


def closing(comparison: Results) -> str:
    """Return the sentence every report ends with."""
    plan = holdout(comparison)
    size = "cannot be planned, since nobody starts anything here"
    if plan["readers"] is not None:
        direction = "more" if plan["change"] > 0 else "fewer"
        size = (
            f"{counted(plan['readers'], 'reader')} in each of two groups for"
            f" {counted(plan['months'], 'month')}, which shows {abs(plan['change']):.0%}"
            f" {direction} starts four times in five"
        )
    ranks = "This simulation describes a policy"
    if len(comparison.names) > 1:
        ranks = "This comparison ranks policies"
    return (
        f"{ranks} under the assumptions listed; it does not forecast revenue. Run a randomised"
        f" holdout (suggested size: {size}) before changing the policy for everyone."
    )
