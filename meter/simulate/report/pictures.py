"""Write the charts of a report as files of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vl_convert

if TYPE_CHECKING:
    from pathlib import Path

    from meter.simulate.report.vega import Chart

__all__ = ["write_pictures"]

_VERSION = "5.20"


def write_pictures(folder: Path, drawn: dict[str, Chart], *, width: int = 720) -> list[Path]:
    """Write each chart as an SVG and a PNG file into a folder, and return the files.

    Needs the extra `plots`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, chart in drawn.items():
        spec = {**chart.spec, "width": width, "background": "white"}
        svg = folder / f"{name}.svg"
        svg.write_text(vl_convert.vegalite_to_svg(spec, vl_version=_VERSION), encoding="utf-8")
        png = folder / f"{name}.png"
        png.write_bytes(vl_convert.vegalite_to_png(spec, vl_version=_VERSION, scale=2))
        files += [svg, png]
    return files
