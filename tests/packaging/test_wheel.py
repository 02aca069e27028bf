"""What is shipped: a stranger who installs the wheel gets the command, the templates and the types."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/meter demo",
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_has_the_two_commands(command):
    """The README's set-up is the two commands, word for word."""
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


def test_top_level_is_fixed():
    """Nothing visible stands beside the six fixed entries."""
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    visible = {name.partition("/")[0] for name in tracked if not name.startswith(".")}
    assert visible == {"meter", "templates", "tests", "docs", "pyproject.toml", "README.md"}


def test_wheel_holds_every_template_and_the_type_marker(wheel):
    """The folder `templates` travels as `meter/templates`, whole, and nothing else does."""
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {
        f"meter/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
    assert {"meter/py.typed", "meter/engine.py", *templates} <= names
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"meter"}


def test_installed_wheel_runs_the_demo(wheel, tmp_path):
    """From an empty environment, away from the checkout, `meter demo` shows the prompts."""
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / "bin"
    subprocess.run(
        [scripts / "pip", "install", "-q", "--disable-pip-version-check", wheel],
        check=True,
        capture_output=True,
    )
    demo = subprocess.run(
        [scripts / "meter", "demo"],
        cwd=tmp_path,
        env={"PATH": str(scripts)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (demo.returncode, demo.stderr) == (0, "")
    assert "free articles left this month" in demo.stdout
    assert "last free article" in demo.stdout
