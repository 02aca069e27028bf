"""Compute a comparison, and turn it into what a page shows.

Imports the simulator, and with it numpy and numba: only the process that computes imports this.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from meter.loading import loads_policy
from meter.simulate.assumptions import loads_assumptions, published_assumptions
from meter.simulate.assumptions.known import Known
from meter.simulate.report.cautions import UNKNOWABLE, cautions_of, closing
from meter.simulate.report.html import format_range, format_value, html_report, in_quotes
from meter.simulate.report.summary import (
    beside,
    currency_of,
    first_answer,
    leading,
    rates_sentence,
    shown_measures,
    span_words,
)
from meter.simulate.report.verdict import direction
from meter.simulate.report.words import counted, listed, share_text
from meter.simulate.scenario import SimulationPlan
from meter.studio.what_if.answer import AnswerLine, CautionLine, Cell, ComparisonAnswer, FitLine
from meter.studio.what_if.fields import ASSUMPTIONS_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from meter.simulate.compare import Comparison
    from meter.simulate.measures import Estimate, Measure
    from meter.studio.what_if.answer import Task

__all__ = ["compute"]

_ABOUT_THIS = frozenset({"W11", "W12", "W13", "W20", "W21", "W22", "W24", "W26", "W30"})
"""Cautions about the question that was asked; the others hold for whatever is simulated."""
_ABOUT_REGISTERING = "W10"
"""A caution about the question where the policies differ in who registers."""


def compute(task: Task, tell: Callable[[int, int, str], None]) -> ComparisonAnswer:
    """Return the answer; `tell` gets what is done, of how much, and what is being done.

    Raises `MeterError` for what cannot be simulated.
    """
    names = task.names
    policies = [
        loads_policy(text, name=f"{name}.toml")
        for name, text in zip(names, task.texts, strict=True)
    ]
    assumptions = published_assumptions()
    if task.assumptions_text is not None:
        assumptions = loads_assumptions(task.assumptions_text, name=ASSUMPTIONS_FILE)
    scenario = SimulationPlan(
        assumptions=assumptions,
        readers=task.readers,
        months=task.months,
        seed=task.seed,
        draws=task.draws,
        sweep=task.sweep,
        by=task.by,
    )
    known = None
    if task.known is not None:
        tell(0, 0, "Fitting the simulation to your numbers")
        known = Known.parse(task.known)
    scenario = scenario.fitted(policies, known, task.today)
    total = scenario.lives(len(policies))
    words = f"Simulating readers under {len(policies)} policies"
    tell(0, total, words)

    def tell_first(found: Comparison) -> None:
        nonlocal words
        words = f"Trying other assumptions. {in_quotes(first_answer(found))}"
        tell(0, total, words)

    comparison = scenario.compare(
        policies, names, lambda done: tell(done, total, words), tell_first
    )
    tell(0, total, "Writing the report")
    return _answer(comparison, scenario.table(comparison))


def _answer(comparison: Comparison, table: Mapping[str, object]) -> ComparisonAnswer:
    measures = shown_measures(comparison)
    numbers = range(len(comparison.names))
    totals = [comparison.totals(number) for number in numbers]
    gained = [comparison.total_differences(number) for number in numbers[1:]]
    sums = [measure for measure in measures if measure.name in totals[0]]
    note = "Small numbers: what other simulated readers would give (95%)"
    if comparison.moved:
        note += f"; after “assumed”: {span_words(comparison)}"
    return ComparisonAnswer(
        verdict=leading(comparison),
        more=tuple(beside(comparison)),
        best=comparison.best,
        about=_about(comparison),
        names=comparison.names,
        lines=tuple(
            _line(measure, comparison, [row[measure.name] for row in comparison.measures])
            for measure in measures
        ),
        differences=tuple(
            _line(
                measure,
                comparison,
                [row[measure.name] for row in comparison.differences[1:]],
                sign=True,
            )
            for measure in measures
        ),
        chances=tuple(_chances(comparison)),
        my_readers=comparison.my_readers,
        totals=tuple(
            _line(measure, comparison, [row[measure.name] for row in totals]) for measure in sums
        ),
        total_differences=tuple(
            _line(measure, comparison, [row[measure.name] for row in gained], sign=True)
            for measure in sums
        ),
        note=f"{note}. {rates_sentence(comparison)}",
        fit=tuple(_fit(comparison)),
        cautions=tuple(_cautions(comparison)),
        unknowable=UNKNOWABLE,
        closing=closing(comparison),
        json=json.dumps(table, indent=2, ensure_ascii=False) + "\n",
        html=html_report(comparison),
    )


def _about(comparison: Comparison) -> str:
    return (
        f"{counted(comparison.readers, 'reader', 'simulated')} a month,"
        f" {counted(comparison.months, 'month')} from"
        f" {comparison.assumptions.day('horizon.start')}, seed {comparison.seed}, money in"
        f" {currency_of(comparison)}"
    )


def _line(
    measure: Measure, comparison: Comparison, found: list[Estimate], *, sign: bool = False
) -> AnswerLine:
    words = measure.words
    if measure.money:
        words = f"{words}, in {currency_of(comparison)}"
    return AnswerLine(measure.title, words, tuple(_cell(one, measure, sign=sign) for one in found))


def _cell(found: Estimate, measure: Measure, *, sign: bool) -> Cell:
    assumed = ""
    if found.least is not None and found.most is not None:
        assumed = format_range((found.least, found.most), measure, sign=sign)
    value = format_value(found.value, measure, sign=sign)
    is_nothing = sign and value == format_value(0.0, measure, sign=True)
    return Cell(
        value="no difference" if is_nothing else value,
        sampling=format_range((found.low, found.high), measure, sign=sign),
        assumed=assumed,
        direction=0 if is_nothing or not sign else _direction(found),
    )


def _direction(found: Estimate) -> int:
    return direction(found.low, found.high, found.least, found.most)


def _chances(comparison: Comparison) -> Iterator[AnswerLine]:
    """Yield how often each policy comes first."""
    by = comparison.by.plain
    shares = tuple(Cell(value=share_text(share)) for share in comparison.sampled)
    yield AnswerLine(f"First by {by}", "in other samples of readers", shares)
    if comparison.shares:
        shares = tuple(Cell(value=share_text(share)) for share in comparison.shares)
        yield AnswerLine(f"First by {by}", f"in {counted(len(comparison.drawn), 'draw')}", shares)


def _fit(comparison: Comparison) -> Iterator[FitLine]:
    for row in comparison.fit:
        form = ".1%" if row["yours"] < 1 else ",.0f"
        yours = format(row["yours"], form)
        simulated = format(row["simulated"], form)
        yield FitLine(row["name"], yours, simulated, row["fits"])


def _cautions(comparison: Comparison) -> Iterator[CautionLine]:
    """Yield the cautions; what is the same for several policies is said once of all of them."""
    about_this = set(_ABOUT_THIS)
    if any(row["registrations"].value for row in comparison.differences):
        about_this.add(_ABOUT_REGISTERING)
    of: dict[tuple[str, str], list[str]] = {}
    for caution in cautions_of(comparison):
        name, text = _named(caution.text, comparison.names)
        of.setdefault((caution.code, text), []).extend(name)
    for (code, text), names in of.items():
        whole = f"{listed([f'`{name}`' for name in names])}: {text}" if names else text
        yield CautionLine(code, whole, code in about_this)


def _named(text: str, names: tuple[str, ...]) -> tuple[list[str], str]:
    """Return the policy that a caution begins with, if it does, and the rest of it."""
    for name in names:
        head = f"`{name}`: "
        if text.startswith(head):
            return [name], text.removeprefix(head)
    return [], text
