"""The only place where the oracle meets `meter`: texts and events go in, plain words come out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import tomli_w

from meter import Article, PageView, Usage, decide, loads_policy
from meter.engine import close, join
from meter.loading.events import Event, parse_event
from meter.usage import Tally
from meter.windows import instant, moment
from tests.verify.oracle.evaluator import Decided, Reading
from tests.verify.oracle.records import Count, Key, Record, Showing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.decision import Decision
    from meter.policy import Policy

__all__ = ["Engine", "plain", "record_of", "table_of", "usage_of"]

Table = dict[str, Any]


class Engine(NamedTuple):
    """What `meter` says of the same lives."""

    policy: Policy

    @classmethod
    def of(cls, policy: Table) -> Engine:
        """Read a policy, given as the tables of a policy file."""
        return cls(loads_policy(tomli_w.dumps(policy)))

    def decide(self, event: Table, usage: Usage) -> tuple[Decided, Usage]:
        """Decide an event, given as the JSON object that a site would send."""
        parsed = parse_event(event, self.policy.zone)
        assert isinstance(parsed, Event)
        decision, after = decide(self.policy, parsed.reader, parsed.view, usage, parsed.at)
        return plain(decision), after

    def join(self, source: Usage, target: Usage, now: datetime) -> Usage:
        """Sign in."""
        return join(self.policy, source, target, now)

    def close(self, usage: Usage, prompt: str, now: datetime) -> Usage:
        """Close a prompt."""
        return close(self.policy, usage, prompt, now)


def plain(decision: Decision) -> Decided:
    """Return a decision in plain words."""
    meter = decision.meter
    reading = None
    if meter is not None:
        resets = meter.resets_at and meter.resets_at.astimezone(UTC)
        reading = Reading(meter.name, meter.limit, meter.used, meter.left, resets)
    return Decided(
        str(decision.show),
        str(decision.access),
        decision.rule,
        decision.prompt,
        tuple(decision.offers),
        reading,
        decision.counted,
        decision.speculative,
        frozenset((each.experiment, each.variant) for each in decision.exposures),
    )


def record_of(policy: Policy, usage: Usage) -> Record:
    """Return what a usage holds."""
    counts = []
    for meter in policy.meters:
        tally = usage.tallies.get(meter.name)
        for read in tally or ():
            key = (read.id,) if meter.count == "articles" else _view_key(read.id)
            counts.append(Count(meter.name, key, read.at.astimezone(UTC)))
    shown = [
        Showing(prompt, _view_key(read.id), read.at.astimezone(UTC))
        for prompt, tally in usage.shown.items()
        for read in tally
    ]
    closed = tuple((prompt, moment(at, UTC)) for prompt, at in sorted(usage.closed.items()))
    return Record(tuple(counts), frozenset(usage.started), tuple(shown), closed)


def usage_of(policy: Policy, record: Record) -> Usage:
    """Return what `meter` would remember of the same reader."""
    tallies = {}
    for meter in policy.meters:
        tallies[meter.name] = _tally(count for count in record.counts if count.meter == meter.name)
    shown = {
        name: _tally(each for each in record.shown if each.prompt == name)
        for name in {each.prompt for each in record.shown}
    }
    closed = {prompt: instant(at) for prompt, at in record.closed}
    return Usage(tallies, record.started, shown, closed)


def _tally(kept: Iterable[Count | Showing]) -> Tally:
    found = sorted((instant(each.at), _written(each.key)) for each in kept)
    return Tally(tuple(key for _, key in found), tuple(at for at, _ in found))


def _written(kept: Key) -> str:
    """Return what a count, or a showing, is remembered as."""
    article = Article(id=kept[0])
    if len(kept) == 1:
        return article.key
    kind, told = kept[1].split(" ", 1)
    if kind == "view":
        return PageView(article=article, id=told).view_key(0)
    return PageView(article=article).view_key(instant(datetime.fromisoformat(told)))


def _view_key(written: str) -> tuple[str, ...]:
    """Return the article and the view of `~LENGTH~ARTICLE~VIEW` or `~LENGTH~ARTICLE@INSTANT`."""
    if not written.startswith("~"):
        return (written,)
    _, length, rest = written.split("~", 2)
    article, view = rest[: int(length)], rest[int(length) :]
    if view.startswith("~"):
        return article, f"view {view[1:]}"
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(view[1:]))
    return article, f"at {at.isoformat()}"


def table_of(reader: Any, view: Any, now: datetime) -> Table:
    """Return a reader, a view and an instant of `meter` as an event."""
    event: Table = {"at": now.isoformat(), "reader": _reader(reader), "article": _article(view)}
    for name in ("id", "referrer", "channel", "device", "country", "language"):
        if getattr(view, name) is not None:
            event[name] = getattr(view, name)
    for name in ("gift", "crawler", "prefetch"):
        said = getattr(view, name)
        if said:
            event[name] = True if said is True else str(said)
    return event


def _reader(reader: Any) -> Table:
    table: Table = {"id": reader.id, "registered": reader.registered}
    if reader.registered_at is not None:
        table["registered_at"] = reader.registered_at.isoformat()
    for name in ("country", "score", "visitor"):
        if getattr(reader, name) is not None:
            table[name] = getattr(reader, name)
    table["segments"] = sorted(reader.segments)
    table["entitlements"] = [_right(right) for right in reader.entitlements]
    return table


def _right(right: Any) -> Table:
    table: Table = {"kind": str(right.kind), "tags": sorted(right.tags)}
    for name in ("product", "article", "section"):
        if getattr(right, name) is not None:
            table[name] = getattr(right, name)
    for name in ("starts", "ends"):
        if getattr(right, name) is not None:
            table[name] = getattr(right, name).isoformat()
    if right.grace:
        table["grace"] = f"{int(right.grace.total_seconds() // 60)} minutes"
    return table


def _article(view: Any) -> Table:
    article = view.article
    table: Table = {"id": article.id, "access": str(article.access), "tags": sorted(article.tags)}
    for name in ("section", "kind", "value"):
        if getattr(article, name) is not None:
            table[name] = getattr(article, name)
    if article.published is not None:
        table["published"] = article.published.isoformat()
    return table
