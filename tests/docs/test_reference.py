"""Documented or it fails: every public name is in the reference, and every page is in the index."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import meter

DOCS = Path(__file__).parents[2] / "docs"


def test_every_public_name_is_in_the_reference():
    """What can be imported from `meter` is explained."""
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    assert {name for name in meter.__all__ if not re.search(rf"`{name}\b", text)} == set()


def test_every_command_that_prints_a_figure_is_listed():
    """A figure can be printed again by whoever reads of it: the notes for contributors say how."""
    tests = DOCS.parent / "tests"
    modules = {
        "tests." + ".".join(path.relative_to(tests).with_suffix("").parts).removesuffix(".__main__")
        for path in tests.rglob("*.py")
        if 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")
        and not path.name.startswith(("bench_", "test_"))
    }
    notes = (DOCS / "contributing.md").read_text(encoding="utf-8")
    assert {name for name in modules if f"`python -m {name}" not in notes} == set()
    assert len(modules) > 5


def test_every_page_is_in_the_index():
    """No page can only be found by accident, and no link leads nowhere."""
    linked = set(
        re.findall(r"\]\(([^)#]+\.md)[^)]*\)", (DOCS / "index.md").read_text(encoding="utf-8"))
    )
    assert linked == {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {
        "index.md"
    }


def test_links_between_pages_lead_somewhere():
    """Every relative link of the README and the documentation has a file at its end."""
    pages = [DOCS.parent / "README.md", *DOCS.rglob("*.md")]
    links = {
        (page, link)
        for page in pages
        for link in re.findall(
            r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8")
        )
    }
    assert {(str(page), link) for page, link in links if not (page.parent / link).exists()} == set()


@pytest.mark.parametrize("page", ["contributing.md", "explanation/architecture.md"])
def test_files_a_page_names_are_there(page):
    """Whoever follows the page finds each file and folder of the project it names."""
    text = (DOCS / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:meter|tests|docs)/[\w./-]*)`", text))
    assert {name for name in named if not (DOCS.parent / name).exists()} == set()


def test_commands_contributors_are_told_of_are_there():
    """Each module that the page runs can be found."""
    text = (DOCS / "contributing.md").read_text(encoding="utf-8")
    modules = set(re.findall(r"python -m (tests[\w.]+)", text))
    assert {name for name in modules if importlib.util.find_spec(name) is None} == set()
