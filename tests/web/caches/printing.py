"""Print a row for each cache and mode, and below it what was wrong."""

from __future__ import annotations

from attrs import frozen

HEADINGS = (
    "mode",
    "cache",
    "exchanges",
    "wrong bodies",
    "foreign cookies",
    "uncounted readers",
    "hit rate",
)
WIDTHS = (10, 14, 10, 13, 16, 18, 9)
MOST_SHOWN = 8


@frozen
class Row:
    """What came of one cache in one mode; `cannot` says why there is nothing."""

    mode: str
    cache: str
    exchanges: int = 0
    wrong_bodies: int = 0
    foreign_cookies: int = 0
    uncounted: int = 0
    hit_rate: float = 0.0
    leaks: tuple[str, ...] = ()
    cannot: str = ""


def _line(cells):
    padded = [
        cell.ljust(width) if place < 2 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ]
    return " ".join(padded).rstrip()


def headings():
    """Return the line above the rows."""
    return _line(HEADINGS)


def row(found):
    """Return a row, and a line for each of the first things that were wrong."""
    if found.cannot:
        return f"{_line((found.mode, found.cache, *[''] * 5))} cannot: {found.cannot}"
    counts = (found.exchanges, found.wrong_bodies, found.foreign_cookies, found.uncounted)
    cells = (found.mode, found.cache, *(f"{count:,}" for count in counts), f"{found.hit_rate:.1%}")
    lines = [_line(cells), *(f"    {leak}" for leak in found.leaks[:MOST_SHOWN])]
    if len(found.leaks) > MOST_SHOWN:
        lines.append(f"    and {len(found.leaks) - MOST_SHOWN:,} more")
    return "\n".join(lines)
