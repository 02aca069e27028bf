"""The page views of simulated readers, in the words of an event.

A population simulated with `log=True` holds its page views; here they become readers and page views
that `decide` takes, or lines that `meter decide` and `meter replay` read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from attrs import evolve, frozen

from meter.rulebook import Verdict
from meter.simulate.arms import identity_name
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import LOG, OLDEST_ARTICLE, SLOT
from meter.view import Article, PageView, Reader
from meter.windows import EPOCH, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.simulate.population import Population

__all__ = ["Json", "SimulatedView", "simulated_views", "to_event"]

Json: TypeAlias = "str | bool | float | list[Json] | dict[str, Json] | None"
"""What JSON can hold."""


@frozen(kw_only=True)
class SimulatedView:
    """One page view of a simulated reader, and what it got.

    `joined` is the device's id whose reading was brought to this account since the view before, as
    `engine.join` does. `meter` is the one that is told, if any, and `used` what it has counted
    after this view, or -1 where there is none. `started` are the offers that an account starts
    once, and this one has by now.
    """

    reader: Reader
    view: PageView
    at: datetime
    joined: str | None
    verdict: Verdict
    counted: bool
    meter: str | None
    used: int
    started: tuple[str, ...] = ()


def simulated_views(population: Population) -> Iterator[SimulatedView]:
    """Yield the page views of a population, reader by reader, each reader's in order of time."""
    for number, row in enumerate(population.log.tolist()):
        yield _view(population, number, dict(zip(LOG, row, strict=True)))


def _view(population: Population, number: int, line: Mapping[str, int]) -> SimulatedView:
    """Return a page view from its line in the log."""
    reading = population.reading
    world = reading.world
    zone = population.policy.zone
    view = PageView(
        article=_article(population, line["article"]),
        id=f"v{number}",
        referrer=world.referrers[line["referrer"]],
        device=world.devices[line["device"]],
        channel="web",
    )
    known = evolve(
        world.readers.members[line["reader_class"]],
        id=identity_name(line["reader"], line["identity"]),
        visitor=_visitor(population, line),
        score=line["score"] / 100,
    )
    reader = reading.states[line["standing"]].given_to(
        known, moment(line["starts"], zone), moment(line["ends"], zone)
    )
    once = population.policy.rulebook.vocabulary.once
    return SimulatedView(
        reader=reader,
        view=view,
        at=moment(line["at"], zone),
        joined=None if line["joined"] < 0 else identity_name(line["reader"], line["joined"]),
        verdict=reading.judging.verdicts[line["verdict"]],
        counted=bool(line["counted"]),
        meter=reading.judging.meters[line["meter"]] if line["meter"] >= 0 else None,
        used=line["used"],
        started=tuple(name for bit, name in enumerate(once) if line["started"] >> bit & 1),
    )


def _visitor(population: Population, line: Mapping[str, int]) -> str | None:
    """Return the id that the site keeps on the device, where an experiment may ask for it."""
    if not population.policy.experiments:
        return None
    return identity_name(line["reader"], line["visitor"])


def _article(population: Population, number: int) -> Article:
    """Return an article by its number, which also says its class and when it was published."""
    classes = population.reading.world.articles
    per_slot = max(1, round(population.assumptions.number("articles.per_day") / 4))
    draw = draws.uniform(np.uint64(population.seed), draws.ARTICLE, number)
    place = int(np.searchsorted(classes.shares, draw, side="right"))
    opens = population.reading.horizon.opens - OLDEST_ARTICLE
    published = EPOCH + timedelta(microseconds=opens + number // per_slot * SLOT)
    return evolve(
        classes.members[min(place, len(classes.members) - 1)],
        id=f"a{number}",
        published=published,
    )


def to_event(seen: SimulatedView) -> dict[str, Json]:
    """Return a page view as the JSON object that `meter decide` and `meter replay` read."""
    reader = seen.reader
    view = seen.view
    article = view.article
    rights: list[Json] = [
        _without_gaps(
            {
                "kind": str(right.kind),
                "product": right.product,
                "starts": _written(right.starts),
                "ends": _written(right.ends),
            }
        )
        for right in reader.entitlements
    ]
    who: dict[str, Json] = {
        "id": reader.id,
        "registered": reader.registered,
        "entitlements": rights,
        "segments": [*sorted(reader.segments)],
        "country": reader.country,
        "visitor": reader.visitor,
    }
    what: dict[str, Json] = {
        "id": article.id,
        "access": str(article.access),
        "section": article.section,
        "tags": [*sorted(article.tags)],
        "kind": article.kind,
        "published": _written(article.published),
    }
    return _without_gaps(
        {
            "at": _written(seen.at),
            "reader": _without_gaps(who),
            "article": _without_gaps(what),
            "id": view.id,
            "referrer": view.referrer,
            "device": view.device,
            "channel": view.channel,
        }
    )


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _without_gaps(parts: dict[str, Json]) -> dict[str, Json]:
    """Return the parts of an event that say something."""
    return {key: part for key, part in parts.items() if part is not None and part != []}
