"""Numbers for analysts: tidy frames, named columns, and honest notebooks."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest

from meter import Article, PageView, Reader, Usage, decide
from meter.columns.tidy import tidy
from meter.simulate.compare import Comparison, compare
from meter.simulate.measures import MEASURES
from meter.simulate.population import Population, simulate
from tests.simulate.policies import metered

COLUMNS = ["policy", "measure", "value", "low", "high", "kind", "unit"]


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Two policies, drawn."""
    return compare(
        [metered(5), metered(3)], names=["five", "<b>three"], readers=300, months=2, draws=5
    )


@pytest.fixture(scope="module")
def people() -> Population:
    """One population."""
    return simulate(metered(3), readers=300, months=2)


def test_a_comparison_as_a_frame_holds_every_number_of_its_tables(found: Comparison) -> None:
    """Each measure and difference with each of its intervals, and the unit."""
    frame = found.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert COLUMNS == list(frame.columns)
    assert len(frame) == len(MEASURES) * 2 * (2 + 1)
    for number, name in enumerate(found.names):
        for kind in ("sampling", "assumptions"):
            mine = frame[(frame.policy == name) & (frame.kind == kind)].set_index("measure")
            for measure in MEASURES:
                estimate = found.measures[number][measure.name]
                ends = (estimate.low, estimate.high)
                if kind == "assumptions":
                    ends = (estimate.least, estimate.most)
                row = mine.loc[measure.name]
                assert (row["value"], row["low"], row["high"]) == (estimate.value, *ends)
    assert {"USD"} == set(frame[frame.measure.isin(["net", "advertising"])].unit)
    assert "share of reader-months with reading" in set(frame.unit)
    assert {"<b>three"} == set(frame[frame.measure == "net_difference"].policy)


def test_a_population_has_named_columns(people: Population) -> None:
    """A frame of them has a row for each reader, or for each month."""
    readers = pd.DataFrame(people.by_reader())
    months = pd.DataFrame(people.by_month())
    assert (300, 2) == (len(readers), len(months))
    assert readers["read"].sum() == people.total("read")
    assert months["stopped"].sum() == pytest.approx(people.total("stopped"))
    frame = people.to_frame()
    assert COLUMNS == list(frame.columns)
    assert len(MEASURES) == len(frame)


def test_without_pandas_a_frame_is_an_arrow_table(
    people: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same columns."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    table = people.to_frame()
    assert isinstance(table, pa.Table)
    assert COLUMNS == table.column_names


def test_no_rows_still_have_columns() -> None:
    """As an empty frame."""
    assert COLUMNS == list(tidy([]).columns)


def test_a_notebook_says_what_the_command_line_says(found: Comparison) -> None:
    """Both intervals, the verdict, the cautions; no back-ticks, and no mark-up of a name."""
    cell = found._repr_html_()
    assert "assumed" in cell
    assert "cautions" in cell
    assert "`" not in cell
    assert "&lt;b&gt;three" in cell
    assert "Too few draws to tell" in cell


def test_a_population_is_one_line(people: Population) -> None:
    """Not a screen of arrays."""
    assert "<300 simulated readers of 'The Harbour Review', 2 months>" == repr(people)


def test_a_decision_in_a_notebook_says_all_that_limits_it() -> None:
    """What is shown, why, what was counted, and when allowance comes back; names are escaped."""
    policy = metered(3)
    view = PageView(article=Article(id="a"))
    now = datetime(2026, 6, 1, tzinfo=UTC)
    decision, usage = decide(policy, Reader(id="r"), view, Usage(), now)
    cell = decision._repr_html_()
    assert "countdown (full)" in cell
    assert "monthly: 1 of 3, until 2026-07-01T00:00:00+09:00" in cell
    assert "<th>counted</th><td>yes</td>" in cell
    assert decision.policy in cell
    ahead = PageView(article=Article(id="b"), prefetch=True)
    speculative, _ = decide(policy, Reader(id="r"), ahead, usage, now)
    assert "nobody looks yet" in speculative._repr_html_()
    assert "None" not in cell
