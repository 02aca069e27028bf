"""The readers, articles and views that the simulated world holds, as classes with shares."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from meter.errors import MeterError
from meter.simulate.assumptions import Assumptions
from meter.view import Article, Reader
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Classes", "World"]

_Member = TypeVar("_Member")

_UNKNOWN: Mapping[None, float] = {None: 1.0}
"""The shares of an attribute of which nothing is known."""


@frozen(eq=False)
class Classes(Generic[_Member]):
    """One member for each class of readers or articles, and the shares of the classes, added up."""

    members: tuple[_Member, ...]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, members: Iterable[tuple[_Member, float]]) -> Classes[_Member]:
        """Return classes from a member and a share each."""
        known, shares = zip(*members, strict=True)
        return cls(known, np.cumsum(shares))


@frozen
class World:
    """The classes of readers, articles and page views there are.

    A reader or an article stands for everybody and everything of its class: an id, a right and a
    date of publication are given to each one later.
    """

    assumptions: Assumptions
    readers: Classes[Reader] = field(init=False)
    articles: Classes[Article] = field(init=False)
    referrers: tuple[str | None, ...] = field(init=False)
    devices: tuple[str | None, ...] = field(init=False)

    @readers.default
    def _readers(self) -> Classes[Reader]:
        known = self.assumptions
        attributes = _combinations(
            _subsets(known.shares("readers.segments")),
            known.shares("readers.countries") or _UNKNOWN,
        )
        return Classes.of(
            (Reader(id="someone", segments=segments, country=country), share)
            for (segments, country), share in attributes
        )

    @articles.default
    def _articles(self) -> Classes[Article]:
        known = self.assumptions
        free = known.number("articles.free")
        premium = known.number("articles.premium")
        if free + premium > 1:
            raise MeterError(
                "`articles.free` and `articles.premium` add up to more than 1; the rest of the"
                " articles is metered"
            )
        access = {
            ArticleAccess.METERED: 1 - free - premium,
            ArticleAccess.FREE: free,
            ArticleAccess.PREMIUM: premium,
        }
        attributes = _combinations(
            access,
            known.shares("articles.sections") or _UNKNOWN,
            known.shares("articles.kinds") or _UNKNOWN,
            _subsets(known.shares("articles.tags")),
        )
        return Classes.of(
            (Article(id="something", access=access, section=section, kind=kind, tags=tags), share)
            for (access, section, kind, tags), share in attributes
        )

    @referrers.default
    def _referrers(self) -> tuple[str | None, ...]:
        return tuple(self.assumptions.shares("views.referrers") or _UNKNOWN)

    @devices.default
    def _devices(self) -> tuple[str | None, ...]:
        return tuple(self.assumptions.shares("views.devices") or _UNKNOWN)


def _combinations(*attributes: Mapping[Any, float]) -> Iterator[tuple[tuple[Any, ...], float]]:
    """Yield every combination of independent attributes that has a share, and its share."""
    present = (
        [(value, share) for value, share in shares.items() if share > 0] for shares in attributes
    )
    for combination in product(*present):
        values, shares = zip(*combination, strict=True)
        yield values, prod(shares)


def _subsets(shares: Mapping[str, float]) -> dict[frozenset[str], float]:
    """Return the share of each set of independent members."""
    sets = {frozenset[str](): 1.0}
    for name, share in shares.items():
        grown = {}
        for members, whole in sets.items():
            grown[members | {name}] = whole * share
            grown[members] = whole * (1 - share)
        sets = grown
    return sets


@frozen
class World:
    """The classes of readers, articles and page views there are, with their shares added up."""

    assumptions: Assumptions
    readers: list[dict[str, Any]] = field(init=False)
    reader_shares: Any = field(init=False)
    articles: list[dict[str, Any]] = field(init=False)
    article_shares: Any = field(init=False)
    referrers: list[str | None] = field(init=False)
    devices: list[str | None] = field(init=False)

    def __attrs_post_init__(self) -> None:
        known = self.assumptions
        readers = _classes(
            segments=_subsets(known["readers.segments"]),
            country=known["readers.countries"] or {None: 1.0},
        )
        free, premium = known["articles.free"], known["articles.premium"]
        if free + premium > 1:
            raise MeterError(
                "`articles.free` and `articles.premium` add up to more than 1; the rest of the"
                " articles is metered"
            )
        articles = _classes(
            access={
                ArticleAccess.METERED: 1 - free - premium,
                ArticleAccess.FREE: free,
                ArticleAccess.PREMIUM: premium,
            },
            section=known["articles.sections"] or {None: 1.0},
            kind=known["articles.kinds"] or {None: 1.0},
            tags=_subsets(known["articles.tags"]),
        )
        for name, value in (
            ("readers", readers[0]),
            ("reader_shares", readers[1]),
            ("articles", articles[0]),
            ("article_shares", articles[1]),
            ("referrers", list(known["views.referrers"] or {None: 1.0})),
            ("devices", list(known["views.devices"] or {None: 1.0})),
        ):
            object.__setattr__(self, name, value)


class Reading:
    """One policy as this world's people meet it.

    What the engine says of everything that can happen, by number.
    """

    def __init__(self, policy: Policy, world: World, horizon: Horizon) -> None:
        self.policy, self.world, self.horizon = policy, world, horizon
        self.options = options_of(policy, world.assumptions)
        self.standings = standings_of(policy, self.options)
        self.judging = Judging(policy)
        self._slots = policy.rulebook.vocabulary.slots[: policy.rulebook.vocabulary.base]
        self._at = horizon.opens
        self._groups = self._ask()
        self.judging.judge_all()  # about every group and count, before anybody reads
        self.tables = self.judging.tables(np.array([horizon.opens, horizon.closes]))
        self.meaning = Meaning(
            **self._groups, verdicts=self.judging.verdict_table(), **self._walls(), **self._money()
        )

    def _codes(
        self, names: tuple[str, ...], reader: Reader, view: PageView, at: int
    ) -> tuple[Any, ...]:
        codes = self.policy.rulebook.vocabulary.observe(reader, view, at)
        return tuple(
            code for slot, code in zip(self._slots, codes, strict=True) if slot.name in names
        )

    def _ask(self) -> dict[str, Any]:
        """Return which things the policy can tell apart, and the group of each combination of them."""
        world, zone, at = self.world, self.policy.zone, self._at
        someone, something = Reader(id="someone"), PageView(article=Article(id="something"))
        has = {slot.name for slot in self._slots}
        days = max(1, (self.horizon.closes - at) // DAY + 1) if "days_since_expiry" in has else 1
        periods = next((slot.mentioned for slot in self._slots if slot.name == "period"), ())

        def who(standing: Standing, since: int) -> Reader:
            now = moment(at, UTC)  # type: ignore[arg-type]
            ends = now - timedelta(days=since) if standing.over else now + timedelta(days=1)
            return standing.reader("someone", now - timedelta(days=days + 1), ends)

        def article(known: dict[str, Any], age: int = 0) -> PageView:
            return PageView(
                article=Article(id="something", published=moment(at - age * DAY, zone), **known)
            )

        scores = range(_SCORES) if "score" in has else (0,)
        ages = range(_AGES) if "age_days" in has else (0,)
        found: dict[str, tuple[np.ndarray, list[tuple[Any, ...]], tuple[str, ...]]] = {}

        def tell(
            name: str,
            slots: tuple[str, ...],
            shape: tuple[int, ...],
            see: Callable[..., tuple[Reader, PageView, int]],
        ) -> None:
            seen: dict[tuple[Any, ...], int] = {}
            numbers = [
                seen.setdefault(self._codes(slots, *see(*place)), len(seen))
                for place in product(*map(range, shape))
            ]
            found[name] = np.array(numbers, np.int64).reshape(shape), list(seen), slots

        tell(
            "who",
            ("reader", "product", "days_since_expiry"),
            (len(self.standings), days),
            lambda s, d: (who(self.standings[s], d), something, at),
        )
        tell(
            "reader",
            ("segments", "score", "country"),
            (len(world.readers), len(scores)),
            lambda r, s: (Reader(id="someone", score=s / 100, **world.readers[r]), something, at),
        )
        tell(
            "article",
            ("access", "section", "kind", "tags"),
            (len(world.articles),),
            lambda a: (someone, article(world.articles[a]), at),
        )
        tell(
            "visit",
            ("device", "referrer", "channel", "language", "gift", "crawler"),
            (len(world.referrers), len(world.devices)),
            lambda r, d: (
                someone,
                evolve(
                    something, referrer=world.referrers[r], device=world.devices[d], channel="web"
                ),
                at,
            ),
        )
        starts = [min(at, *periods) - 1, *periods] if periods else [at]
        tell("period", ("period",), (len(starts),), lambda p: (someone, something, starts[p]))
        tell("age", ("age_days",), (len(ages),), lambda a: (someone, article({}, a), at))
        if "score" not in has:
            found["reader"] = (np.repeat(found["reader"][0], _SCORES, axis=1), *found["reader"][1:])
        order = ("who", "reader", "article", "visit", "period", "age")
        sizes = [len(found[name][1]) for name in order]
        if np.prod(sizes) > _MOST_SITUATIONS:
            raise MeterError(
                f"the policy and the assumptions make {np.prod(sizes)} different situations; leave"
                " out segments or sections"
            )
        group = np.empty(sizes, np.int64)
        places = {slot.name: index for index, slot in enumerate(self._slots)}
        for combination in product(*map(range, sizes)):
            codes: list[Any] = [None] * len(self._slots)
            for name, number in zip(order, combination, strict=True):
                mine = [slot.name for slot in self._slots if slot.name in found[name][2]]
                for slot, code in zip(mine, found[name][1][number], strict=True):
                    codes[places[slot]] = code
            group[combination] = self.judging.group(
                tuple(codes), spends=codes[1] == ArticleAccess.METERED
            )
        # The period is numbered by its start: codes of one stretch of time may differ only on the
        # start itself.
        return {
            "group": np.ascontiguousarray(group[:, :, :, :, found["period"][0]]),
            **{name: found[name][0] for name in ("who", "reader", "article", "visit", "age")},
            "periods": np.array(periods, np.int64),
        }

    def _walls(self) -> dict[str, Any]:
        offers = {offer.name: number for number, offer in enumerate(self.policy.offers)}
        verdicts = self.judging.verdicts
        return {
            "sells": np.array([_SELLS.get(verdict.show, 0) for verdict in verdicts], np.int64),
            "offer": np.array(
                [-1 if verdict.offer is None else offers[verdict.offer] for verdict in verdicts],
                np.int64,
            ),
        }

    def _money(self) -> dict[str, Any]:
        known, offers = self.world.assumptions, self.policy.offers
        names = [offer.name for offer in offers]
        subscriptions = [offer.name for offer in offers if offer.kind is OfferKind.SUBSCRIPTION]
        churn, rest = zip(*(_lifetime(option, known) for option in self.options), strict=True)
        return {
            "trial": np.array([offer.kind is OfferKind.TRIAL for offer in offers], np.bool_),
            "offer_price": np.array([float(offer.price) for offer in offers], np.float64),
            "offer_lift": np.array([_lift(offer, known) for offer in offers], np.float64),
            "offer_option": np.array(
                [2 + subscriptions.index(name) if name in subscriptions else 0 for name in names],
                np.int64,
            ),
            "price": np.array([option.price for option in self.options], np.float64),
            "churn": np.array(churn),
            "rest": np.array(rest),
        }


def _lift(offer: Offer, known: Assumptions) -> float:
    """Return how much more often an offer is taken than the list price, by the price elasticity (at
    most four times).
    """
    month = max(float(offer.price) / months_in(offer.term), 0.05 * known["money.price_month"])
    return float(
        min(
            (month / max(known["money.price_month"], 0.01)) ** -known["offers.price_elasticity"],
            4.0,
        )
    )


def _lifetime(option: Option, known: Assumptions) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance to end at each renewal (shifted-beta-geometric: Fader and Hardie 2007), and
    what comes after each payment.
    """
    plan = "annual" if option.months >= months_in(_LONG) else "monthly"
    alpha, beta = known[f"churn.{plan}_alpha"], known[f"churn.{plan}_beta"]
    steps = max(1, round(option.months / (12 if plan == "annual" else 1)))
    hazard = alpha / (alpha + beta + np.arange(_RENEWALS * steps))
    survival = np.cumprod(1 - hazard)[steps - 1 :: steps]
    churn = 1 - survival / np.concatenate([[1.0], survival[:-1]])
    when = option.months * np.arange(1, _RENEWALS + 1)
    counted = when < known["money.lifetime_months"] - 1e-9
    worth = option.price * survival * (1 + known["money.discount_year"]) ** (-when / 12) * counted
    left = np.concatenate([np.cumsum(worth[::-1])[::-1], [0.0]])
    alive = np.concatenate([[1.0], survival]) * (1 + known["money.discount_year"]) ** (
        -np.concatenate([[0.0], when]) / 12
    )
    return churn, (left / alive)[:_RENEWALS]
