"""Is a table decided as the engine decides its rows, and are the records the same, byte by byte?"""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="tables need the `sim` extra")

from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Usage, loads_policy
from meter.columns import decide_many
from meter.errors import CorruptUsageError
from meter.testing import strategies
from tests.columns.at_once import by_engine, by_table, disagreements, known_populations
from tests.columns.test_columns import LIMIT_PER_STATUS


@settings(max_examples=100, deadline=None)
@given(known_populations(), st.booleans())
def test_a_table_is_decided_as_the_engine_does(population, nested):
    """Every decision and every record of random policies agrees, at times on edges."""
    assert disagreements(population, nested=nested) is None


@settings(max_examples=40, deadline=None)
@given(known_populations(st.just(loads_policy(LIMIT_PER_STATUS))))
def test_several_meters_and_records_agree(population):
    """Two meters, one of views, a rule on what is left and limits by status are decided alike."""
    assert disagreements(population) is None


@settings(max_examples=40, deadline=None)
@given(known_populations(strategies.policies().flatmap(strategies.campaigns)))
def test_prompts_and_offers_agree(population):
    """What arrays do not remember is left to the engine, and is the same."""
    assert disagreements(population) is None


@settings(max_examples=20, deadline=None)
@given(known_populations(), st.integers(2, 3))
def test_threads_change_no_row_of_a_table(population, workers):
    """The decisions and the records do not depend on the number of threads."""
    assert disagreements(population, workers=workers) is None


RECORD = (
    b'1{"daily":[["b","c"],[1779000000000000,0]],"monthly":[["a1","a2"],[-7,1780000000000007]]}'
)
"""Of views and of articles, at one instant, before 1970."""
LETTERS = [bytes([letter]) for letter in b'019-+.e"\\[]{},:abc \x00\x7f\xc3\xa9\xed\xff'] + [b""]


@st.composite
def _damaged(draw):
    """Draw a record in which up to two bytes are lost, changed or added."""
    raw = RECORD
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(raw) - 1))
        kept = place + draw(st.integers(0, 1))
        raw = raw[:place] + draw(st.sampled_from(LETTERS)) + raw[kept:]
    return raw


def _read(raw):
    try:
        return Usage.from_bytes(raw)
    except CorruptUsageError:
        return None


@settings(max_examples=300, deadline=None)
@given(_damaged())
@example(b'1{"daily":[["c","b"],[1779000000000000,0]]}')
@example(b'1{"daily":[["b","b"],[1779000000000000,1]]}')
@example(b'1{"monthly":[["a1"],[7]],"daily":[["b"],[7]]}')
@example(b'1{"monthly":[["a\xc3\xa9"],[7]]}')
@example(b'1{"monthly":[["a\xed\xa0\x80"],[7]]}')
@example(b'1{"monthly":[[],[]]}')
@example(b'1{"monthly":[["a"],[999999999999999999]]}')
@example(b"1{")
def test_a_record_is_read_as_a_usage_reads_it(raw):
    """What is refused is the same, and what can be read leads to the same decisions."""
    policy = loads_policy(LIMIT_PER_STATUS)
    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    views = [("r", Reader(id="r"), "a1", at), ("r", Reader(id="r"), "a3", at)]
    rows = [
        (name, strategies.Step(reader, PageView(article=Article(id=article)), now))
        for name, reader, article, now in views
    ]
    table = pa.table({"reader": ["r", "r"], "at": [at, at], "article": ["a1", "a3"]})
    if _read(raw) is None:
        with pytest.raises(CorruptUsageError, match="reader `r`"):
            decide_many(policy, table, {"r": raw})
        return

    assert by_engine(policy, rows, {"r": raw}) == by_table(policy, table, {"r": raw})
