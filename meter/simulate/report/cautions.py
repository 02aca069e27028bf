"""What a simulation cannot know: coded cautions for one comparison, and the experiment to run.

The codes are those of `meter.columns.cautions` and `codes`; what is said here is about simulated
people, not about a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from meter.columns.cautions import Caution, holdout_size
from meter.facts import ATTRIBUTES
from meter.forms import covers
from meter.simulate.codes import coded
from meter.simulate.report.words import counted
from meter.simulate.results import leader_and_rival
from meter.vocabulary import OfferKind, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from meter.policy import Policy
    from meter.simulate.assumptions import Assumptions
    from meter.simulate.population import Population
    from meter.simulate.report.shapes import Holdout
    from meter.simulate.results import Results
    from meter.simulate.world import World

__all__ = ["UNKNOWABLE", "cautions_of", "closing", "holdout"]

_YEAR = 12
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
        (*_always(comparison), *_about_the_answer(comparison), *_about_the_policies(comparison)),
        key=lambda caution: caution.code,
    )


def _always(comparison: Results) -> Iterator[Caution]:
    known = comparison.assumptions
    lifetime = known.number("money.lifetime_months")
    months = "month" if lifetime == 1 else "months"
    yield coded(
        "W03",
        "no limit was drawn at random for real readers: who registers, tries, buys and leaves here"
        " follows from assumptions alone",
    )
    yield coded(
        "W05",
        "an unknown reader is metered by device, and"
        f" {known.number('identity.cookie_reset'):.0%} of devices lose their cookie in a month:"
        " readers as you count them are more than people, and fewer are stopped than a limit"
        " suggests",
    )
    yield coded(
        "W09", "people do not react to the counter itself, nor to the fact that something changed"
    )
    yield coded(
        "W14",
        f"cash is what is paid within {counted(comparison.months, 'month')}; lifetime also counts"
        f" what those who stay are expected to pay, up to {lifetime:g} {months} and"
        f" discounted by {known.number('money.discount_year'):.0%} a year: they are never added up",
    )
    yield coded(
        "W15",
        "the news is the same every month (unless `news.peak_month` says otherwise): seasons and"
        " great events are not in here",
    )
    yield from _heavy_tail(comparison.populations[0])
    yield coded(
        "W18",
        "each reader is alone: nobody shares a link, and no search engine ranks a closed page"
        " lower",
    )


def _heavy_tail(people: Population) -> Iterator[Caution]:
    """Say how much of everything the busiest readers make."""
    read = people.column("read")
    if not read.sum():
        return
    text = f"the busiest 1% of readers read {_share_of_top(read):.0%} of the articles"
    starts = people.column("starts")
    if starts.sum():
        text += (
            f", and the likeliest 1% make {_share_of_top(starts):.0%} of the starts: few people"
            " decide this answer"
        )
    yield coded("W16", text)


def _share_of_top(values: NDArray[np.float64]) -> float:
    """Return the share that the largest 1 % of values have of their sum."""
    falling = np.sort(values)[::-1]
    top = falling[: max(1, len(falling) // 100)]
    return float(top.sum() / falling.sum())


def _about_the_answer(comparison: Results) -> Iterator[Caution]:
    if comparison.months < _YEAR:
        are = "is" if comparison.months == 1 else "are"
        yield coded(
            "W11",
            f"{counted(comparison.months, 'month')} {are} less than a year: in the largest trial of"
            " trials (Miller et al. 2023) the ranking turned round after twelve months",
        )
    best, other = leader_and_rival(comparison)
    if other is not None:
        yield from _about_the_lead(comparison, best, other)
    if len(comparison.names) > _FEW:
        yield coded(
            "W19",
            f"{len(comparison.names)} policies were compared: the best of several looks better than"
            " it is",
        )


def _about_the_lead(comparison: Results, best: int, other: int) -> Iterator[Caution]:
    """Say what makes the lead of the best policy over another doubtful."""
    names = comparison.names
    by = comparison.by.name
    gap = comparison.differences[best or other][by]
    if gap.low <= 0 <= gap.high:
        yield coded(
            "W12",
            f"`{names[best]}` and `{names[other]}` differ in `{by}` by no more than sampling does:"
            " simulate more readers",
        )
    if comparison.turning:
        lead = comparison.measures[best][by].value - comparison.measures[other][by].value
        listed = ", ".join(f"`{name}`" for name in comparison.turning)
        yield coded(
            "W13",
            f"`{names[best]}` leads `{names[other]}` by {lead:,.0f} in `{by}`, but not over the"
            f" whole stated range of {listed}",
        )
    otherwise = "net_lifetime" if by == "net" else "net"
    rival = int(np.argmax([row[otherwise].value for row in comparison.measures]))
    if rival != best:
        yield coded(
            "W14",
            f"by cash and by lifetime value different policies are best: `{names[best]}` by"
            f" `{by}`, `{names[rival]}` by the other",
        )
    if not any(comparison.assumptions.number(name) for name in _REACTIONS):
        yield coded(
            "W22",
            "nobody leaves and no habit changes: such a model always prefers all free or all"
            " closed, or nearly so",
        )


def _about_the_policies(comparison: Results) -> Iterator[Caution]:
    for name, population in zip(comparison.names, comparison.populations, strict=True):
        for code, text in _about_a_policy(population, comparison.assumptions):
            yield coded(code, f"`{name}`: {text}")


def _about_a_policy(people: Population, known: Assumptions) -> Iterator[tuple[str, str]]:
    """Yield the code and the words of what one policy's numbers do not say."""
    policy = people.policy
    idle = [rule for rule, count in people.by_rule().items() if not count]
    if idle:
        listed = ", ".join(f"`{rule}`" for rule in idle)
        text = f"no simulated page view reached {listed}; nothing here says what these rules do"
        yield "W20", text
    for what in _nobody(policy, people.reading.world):
        yield "W21", what
    gated = people.by_show().get("gate")
    if gated:
        text = (
            f"{counted(gated, 'page view')} met a gate and went without the article: who does what"
            " a gate asks for is not simulated, and nobody counts as stopped by one"
        )
        yield "W26", text
    if people.by_show().get("registration-wall"):
        text = (
            "that registered readers subscribe more often is mostly who registers; registering"
            " changes nobody here"
        )
        yield "W10", text
    if policy.offers and not known.number("offers.price_elasticity"):
        text = "a lower price sells no more here; set `offers.price_elasticity` if you know better"
        yield "W23", text
    has_trials = any(offer.kind is OfferKind.TRIAL for offer in policy.offers)
    if has_trials and not people.total("starts"):
        yield "W24", "nobody was made an offer"


_SOURCES = {
    "section": "articles.sections",
    "kind": "articles.kinds",
    "tags": "articles.tags",
    "segments": "readers.segments",
    "country": "readers.countries",
    "referrer": "views.referrers",
    "device": "views.devices",
}
_NEVER_SET = ("channel", "language", "gift", "crawler")


def _nobody(policy: Policy, world: World) -> Iterator[str]:
    """Yield what the policy asks about that nobody in this world is or has."""
    for slot in policy.rulebook.vocabulary.slots[: policy.rulebook.vocabulary.base]:
        if slot.name in _SOURCES:
            present = world.words(slot.name)
            mark = ATTRIBUTES[slot.name].mark
            missing = [
                word
                for word in map(str, slot.mentioned)
                if not any(covers(word, value, mark) for value in present)
            ]
            if missing:
                listed = ", ".join(f"`{word}`" for word in missing)
                yield (
                    f"nothing and nobody has {slot.name} {listed}; say how many have in"
                    f" `{_SOURCES[slot.name]}`"
                )
        elif slot.name in _NEVER_SET:
            yield f"it asks about `{slot.name}`, which is the same for every simulated view"
    if any(rule.when.reader == frozenset({Status.STAFF}) for rule in policy.rules):
        yield "there are no staff among the simulated readers"


def holdout(comparison: Results) -> Holdout:
    """Return the randomised experiment that would show the difference in starts.

    With 80 % power at 5 %. `readers` is for each of two groups, for `months` months; `None` where
    nothing can be planned.
    """
    base = comparison.populations[0]
    share = _starts(base)
    change = _SMALL_CHANGE
    assumed = True
    best, other = leader_and_rival(comparison)
    challenger = best or other
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
        f" holdout (suggested size: {size}) before changing the limit for everyone."
    )
