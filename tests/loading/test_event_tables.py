"""A page view that is written as an event is read back as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Article, Entitlement, PageView, Reader
from meter.loading.event_tables import event_table
from meter.loading.events import event_shape, parse_event
from meter.loading.fields import List, OneOf, Table
from meter.testing.strategies import edge_times, page_views, readers

ZONE = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RIGHT = Entitlement(
    kind="subscription", product="digital", starts=NOW, ends=NOW + timedelta(days=9), grace=3
)
BOUGHT = Entitlement(kind="purchase", article="a1", section="markets", tags=["sponsored"])
EVERYTHING = Reader(
    id="anna",
    registered=True,
    registered_at=NOW,
    entitlements=[RIGHT, BOUGHT],
    segments=["loyal", "student"],
    country="JP",
    score=0.5,
    visitor="v1",
)
SEEN = PageView(
    article=Article(
        id="a1",
        access="premium",
        section="markets/asia",
        tags=["x", "y"],
        kind="opinion",
        published=NOW,
        value=0.25,
    ),
    id="v1",
    referrer="",
    channel="newsletter",
    device="mobile",
    country="SE-M",
    language="en-GB",
    gift=True,
    crawler=True,
    prefetch=True,
)


def again(at, reader, view):
    """Return an event that was written and read."""
    table = event_table(at, reader, view, reader_id=reader.id)
    return parse_event(json.loads(json.dumps(table)), ZONE)


@settings(max_examples=60)
@given(edge_times(), readers(), page_views())
def test_what_is_written_is_read_back(at, reader, view):
    """Whatever is known of a reader, an article and a view, and nothing else."""
    assert (at, reader, view) == again(at, reader, view)


def test_every_key_that_an_event_may_have_is_written():
    """A key that is added to events has to be added here as well."""
    event = event_table(NOW, EVERYTHING, SEEN, reader_id="anna")
    assert (NOW, EVERYTHING, SEEN) == again(NOW, EVERYTHING, SEEN)
    shape = event_shape(ZONE)
    parts = {"": (shape, event)}
    for name in ("reader", "article"):
        parts[name] = (_table_of(shape, name), event[name])
    rights = event["reader"]["entitlements"]
    parts["entitlement"] = (_table_of(parts["reader"][0], "entitlements"), rights[0] | rights[1])
    for name, (table, written) in parts.items():
        assert set(table.keys) == set(written), name


def _table_of(shape, key):
    """Return the table below a key."""
    inner = shape.keys[key].resolve()
    while not isinstance(inner, Table):
        if isinstance(inner, OneOf):
            inner = inner.by[dict]
        elif isinstance(inner, List):
            inner = inner.item
        else:
            inner = inner.table
    return inner


@pytest.mark.parametrize(
    "grace", [timedelta(minutes=90), timedelta(seconds=1), timedelta(hours=7), timedelta(days=400)]
)
def test_a_grace_of_any_length_ends_when_it_did(grace):
    """Also one that no event can say: the right ends at the same instant."""
    right = Entitlement(kind="subscription", ends=NOW, grace=grace)
    _, reader, _ = again(NOW, Reader(id="r", entitlements=[right]), SEEN)
    assert right.until_instant == reader.entitlements[0].until_instant


@given(st.characters(codec="utf-8"))
@settings(max_examples=60)
def test_no_letter_of_an_id_ends_a_line(letter):
    """Line breaks and controls are escaped, those of Unicode too."""
    view = PageView(article=Article(id=f"a{letter}"))
    text = json.dumps(event_table(NOW, Reader(id=f"r{letter}"), view, reader_id=f"r{letter}"))
    assert 1 == len(text.splitlines())
    assert text.isascii()
