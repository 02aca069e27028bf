"""Does the page on the shape of the code know every room?"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "architecture.md"


def test_every_room_is_listed_once():
    """A newcomer finds each module and package of `meter/` in the table, and nothing that is not
    there.
    """
    listed = [
        name
        for row in re.findall(
            r"^\| (`meter/.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
        )
        for name in re.findall("`(.*?)`", row)
    ]
    there = [
        path
        for path in (ROOT / "meter").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    ]
    rooms = {
        f"meter/{path.name}{'/' if path.is_dir() else ''}"
        for path in there
        if path.name != "__init__.py"
    }
    assert sorted(listed) == sorted(rooms)
