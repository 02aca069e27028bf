"""The reference pages say what the code does, of every key and every code."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from meter.loading.lints import LINTS
from meter.policy.faults.conditions import CODES as WORD_CODES
from meter.policy.faults.experiments import CODES as EXPERIMENT_CODES
from meter.policy.faults.frequency import CODES as FREQUENCY_CODES
from meter.policy.faults.machines import CODES as MACHINE_CODES
from meter.policy.faults.offers import CODES as OFFER_CODES
from meter.policy.faults.promises import CODES as PROMISE_CODES
from meter.policy.faults.prompt_words import CODES as PROMPT_WORD_CODES
from meter.policy.faults.prompts import CODES as PROMPT_CODES
from meter.resources import SYNTAX
from meter.validation import CODES as POLICY_CODES

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
_SPEC = importlib.util.spec_from_file_location("generate", REFERENCE / "generate.py")
generate = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generate)

CODES = {*POLICY_CODES, *PROMPT_CODES, *PROMPT_WORD_CODES, *FREQUENCY_CODES, *PROMISE_CODES}
PAGES = ("problems.md", "institutions.md", "crawlers.md")
PAGE = "".join((REFERENCE / name).read_text("utf-8") for name in PAGES)
DOCUMENTED = re.findall(r"^### `([a-z0-9-]+)`$", PAGE, re.MULTILINE)
EXAMPLES = {match[2]: match[3] for match in generate._BROKEN.finditer(PAGE)}
WITHOUT_EXAMPLE = {
    "bad-encoding",
    "bad-value",
    "include-needs-folder",
    "no-such-file",
    "text-too-long",
    "too-large",
    "too-many",
    "too-many-problems",
    "unreadable-file",
}
REPORTERS = {
    "add",
    "Fault",
    "Problem",
    "problem_at",
    "_unknown",
    "_warning",
    "_whole",
}
MODULES = [
    ROOT / "meter" / "resources" / "toml.py",
    ROOT / "meter" / "validation.py",
    ROOT / "meter" / "policy" / "faults" / "prompts.py",
    ROOT / "meter" / "policy" / "faults" / "prompt_words.py",
    *sorted((ROOT / "meter" / "loading").rglob("*.py")),
    ROOT / "meter" / "web" / "addresses.py",
    *sorted((ROOT / "meter" / "web" / "institutions").rglob("*.py")),
    *sorted((ROOT / "meter" / "web" / "machines").rglob("*.py")),
]


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_page_is_current(name):
    """`python docs/reference/generate.py` would change nothing."""
    page = (REFERENCE / name).read_text("utf-8")
    assert generate.filled(page) == page


@pytest.mark.parametrize("name", generate.TABLES)
def test_every_table_is_on_a_page(name):
    """No table of keys is left out."""
    assert any(
        f"<!-- keys: {name} -->" in (REFERENCE / page).read_text("utf-8") for page in generate.PAGES
    )


def _codes(path):
    """Return every code that a module can give, read off its calls."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [node.args[0]] if name in REPORTERS and node.args else []
            given += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            yield from (
                value.value
                for value in given
                if isinstance(value, ast.Constant) and value.value and isinstance(value.value, str)
            )


def test_every_code_is_documented_once():
    """What can be said has a section that says what it means."""
    codes = {code for module in MODULES for code in _codes(module)}
    codes |= {known[1] for known in SYNTAX} | set(LINTS) | set(CODES) | set(WORD_CODES)
    codes |= {"bad-value", "bad-status", "machines-need-licence"}
    codes |= {*OFFER_CODES, *MACHINE_CODES, *EXPERIMENT_CODES}
    assert codes - set(DOCUMENTED) == set()
    assert len(DOCUMENTED) == len(set(DOCUMENTED))


def test_every_code_of_the_whole_project_is_in_the_reference():
    """A code that any module gives has a heading or a row of its own on a page of the reference."""
    pages = "\n".join(page.read_text("utf-8") for page in REFERENCE.glob("*.md"))
    documented = set(re.findall(r"^(?:### |\| )`([a-z0-9-]+)`", pages, re.MULTILINE))
    undocumented = {
        code: path.name
        for path in (ROOT / "meter").rglob("*.py")
        for code in _codes(path)
        if code not in documented
    }
    assert undocumented == {}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_told_its_code(name):
    """An example of a code earns that code; what is an error earns no other."""
    problems = generate.problems_of(EXAMPLES[name], name)
    assert Path(name).stem in {problem.code for problem in problems}
    assert len({problem.code for problem in problems if problem.severity == "error"}) <= 1


def test_every_code_of_a_text_has_an_example():
    """Only what no text can show goes without."""
    shown = {Path(name).stem for name in EXAMPLES}
    codes = {code for module in MODULES for code in _codes(module)} | set(LINTS) | set(CODES)
    codes |= set(WORD_CODES) | set(OFFER_CODES) | set(MACHINE_CODES) | set(EXPERIMENT_CODES)
    assert codes - shown - WITHOUT_EXAMPLE == set()
