"""Which extra brings what, and whether whoever reads the README is told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]
OURS = {"bench", "dev", "docs", "test"}
"""For whoever works on `meter` itself."""


def names(extra):
    """The distributions an extra asks for, without their versions."""
    return {re.split(r"[\[<>=]", requirement)[0] for requirement in EXTRAS[extra]}


def test_testers_install_pytest_and_hypothesis_only():
    """Whoever tests a policy needs no server, no compiler and no solver."""
    assert names("testing") == {"hypothesis", "pytest"}


def test_our_tests_need_one_extra():
    """What the suite imports comes with `test`, so that nothing is skipped."""
    (own,) = [text for text in EXTRAS["test"] if text.startswith("meter-paywall[")]
    assert set(EXTRAS) - OURS - {"testing"} | {"docs", "testing"} == set(
        re.findall(r"\w+", own.removeprefix("meter-paywall"))
    )


def test_readme_tells_what_each_extra_is_for():
    """The table has a row for every extra that users install, and no other."""
    assert set(EXTRAS) - OURS == set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))


def test_readme_stands_on_its_own():
    """On a package index there is no folder beside the page: it links to nothing of ours."""
    assert re.findall(r"\]\((?!https?://)[^)]*\)", README) == []
    assert "\npip install meter-paywall\n" in README
