"""Writes the table of `assumptions.md`: run it when an assumption changes.

A test checks that the page is up to date.

python docs/reference/assumption_table.py
"""

from __future__ import annotations

import re
from pathlib import Path

from meter.simulate.assumptions import published_assumptions
from meter.simulate.report.html import plain_value

PAGE = Path(__file__).with_name("assumptions.md")
_TABLE = re.compile(r"(<!-- assumptions -->\n).*?(<!-- end -->)", re.DOTALL)


def table() -> str:
    """Return every assumption as rows of Markdown, a table a group."""
    lines: list[str] = []
    group = ""
    for item in published_assumptions():
        head, _, short = item.name.partition(".")
        if head != group:
            group = head
            lines += [
                "",
                f"### `[{group}]`",
                "",
                "| Key | Default | Range | What it is | Basis | Source |",
                "|---|---|---|---|---|---|",
            ]
        span = f"{item.low:g} – {item.high:g}" if item.uncertain else ""
        cells = (
            f"`{short}`",
            plain_value(item.value),
            span,
            item.words,
            str(item.basis),
            item.source,
        )
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines[1:], ""])


def filled(page: str) -> str:
    """Return the text of the page with the table brought up to date."""
    return _TABLE.sub(lambda match: match[1] + table() + match[2], page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), encoding="utf-8")
