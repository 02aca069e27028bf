"""The charts of a report: each a Vega-Lite specification and the same numbers as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.simulate.kernel.arrays import MONTHLY
from meter.simulate.report.vega import Chart, Spec, amounts, bar, dot, specification
from meter.simulate.results import leader_and_rival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.simulate.limits import LimitChoice
    from meter.simulate.results import Results, Sensitivity

__all__ = ["charts"]

_MOST_SENSITIVITIES = 12
_THICK = 7
_THIN = 2
_SHORT: Spec = {"format": "~s", "tickCount": 6}
"""An axis with large numbers written short."""
_FROM_ELSEWHERE: Spec = {"zero": False}
_ON_TOP: Spec = {"orient": "top", "title": None}


def charts(comparison: Results, choice: LimitChoice | None = None) -> dict[str, Chart]:
    """Return the charts of a report by name."""
    found = {
        "net": _net(comparison),
        "subscribers": _monthly(comparison, "subscribers", "Subscribers"),
        "stopped": _monthly(comparison, "stopped", "Readers stopped"),
        "curve": _curve(comparison),
    }
    if len(comparison.names) > 1:
        found["front"] = _front(comparison)
    if comparison.sensitivities:
        found["tornado"] = _tornado(comparison)
    if choice is not None:
        found["optimise"] = _limits(choice)
    return found


def _colour(comparison: Results) -> Spec:
    names = list(comparison.names)
    legend = None if len(names) == 1 else {**_ON_TOP, "columns": 2}
    return {
        "field": "policy",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names},
        "legend": legend,
    }


def _net(comparison: Results) -> Chart:
    values: list[Spec] = []
    rows = []
    for name, measures in zip(comparison.names, comparison.measures, strict=True):
        net = measures["net"]
        ends = {
            "value": net.value,
            "low": net.low,
            "high": net.high,
            "least": net.low if net.least is None else net.least,
            "most": net.high if net.most is None else net.most,
        }
        values.append({"policy": name, **ends})
        rows.append((name, *(f"{end:,.0f}" for end in ends.values())))
    y: Spec = {"field": "policy", "type": "nominal", "sort": list(comparison.names), "title": None}
    colour = {**_colour(comparison), "legend": None}
    value: Spec = {"field": "value", "type": "quantitative"}

    def interval(low: str, high: str, width: int) -> Spec:
        x = amounts(low, "advertising and subscription cash", scale=_FROM_ELSEWHERE, axis=_SHORT)
        return bar(width, rounded=True, y=y, x=x, x2={"field": high}, color=colour)

    layers = [
        interval("least", "most", _THIN),
        interval("low", "high", _THICK),
        dot(90, y=y, x=value, color=colour),
    ]
    return Chart(
        spec=specification(values, {"step": 44}, layer=layers),
        heads=("Policy", "Net, cash", "Sampling from", "to", "Assumptions from", "to"),
        rows=tuple(rows),
    )


def _front(comparison: Results) -> Chart:
    values: list[Spec] = []
    rows = []
    for number, (name, row) in enumerate(zip(comparison.names, comparison.measures, strict=True)):
        starts = row["starts_per_million"].value
        read = row["articles_read"].value
        on_front = "yes" if number in comparison.front else "no"
        values.append({"policy": name, "starts": starts, "read": read, "front": on_front})
        rows.append((name, f"{starts:,.0f}", f"{read:,.0f}", on_front))
    x = amounts("read", "articles read", scale={**_FROM_ELSEWHERE, "padding": 30}, axis=_SHORT)
    y = amounts(
        "starts",
        "starts per million reader-months",
        scale={**_FROM_ELSEWHERE, "padding": 25},
        axis={"tickCount": 6},
    )
    colour = _colour(comparison)
    ring: Spec = {
        "transform": [{"filter": "datum.front === 'yes'"}],
        "mark": {"type": "point", "size": 380, "strokeWidth": 1.5},
        "encoding": {"x": x, "y": y, "color": colour},
    }
    return Chart(
        spec=specification(values, 280, layer=[ring, dot(130, x=x, y=y, color=colour)]),
        heads=("Policy", "Starts per million", "Articles read", "On the front"),
        rows=tuple(rows),
    )


def _monthly(comparison: Results, name: str, title: str) -> Chart:
    place = MONTHLY.index(name)
    months = range(comparison.months)
    values: list[Spec] = [
        {"policy": policy, "month": month, "value": round(float(row[place]), 1)}
        for policy, people in zip(comparison.names, comparison.populations, strict=True)
        for month, row in enumerate(people.monthly, 1)
    ]
    ticks: Spec = {"values": [month + 1 for month in months], "format": "d", "grid": False}
    encoding = {
        "x": amounts("month", "month", axis=ticks, scale={"nice": False}),
        "y": amounts("value", title.lower(), scale={"zero": True}, axis=_SHORT),
        "color": _colour(comparison),
    }
    mark = {"type": "line", "point": {"filled": True, "size": 35}, "strokeWidth": 2}
    rows = (
        (
            f"{month + 1}",
            *(f"{people.monthly[month][place]:,.0f}" for people in comparison.populations),
        )
        for month in months
    )
    return Chart(
        spec=specification(values, 240, mark=mark, encoding=encoding),
        heads=("Month", *comparison.names),
        rows=tuple(rows),
    )


def _curve(comparison: Results) -> Chart:
    wanted = comparison.populations[0].wanted
    total = float(wanted[1:].sum()) or 1.0
    shares = {more: float(wanted[more + 1 :].sum()) / total for more in range(1, 21)}
    x: Spec = {
        "field": "more",
        "type": "ordinal",
        "title": "wanted more than so many articles in the month",
        "axis": {"labelAngle": 0},
    }
    y = amounts("share", "share of readers", axis={"format": "%"})
    spec = specification(
        [{"more": more, "share": share} for more, share in shares.items()],
        220,
        mark={"type": "bar"},
        encoding={"x": x, "y": y},
    )
    return Chart(
        spec=spec,
        heads=("More than", "Share of readers"),
        rows=tuple((str(more), f"{share:.1%}") for more, share in shares.items()),
    )


def _tornado(comparison: Results) -> Chart:
    sensitivities = comparison.sensitivities[:_MOST_SENSITIVITIES]
    ahead, other = leader_and_rival(comparison)
    by = comparison.by.name
    centre = comparison.measures[ahead][by].value
    title = f"{comparison.by.plain} of the policy"
    if other is not None:
        centre -= comparison.measures[other][by].value
        title = f"lead of {comparison.names[ahead]} over {comparison.names[other]}"
    names = [_words(comparison, sensitivity) for sensitivity in sensitivities]
    y: Spec = {"field": "assumption", "type": "nominal", "sort": names, "title": None}
    x = amounts("from", title, axis=_SHORT, scale={"zero": other is not None})
    colour: Spec = {
        "field": "end",
        "type": "nominal",
        "sort": ["low end", "high end"],
        "legend": _ON_TOP,
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "height": 14},
            "encoding": {"y": y, "x": x, "x2": {"field": "to"}, "color": colour},
        }
    ]
    if other is not None:
        zero = bar(_THIN, x={"field": "zero", "type": "quantitative"})
        layers.append({"data": {"values": [{"zero": 0}]}, **zero})
    values = [
        {"assumption": _words(comparison, sensitivity), **end}
        for sensitivity in sensitivities
        for end in _ends(sensitivity, centre)
    ]
    rows = (
        (
            f"{_words(comparison, sensitivity)} ({sensitivity.assumption})",
            f"{sensitivity.low:g}",
            f"{sensitivity.at_low:,.0f}",
            f"{sensitivity.high:g}",
            f"{sensitivity.at_high:,.0f}",
            "yes" if sensitivity.flips else "",
        )
        for sensitivity in comparison.sensitivities
    )
    return Chart(
        spec=specification(values, {"step": 24}, layer=layers),
        heads=("Assumption", "Low end", "then", "High end", "then", "Reverses the order"),
        rows=tuple(rows),
    )


def _words(comparison: Results, sensitivity: Sensitivity) -> str:
    """Return what an assumption is, in its own words."""
    return comparison.assumptions.table[sensitivity.assumption].words


def _ends(sensitivity: Sensitivity, centre: float) -> Iterator[Spec]:
    """Yield the two bars of a sensitivity, from the central answer to the one at an end."""
    for end, at, to in (
        ("low end", sensitivity.low, sensitivity.at_low),
        ("high end", sensitivity.high, sensitivity.at_high),
    ):
        yield {"end": end, "at": at, "from": centre, "to": to}


def _limits(choice: LimitChoice) -> Chart:
    values: list[Spec] = []
    rows = []
    for limit, found in zip(choice.limits, choice.estimates, strict=True):
        alike = "less"
        if limit in choice.alike:
            alike = "within sampling of the one selected"
        ends = {"value": found.value, "low": found.low, "high": found.high}
        values.append({"limit": limit, **ends, "alike": alike})
        rows.append((str(limit), *(f"{end:,.0f}" for end in ends.values()), alike))
    x = amounts(
        "limit",
        "limit",
        axis={"tickMinStep": 1, "format": "d", "grid": False},
        scale={**_FROM_ELSEWHERE, "nice": False, "padding": 12},
    )
    y = amounts("value", choice.by.replace("_", " "), scale=_FROM_ELSEWHERE, axis=_SHORT)
    colour: Spec = {"field": "alike", "type": "nominal", "legend": _ON_TOP}
    layers = [
        bar(_THIN, x=x, y={**y, "field": "low"}, y2={"field": "high"}, color=colour),
        dot(70, x=x, y=y, color=colour),
    ]
    return Chart(
        spec=specification(values, 260, layer=layers),
        heads=("Limit", "Estimate", "Sampling from", "to", "Beside the one selected"),
        rows=tuple(rows),
    )
