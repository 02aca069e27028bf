"""The site is built without a warning, describes every public name, and loads nothing else."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built as `docs/contributing.md` says.

    `METER_SITE` names another folder: what is built there need not be built a second time.
    """
    out = Path(os.environ.get("METER_SITE") or tmp_path_factory.mktemp("site"))
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-b", "html", "docs", out]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    return out


def public_names():
    """Every name in the `__all__` of every module without a leading underscore."""
    for path in sorted((ROOT / "meter").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        if any(part.startswith("_") for part in module.split(".")):
            continue
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign) and "__all__" == ast.unparse(statement.targets[0]):
                yield from (f"{module}.{name}" for name in ast.literal_eval(statement.value))


def test_every_public_name_is_described(site):
    """What a module's `__all__` names can be looked up under that very name."""
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    described = {
        name for kind, names in inventory.data.items() if kind.startswith("py:") for name in names
    }
    assert set(public_names()) - described == set()


def test_every_page_is_on_the_site(site):
    """Each page of the folder has become one of the site."""
    pages = {page.relative_to(DOCS).with_suffix(".html") for page in DOCS.rglob("*.md")}
    assert pages - {page.relative_to(site) for page in site.rglob("*.html")} == set()


def test_no_page_loads_anything_from_elsewhere(site):
    """Styles, scripts, fonts and pictures are the site's own; other places are only linked to."""
    loads = re.compile(
        r"<(?:script|img|iframe|source)[^>]*src=\"([^\"]+)|<link[^>]*href=\"([^\"]+)"
    )
    asked = {
        address
        for page in site.rglob("*.html")
        for address in map("".join, loads.findall(page.read_text(encoding="utf-8")))
        if re.match(r"(?:\w+:)?//", address)
    }
    styled = {
        address
        for style in site.rglob("*.css")
        for address in re.findall(r"url\(\s*[\"']?((?:\w+:)?//[^)]+)", style.read_text("utf-8"))
    }
    assert (asked, styled) == (set(), set())
