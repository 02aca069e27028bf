"""A comparison as a page to take into a meeting, or as a notebook's cell.

The page is one HTML file that needs nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import DictLoader, Environment, StrictUndefined

from meter.errors.lines import printable_lines
from meter.loading import dumps_policy
from meter.resources import template_root
from meter.simulate.measures import MEASURES, Measure
from meter.simulate.report.charts import charts
from meter.simulate.report.summary import (
    currency_of,
    denominator,
    headline,
    report_table,
    shown_measures,
    span_words,
)
from meter.simulate.report.verdict import direction
from meter.simulate.report.words import counted, share_text
from meter.simulate.results import leader_and_rival

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    from meter.simulate.assumptions import AssumptionValue
    from meter.simulate.limits import LimitChoice
    from meter.simulate.measures import EstimateRow
    from meter.simulate.results import Results

__all__ = [
    "format_range",
    "format_value",
    "html_report",
    "in_quotes",
    "notebook_html",
    "plain_value",
]

_BASES = (
    ("yours", "Given by you"),
    ("assumed", "Assumed, not measured"),
    ("derived", "Derived from published numbers"),
    ("published", "Published"),
)
_CARDS = ("net", "starts_per_million", "active_subscribers", "stop_rate", "articles_read")
_LIBRARIES = ("vega", "vega-lite", "vega-embed")
_SMALL = 10
_MOST_NAMES = 3
"""How many policies a title names."""


def format_value(value: float | None, measure: Measure, *, sign: bool = False) -> str:
    """Return a number of a measure as people write it."""
    if value is None:
        return "–"
    mark = "+" if sign else ""
    if measure.name == "stop_rate":
        unit = " points" if sign else "%"
        return _signed(f"{100 * value:{mark}.1f}") + unit
    digits = 0 if abs(value) >= _SMALL or value == 0 else 1
    return _signed(f"{value:{mark},.{digits}f}")


def _signed(text: str) -> str:
    """Return a number with a true minus, and without a sign where all its digits are 0."""
    if not text.strip("+-0.,"):
        return text.lstrip("+-")
    return text.replace("-", "−")


def format_range(ends: Sequence[float], measure: Measure, *, sign: bool = False) -> str:
    """Return an interval as people write it."""
    low, high = (format_value(end, measure, sign=sign) for end in ends)
    for unit in ("%", " points"):
        if low.endswith(unit):
            low = low.removesuffix(unit)
    return f"{low} to {high}"


def plain_value(value: AssumptionValue | str) -> str:
    """Return an assumption's value as people write it."""
    if value is None:
        return "not said"
    if isinstance(value, Mapping):
        return ", ".join(f"{name or '(none)'} {share:g}" for name, share in value.items()) or "none"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def html_report(
    comparison: Results, *, title: str | None = None, choice: LimitChoice | None = None
) -> str:
    """Return the report as one HTML page.

    Numbers, pictures, cautions, assumptions and the policies themselves.

    It needs no network; each picture has its numbers as a table, so that it also reads without
    scripts and on paper.
    """
    folder = _folder()
    lead = _lead(comparison)
    page = _environment().get_template("report.html.j2")
    return page.render(
        title=title or _title(comparison),
        report=report_table(comparison, choice),
        headline=in_quotes(headline(comparison)),
        rates=_rates(comparison),
        moved=comparison.moved,
        span=span_words(comparison),
        cards=_cards(comparison),
        population=comparison.population,
        measures=shown_measures(comparison),
        totals=[measure for measure in shown_measures(comparison) if measure.per is None],
        many=len(comparison.names) > 1,
        by=comparison.by,
        bases=_BASES,
        charts=charts(comparison, choice),
        lead_title=lead,
        texts=[dumps_policy(policy) for policy in comparison.policies],
        css=_text(folder / "report.css"),
        script=_text(folder / "report.js"),
        vega="\n".join(_text(folder / "vendor" / f"{name}.min.js") for name in _LIBRARIES),
    )


def notebook_html(comparison: Results) -> str:
    """Return the main table for a notebook's cell, with what it leaves open and the cautions."""
    page = _environment().get_template("notebook.html.j2")
    return page.render(
        report=report_table(comparison),
        headline=in_quotes(headline(comparison)),
        measures=shown_measures(comparison),
        rates=_rates(comparison),
    )


def _printable(value: object) -> object:
    return printable_lines(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    pages = ("report.html.j2", "notebook.html.j2")
    environment = Environment(
        loader=DictLoader({name: _text(_folder() / name) for name in pages}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        format_value=format_value,
        format_range=format_range,
        plain=plain_value,
        quoted=in_quotes,
        sentence=_sentence,
        share=share_text,
        colour=_colour,
        counted=counted,
    )
    return environment


def _folder() -> Traversable:
    return template_root() / "report"


def _text(path: Traversable) -> str:
    return path.read_text(encoding="utf-8")


def in_quotes(text: str) -> str:
    """Return a text with the backticks of a terminal as quotation marks."""
    return re.sub("`([^`]*)`", "“\\1”", text)


def _sentence(text: str) -> str:
    """Return a text as a sentence, its backticks as quotation marks."""
    quoted = in_quotes(text)
    end = "" if quoted.endswith((".", "?", "!")) else "."
    return f"{quoted[0].upper()}{quoted[1:]}{end}"


def _colour(found: EstimateRow) -> str:
    """Return the class of a difference: a colour only where both intervals leave out 0."""
    least, most = found["assumptions"] or (None, None)
    low, high = found["sampling"]
    return ("", "up", "down")[direction(low, high, least, most)]


def _rates(comparison: Results) -> list[str]:
    """Return, for each policy, what its rates are shares of."""
    return [denominator(comparison, number) for number in range(len(comparison.names))]


def _title(comparison: Results) -> str:
    names = comparison.names
    publication = comparison.policies[0].publication.name
    if len(names) == 1:
        return f"What does the policy “{names[0]}” do for {publication}?"
    if len(names) <= _MOST_NAMES:
        said = " or ".join(f"“{name}”" for name in names)
        return f"Which policy for {publication}: {said}?"
    return f"Which of {len(names)} policies for {publication}?"


def _lead(comparison: Results) -> str:
    """Return what the assumptions move: the lead of the policy ahead, or what the only one has."""
    by = comparison.by.plain
    money = currency_of(comparison)
    ahead, other = leader_and_rival(comparison)
    leader = f"“{comparison.names[ahead]}”"
    if other is None:
        return f"What {leader} has of {by}, in {money}"
    return f"By how much {leader} leads “{comparison.names[other]}” in {by}, in {money}"


def _cards(comparison: Results) -> list[dict[str, str]]:
    """Return the few numbers on top: of the policy ahead, and what they are today."""
    known = {measure.name: measure for measure in MEASURES}
    money = currency_of(comparison)
    cards = []
    for name in _CARDS:
        measure = known[name]
        found = comparison.of_all(comparison.measures[comparison.ahead])[name]
        value = format_value(found.value, measure)
        if measure.money and money:
            value += f" {money}"
        note = f"{format_range(found.widest, measure)}{_note(comparison, measure)}"
        cards.append({"title": measure.title, "value": value, "note": note})
    return cards


def _note(comparison: Results, measure: Measure) -> str:
    """Return which policy a card is about, and what the number is under the first one."""
    ahead = comparison.ahead
    first = comparison.names[0]
    if ahead:
        today = format_value(comparison.of_all(comparison.measures[0])[measure.name].value, measure)
        return f"; “{comparison.names[ahead]}”, against {today} with “{first}”"
    return f"; “{first}”" if len(comparison.names) > 1 else ""
