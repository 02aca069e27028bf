"""The assumptions: named, sourced, overridable, and told where a file of them is wrong."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from meter.errors import MOST_PROBLEMS
from meter.simulate.assumptions import (
    AssumptionError,
    Assumptions,
    Basis,
    assumptions_text,
    loads_assumptions,
    published_assumptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_every_assumption_says_what_it_is_and_where_it_comes_from() -> None:
    """None is without words, source or a sensible range."""
    for item in published_assumptions():
        assert item.words
        assert item.source
        if item.uncertain:
            assert item.least <= item.low <= item.value <= item.high <= item.most


def test_the_file_of_all_assumptions_reads_as_the_assumptions() -> None:
    """What `--list-assumptions` prints can be given back, and changes no number."""
    again = loads_assumptions(assumptions_text(published_assumptions()))
    assert {item.name: item.value for item in published_assumptions()} == {
        item.name: item.value for item in again
    }


def test_a_file_overrides_value_range_and_source() -> None:
    """A bare value keeps the range (stretched if need be); a table gives all."""
    given = loads_assumptions(
        '[walls]\nleave = 0.7\nregister = { value = 0.02, low = 0.01, high = 0.03, source = "our'
        ' test" }\n',
        name="ours.toml",
    )
    leave = given.table["walls.leave"]
    register = given.table["walls.register"]
    assert (0.7, 0.0, 0.7, "ours.toml", Basis.YOURS) == (
        leave.value,
        leave.low,
        leave.high,
        leave.source,
        leave.basis,
    )
    assert (0.02, 0.01, 0.03, "our test") == (
        register.value,
        register.low,
        register.high,
        register.source,
    )
    assert ["walls.register", "walls.leave"] == [item.name for item in given.changed()]


@pytest.mark.parametrize(
    ("text", "code", "line", "advice"),
    [
        ("[wals]\nleave = 1", "unknown-group", 1, "did you mean `walls`?"),
        ("[walls]\n\nleve = 0.1", "unknown-assumption", 3, "did you mean `leave`?"),
        ("[money]\nleave = 0.1", "unknown-assumption", 2, "did you mean `walls.leave`?"),
        ('[walls]\nleave = "much"', "not-a-number", 2, "write a number, without quotes"),
        ("[walls]\nleave = true", "not-a-number", 2, "write a number, without quotes"),
        ("[walls]\nleave = 1.5", "out-of-range", 2, "the default is 0.1"),
        ("[walls]\nleave = { value = 0.1, lwo = 0.05 }", "unknown-key", 2, "did you mean `low`?"),
        (
            "[walls]\nleave = { value = 0.1, low = 0.2, high = 0.3 }",
            "bad-range",
            2,
            "low, value and high rise in this order",
        ),
        (
            "[articles]\nsections = { news = 0.7, sport = 0.2 }",
            "shares-not-one",
            2,
            "let them add up to 1",
        ),
        ("[articles]\nsections = 3", "not-shares", 2, "for example `{ news = 0.8, sport = 0.2 }`"),
        (
            '[horizon]\nstart = "2026-01-01"',
            "not-a-date",
            2,
            "write it as `2026-01-01`, without quotes",
        ),
        ("walls = 3", "not-a-table", 1, "write `[walls]` on a line"),
        ("[walls", "toml-syntax", 1, "write `[heading]`, or `[[rules]]` for a rule"),
        ("a" + ".a" * 1_200 + " = 1", "too-deep", 1, "a key has at most a few parts"),
        ("a" + ".a" * 20_000 + " = 1", "too-deep", 1, "a key has at most a few parts"),
    ],
)
def test_a_mistake_is_located_with_a_next_step(
    text: str, code: str, line: int | None, advice: str
) -> None:
    """Code, line and help, as for a policy."""
    with pytest.raises(AssumptionError) as caught:
        loads_assumptions(text)
    (problem,) = caught.value.problems
    assert (code, line, advice) == (problem.code, problem.line, problem.help)


def test_every_mistake_is_told_at_once() -> None:
    """Not only the first."""
    with pytest.raises(AssumptionError) as caught:
        loads_assumptions("[walls]\nleve = 1\nregister = -1\n[mony]\n")
    assert ["unknown-assumption", "out-of-range", "unknown-group"] == [
        problem.code for problem in caught.value.problems
    ]


def test_more_mistakes_than_are_listed_are_counted() -> None:
    """A file in which every number is a word has its first mistakes listed and the rest counted."""
    names = [item.name.partition(".") for item in published_assumptions()]
    groups = dict.fromkeys(group for group, _, _ in names)
    lines = []
    for group in groups:
        lines.append(f"[{group}]")
        lines += [f"{short} = 'much'" for head, _, short in names if head == group]
    with pytest.raises(AssumptionError) as caught:
        loads_assumptions("\n".join(lines))
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    assert caught.value.problems[-1].code == "too-many-problems"


def test_an_assumption_is_asked_for_by_its_kind() -> None:
    """A number, a table of shares and a day each come by a method of their own."""
    known = published_assumptions()
    assert 0.1 == known.number("walls.leave")
    assert {"sponsored": 0.02} == known.shares("articles.tags")
    said = known.replace({"horizon.start": date(2026, 1, 1)})
    assert date(2026, 1, 1) == said.day("horizon.start")
    assert "USD" == known.word("money.currency")


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (Assumptions.number, "articles.tags"),
        (Assumptions.number, "horizon.start"),
        (Assumptions.shares, "walls.leave"),
        (Assumptions.day, "walls.leave"),
    ],
)
def test_an_assumption_of_another_kind_is_refused(
    ask: Callable[[Assumptions, str], object], name: str
) -> None:
    """Nobody computes with a table where a number was meant."""
    with pytest.raises(TypeError, match=f"`{name}` is not a"):
        ask(published_assumptions(), name)


def test_a_name_that_does_not_exist_cannot_be_replaced() -> None:
    """In Python as in a file."""
    with pytest.raises(AssumptionError, match=r"walls\.leve"):
        published_assumptions().replace({"walls.leve": 0.1})


def test_the_reference_lists_every_assumption_as_it_is() -> None:
    """Generated, and not out of date: run `python docs/reference/assumption_table.py`."""
    folder = Path(__file__).parents[2] / "docs" / "reference"
    names = runpy.run_path(str(folder / "assumption_table.py"))
    page = (folder / "assumptions.md").read_text(encoding="utf-8")
    assert names["filled"](page) == page
    assert page.count("\n| `") == len(published_assumptions().table)
