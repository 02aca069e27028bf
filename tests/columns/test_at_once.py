"""Is a table decided as the engine decides its rows, and are the records the same, byte by byte?"""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="tables need the `sim` extra")

from hypothesis import given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.testing import strategies
from tests.columns.at_once import disagreements, known_populations
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
