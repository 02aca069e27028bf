"""The page on the shape of the code lists what there is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "explanation"
PAGE = (FOLDER / "architecture.md").read_text(encoding="utf-8")


def script(name):
    """Load one of the scripts beside the page."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rooms = script("rooms")
picture = script("picture")


def test_listing_is_up_to_date():
    """`python docs/explanation/rooms.py` would change nothing."""
    assert rooms.filled(PAGE) == PAGE


def test_every_room_and_module_is_listed_once():
    """A newcomer finds each room and each module of it, and nothing that is not there."""
    (listed,) = re.findall(r"<!-- rooms -->\n```text\n(.*?)```", PAGE, re.DOTALL)
    found, room = [], ""
    for line in listed.splitlines():
        if line.startswith("meter/"):
            room = line.split()[0]
            found.append(room)
        found += [room + name for name in re.findall(r"(?:^  | )(\w+\.py)\b", line)]
    expected = [f"{room.relative_to(rooms.ROOT).as_posix()}/" for room in rooms.rooms()]
    expected += [
        module.relative_to(rooms.ROOT).as_posix()
        for room in rooms.rooms()
        for module in rooms.modules(room)
    ]
    assert sorted(expected) == sorted(found)


def test_every_module_says_what_is_there():
    """No module is listed without a sentence."""
    paths = [module for room in rooms.rooms() for module in rooms.modules(room)]
    assert [path for path in paths if not rooms.sentence(path)] == []


def test_picture_is_drawn_from_its_source():
    """`python docs/explanation/picture.py` has drawn the Mermaid source that is on the page."""
    drawn = picture.PICTURE.read_text(encoding="utf-8")
    assert picture.digest() == drawn.splitlines()[-1]
