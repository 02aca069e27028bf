"""The readers, articles and views that the simulated world holds, as classes with shares."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from meter.errors import MeterError
from meter.facts import ATTRIBUTES
from meter.simulate.assumptions import Assumptions
from meter.view import Article, PageView, Reader
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Classes", "World", "WorldKinds"]

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


class WorldKinds(NamedTuple):
    """The readers, articles and views that there are, however many there are of each."""

    readers: tuple[Reader, ...]
    articles: tuple[Article, ...]
    referrers: tuple[str | None, ...]
    devices: tuple[str | None, ...]


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

    @property
    def kinds(self) -> WorldKinds:
        """Everything there is, without its shares."""
        return WorldKinds(self.readers.members, self.articles.members, self.referrers, self.devices)

    def words(self, attribute: str) -> frozenset[str]:
        """Return every word of an attribute that somebody or something has, as a rule sees it."""
        asked = ATTRIBUTES[attribute]
        found: set[str] = set()
        for reader, view in self._examples():
            value = asked.read(reader, view, 0)
            if isinstance(value, frozenset):
                found |= value
            elif value is not None:
                found.add(asked.form(value))
        return frozenset(found)

    def _examples(self) -> Iterator[tuple[Reader, PageView]]:
        """Yield a reader and a view for each class, referrer and device."""
        somebody = Reader(id="someone")
        something = Article(id="something")
        for reader in self.readers.members:
            yield reader, PageView(article=something)
        for article in self.articles.members:
            yield somebody, PageView(article=article)
        for referrer, device in product(self.referrers, self.devices):
            yield somebody, PageView(article=something, referrer=referrer, device=device)


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
