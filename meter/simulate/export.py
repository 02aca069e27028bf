"""What did the simulated readers do, view by view, in the words of an event?

A population simulated with `log=True` holds its page views; here they become readers and page views
that `decide` takes, or lines that `meter decide` and `meter replay` read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from meter.engine import Verdict
from meter.simulate.kernel import draws
from meter.simulate.kernel.arrays import LOG, OLDEST_ARTICLE, SLOT
from meter.view import Article, PageView, Reader
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.simulate.population import Population

__all__ = ["SimulatedView", "simulated_views", "to_event"]


@frozen(kw_only=True)
class SimulatedView:
    """One page view of a simulated reader, and what it got.

    `merged` is an id the reader had before and is known by this one from now on. `used` is what the
    verdict's meter has counted after this view, or -1 where there is none.
    """

    reader: Reader
    view: PageView
    at: datetime
    merged: str | None
    verdict: Verdict
    counted: bool
    used: int


def simulated_views(population: Population) -> Iterator[SimulatedView]:
    """Yield the page views of a population, reader by reader, each reader's in order of time."""
    reading, zone = population.reading, population.policy.zone
    world, opens = reading.world, reading.horizon.opens - OLDEST_ARTICLE
    per_slot = max(1, round(population.assumptions["articles.per_day"] / 4))
    for number, row in enumerate(population.log.tolist()):
        line: dict[str, int] = dict(zip(LOG, row, strict=True))
        name = f"r{line['reader']}-{line['identity']}"
        standing = reading.standings[line["standing"]]
        starts, ends = (moment(line[side], zone) for side in ("starts", "ends"))
        reader = standing.reader(
            name, starts, ends, score=line["score"] / 100, **world.readers[line["reader_class"]]
        )
        draw = draws.uniform(np.uint64(population.seed), draws.ARTICLE, line["article"])
        kind = world.articles[
            min(
                int(np.searchsorted(world.article_shares, draw, side="right")),
                len(world.articles) - 1,
            )
        ]
        published = moment(opens + line["article"] // per_slot * SLOT, UTC)  # type: ignore[arg-type]
        article = Article(id=f"a{line['article']}", published=published, **kind)
        view = PageView(
            article=article,
            id=f"v{number}",
            referrer=world.referrers[line["referrer"]],
            device=world.devices[line["device"]],
            channel="web",
        )
        yield SimulatedView(
            reader=reader,
            view=view,
            at=moment(line["at"], zone),
            merged=None if line["merged"] < 0 else f"r{line['reader']}-{line['merged']}",
            verdict=reading.judging.verdicts[line["verdict"]],
            counted=bool(line["counted"]),
            used=line["used"],
        )


def to_event(seen: SimulatedView) -> dict[str, Any]:
    """Return a page view as the JSON object that `meter decide` and `meter replay` read."""
    reader, article, view = seen.reader, seen.view.article, seen.view
    rights = [
        {
            "kind": str(right.kind),
            "product": right.product,
            "starts": right.starts,
            "ends": right.ends,
        }
        for right in reader.entitlements
    ]
    who = {
        "id": reader.id,
        "registered": reader.registered,
        "entitlements": rights,
        "segments": sorted(reader.segments),
        "country": reader.country,
    }
    what = {
        "id": article.id,
        "access": str(article.access),
        "section": article.section,
        "tags": sorted(article.tags),
        "kind": article.kind,
        "published": article.published,
    }
    event = {
        "at": seen.at,
        "reader": who,
        "article": what,
        "id": view.id,
        "referrer": view.referrer,
        "device": view.device,
        "channel": view.channel,
    }
    plain: dict[str, Any] = _plain(event)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if part is not None and part != []}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
