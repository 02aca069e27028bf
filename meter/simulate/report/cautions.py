"""What can a simulation not know?

Coded cautions for one comparison, and the experiment that would tell.

The codes are those of `cautions`; what is said here is about simulated people, not about a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from meter.columns.cautions import CAUTIONS, Caution, holdout_size
from meter.policy import OfferKind
from meter.simulate.compare import lead_of
from meter.view import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy
    from meter.simulate.compare import Comparison

__all__ = ["UNKNOWABLE", "closing", "doubts", "holdout"]

_YEAR = 12
_SMALL_CHANGE = 0.1
_NAMES = {
    "W10": "registered-is-selected",
    "W11": "short-horizon",
    "W12": "inside-noise",
    "W13": "turns-round",
    "W14": "cash-and-lifetime",
    "W18": "no-contagion",
    "W19": "many-comparisons",
    "W20": "rule-never-reached",
    "W21": "nobody-like-that",
    "W22": "corner",
    "W23": "price-does-nothing",
    "W24": "not-sold",
}

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


def _doubt(code: str, text: str) -> Caution:
    name = CAUTIONS[code][0] if code in CAUTIONS else _NAMES[code]
    return Caution(code=code, name=name, text=text)


def doubts(comparison: Comparison) -> list[Caution]:
    """Return every caution that holds for a comparison, in the order of their codes."""
    return sorted(
        (*_always(comparison), *_about_the_answer(comparison), *_about_the_policies(comparison)),
        key=lambda doubt: doubt.code,
    )


def _always(comparison: Comparison) -> Iterator[Caution]:
    known = comparison.assumptions
    yield _doubt(
        "W03",
        "no limit was drawn at random for real readers: who registers, tries, buys and leaves here"
        " follows from assumptions alone",
    )
    yield _doubt(
        "W05",
        f"an unknown reader is metered by device, and {known['identity.cookie_reset']:.0%} of"
        " devices lose their cookie in a month: readers as you count them are more than people,"
        " and fewer are stopped than a limit suggests",
    )
    yield _doubt(
        "W09", "people do not react to the counter itself, nor to the fact that something changed"
    )
    yield _doubt(
        "W14",
        f"cash is what is paid within {comparison.months} months; lifetime also counts what those"
        f" who stay are expected to pay, up to {known['money.lifetime_months']:g} months and"
        f" discounted by {known['money.discount_year']:.0%} a year: they are never added up",
    )
    yield _doubt(
        "W15",
        "the news is the same every month (unless `news.peak_month` says otherwise): seasons and"
        " great events are not in here",
    )
    reads = np.sort(comparison.populations[0].column("read"))[::-1]
    if reads.sum():
        top = max(1, len(reads) // 100)
        yield _doubt(
            "W16",
            f"the busiest 1% of readers read {reads[:top].sum() / reads.sum():.0%} of the"
            f" articles{_starters(comparison)}",
        )
    yield _doubt(
        "W18",
        "each reader is alone: nobody shares a link, and no search engine ranks a closed page"
        " lower",
    )


def _starters(comparison: Comparison) -> str:
    starts = np.sort(comparison.populations[0].column("starts"))[::-1]
    if not starts.sum():
        return ""
    share = starts[: max(1, len(starts) // 100)].sum() / starts.sum()
    return f", and the likeliest 1% make {share:.0%} of the starts: few people decide this answer"


def _about_the_answer(comparison: Comparison) -> Iterator[Caution]:
    names, by = comparison.names, comparison.by
    if comparison.months < _YEAR:
        yield _doubt(
            "W11",
            f"{comparison.months} months are less than a year: in the largest trial of trials"
            " (Miller et al. 2023) the ranking turned round after twelve months",
        )
    best, other = lead_of(comparison)
    if other is not None:
        lead = comparison.measures[best][by.name].value - comparison.measures[other][by.name].value
        gap = comparison.differences[best if other == 0 else other][by.name]
        if other == 0 or best == 0:
            blurred = gap.low <= 0 <= gap.high
            if blurred:
                yield _doubt(
                    "W12",
                    f"`{names[best]}` and `{names[other]}` differ in `{by.name}` by no more than"
                    " sampling does: take more readers",
                )
        turning = [swing.assumption for swing in comparison.swings if swing.flips]
        if turning:
            listed = ", ".join(f"`{name}`" for name in turning)
            yield _doubt(
                "W13",
                f"`{names[best]}` leads `{names[other]}` by {lead:,.0f} in `{by.name}`, but not"
                f" over the whole stated range of {listed}",
            )
        rival = int(
            np.argmax(
                [
                    row["net_lifetime" if by.name == "net" else "net"].value
                    for row in comparison.measures
                ]
            )
        )
        if rival != best:
            yield _doubt(
                "W14",
                f"by cash and by lifetime value different policies are best: `{names[best]}` by"
                f" `{by.name}`, `{names[rival]}` by the other",
            )
        if not any(
            comparison.assumptions[name] for name in ("habit.growth", "habit.wear", "walls.leave")
        ):
            yield _doubt(
                "W22",
                "nobody leaves and no habit changes: such a model always prefers all free or all"
                " closed, or nearly so",
            )
    if len(names) > 2:
        yield _doubt(
            "W19",
            f"{len(names)} policies were compared: the best of several looks better than it is",
        )


def _about_the_policies(comparison: Comparison) -> Iterator[Caution]:
    known = comparison.assumptions
    for name, population in zip(comparison.names, comparison.populations, strict=True):
        idle = [rule for rule, count in population.by_rule().items() if not count]
        if idle:
            listed = ", ".join(f"`{rule}`" for rule in idle)
            yield _doubt(
                "W20",
                f"`{name}`: no simulated page view reached {listed}; nothing here says what these"
                " rules do",
            )
        for what in _nobody(population.policy, comparison):
            yield _doubt("W21", f"`{name}`: {what}")
        if population.by_show().get("registration-wall"):
            yield _doubt(
                "W10",
                f"`{name}`: that registered readers subscribe more often is mostly who registers;"
                " registering changes nobody here",
            )
        if population.policy.offers and not known["offers.price_elasticity"]:
            yield _doubt(
                "W23",
                f"`{name}`: a lower price sells no more here; set `offers.price_elasticity` if you"
                " know better",
            )
        if any(
            offer.kind is OfferKind.TRIAL for offer in population.policy.offers
        ) and not population.total("starts"):
            yield _doubt("W24", f"`{name}`: nobody was made an offer")


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


def _nobody(policy: Policy, comparison: Comparison) -> Iterator[str]:
    """Yield what the policy asks about that nobody in this world is or has."""
    for slot in policy.rulebook.vocabulary.slots[: policy.rulebook.vocabulary.base]:
        if slot.name in _SOURCES:
            there = comparison.assumptions[_SOURCES[slot.name]]
            missing = [
                str(word)
                for word in slot.mentioned
                if not any(
                    str(have).startswith(str(word)) or str(have).endswith(str(word))
                    for have in there
                )
            ]
            if missing:
                listed = ", ".join(f"`{word}`" for word in missing)
                yield (
                    f"nothing and nobody has {slot.name} {listed}; say how many have in"
                    f" `{_SOURCES[slot.name]}`"
                )
        elif slot.name in _NEVER_SET:
            yield f"it asks about `{slot.name}`, which is the same for every simulated view"
    staff = [rule.name for rule in policy.rules if rule.when.reader == frozenset({Status.STAFF})]
    if staff:
        yield "there are no staff among the simulated readers"


def holdout(comparison: Comparison) -> dict[str, Any]:
    """Return the size of a randomised experiment that would show the difference in starts, with 80
    % power at 5 %.

    `readers` is for each of two groups, for `months` months; `None` where nothing can be planned.
    """
    best, other = lead_of(comparison)
    base, challenger = comparison.populations[0], best or other
    share = base.total("starts") / max(base.total("months"), 1)
    change, assumed = _SMALL_CHANGE, True
    if challenger is not None and share:
        new = comparison.populations[challenger]
        found = new.total("starts") / max(new.total("months"), 1) / share - 1
        if abs(found) >= 0.02:
            change, assumed = found, False
    size = holdout_size(share, change)
    per_reader = base.total("months") / base.readers
    readers = None if size is None else int(np.ceil(size / max(per_reader, 1e-9)))
    return {
        "readers": readers,
        "months": comparison.months,
        "change": change,
        "assumed": assumed,
        "share": share,
        "power": 0.8,
        "error": 0.05,
    }


def closing(comparison: Comparison) -> str:
    """Return the sentence every report ends with."""
    plan = holdout(comparison)
    change = f"{abs(plan['change']):.0%} {'more' if plan['change'] > 0 else 'fewer'} starts"
    size = (
        "not to be planned: nobody starts here"
        if plan["readers"] is None
        else (
            f"{plan['readers']:,} readers in each of two groups for {plan['months']} months, which"
            f" shows {change} four times in five"
        )
    )
    ranks = (
        "This comparison ranks policies"
        if len(comparison.names) > 1
        else "This simulation describes a policy"
    )
    return (
        f"{ranks} under the assumptions listed; it does not forecast revenue. Run a randomised"
        f" holdout (suggested size: {size}) before changing the limit for everyone."
    )
