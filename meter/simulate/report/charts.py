"""Which pictures does a report hold?

Each is a Vega-Lite specification and the same numbers as a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.simulate.compare import lead_of

if TYPE_CHECKING:
    from pathlib import Path

    from meter.simulate.compare import Comparison
    from meter.simulate.optimise import Choice

__all__ = ["Chart", "charts", "write_pictures"]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_MOST_SWINGS = 12


@frozen(kw_only=True)
class Chart:
    """A picture's specification, and the heads and rows of the table that says the same."""

    spec: dict[str, Any]
    heads: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def charts(comparison: Comparison, choice: Choice | None = None) -> dict[str, Chart]:
    """Return the charts of a report by name."""
    found = {
        "net": _net(comparison),
        "subscribers": _monthly(comparison, "subscribers", "Subscribers"),
        "stopped": _monthly(comparison, "stopped", "Readers stopped"),
        "curve": _curve(comparison),
    }
    if len(comparison.names) > 1:
        found["front"] = _front(comparison)
    if comparison.swings:
        found["tornado"] = _tornado(comparison)
    if choice is not None:
        found["optimise"] = _limits(choice)
    return found


def write_pictures(folder: Path, drawn: dict[str, Chart], *, width: int = 720) -> list[Path]:
    """Write each chart as an SVG and a PNG file into a folder, and return the files.

    Needs the extra `plots`.
    """
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, chart in drawn.items():
        spec = {**chart.spec, "width": width, "background": "white"}
        svg, png = folder / f"{name}.svg", folder / f"{name}.png"
        svg.write_text(vl_convert.vegalite_to_svg(spec, vl_version="5.20"), encoding="utf-8")
        png.write_bytes(vl_convert.vegalite_to_png(spec, vl_version="5.20", scale=2))
        files += [svg, png]
    return files


def _spec(
    values: list[dict[str, Any]], height: int | dict[str, int], **parts: Any
) -> dict[str, Any]:
    size = {
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
    }
    return {"$schema": _SCHEMA, "data": {"values": values}, **size, **parts}


def _colour(comparison: Comparison) -> dict[str, Any]:
    legend = None if len(comparison.names) == 1 else {"orient": "top", "title": None, "columns": 2}
    return {
        "field": "policy",
        "type": "nominal",
        "sort": list(comparison.names),
        "scale": {"domain": list(comparison.names)},
        "legend": legend,
    }


def _net(comparison: Comparison) -> Chart:
    rows = [
        (name, row["net"]) for name, row in zip(comparison.names, comparison.measures, strict=True)
    ]
    values = [
        {
            "policy": name,
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "least": e.low if e.least is None else e.least,
            "most": e.high if e.most is None else e.most,
        }
        for name, e in rows
    ]
    y = {"field": "policy", "type": "nominal", "sort": list(comparison.names), "title": None}
    colour = {**_colour(comparison), "legend": None}

    def bar(low: str, high: str, width: int) -> dict[str, Any]:
        x = {
            "field": low,
            "type": "quantitative",
            "title": "advertising and subscription cash",
            "scale": {"zero": False},
            "axis": {"format": "~s", "tickCount": 6},
        }
        return {
            "mark": {"type": "rule", "strokeWidth": width, "strokeCap": "round"},
            "encoding": {"y": y, "x": x, "x2": {"field": high}, "color": colour},
        }

    dot = {
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "encoding": {"y": y, "x": {"field": "value", "type": "quantitative"}, "color": colour},
    }
    spec = _spec(values, {"step": 44}, layer=[bar("least", "most", 2), bar("low", "high", 7), dot])
    heads = ("Policy", "Net, cash", "Sampling from", "to", "Assumptions from", "to")
    table = tuple(
        (v["policy"], *(f"{v[key]:,.0f}" for key in ("value", "low", "high", "least", "most")))
        for v in values
    )
    return Chart(spec=spec, heads=heads, rows=table)


def _front(comparison: Comparison) -> Chart:
    values = [
        {
            "policy": name,
            "starts": row["starts_per_million"].value,
            "read": row["articles_read"].value,
            "front": "yes" if number in comparison.front else "no",
        }
        for number, (name, row) in enumerate(
            zip(comparison.names, comparison.measures, strict=True)
        )
    ]
    x = {
        "field": "read",
        "type": "quantitative",
        "title": "articles read",
        "scale": {"zero": False, "padding": 30},
        "axis": {"format": "~s", "tickCount": 6},
    }
    y = {
        "field": "starts",
        "type": "quantitative",
        "title": "starts per million reader-months",
        "scale": {"zero": False, "padding": 25},
        "axis": {"tickCount": 6},
    }
    colour = _colour(comparison)
    ring = {
        "transform": [{"filter": "datum.front === 'yes'"}],
        "mark": {"type": "point", "size": 380, "strokeWidth": 1.5},
        "encoding": {"x": x, "y": y, "color": colour},
    }
    dot = {
        "mark": {"type": "point", "filled": True, "size": 130, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": colour},
    }
    heads = ("Policy", "Starts per million", "Articles read", "On the front")
    table = tuple(
        (v["policy"], f"{v['starts']:,.0f}", f"{v['read']:,.0f}", v["front"]) for v in values
    )
    return Chart(spec=_spec(values, 280, layer=[ring, dot]), heads=heads, rows=table)


def _monthly(comparison: Comparison, name: str, title: str) -> Chart:
    from meter.simulate.kernel.arrays import MONTHLY

    at, months = MONTHLY.index(name), list(range(1, comparison.months + 1))
    values = [
        {"policy": policy, "month": month, "value": round(float(row[at]), 1)}
        for policy, people in zip(comparison.names, comparison.populations, strict=True)
        for month, row in enumerate(people.monthly, 1)
    ]
    x = {
        "field": "month",
        "type": "quantitative",
        "title": "month",
        "axis": {"values": months, "format": "d", "grid": False},
        "scale": {"nice": False},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": title.lower(),
        "scale": {"zero": True},
        "axis": {"format": "~s", "tickCount": 6},
    }
    mark = {"type": "line", "point": {"filled": True, "size": 35}, "strokeWidth": 2}
    spec = _spec(values, 240, mark=mark, encoding={"x": x, "y": y, "color": _colour(comparison)})
    table = tuple(
        (
            str(month + 1),
            *(f"{float(people.monthly[month][at]):,.0f}" for people in comparison.populations),
        )
        for month in range(comparison.months)
    )
    return Chart(spec=spec, heads=("Month", *comparison.names), rows=table)


def _curve(comparison: Comparison) -> Chart:
    wanted = comparison.populations[0].wanted
    total = float(wanted[1:].sum()) or 1.0
    values = [{"more": k, "share": float(wanted[k + 1 :].sum()) / total} for k in range(1, 21)]
    x = {
        "field": "more",
        "type": "ordinal",
        "title": "wanted more than so many articles in the month",
        "axis": {"labelAngle": 0},
    }
    y = {
        "field": "share",
        "type": "quantitative",
        "title": "share of readers",
        "axis": {"format": "%"},
    }
    spec = _spec(values, 220, mark={"type": "bar"}, encoding={"x": x, "y": y})
    return Chart(
        spec=spec,
        heads=("More than", "Share of readers"),
        rows=tuple((str(v["more"]), f"{v['share']:.1%}") for v in values),
    )


def _tornado(comparison: Comparison) -> Chart:
    swings = comparison.swings[:_MOST_SWINGS]
    best, other = lead_of(comparison)
    row = comparison.measures
    centre = row[best][comparison.by.name].value - (
        0 if other is None else row[other][comparison.by.name].value
    )
    values = [
        {"assumption": swing.assumption, "end": end, "at": at, "from": centre, "to": to}
        for swing in swings
        for end, at, to in (
            ("low end", swing.low, swing.at_low),
            ("high end", swing.high, swing.at_high),
        )
    ]
    y = {
        "field": "assumption",
        "type": "nominal",
        "sort": [swing.assumption for swing in swings],
        "title": None,
    }
    title = (
        "net of the policy"
        if other is None
        else f"lead of {comparison.names[best]} over {comparison.names[other]}"
    )
    x = {
        "field": "from",
        "type": "quantitative",
        "title": title,
        "axis": {"format": "~s", "tickCount": 6},
        "scale": {"zero": other is not None},
    }
    colour = {
        "field": "end",
        "type": "nominal",
        "sort": ["low end", "high end"],
        "legend": {"orient": "top", "title": None},
    }
    bars = {
        "mark": {"type": "bar", "height": 14},
        "encoding": {"y": y, "x": x, "x2": {"field": "to"}, "color": colour},
    }
    layers: list[dict[str, Any]] = [bars]
    if other is not None:
        layers.append(
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": {"field": "zero", "type": "quantitative"}},
            }
        )
    table = tuple(
        (
            s.assumption,
            f"{s.low:g}",
            f"{s.at_low:,.0f}",
            f"{s.high:g}",
            f"{s.at_high:,.0f}",
            "yes" if s.flips else "",
        )
        for s in comparison.swings
    )
    heads = ("Assumption", "Low end", "then", "High end", "then", "Turns the order")
    return Chart(spec=_spec(values, {"step": 24}, layer=layers), heads=heads, rows=table)


def _limits(choice: Choice) -> Chart:
    values = [
        {
            "limit": limit,
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "alike": "cannot be told from the best" if limit in choice.alike else "worse",
        }
        for limit, e in zip(choice.limits, choice.estimates, strict=True)
    ]
    x = {
        "field": "limit",
        "type": "quantitative",
        "title": "limit",
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
        "scale": {"zero": False, "nice": False, "padding": 12},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": choice.by.replace("_", " "),
        "scale": {"zero": False},
        "axis": {"format": "~s", "tickCount": 6},
    }
    colour = {"field": "alike", "type": "nominal", "legend": {"orient": "top", "title": None}}
    bar = {
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour},
    }
    dot = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": colour},
    }
    table = tuple(
        (str(v["limit"]), f"{v['value']:,.0f}", f"{v['low']:,.0f}", f"{v['high']:,.0f}", v["alike"])
        for v in values
    )
    return Chart(
        spec=_spec(values, 260, layer=[bar, dot]),
        heads=("Limit", "Estimate", "Sampling from", "to", ""),
        rows=table,
    )
