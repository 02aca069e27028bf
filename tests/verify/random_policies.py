"""Random policies that are mostly useful, with constants on edges, for differential tests."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from meter.policy import (
    Dates,
    Hours,
    Lengths,
    Limit,
    Meter,
    Offer,
    Policy,
    Product,
    Prompt,
    Publication,
    Rule,
    Since,
    Tenure,
    When,
)
from meter.vocabulary import ArticleAccess, Members, Range, Show, Status, Wall, Weekday
from meter.windows import Window

if TYPE_CHECKING:
    from random import Random

WORDS = {
    "section": ["markets", "markets/asia", "sport"],
    "kind": ["opinion", "news"],
    "country": ["JP", "SE", "SE-M"],
    "device": ["phone", "tablet"],
    "channel": ["app", "web"],
    "language": ["en", "en-gb", "ja"],
    "referrer": ["", "google.com", "news.google.com"],
    "product": ["basic", "all"],
}
SETS = {"tags": ["live", "sponsored", "election"], "segments": ["students", "loyal"]}
NUMBERS = {
    "score": [0, 0.2, 0.5, 1],
    "value": [0, 0.5, 1],
}
LENGTHS = ["1 hour", "7 days", "30 days", "36 hours"]
TIMES = ["age", "since", "published", "weekday", "hour"]
FLAGS = ["gift", "crawler", "account", "entitled", "covered", "covered"]
CRAWLERS = [["search"], ["training"], ["search", "agent"], ["agent", "training"]]
WINDOWS = [
    Window(calendar="month"),
    Window(rolling="30 days"),
    Window(fixed="2 days"),
    Window(lifetime=True),
    Window(calendar="week", starts="sunday"),
]
NAMES = ["reader", "access", *WORDS, *SETS, *NUMBERS, *FLAGS, *TIMES, "dates", "switch"]
OF_METERS = ["left", "used", "exhausted"]
NAMES += OF_METERS
WEIGHTS = [
    9,
    7,
    *([1] * len(WORDS)),
    *([2] * len(SETS)),
    *([1] * len([*NUMBERS, *FLAGS, *TIMES])),
    1,
    1,
    2,
    1,
    1,
]
OPENS = [
    When(),
    When(section=["markets"]),
    When(any=[When(kind=["opinion"]), When(not_=When(section=["sport"]))]),
    "nothing",
]
START = date(2026, 6, 1)


def random_range(random: Random, constants: list[float]) -> Range:
    """Return a range with one or two bounds, on constants that others use too."""
    low, high = sorted(random.sample(constants, 2))
    lower = {random.choice(["at_least", "above"]): low}
    upper = {random.choice(["at_most", "below"]): high}
    return Range(**random.choice([lower, upper, lower | upper, {"equals": low}]))


def random_lengths(random: Random, make: type[Lengths] = Lengths) -> Lengths:
    """Return a condition on a length of time with one or two bounds, sometimes of a product."""
    low, high = sorted(random.sample(LENGTHS, 2), key=lambda text: Lengths(above=text).above)
    lower = {random.choice(["at_least", "above"]): low}
    upper = {random.choice(["at_most", "below"]): high}
    given: dict[str, object] = random.choice([lower, upper, lower | upper])
    if make is Tenure and random.random() < 0.5:
        given["product"] = random.sample(WORDS["product"], random.randint(1, 2))
    return make(**given)


def random_dates(random: Random) -> Dates:
    """Return a stretch of days, or of times, few enough to meet others."""
    start = START + timedelta(days=random.randint(0, 3))
    until = random.choice([None, start, start + timedelta(days=2)])
    if until is not None and random.random() < 0.4:
        until = datetime.combine(until, time(18))
    return Dates(from_=start, until=until)


def random_time(random: Random, key: str) -> object:
    """Return what a key about times asks for."""
    if key == "age":
        return random_lengths(random)
    if key == "since":
        what = random.choice(["expiry", "purchase", "registration"])
        make = Lengths if what == "registration" else Tenure
        return Since(**{what: random_lengths(random, make)})
    if key == "weekday":
        return random.sample(list(Weekday), random.choice([1, 2, 5]))
    if key == "hour":
        first, last = random.sample([0, 6, 9, 18], 2)
        return Hours(at_least=first, below=last)
    return random_dates(random)


def random_flag(random: Random, key: str) -> object:
    """Return whether a flag is asked for, or which classes of crawlers are."""
    drawn = random.random()
    if key == "crawler" and 0.4 <= drawn < 0.8:
        return CRAWLERS[int((drawn - 0.4) / 0.4 * len(CRAWLERS))]
    return drawn < 0.8


def random_when(
    random: Random, meters: list[str], names: list[str] = NAMES, depth: int = 2, wide: int = 2
) -> When:
    """Return a condition of a few keys, sometimes with groups."""
    weights = [WEIGHTS[NAMES.index(name)] for name in names]
    # Not a set: its order is another one in each process, and so would the policy be.
    keys = dict.fromkeys(random.choices(names, weights, k=random.randint(1, wide)))
    given: dict[str, object] = {}
    for key in keys:
        if key == "reader":
            given[key] = random.sample(list(Status), random.randint(1, 3))
        elif key == "access":
            given[key] = random.sample(list(ArticleAccess), random.randint(1, 2))
        elif key in ("section", "kind") and random.random() < 0.2:
            given[key] = Members(none=random.sample(WORDS[key], 1))
        elif key in WORDS:
            given[key] = random.sample(WORDS[key], random.randint(1, 2))
        elif key in SETS:
            group = random.choice(["any", "any", "all", "none"])
            given[key] = Members(**{group: random.sample(SETS[key], random.randint(1, 2))})
        elif key in NUMBERS:
            given[key] = random_range(random, NUMBERS[key])
        elif key in FLAGS:
            given[key] = random_flag(random, key)
        elif key in TIMES or key == "dates":
            given[key] = random_time(random, key)
        elif key == "switch":
            given[key] = random.sample(["storm", "election"], random.randint(1, 2))
        elif meters and key == "exhausted":
            given[key] = random.sample(meters, random.randint(1, len(meters)))
        elif meters:
            given[key] = {random.choice(meters): random_range(random, [0, 1, 2, 3])}
    if depth and random.random() < 0.25:
        inner = [
            random_when(random, meters, names, depth - 1, 2) for _ in range(random.randint(1, 2))
        ]
        given |= {"any": tuple(inner)} if random.random() < 0.6 else {"not_": inner[0]}
    return When(**(given or {"reader": ["anonymous"]}))


def random_meter(random: Random, name: str) -> Meter:
    """Return a meter with one of the three ways to write limits."""
    window = random.choice(WINDOWS)
    count = random.choice(["articles", "articles", "views"])
    lifetime = window.lifetime
    kept = {
        "access": random.choice([["metered"], ["metered"], ["metered", "premium"], ["premium"]]),
        "counts": random_history(random),
    }
    way = random.random()
    if way < 0.3:
        limit = random_limit(random, [0, 1, 2, 3, 5], lifetime=lifetime)
        return Meter(name=name, window=window, limit=limit, count=count, **kept)
    if way < 0.7:
        limit = {
            status: random_limit(random, [0, 1, 3, 5], lifetime=lifetime)
            for status in random.sample(list(Status)[:6], random.randint(1, 3))
        }
        return Meter(name=name, window=window, limit=limit, count=count, **kept)
    names = ["score", "segments", "reader", "country"]
    limits = [
        Limit(
            when=random_when(random, [], names, 1, 1),
            limit=random_limit(random, [0, 1, 4, 10], lifetime=lifetime),
        )
        for _ in range(random.randint(1, 2))
    ]
    return Meter(
        name=name,
        window=window,
        limits=(*limits, Limit(limit=random_limit(random, [0, 2, 3], lifetime=lifetime))),
        count=count,
        **kept,
    )


def random_limit(random: Random, limits: list[int], *, lifetime: bool) -> int | str:
    """Return a limit, sometimes none; what never starts again has one."""
    return "none" if random.random() < 0.15 and not lifetime else random.choice(limits)


def random_history(random: Random) -> When | None:
    """Return which views a meter counts besides, if any."""
    if random.random() < 0.65:
        return None
    return random.choice([When(), random_when(random, [], ["reader", "access", "section"], 1, 1)])


def random_spend(random: Random, meters: list[Meter]) -> list[str]:
    """Return one meter, or several that are for some articles in common."""
    listed = random.sample(meters, random.choice([1, 1, min(2, len(meters)), len(meters)]))
    if not frozenset.intersection(*(meter.access for meter in listed)):
        listed = listed[:1]
    return [meter.name for meter in listed]


def random_rule(
    random: Random, index: int, meters: list[Meter], offers: list[str], names: list[str] = NAMES
) -> Rule:
    """Return a rule; about a third of them spend where there is a meter."""
    when = random_when(random, [meter.name for meter in meters], names)
    shown = random_offers(random, offers)
    prompt = random.choice([None, None, None, "special"])
    if meters and random.random() < 0.35:
        show = random.choice(["countdown", "countdown", "article"])
        return Rule(
            name=f"rule {index}",
            when=when,
            spend=random_spend(random, meters),
            show=show,
            prompt=prompt,
            **shown,
        )
    shows = [show for show in Show if show not in (Show.COUNTDOWN, Show.LAST_FREE_ARTICLE)]
    show = random.choice([*shows, Wall.WALL, Wall.WALL])
    prompt = "special" if show is Show.GATE else prompt
    return Rule(name=f"rule {index}", when=when, show=show, prompt=prompt, **shown)


def random_offers(random: Random, offers: list[str]) -> dict[str, object]:
    """Return how a rule shows offers: none, one, the first of a list, or side by side."""
    if not offers or random.random() < 0.6:
        return {}
    listed = random.sample(offers, len(offers))
    return random.choice([{"offer": listed[0]}, {"offer": listed}, {"offers": listed}])


def random_policy(random: Random, rules: int | None = None) -> Policy:
    """Return a policy of up to six rules and a last one that matches everything."""
    names = ["reader", "access", *random.sample(NAMES[2 : -len(OF_METERS)], 3), *OF_METERS]
    meters = [
        random_meter(random, name)
        for name in ["monthly", "daily", "heard"][: random.choice([0, 1, 1, 1, 2, 2, 3])]
    ]
    kept = [meter.name for meter in meters]
    offers = [
        Offer(
            name=name,
            kind=random.choice(["trial", "subscription"]),
            price=9,
            currency="USD",
            term="3 months",
            when=random_when(random, kept, names, 1, 1) if random.random() < 0.7 else When(),
            starts=random.choice([None, START]),
            ends=random.choice([None, START + timedelta(days=1)]),
            once=random.random() < 0.3,
        )
        for name in ["summer", "winter"][: random.choice([0, 1, 2])]
    ]
    own = [offer.name for offer in offers]
    count = random.randint(2, 6) if rules is None else rules
    last = Rule(
        name="everyone else",
        show=random.choice(["trial-offer", "subscription-wall", "wall", "wall"]),
        offer=random.choice([None, *own]),
    )
    return Policy(
        publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo"),
        meters=meters,
        offers=offers,
        switches={"storm": random.random() < 0.5, "election": random.random() < 0.5},
        prompts=[Prompt(name="special", heading="Before you read on")],
        products=[
            Product(name=name, opens=random.choice(OPENS))
            for name in random.choice([[], WORDS["product"], ["basic"]])
        ],
        rules=(
            *(random_rule(random, index, meters, own, names) for index in range(1, count + 1)),
            last,
        ),
    )
