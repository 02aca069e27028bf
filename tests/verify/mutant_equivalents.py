"""Are the mutants that `meter mutate` leaves out those that change nothing, and only those?

`python -m tests.verify.mutant_equivalents [--whole]` makes small policies (1,000, or a tenth of
them) and compares some mutants of each with it once more, without anything of `meter.verify`: every
reader, article, instant and small history that either can tell apart is put to `decide`. (In a list
of meters none has a limit of 0: what such a list never tells of the others is a difference to
`meter diff`, which is on the safe side.) It prints
how many mutants were compared, how many change nothing, and each it disagrees about; it ends with 1
if there is one.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, combinations, combinations_with_replacement, pairwise, product
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from attrs import evolve

from meter import decide
from meter.canonical import to_table
from meter.policy import Copy, Dates, Meter, Offer, Policy, Publication, Rule, When
from meter.prompts import render
from meter.usage import Tally, Usage
from meter.verify.mutants.equivalents import Equivalents, MutantEffect
from meter.verify.mutants.making import mutants
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import Members, Range
from meter.windows import Window, instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter import Decision
    from meter.verify.mutants.edit import Mutant

_WHOLE = 1_000
_EACH = 5
"""How many mutants of each policy are compared: those that change nothing take long to try."""
_NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
_ZONES = ("UTC", "Asia/Tokyo")
_ARTICLE = "this"
_GENEROUS = 9
_TICK = timedelta(microseconds=1)
_AGO = (
    timedelta(),
    timedelta(hours=20),
    timedelta(days=1, hours=12),
    timedelta(days=2, hours=2),
    timedelta(days=2, hours=20),
    timedelta(days=4),
    timedelta(days=6, hours=12),
    timedelta(days=9, hours=20),
    timedelta(days=12),
    timedelta(days=29, hours=12),
    timedelta(days=30, hours=12),
    timedelta(days=100),
    timedelta(days=160, hours=20),
    timedelta(days=250),
    timedelta(days=800),
)
"""How long ago something was read, so that every two windows differ for one of them.

With 20 hours: a Sunday, a last of May, a last of December in UTC, and the day after in Tokyo.
"""
_TAGS = ("red", "blue")
_SECTIONS = ("sport", "sport/golf", "news", None)
_SEGMENTS = ("students", "loyal")
_SHOWN = ("show", "access", "offers", "prompt", "counted")
_TERMS = ("kind", "price", "currency", "term", "then", "product", "ends", "once")
_COPY = {
    "en": Copy(headline="Read every port", benefits=("All stories", "All games")),
    "ja": Copy(pitch="三十の港から"),
}


# Small policies.


def small_policy(seed: int) -> Policy:
    """Return a random policy of a few rules, one meter or two and an offer or two."""
    random = Random(f"mutants {seed}")
    keys = [random.choice(["tags", "section", "score", "segments", "dates"])]
    keys += ["reader", "access", "account", "covered"]
    names = random.choice([["first"], ["first"], ["first"], ["first"], ["first", "second"]])
    limits: list[object] = [1, 2]
    if len(names) == 1:
        limits += [0, {"anonymous": 1, "registered": 2}, {"registered": 1}]
    meters = [_meter(random, name, keys, random.choice(limits)) for name in names]
    offers = [_offer(random, name) for name in ("summer", "winter")[: random.randint(0, 2)]]
    rules = [_rule(random, number, keys, meters, offers) for number in range(random.randint(1, 4))]
    last = Rule(name="everyone else", show="wall", offer=_offered(random, offers))
    return Policy(
        publication=Publication(name="Small", timezone=random.choice(_ZONES)),
        meters=meters,
        offers=offers,
        rules=[*rules, last],
        copy=random.choice([{}, {}, _COPY]),
    )


def _meter(random: Random, name: str, keys: list[str], limit: object) -> Meter:
    window = random.choice(
        [
            Window(calendar="month"),
            Window(calendar="week"),
            Window(rolling="30 days"),
            Window(fixed="2 days"),
            Window(lifetime=True),
        ]
    )
    counts = _when(random, keys) if random.random() < 0.15 else None
    count = random.choice(["articles", "articles", "views"])
    return Meter(name=name, window=window, limit=limit, count=count, counts=counts)


def _offer(random: Random, name: str) -> Offer:
    return Offer(
        name=name,
        kind=random.choice(["trial", "subscription"]),
        price=random.choice([1, 9]),
        currency="USD",
        term="1 month",
        ends=random.choice([None, date(2026, 6, 30)]),
        when=random.choice([When(), When(reader=["anonymous", "registered"])]),
        once=random.random() < 0.2,
    )


def _rule(
    random: Random, number: int, keys: list[str], meters: list[Meter], offers: list[Offer]
) -> Rule:
    name = f"rule {number}"
    when = _when(random, keys)
    if random.random() < 0.4:
        spend = random.choice([[meter.name] for meter in meters] + [[m.name for m in meters]])
        offer = _offered(random, offers)
        show = random.choice(["countdown", "article"])
        return Rule(name=name, when=when, spend=spend, show=show, offer=offer)
    show = random.choice(["article", "article", "registration-wall", "wall", "trial-offer"])
    offer = None if show in ("article", "registration-wall") else _offered(random, offers)
    return Rule(name=name, when=when, show=show, offer=offer)


def _offered(random: Random, offers: list[Offer]) -> str | list[str] | None:
    names = [offer.name for offer in offers]
    return random.choice([None, *names, names or None])


def _when(random: Random, keys: list[str], depth: int = 1) -> When:
    given: dict[str, object] = {}
    for key in random.sample(keys, random.randint(1, 2)):
        given[key] = _asked(random, key)
    if depth and random.random() < 0.15:
        given["not_"] = _when(random, keys, 0)
    if depth and random.random() < 0.15:
        given["any"] = [_when(random, keys, 0), _when(random, keys, 0)]
    return When(**given)


def _asked(random: Random, key: str) -> object:
    if key == "reader":
        words = ["anonymous", "registered", "trial-expired", "subscription-expired"]
        return random.sample(words, random.randint(1, 2))
    if key == "access":
        return random.sample(["free", "metered", "premium"], random.randint(1, 2))
    if key in ("account", "covered"):
        return random.random() < 0.7
    if key == "section":
        return random.choice([["sport"], ["sport/golf"], Members(none=["sport/golf"])])
    if key == "score":
        bound = random.choice(["at_least", "above", "at_most", "below"])
        return Range(**{bound: random.choice([0.2, 0.5])})
    if key == "dates":
        return Dates(from_=date(2026, 6, 8), until=random.choice([None, date(2026, 6, 12)]))
    words = list(_TAGS if key == "tags" else _SEGMENTS)
    group = random.choice(["any", "any", "all", "none"])
    return Members(**{group: random.sample(words, random.randint(1, 2))})


# Everything that a policy and a mutant of it can tell apart.


class Asked(NamedTuple):
    """Who reads what, when, and what is remembered of them."""

    reader: Reader
    view: PageView
    usage: Usage
    now: datetime


def _mentions(table: object) -> Iterator[tuple[str, object]]:
    """Yield every key of some tables with its value, however deep."""
    if isinstance(table, dict):
        for key, value in table.items():
            yield key, value
            yield from _mentions(value)
    elif isinstance(table, list):
        for value in table:
            yield from _mentions(value)


def _subsets(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    sizes = range(len(words) + 1)
    return list(chain.from_iterable(combinations(words, size) for size in sizes))


def _readers(mentioned: dict[str, list[object]], now: datetime) -> Iterator[Reader]:
    day = timedelta(days=1)
    past = {"starts": now - 40 * day, "ends": now - 2 * day}
    mine = Entitlement(kind="purchase", article=_ARTICLE)
    expired = ([Entitlement(kind=kind, **past)] for kind in ("trial", "subscription"))
    rights: list[tuple[bool, list[Entitlement]]] = [
        (False, []),
        (True, []),
        *((True, [Entitlement(kind=kind)]) for kind in ("trial", "subscription", "staff")),
        *((True, ended) for ended in expired),
    ]
    if "covered" in mentioned:
        rights += [(known, [*held, mine]) for known, held in rights]
    segments = _subsets(_SEGMENTS) if "segments" in mentioned else [()]
    scores: list[float | None] = [None]
    if "score" in mentioned:
        scores += _numbers(mentioned["score"])
    for (registered, held), of, score in product(rights, segments, scores):
        yield Reader(id="me", registered=registered, entitlements=held, segments=of, score=score)


def _numbers(ranges: list[object]) -> list[float]:
    bounds = sorted({0.0, 1.0, *(b for r in ranges if isinstance(r, dict) for b in r.values())})
    between = [(low + high) / 2 for low, high in pairwise(bounds)]
    return sorted({*bounds, *between})


def _views(mentioned: dict[str, list[object]]) -> Iterator[PageView]:
    tags = _subsets(_TAGS) if "tags" in mentioned else [()]
    sections = _SECTIONS if "section" in mentioned else (None,)
    for access, tag, section in product(("metered", "premium", "free"), tags, sections):
        article = Article(id=_ARTICLE, access=access, tags=tag, section=section)
        yield PageView(article=article, id="view")


def _instants(mentioned: dict[str, list[object]]) -> list[datetime]:
    """Return an instant for each stretch of time in which no date begins or ends."""
    days = {day for values in mentioned.values() for day in values if isinstance(day, date)}
    zones = sorted({"UTC", *map(str, mentioned.get("timezone", ()))})
    edges = {
        datetime.combine(midnight, time(), ZoneInfo(zone)).astimezone(UTC)
        for day, zone in product(days, zones)
        for midnight in (day, day + timedelta(days=1))
    }
    return sorted({*edges, min(edges) - _TICK}) if edges else [_NOW]


def _usages(
    policies: tuple[Policy, Policy], counting: Counting, view: PageView, now: datetime
) -> Iterator[Usage]:
    """Yield what may have been counted by now: any number by each meter, this article or not."""
    most = 4 if len(policies[0].meters) == 1 else 3
    states = []
    for meter in policies[0].meters:
        of_meter: list[list[str]] = [[]]
        if meter.name in counting.somewhere:
            of_meter = [[f"read-{n}" for n in range(count)] for count in range(most)]
        if meter.name in counting.by_view[view]:
            of_meter += [[*ids, _own(policies, meter.name, view, now)] for ids in of_meter]
        states.append([(meter.name, ids) for ids in of_meter])
    for combination in product(*states):
        yield Usage({name: _tally(ids, now) for name, ids in combination})


def _own(policies: tuple[Policy, Policy], meter: str, view: PageView, at: datetime) -> str:
    """Return what stands for a view where a meter has counted it."""
    kinds = {policy.meter(meter).count for policy in policies}
    return view.view_key(instant(at)) if kinds == {"views"} else view.article.key


def _generous(policy: Policy) -> Policy:
    meters = [evolve(meter, limit=_GENEROUS, limits=()) for meter in policy.meters]
    return evolve(policy, meters=meters)


class Counting(NamedTuple):
    """Which meters count anything, and which count each view, for some reader at some time."""

    somewhere: frozenset[str]
    by_view: dict[PageView, frozenset[str]]

    @classmethod
    def of(
        cls,
        policies: tuple[Policy, Policy],
        met: list[tuple[datetime, list[Reader]]],
        views: list[PageView],
    ) -> Counting:
        """Return what two policies count, or would have under an earlier limit."""
        earlier = [_generous(policy) for policy in policies]
        by_view = {
            view: frozenset(
                name
                for policy in earlier
                for now, readers in met
                for reader in readers
                for name in decide(policy, reader, view, Usage(), now)[1].tallies
            )
            for view in views
        }
        return cls(frozenset().union(*by_view.values()), by_view)


def _tally(ids: list[str], at: datetime) -> Tally:
    return Tally(tuple(sorted(ids)), (instant(at),) * len(ids))


def situations(old: Policy, new: Policy) -> Iterator[Asked]:
    """Yield everything that either of two small policies can tell apart, and more."""
    mentioned: dict[str, list[object]] = {}
    for policy in (old, new):
        for key, value in _mentions(to_table(policy)):
            mentioned.setdefault(key, []).append(value)
    started = [Usage()]
    started += [Usage().starting(offer.name) for offer in old.offers if offer.once]
    views = list(_views(mentioned))
    met = [(now, list(_readers(mentioned, now))) for now in _instants(mentioned)]
    for now, readers in met:
        for view, reader in product(views, readers):
            for usage in started:
                yield Asked(reader, view, usage, now)
            yield Asked(Reader(**{**_of(reader), "id": None}), view, Usage(), now)
    counting = Counting.of((old, new), met, views)
    for now, readers in met:
        for view in views:
            for usage in _usages((old, new), counting, view, now):
                for reader in readers:
                    yield Asked(reader, view, usage, now)
    if _windows(old) != _windows(new):
        for now, readers in met:
            yield from _long_ago((old, new), counting, now, readers)


def _of(reader: Reader) -> dict[str, object]:
    names = ("registered", "entitlements", "segments", "score")
    return {name: getattr(reader, name) for name in names}


def _windows(policy: Policy) -> list[object]:
    return [policy.publication.timezone, *(meter.window for meter in policy.meters)]


def _long_ago(
    policies: tuple[Policy, Policy], counting: Counting, now: datetime, readers: list[Reader]
) -> Iterator[Asked]:
    """Yield views by readers whose meters have counted something some time before, or twice."""
    several = _subsets(tuple(sorted(counting.somewhere)))
    for ago, view, mine, names in product(
        combinations_with_replacement(_AGO, 2), counting.by_view, (False, True), several
    ):
        ats = sorted(now - each for each in ago)
        usage = Usage()
        for name in names:
            own = mine and name in counting.by_view[view]
            last = _own(policies, name, view, ats[1]) if own else "read-1"
            tally = Tally(("read-0", last), tuple(map(instant, ats)))
            usage = Usage({**usage.tallies, name: tally})
        for reader in readers:
            yield Asked(reader, view, usage, now)


# What of an answer matters.


def _answer(policy: Policy, asked: Asked, *, words: bool) -> tuple[object, ...]:
    """Return what a reader sees and what is counted, now and when the article is opened again."""
    seen: list[object] = []
    usage = asked.usage
    for name in ("view", "again"):
        view = PageView(article=asked.view.article, id=name)
        decision, usage = decide(policy, asked.reader, view, usage, asked.now)
        meter = decision.meter
        seen += [getattr(decision, key) for key in _SHOWN]
        seen.append(meter and (meter.name, meter.limit, meter.used, meter.left, meter.resets_at))
        seen += [tuple(getattr(policy.offer(o), key) for key in _TERMS) for o in decision.offers]
        seen.append(sorted((key, len(tally.ids)) for key, tally in usage.tallies.items()))
        if words:
            seen += [_said(decision, policy, tag) for tag in ("en", "ja")]
        if usage is asked.usage:
            break
    return tuple(seen)


def _said(decision: Decision, policy: Policy, tag: str) -> object:
    """Return what a prompt says, but for the count, which is in the decision."""
    parts = json.loads(render(decision, policy, locale=tag, format="json"))
    return parts and {key: part for key, part in parts.items() if key != "counts"}


def is_equivalent(old: Policy, new: Policy) -> bool:
    """Say whether no reader of two small policies sees any difference, by trying them all."""
    words = (old.copy, old.publication) != (new.copy, new.publication)
    return all(
        _answer(old, asked, words=words) == _answer(new, asked, words=words)
        for asked in situations(old, new)
    )


class Compared(NamedTuple):
    """A mutant, whether it was left out, and whether it changes nothing for anybody."""

    seed: int
    mutant: Mutant
    left_out: bool
    equivalent: bool


def compared(seed: int, most: int | None = None) -> Iterator[Compared]:
    """Compare what is said of the mutants of one policy (of `most` of them) with the truth."""
    policy = small_policy(seed)
    made = mutants(policy)
    if most is not None and len(made) > most:
        made = tuple(Random(seed).sample(made, most))
    equivalents = Equivalents(policy)
    for mutant in made:
        said = equivalents.difference(mutant.policy) is MutantEffect.NONE
        yield Compared(seed, mutant, said, is_equivalent(policy, mutant.policy))


def main(arguments: list[str]) -> int:
    """Compare, and print what was found."""
    many = _WHOLE if "--whole" in arguments else _WHOLE // 10
    total = alike = wrong = 0
    for seed in range(many):
        for one in compared(seed, _EACH):
            total += 1
            alike += one.equivalent
            if one.left_out != one.equivalent:
                wrong += 1
                said = "left out" if one.left_out else "not left out"
                sys.stdout.write(f"policy {one.seed}: {said}: {one.mutant.words}\n")
    sys.stdout.write(
        f"{many} policies, {total} mutants, {alike} of them change nothing; {wrong} disagreements\n"
    )
    return 1 if wrong or not alike else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
