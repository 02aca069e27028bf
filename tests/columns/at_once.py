"""Tables of page views decided one view at a time by the engine, and all at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
from attrs import evolve
from hypothesis import strategies as st

from meter import Usage, decide
from meter.columns import decide_many
from meter.testing import strategies
from meter.usage import tally_of
from meter.vocabulary import CrawlerClass
from meter.windows import DAY, instant
from tests.replay.events import event, mixed

_HOUR = DAY // 24
_BEFORE = (0, 1, _HOUR, 36 * _HOUR - 1, 36 * _HOUR, DAY, 2 * DAY, 3 * DAY, 4 * DAY, 40 * DAY)


@st.composite
def known_populations(draw, policies=None):
    """Draw a policy, some readers' journeys, and records of some of them."""
    policy = draw(strategies.policies() if policies is None else policies)
    people = {}
    records = {}
    for number in range(draw(st.integers(1, 3))):
        name = f"reader-{number}"
        people[name] = draw(strategies.journeys(policy))
        how = draw(st.sampled_from(("new", "read before", "long ago", "any")))
        if how == "any":
            records[name] = draw(strategies.usages(policy)).to_bytes()
        elif how == "read before":
            records[name] = _read_before(policy, draw, people, name)
        elif how == "long ago":
            records[name] = draw(_long_ago(policy, people[name]))
        people[name] = [_with_class(step) for step in people[name]]
    return policy, people, records


@st.composite
def _long_ago(draw, policy, steps):
    """Draw the record of who has read some of the articles at times before, in several windows."""
    first = instant(min(step.now for step in steps))
    before = st.sampled_from(_BEFORE)
    keys = st.sampled_from([*{step.view.article.key for step in steps}, "b0", "b1", "b2"])
    tallies = {}
    for meter in policy.meters:
        lengths = draw(st.dictionaries(keys, before, max_size=4))
        tallies[meter.name] = tally_of({key: first - length for key, length in lengths.items()})
    return Usage(tallies).to_bytes()


def _with_class(step):
    """Return a step whose crawler, if it is one, has a class: a column has one type."""
    if step.view.crawler is not True:
        return step
    return step._replace(view=evolve(step.view, crawler=CrawlerClass.SEARCH))


def _read_before(policy, draw, people, name):
    """Return the record of a reader who has lived the first part of the journey already."""
    steps = sorted(people[name], key=lambda step: step.now)
    lived = draw(st.integers(0, len(steps) - 1))
    usage = Usage()
    for step in steps[:lived]:
        _, usage = decide(policy, step.reader, step.view, usage, step.now)
    people[name] = steps[lived:]
    return usage.to_bytes()


def table_of(people, *, nested):
    """Return journeys as a table whose rows are mixed, and (reader, step) of each row."""
    rows = mixed(people)
    events = [event(name, step) for name, step in rows]
    for each in events:
        each["at"] = datetime.fromisoformat(each["at"]).astimezone(UTC)
        if not each["crawler"]:
            del each["crawler"]
    flat = events if nested else []
    for each in [] if nested else events:
        row = {}
        for key, value in each.items():
            if key in ("reader", "article"):
                row |= {f"{key}.{name}": part for name, part in value.items()}
            else:
                row[key] = value
        flat.append(row)
    names = dict.fromkeys(key for row in flat for key in row)
    return pa.table({name: [row.get(name) for row in flat] for name in names}), rows


def by_engine(policy, rows, records):
    """Return what the engine decides of each row, and the records afterwards."""
    usages = {name: Usage.from_bytes(raw) for name, raw in records.items()}
    found = [None] * len(rows)
    for place in sorted(range(len(rows)), key=lambda place: rows[place][1].now):
        name, step = rows[place]
        usage = usages.get(name, Usage())
        decision, usages[name] = decide(policy, step.reader, step.view, usage, step.now)
        found[place] = _row(decision)
    after = {name: usage.to_bytes() for name, usage in usages.items()}
    return found, {
        name: raw for name, raw in after.items() if name in records or raw != Usage().to_bytes()
    }


def _row(decision):
    meter = decision.meter
    return {
        "show": str(decision.show),
        "access": str(decision.access),
        "rule": decision.rule,
        "prompt": decision.prompt,
        "offer": decision.offer,
        "offers": list(decision.offers),
        "meter": meter and meter.name,
        "limit": meter and meter.limit,
        "used": meter and meter.used,
        "left": meter and meter.left,
        "resets_at": meter and meter.resets_at,
        "counted": decision.counted,
        "speculative": decision.speculative,
        "exposures": [
            {"experiment": each.experiment, "variant": each.variant} for each in decision.exposures
        ],
        "deadlines": [(each.offer, each.ends) for each in decision.deadlines],
    }


def by_table(policy, table, records, *, workers=1):
    """Return what the table is told of each row, and the records afterwards."""
    decisions, usages = decide_many(policy, table, records, workers=workers)
    found = []
    for row in decisions.drop_columns(["reader", "at", "article"]).to_pylist():
        row.setdefault("offers", [row["offer"]] if row["offer"] else [])
        row["exposures"] = row.get("exposures") or []
        row["deadlines"] = row.get("deadlines") or []
        found.append(row)
    after = {row["reader"]: row["usage"] for row in usages.to_pylist()}
    views_of = dict.fromkeys(decisions["reader"].to_pylist())
    new = [name for name in views_of if name in after and name not in records]
    assert [*records, *new] == usages["reader"].to_pylist()
    changed = {row["reader"] for row in usages.to_pylist() if row["changed"]}
    assert changed == {name for name, raw in after.items() if raw != records.get(name)}
    return found, after


def disagreements(population, *, nested=False, workers=1):
    """Return the first row, or the records, of which the two do not say the same."""
    policy, people, records = population
    table, rows = table_of(people, nested=nested)
    engine, after_engine = by_engine(policy, rows, records)
    found, after = by_table(policy, table, records, workers=workers)
    for place, (expected, actual) in enumerate(zip(engine, found, strict=True)):
        if expected != actual:
            return place, expected, actual
    return None if after_engine == after else (after_engine, after)
