"""Read lines of JSON one by one: each is an event, or is located and explained."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from meter.columns.attributes import LOG_ATTRIBUTES
from meter.loading.events import json_problem, parse_json
from meter.replay.logs.columns import known_columns
from meter.replay.logs.remembered import CLOSED, STARTED
from meter.replay.logs.rows import BadRows, RowProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

__all__ = ["DEEPEST", "NO_EVENT", "TABLES", "one_by_one"]

DEEPEST = 64
"""How many brackets may be open at a time."""
TABLES = ("reader", "article")
"""The parts of an event that are tables of their own."""
NO_EVENT = "no event in it"
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"?')
_MARKS = re.compile(r"[][{}]")


def one_by_one(
    text: bytes, line: int, mapping: Mapping[str, str], bad: BadRows
) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return lines of any form as a table with the log's own names, and each row's line.

    `reader` and `article` are laid flat. Ids and times are texts, every other value the text of its
    JSON. What was closed or started is told by a text: another value there says nothing. A line
    without an event is added to `bad`.
    """
    read = []
    for number, raw in enumerate(text.split(b"\n"), line):
        event = _event(raw, number, bad) if raw.strip() else None
        if event is not None:
            read.append((number, _flat_event(event, mapping)))
    there = dict.fromkeys(
        name for _, event in read for name, value in event.items() if value is not None
    )
    wanted = known_columns(mapping, [*there, *mapping.values()])
    fine = [(number, event) for number, event in read if _has_ids(event, number, wanted, bad)]
    known = set(wanted.values())
    plain = {column for name, column in wanted.items() if name not in LOG_ATTRIBUTES}
    told = {wanted.get(name) for name in (CLOSED, STARTED)}
    columns = {}
    for name in there:
        values = (event.get(name) for _, event in fine)
        if name in told:
            columns[name] = _texts((v if isinstance(v, str) else None for v in values), plain=True)
        elif name in known:
            columns[name] = _texts(values, plain=name in plain)
        else:
            columns[name] = pa.nulls(len(fine))
    return pa.table(columns), np.array([number for number, _ in fine], np.int64)


def _flat_event(event: dict[str, object], mapping: Mapping[str, str]) -> dict[str, object]:
    """Return an event with `reader` and `article` laid flat."""
    for name in TABLES:
        inner = event.get(name)
        if isinstance(inner, dict):
            del event[name]
            event |= {f"{name}.{key}": value for key, value in inner.items()}
        elif name in event and name not in mapping.values():
            # An id stands for a reader or an article of which nothing else is known.
            event[f"{name}.id"] = event.pop(name)
    return event


def _has_ids(
    event: Mapping[str, object], number: int, wanted: Mapping[str, str], bad: BadRows
) -> bool:
    """Say whether what should be ids are no lists or tables; otherwise add the line to `bad`."""
    for name, word, code in (
        ("reader.id", "reader", RowProblem.NO_READER),
        ("article.id", "article", RowProblem.NO_ARTICLE),
    ):
        value = event.get(wanted.get(name, ""))
        if isinstance(value, dict | list):
            reason = f"`{json.dumps(value, ensure_ascii=False)}` is not the id of one {word}"
            bad.add(number, code, reason, f"no {word}")
            return False
    return True


def _event(raw: bytes, number: int, bad: BadRows) -> dict[str, object] | None:
    """Return what a line holds, or add it to `bad`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        bad.add(number, RowProblem.NOT_TEXT, "text that is not UTF-8")
        return None
    if _depth(text) > DEEPEST:
        bad.add(number, RowProblem.NO_EVENT, f"nested more than {DEEPEST} deep", NO_EVENT)
        return None
    try:
        event = parse_json(text)
    except json.JSONDecodeError:
        bad.add(number, RowProblem.NO_EVENT, "not JSON", NO_EVENT)
        return None
    except ValueError as error:
        bad.add(number, RowProblem.NO_EVENT, json_problem(error).message, NO_EVENT)
        return None
    if not isinstance(event, dict):
        bad.add(number, RowProblem.NO_EVENT, "not a JSON object", NO_EVENT)
        return None
    if "\\ud" in text.lower() and not _is_text(event):
        reason = "half of a character, written as `\\ud…`"
        bad.add(number, RowProblem.NOT_TEXT, reason, "text that is not UTF-8")
        return None
    return event


def _depth(text: str) -> int:
    """Return how many brackets are open at a time, at most."""
    if text.count("{") + text.count("[") <= DEEPEST:
        return 0
    deepest = depth = 0
    for mark in _MARKS.findall(_TEXT.sub("", text)):
        depth += 1 if mark in "{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _is_text(event: Mapping[str, object]) -> bool:
    try:
        json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(values: Iterable[object], *, plain: bool) -> pa.Array:
    """Return values as the texts of their JSON; texts stay what they are where all are `plain`."""
    texts = [
        value
        if value is None or (plain and isinstance(value, str))
        else json.dumps(value, ensure_ascii=False)
        for value in values
    ]
    return pa.array(texts, pa.string())
