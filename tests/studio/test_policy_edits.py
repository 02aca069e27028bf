"""The form changes the tokens it is about, in whatever layout, and nothing else."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.canonical import to_table
from meter.loading import check_text
from meter.studio.edits import TokenEdit, edited
from meter.testing import strategies
from tests.studio.layouts import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

COMMENT = re.compile(r"# \d+ – ü 港")
TEXTS = st.sampled_from(["Read on", 'Say "yes"', "読む", "A # B", "it's", "back\\slash", ""])


@st.composite
def _edits(draw: DrawFn, table: dict[str, Any]) -> list[TokenEdit]:
    """Draw what somebody may change in the form."""
    sorts = [_copy(table)]
    sorts += [_meter(("meters", name), meter) for name, meter in table.get("meters", {}).items()]
    sorts += [_offer(("offers", name)) for name in table.get("offers", {})]
    return draw(st.lists(st.one_of(sorts), min_size=1, max_size=4, unique_by=lambda e: e.path[:4]))


def _copy(table: dict[str, Any]) -> st.SearchStrategy[TokenEdit]:
    locales = list(table.get("copy", {"en": {}}))
    benefits = st.lists(TEXTS, max_size=3).map(tuple)
    words = st.tuples(st.sampled_from(["headline", "pitch"]), st.none() | TEXTS)
    pairs = st.one_of(words, st.tuples(st.just("benefits"), st.none() | benefits))
    return st.tuples(st.sampled_from(locales), pairs).map(
        lambda drawn: TokenEdit(("copy", drawn[0], drawn[1][0]), drawn[1][1])
    )


def _meter(path: tuple[str, ...], meter: dict[str, Any]) -> st.SearchStrategy[TokenEdit]:
    limit = meter.get("limit")
    number = st.sampled_from([0, 7, "none"])
    window = st.sampled_from([("calendar", "year"), ("rolling", "9 days"), ("fixed", "4 hours")])
    old = next(key for key in meter["window"] if key != "starts")
    sorts = [
        window.map(
            lambda pair: TokenEdit(
                (*path, "window", pair[0]), pair[1], None if pair[0] == old else old
            )
        )
    ]
    if isinstance(limit, dict):
        status = st.sampled_from(["anonymous", "registered", "subscription-expired"])
        sorts.append(
            st.tuples(status, st.none() | number).map(
                lambda drawn: TokenEdit((*path, "limit", drawn[0]), drawn[1])
            )
        )
    elif limit is not None:
        sorts.append(number.map(lambda drawn: TokenEdit((*path, "limit"), drawn)))
    else:
        sorts.append(number.map(lambda drawn: TokenEdit((*path, "limits", 0, "limit"), drawn)))
    return st.one_of(sorts)


def _offer(path: tuple[str, ...]) -> st.SearchStrategy[TokenEdit]:
    days = st.sampled_from([date(2026, 7, 1), datetime(2026, 8, 1, 12, 30, tzinfo=UTC)])
    return st.one_of(
        st.sampled_from([Decimal("9.50"), Decimal(0), 12]).map(
            lambda v: TokenEdit((*path, "price"), v)
        ),
        st.just(TokenEdit((*path, "currency"), "EUR")),
        st.sampled_from(["1 year", "14 days"]).map(lambda v: TokenEdit((*path, "term"), v)),
        st.tuples(st.sampled_from(["starts", "ends"]), st.none() | days).map(
            lambda drawn: TokenEdit((*path, drawn[0]), drawn[1])
        ),
    )


def _after(table: dict[str, Any], edits: Sequence[TokenEdit]) -> dict[str, Any]:
    """Return tables with edits made in them: what the text has to say."""
    changed = deepcopy(table)
    for edit in edits:
        part = changed
        for key in edit.path[:-1]:
            part = part.setdefault(key, {}) if isinstance(part, dict) else part[key]
        if edit.instead_of is not None:
            part.pop(edit.instead_of)
        if edit.value is None:
            part.pop(edit.path[-1], None)
        elif isinstance(edit.value, tuple):
            part[edit.path[-1]] = list(edit.value)
        else:
            part[edit.path[-1]] = edit.value
    return changed


@settings(max_examples=40)
@given(st.data())
def test_an_edit_changes_the_policy_as_meant_and_no_other_byte(data: st.DataObject) -> None:
    """Whatever the layout: every comment stays, and a line an edit is all that differs."""
    table = to_table(data.draw(strategies.policies()))
    edits = data.draw(_edits(table))
    text = written(table, Random(data.draw(st.integers(0, 1 << 20))))
    after = edited(text, edits)
    wanted, _ = check_text(tomli_w.dumps(_after(table, edits)))
    assert wanted == check_text(after)[0]
    assert COMMENT.findall(text) == COMMENT.findall(after)
    assert text.startswith("\ufeff") == after.startswith("\ufeff")
    assert ("\r\n" in text) == ("\r\n" in after)
    assert ("\n" in text.replace("\r\n", "")) == ("\n" in after.replace("\r\n", ""))
    before_lines, after_lines = set(text.splitlines()), set(after.splitlines())
    touched = sum(max(4, len(e.value)) if isinstance(e.value, tuple) else 1 for e in edits)
    touched += 2  # a heading that was not there, and the empty line before it
    assert len(before_lines - after_lines) <= touched
    assert len(after_lines - before_lines) <= touched


@pytest.mark.parametrize(
    ("text", "edit", "wanted"),
    [
        ("n = { a = 3, b = 5 }  # c\n", TokenEdit(("n", "a"), 5), "n = { a = 5, b = 5 }  # c\n"),
        ("limit = { a = 3, b = 5 }\n", TokenEdit(("limit", "a"), None), "limit = { b = 5 }\n"),
        ("limit = { a = 3, b = 5 }\n", TokenEdit(("limit", "b"), None), "limit = { a = 3 }\n"),
        ("limit = { a = 3 }\n", TokenEdit(("limit", "b"), 5), "limit = { a = 3, b = 5 }\n"),
        ("limit = {}\n", TokenEdit(("limit", "b"), 5), "limit = { b = 5 }\n"),
        ("w = { calendar = 'day' } # c\n", TokenEdit(("w", "rolling"), "2 days", "calendar"),
         'w = { rolling = "2 days" } # c\n'),
        ("[o]\n  x = 1 # c\n# d\n", TokenEdit(("o", "ends"), date(2026, 6, 30)),
         "[o]\n  x = 1 # c\n  ends = 2026-06-30\n# d\n"),
        ("[o]\nx = 1\nends = 2026-06-30 # c\ny = 2\n", TokenEdit(("o", "ends"), None),
         "[o]\nx = 1\n# c\ny = 2\n"),
        ("[o]\nends = 2026-06-30\ny = 2", TokenEdit(("o", "ends"), None), "[o]\ny = 2"),
        ("[o] # c", TokenEdit(("o", "x"), "ü"), '[o] # c\nx = "ü"'),
        ("o.x.a = 1\n[z]\n", TokenEdit(("o", "x", "b"), 2), "o.x.a = 1\no.x.b = 2\n[z]\n"),
        ("z = 1\n", TokenEdit(("copy", "pitch"), "Hi"), 'z = 1\n\n[copy]\npitch = "Hi"\n'),
        ("c = { ja = { h = 'x' } }\n", TokenEdit(("c", "en", "h"), "y"),
         "c = { ja = { h = 'x' }, en = { h = \"y\" } }\n"),
        ("b = ['x', 'y']\n", TokenEdit(("b",), ("x", "z", "w")), "b = ['x', \"z\", \"w\"]\n"),
        ("b = ['x', 'y']\n", TokenEdit(("b",), ("x",)), "b = ['x']\n"),
        ("b = [\n'x', # 1\n'y', # 2\n]\n", TokenEdit(("b",), ("x",)),
         "b = [\n'x', # 1\n # 2\n]\n"),
    ],
)  # fmt: skip
def test_an_edit_looks_as_people_write(text: str, edit: TokenEdit, wanted: str) -> None:
    """In braces, below a heading or with dots, in one line or several."""
    assert wanted == edited(text, [edit])
