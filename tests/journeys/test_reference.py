"""The reference of journey files lists what the reader of journey files reads.

`python tests/journeys/test_reference.py` writes it.
"""

from __future__ import annotations

import re
from pathlib import Path

from meter.journeys import action_keys
from meter.journeys import keys as journey_keys

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "journey-files.md"
TABLES = {
    "the file": journey_keys.JOURNEY,
    "reader": journey_keys.READER,
    "entitlement": journey_keys.ENTITLEMENT,
    "article": action_keys.ARTICLE,
    "step": journey_keys.STEP,
    "read": action_keys.READ,
    "subscribe": action_keys.SUBSCRIBE,
    "start_trial": action_keys.START_TRIAL,
    "cancel": action_keys.CANCEL,
    "expect": journey_keys.EXPECT,
}


def rows(table):
    """Return a table of keys as Markdown."""
    lines = ["| key | form | meaning |", "|---|---|---|"]
    for name, key in table.keys.items():
        lines.append(
            f"| `{name}`{' (needed)' if key.required else ''} | {key.resolve().form} | {key.says} |"
        )
    return "\n".join(lines)


def filled(page):
    """Return the page with every table written anew."""
    for name, table in TABLES.items():
        page = re.sub(
            rf"<!-- {name} -->.*?<!-- end -->",
            lambda _, n=name, t=table: f"<!-- {n} -->\n{rows(t)}\n<!-- end -->",
            page,
            flags=re.DOTALL,
        )
    return page


def test_the_reference_of_journey_files_is_current():
    """Documented, or it fails."""
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page, "run `python tests/journeys/test_reference.py`"


def test_every_table_of_a_journey_is_on_the_page():
    """Also one that is added later."""
    missing = [
        table.noun for table in _tables(journey_keys.JOURNEY) if table not in TABLES.values()
    ]
    assert missing == []


def _tables(shape):
    """Yield a table and every table in it."""
    if hasattr(shape, "keys"):
        yield shape
        for key in shape.keys.values():
            yield from _tables(key.resolve())
    for inner in (
        getattr(shape, "item", None),
        getattr(shape, "otherwise", None),
        *getattr(shape, "by", {}).values(),
    ):
        if inner is not None:
            yield from _tables(inner)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
