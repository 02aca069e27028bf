"""No sentence names a best that the evidence beside it does not support."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter.simulate.report import verdict as module
from meter.simulate.report.verdict import DrawnEvidence, direction, verdict
from meter.simulate.report.words import share_text
from tests.simulate.verdicts import SOME, main

PAIR = {"names": ("five", "three"), "what": "net cash", "values": (900.0, 700.0)}


@st.composite
def evidence(draw: st.DrawFn) -> DrawnEvidence:
    """Return what may have been seen of one to six policies, ties and all."""
    names = tuple(
        draw(st.lists(st.text("abcdef", min_size=1), min_size=2, max_size=6, unique=True))
    )
    draws = draw(st.sampled_from([0, 1, 8, 19, 20, 21, 32, 1000]))
    firsts = draw(st.lists(st.integers(0, 40), min_size=len(names), max_size=len(names)))
    if draw(st.booleans()):
        firsts[0] = sum(firsts[1:]) * draw(st.sampled_from([0, 8, 9, 10, 100]))
    if not sum(firsts):
        firsts = [1 for _ in names]
    shares = tuple(number / sum(firsts) for number in firsts)
    alike = tuple(name for name in names if draw(st.integers(0, 5)) == 0)
    return DrawnEvidence(
        names=names,
        what="net cash",
        values=tuple(draw(st.sampled_from([0.0, 1.0, 2.0])) for _ in names),
        shares=shares if draws else (),
        draws=draws,
        moved=draw(st.sampled_from([0, 40])) if draws else 0,
        alike=alike if len(alike) > 1 else (),
        edges=draw(st.sampled_from([(), (names[0], names[-1])])),
    )


@given(evidence())
def test_a_best_is_one_that_the_draws_agree_on(seen: DrawnEvidence) -> None:
    """At least 20 draws, nine in ten of them; otherwise no sentence says `best`."""
    told = verdict(seen)
    shares = dict(zip(seen.names, seen.shares, strict=True)) if seen.draws else {}
    agreed = [name for name in shares if seen.draws >= 20 and shares[name] >= 0.9 - 1e-9]
    assert told.best in (None, *agreed)
    assert told.best is not None or not agreed or agreed[0] in seen.alike
    assert (" is best " in told.sentence) == (told.best is not None)
    assert (told.shares, told.draws) == (shares, seen.draws)


@given(evidence())
def test_every_policy_is_named_and_none_is_called_it(seen: DrawnEvidence) -> None:
    """Policies by name, never a pronoun; each share with its number of draws."""
    sentence = verdict(seen).sentence
    assert all(f"`{name}`" in sentence for name in seen.names)
    assert not re.search(r"\b(it|its|they|this|that)\b", sentence)
    if seen.draws and len(seen.alike) < len(seen.names):
        assert f"{seen.draws:,} draw" in sentence
        told = re.findall(r"`([a-f]+)` (?:comes first )?in ([\d.]+)%", sentence)
        shares = dict(zip(seen.names, seen.shares, strict=True))
        assert {name for name, _ in told} == {name for name in shares if shares[name] > 0}
        assert all(
            float(text) == pytest.approx(100 * shares[name], abs=0.51) for name, text in told
        )


@given(evidence())
def test_no_word_of_ranges_where_no_assumption_was_moved(seen: DrawnEvidence) -> None:
    """Draws of readers alone are told as such."""
    sentence = verdict(seen).sentence
    assert "range" not in sentence
    if seen.draws and len(seen.alike) < len(seen.names):
        assert ("no assumption was moved" in sentence) == (not seen.moved)
        assert ("readers and assumptions" in sentence) == bool(seen.moved)


@given(evidence())
def test_a_best_at_the_edge_of_what_was_tried_is_told_to_be_there(seen: DrawnEvidence) -> None:
    """And one in the middle is not."""
    told = verdict(seen)
    if told.best is not None:
        assert ("at the edge of what was tried" in told.sentence) == (told.best in seen.edges)


@given(st.integers(1, 1000), st.data())
def test_a_share_is_not_rounded_over_a_mark(whole: int, data: st.DataObject) -> None:
    """What is under 90 % does not read `90%`, and what is not all does not read `100%`."""
    share = data.draw(st.integers(0, whole)) / whole
    rounded = float(share_text(share).removesuffix("%"))
    for mark in (0, 90, 100):
        assert (rounded < mark) == (100 * share < mark)
        assert (rounded > mark) == (100 * share > mark)


def test_a_colour_needs_both_intervals_on_one_side() -> None:
    """Without draws of the assumptions there is none."""
    assert 1 == direction(1, 2, 0.5, 9)
    assert -1 == direction(-3, -2, -9, -1)
    assert 0 == direction(1, 2, -1, 9) == direction(-1, 2, 1, 9) == direction(1, 2, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEAST_DRAWS", 1), ("AGREEMENT", 0.5)],
)
def test_a_laxer_rule_is_caught(monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    """Planted: fewer draws, or less agreement, make a best that the law does not allow."""
    monkeypatch.setattr(module, name, value)
    lax = verdict(DrawnEvidence(**PAIR, shares=(0.95, 0.05), draws=8, moved=3)).best
    loose = verdict(DrawnEvidence(**PAIR, shares=(0.6, 0.4), draws=40, moved=3)).best
    assert [lax, loose].count(None) == 1


def test_random_comparisons_say_what_their_numbers_say_in_every_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A few of those that `python -m tests.simulate.verdicts --whole` makes."""
    assert 0 == main(SOME), capsys.readouterr().out
