"""What the numbers of a policy do not say: which rules, offers and readers nobody met."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from meter.facts import ATTRIBUTES
from meter.forms import covers
from meter.simulate.codes import coded
from meter.simulate.report.words import counted, listed
from meter.vocabulary import OfferKind, Status
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.columns.cautions import Caution
    from meter.policy import Offer, Policy
    from meter.simulate.assumptions import Assumptions
    from meter.simulate.population import Population
    from meter.simulate.results import Results
    from meter.simulate.world import World

__all__ = ["about_the_policies"]

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


def about_the_policies(comparison: Results) -> Iterator[Caution]:
    """Yield what the numbers of each policy do not say, by the policy's name."""
    for name, people in zip(comparison.names, comparison.populations, strict=True):
        for code, text in _about_a_policy(people, comparison.assumptions):
            yield coded(code, f"`{name}`: {text}")


def _about_a_policy(people: Population, known: Assumptions) -> Iterator[tuple[str, str]]:
    policy = people.policy
    idle = [rule for rule, count in people.by_rule().items() if not count]
    if idle:
        text = f"no simulated page view reached {_names(idle)}; nothing here says what"
        what = "this rule does" if len(idle) == 1 else "these rules do"
        yield "W20", f"{text} {what}"
    for what in _nobody(policy, people.reading.world):
        yield "W21", what
    gated = people.by_show().get("gate")
    if gated:
        text = (
            f"{counted(gated, 'page view', 'simulated')} met a gate and went without the article:"
            " who does what a gate asks for is not simulated, and nobody counts as stopped by one"
        )
        yield "W26", text
    if people.by_show().get("registration-wall"):
        times = known.number("registered.conversion")
        changes = "registering changes nobody here"
        if times != 1:
            changes = f"here registering by itself makes it {times:g} times as often"
        text = (
            "that registered readers subscribe more often is mostly who registers;"
            f" {changes} (`registered.conversion`)"
        )
        yield "W10", text
    trials = {offer.name for offer in policy.offers if offer.kind is OfferKind.TRIAL}
    if trials & {name for _, name in people.by_offer()}:
        text = (
            "what a trial's length does to who stays is from one experiment with one product"
            " (`trials.length_elasticity`)"
        )
        yield "W28", text
    if people.total("starts") and not known.number("subscribers.share"):
        text = (
            "nobody subscribes when the first month opens: what an offer takes from those who pay"
            " the full price today is not in here; say how many there are in `subscribers.share`"
        )
        yield "W29", text
    if people.by_offer() and not known.number("offers.price_elasticity"):
        text = "a lower price sells no more here; set `offers.price_elasticity` if you know better"
        yield "W23", text
    for name in sorted(policy.lasting):
        text = (
            f"the offer `{name}` lasts a while for each reader, and here it is never over: what a"
            " deadline of one's own brings or costs is not simulated"
        )
        yield "W33", text
    tracked = [prompt.name for prompt in policy.rulebook.frequencies.prompts]
    if tracked:
        text = (
            f"how often a prompt is shown or kept back is not simulated ({_names(tracked)}): nobody"
            " here does anything else for a prompt, so no number depends on it"
        )
        yield "W37", text
    for text in _unmet_offers(people):
        yield "W24", text


def _unmet_offers(people: Population) -> Iterator[str]:
    """Yield each offer that was on no page, and each rule that never came with an offer of its."""
    policy = people.policy
    met = people.by_offer()
    for offer in policy.offers:
        if offer.name not in {name for _, name in met}:
            yield f"the offer `{offer.name}` was on no page{_why(people, offer)}"
    counts = people.by_rule()
    for rule in policy.rules:
        for name in rule.offered:
            shown_elsewhere = any(name == other for _, other in met)
            if counts[rule.name] and shown_elsewhere and (rule.name, name) not in met:
                views = counted(counts[rule.name], "page view", "simulated")
                yield f"of the {views} of rule `{rule.name}` none came with the offer `{name}`"


def _why(people: Population, offer: Offer) -> str:
    """Say of an offer that does not run in the simulated months when it does."""
    horizon = people.reading.horizon
    starts, end = offer.instants(people.policy.zone)
    begins_later = starts is not None and starts >= horizon.closes
    if not begins_later and (end is None or end > horizon.opens):
        return ""
    zone = people.policy.zone
    last = (moment(horizon.closes, zone) - timedelta(microseconds=1)).date()
    when = f"it starts on {offer.starts}" if begins_later else f"it ended on {offer.ends}"
    return f": {when}, and the simulated days are {horizon.first} to {last}"


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
                yield (
                    f"nothing and nobody has {slot.name} {_names(missing)}; say how many have in"
                    f" `{_SOURCES[slot.name]}`"
                )
        elif slot.name in _NEVER_SET:
            yield f"it asks about `{slot.name}`, which is the same for every simulated view"
    if any(rule.when.reader == frozenset({Status.STAFF}) for rule in policy.rules):
        yield "there are no staff among the simulated readers"


def _names(names: list[str]) -> str:
    return listed([f"`{name}`" for name in names])
