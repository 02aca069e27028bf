"""Whoever installs the wheel gets the command, the templates and the types."""

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

JOURNEY = "paywall/ten-a-month.journey.toml"
OFFER_TEST = """
from meter.stores import MemoryStore
from meter.testing import check_laws, check_store

def test_laws(meter_policy):
    check_laws(meter_policy)

def test_store():
    check_store(MemoryStore)

def test_first_article(meter_paywall, meter_reader, meter_view):
    assert meter_paywall.check(meter_reader(), meter_view("a")).show == "countdown"
"""


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
    assert {"meter/py.typed", "meter/engine/__init__.py", *templates} <= names
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"meter"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The folder of an environment that began empty; each test installs what it needs."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    return folder


def install(environment, what):
    """Install into the environment, as a stranger does, and return the folder of its commands."""
    options = ["-q", "--disable-pip-version-check", "--no-compile"]
    command = [environment / "bin" / "pip", "install", *options, what]
    subprocess.run(command, check=True, capture_output=True)
    return environment / "bin"


def test_installed_wheel_runs_the_demo(wheel, environment, tmp_path):
    """From an empty environment, away from the checkout, `meter demo` shows the prompts."""
    scripts = install(environment, wheel)
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


def test_installed_wheel_starts_from_a_model(wheel, environment, tmp_path):
    """The models of paywalls travel with it, and the journey of one holds there."""
    scripts = install(environment, wheel)
    for command in (["init", "paywall", "--like", "ten-a-month"], ["journey", JOURNEY]):
        ran = subprocess.run(
            [scripts / "meter", *command],
            cwd=tmp_path,
            env={"PATH": str(scripts)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")


def test_testers_need_the_extra_testing_only(wheel, environment, tmp_path):
    """With `meter-paywall[testing]` fixtures, journey files, laws and the store contract run."""
    scripts = install(environment, f"{wheel}[testing]")
    (tmp_path / "test_offer.py").write_text(OFFER_TEST, encoding="utf-8")
    subprocess.run([scripts / "meter", "init", "."], cwd=tmp_path, check=True, capture_output=True)
    tested = subprocess.run(
        [scripts / "python", "-m", "pytest", "-q", "-W", "error", "--meter-coverage"],
        cwd=tmp_path,
        env={"PATH": str(scripts)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "9 passed" in tested.stdout
