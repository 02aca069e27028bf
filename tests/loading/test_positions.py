"""The places of keys and values, whatever stands behind them on the line."""

from __future__ import annotations

import pytest

from meter import PolicyError, loads_policy
from meter.errors import Problem
from meter.loading.positions import Positions

TEXT = """[meters.monthly]{0}
window = {{ calendar = "mnth" }}{0}
limit = 2{0}
[[rules]]{0}
name = "all"{0}
show = "article"{0}
"""


@pytest.mark.parametrize("comment", ["", " # a comment", "# }", '\t# "x" = {'])
def test_a_comment_behind_a_value_moves_no_place(comment):
    """A problem in an inline table is pointed at where it is, and spans end where values do."""
    with pytest.raises(PolicyError) as caught:
        loads_policy('[publication]\nname = "P"\n' + TEXT.format(comment))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (4, 23)
    text = TEXT.format(comment)
    spans = Positions(text).spans
    raw = text.encode()
    found = {path: raw[slice(*span)].decode() for path, span in spans.items()}
    assert found == {
        ("meters", "monthly", "window"): '{ calendar = "mnth" }',
        ("meters", "monthly", "window", "calendar"): '"mnth"',
        ("meters", "monthly", "limit"): "2",
        ("rules", 0, "name"): '"all"',
        ("rules", 0, "show"): '"article"',
    }


def test_a_mark_of_the_byte_order_takes_up_no_place():
    """Whoever asks for places has those that an editor shows, and none is lost."""
    plain, marked = (Positions(mark + TEXT.format("")) for mark in ("", "\ufeff"))
    assert marked.lines == plain.lines
    assert marked.pairs == plain.pairs
    for path in plain.pairs:
        problem = Problem(code="", message="", path=path)
        assert marked.locate(problem, "key", "a") == plain.locate(problem, "key", "a")
