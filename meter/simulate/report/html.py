"""How does a comparison look on a page one can take into a meeting?

One HTML file that needs nothing else, or a notebook's cell.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from meter.resources import template_root
from meter.simulate.compare import lead_of
from meter.simulate.measures import MEASURES, Measure
from meter.simulate.report.charts import charts
from meter.simulate.report.summary import currency_of, headline, report_table, told_measures

if TYPE_CHECKING:
    from jinja2 import Environment

    from meter.simulate.compare import Comparison
    from meter.simulate.optimise import Choice

__all__ = ["html_report", "notebook_html", "plain_value", "told", "told_range"]

_BASES = (
    ("yours", "Given by you"),
    ("assumed", "Assumed, not measured"),
    ("derived", "Derived from published numbers"),
    ("published", "Published"),
)
_SMALL = 10


def told(value: float | None, measure: Measure, *, sign: bool = False) -> str:
    """Return a number of a measure as people write it."""
    if value is None:
        return "–"
    mark = "+" if sign else ""
    if measure.name == "stop_rate":
        return f"{100 * value:{mark}.1f}%" if not sign else f"{100 * value:{mark}.1f} points"
    digits = 0 if abs(value) >= _SMALL or value == 0 else 1
    return f"{value:{mark},.{digits}f}".replace("-", "−")


def told_range(ends: tuple[float, float], measure: Measure, *, sign: bool = False) -> str:
    """Return an interval as people write it."""
    low, high = (told(end, measure, sign=sign) for end in ends)
    for unit in ("%", " points"):
        if low.endswith(unit):
            low = low.removesuffix(unit)
    return f"{low} to {high}"


def plain_value(value: Any) -> str:
    """Return an assumption's value as people write it."""
    if isinstance(value, dict):
        return ", ".join(f"{name or '(none)'} {share:g}" for name, share in value.items()) or "none"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


@cache
def _environment() -> Environment:
    from jinja2 import (
        DictLoader,
        Environment,
        StrictUndefined,
    )

    folder = template_root() / "report"
    pages = {
        name: (folder / name).read_text(encoding="utf-8")
        for name in ("report.html.j2", "notebook.html.j2")
    }
    environment = Environment(
        loader=DictLoader(pages),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(told=told, told_range=told_range, plain=plain_value, quoted=_quoted)
    return environment


def html_report(
    comparison: Comparison, *, title: str | None = None, choice: Choice | None = None
) -> str:
    """Return the report as one HTML page.

    Numbers, pictures, doubts, assumptions and the policies themselves.

    It needs no network; each picture has its numbers as a table, so that it also reads without
    scripts and on paper.
    """
    from markupsafe import Markup

    from meter.loading import dumps_policy

    folder, report = template_root() / "report", report_table(comparison, choice)
    vega = "\n".join(
        (folder / "vendor" / f"{name}.min.js").read_text(encoding="utf-8")
        for name in ("vega", "vega-lite", "vega-embed")
    )
    many, by = len(comparison.names) > 1, comparison.by
    best, other = lead_of(comparison)
    lead = (
        f"Net of {comparison.names[best]}"
        if other is None
        else f"Lead of {comparison.names[best]} over {comparison.names[other]}, {by.title.lower()}"
    )
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=title or _title(comparison),
            report=report,
            headline=_quoted(headline(comparison)),
            cards=_cards(comparison),
            measures=told_measures(comparison),
            many=many,
            by=by,
            bases=_BASES,
            charts=charts(comparison, choice),
            swing_title=lead,
            swing_words=lead[0].lower() + lead[1:],
            texts=[dumps_policy(policy) for policy in comparison.policies],
            css=Markup((folder / "report.css").read_text(encoding="utf-8")),
            script=Markup((folder / "report.js").read_text(encoding="utf-8")),
            vega=Markup(vega),
        )
    )


def notebook_html(comparison: Comparison) -> str:
    """Return the main table for a notebook's cell."""
    page = _environment().get_template("notebook.html.j2")
    return page.render(
        report=report_table(comparison),
        headline=headline(comparison),
        measures=told_measures(comparison),
    )


def _quoted(text: str) -> str:
    """Return a text with the backticks of a terminal as quotation marks."""
    return re.sub("`([^`]*)`", "“\\1”", text)


def _title(comparison: Comparison) -> str:
    names = list(comparison.names)
    publication = comparison.policies[0].publication.name
    if len(names) == 1:
        return f"{publication}: what the policy does"
    return (
        f"{publication}: {' or '.join(names)}?"
        if len(names) <= 3
        else f"{publication}: {len(names)} policies compared"
    )


def _cards(comparison: Comparison) -> list[dict[str, str]]:
    """Return the few numbers on top: of the best policy, and what they are today."""
    known = {measure.name: measure for measure in MEASURES}
    best, money = comparison.best, currency_of(comparison)
    cards = []
    for name in ("net", "starts_per_million", "active_subscribers", "stop_rate", "articles_read"):
        here, first = (comparison.measures[number][name].value for number in (best, 0))
        unit = f" {money}" if known[name].money and money else ""
        note = (
            f"with {comparison.names[best]}"
            if best
            else comparison.names[0]
            if len(comparison.names) > 1
            else ""
        )
        if best:
            note += f"; {comparison.names[0]}: {told(first, known[name])}"
        cards.append(
            {"title": known[name].title, "value": told(here, known[name]) + unit, "note": note}
        )
    return cards
