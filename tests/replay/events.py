"""Journeys as the rows of a log, decided by a replay and by the engine."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from attrs import evolve

from meter import Usage, decide
from meter.engine import close
from meter.forms import length_text
from meter.replay.run import replay
from meter.windows import instant
from tests.columns.both import Closed


def _right(right):
    row = {
        "kind": str(right.kind),
        "product": right.product,
        "article": right.article,
        "section": right.section,
        "tags": sorted(right.tags) or None,
        "grace": length_text(right.grace) if right.grace else None,
        "starts": right.starts and right.starts.isoformat(),
        "ends": right.ends and right.ends.isoformat(),
    }
    return {key: value for key, value in row.items() if value is not None}


def event(name, step):
    """Return a step as `meter decide` and a JSON Lines log take it: a view, or a prompt closed."""
    if isinstance(step, Closed):
        who = {"id": name}
        return {"at": step.now.isoformat(), "reader": who, "dismissed": step.prompt}
    reader = step.reader
    view = step.view
    article = view.article
    who = {
        "id": name,
        "registered": reader.registered,
        "entitlements": [_right(right) for right in reader.entitlements],
        "segments": sorted(reader.segments),
        "country": reader.country,
        "score": reader.score,
        "registered_at": reader.registered_at and reader.registered_at.isoformat(),
        "visitor": reader.visitor,
    }
    what = {
        "id": article.id,
        "access": str(article.access),
        "section": article.section,
        "tags": sorted(article.tags),
        "kind": article.kind,
        "published": article.published.isoformat() if article.published else None,
        "value": article.value,
    }
    names = (
        "id",
        "referrer",
        "channel",
        "device",
        "country",
        "language",
        "gift",
        "crawler",
        "prefetch",
    )
    rest = {name: getattr(view, name) for name in names}
    return {
        "at": step.now.isoformat(),
        "reader": _known(who),
        "article": _known(what),
        **_known(rest),
    }


def _known(part):
    return {key: value for key, value in part.items() if value is not None}


def write(events, folder, form):
    """Write events as a log of some form and return its path."""
    path = folder / f"log.{form}"
    if form == "jsonl":
        path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        return path
    flat = []
    for event_row in events:
        row = dict(event_row)
        for name in ("reader", "article"):
            row |= {f"{name}.{key}": value for key, value in row.pop(name).items()}
        flat.append(
            {
                key: json.dumps(value) if isinstance(value, list | bool) else value
                for key, value in row.items()
            }
        )
    table = pa.table(
        {
            name: pa.array([row.get(name) for row in flat])
            for name in dict.fromkeys(key for row in flat for key in row)
        }
    )
    if form == "csv":
        # An empty cell stands for what is not known, but an empty referrer says that there was
        # none.
        if "referrer" in table.column_names and table["referrer"].null_count:
            table = table.drop_columns(["referrer"])
        pyarrow.csv.write_csv(table, path)
    else:
        pyarrow.parquet.write_table(table, path)
    return path


def mixed(people):
    """Return (reader, step) in an order that mixes the readers and is not that of time."""
    return [
        (name, step)
        for _, name, step in sorted(
            ((n, name, step) for name, steps in people.items() for n, step in enumerate(steps)),
            key=lambda row: row[:2],
        )
    ]


def by_engine(policy, rows):
    """Return what the engine decides of each row, every reader's views in order of time."""
    order = sorted(range(len(rows)), key=lambda n: (rows[n][1].now, n))
    usages = {}
    found = {}
    for n in order:
        name, step = rows[n]
        if isinstance(step, Closed):
            usages[name] = close(policy, usages.get(name, Usage()), step.prompt, step.now)
            continue
        decision, usages[name] = decide(
            policy, evolve(step.reader, id=name), step.view, usages.get(name, Usage()), step.now
        )
        found[n] = row_of(decision, n)
        if policy.rulebook.experiments:
            said = [f"{each.experiment}={each.variant}" for each in decision.exposures]
            found[n]["exposed"] = ";".join(said) or None
    return [{**found[n], "n": place} for place, n in enumerate(sorted(found))]


def row_of(decision, n):
    """Return a decision as a replay's table has it."""
    meter = decision.meter
    reading = {key: getattr(meter, key) if meter else None for key in ("limit", "used", "left")}
    return {
        "n": n,
        "show": str(decision.show),
        "access": str(decision.access),
        "rule": decision.rule,
        "prompt": decision.prompt,
        "offer": decision.offer,
        "counted": decision.counted,
        "speculative": decision.speculative,
        "meter": meter.name if meter else None,
        **reading,
        "at": instant(decision.at),
    }


def by_replay(policy, log, **options):
    """Return what a replay decides of each row of a log."""
    tables = list(replay(policy, log, decisions=True, recorded_under="none", **options).decisions)
    rows = [row for table in tables for row in table.to_pylist()]
    for n, row in enumerate(rows):
        row["n"] = n
        row["at"] = instant(row["at"])  # an hour that comes twice equals nothing (PEP 495)
        for key in ("row", "reader", "article"):
            del row[key]
    return rows
