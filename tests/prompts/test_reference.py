"""The reference of prompts lists what there is, all of it and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from meter.prompts import language_status
from meter.prompts.parts import PLANS, compose
from meter.prompts.templates import FILTERS, TESTS
from meter.prompts.texts import load_texts
from meter.prompts.variables import COUNTS, VARIABLES, values_of
from meter.resources import template_root
from meter.resources.languages import shipped_languages
from tests.prompts.staging import Stage, make_policy

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "prompts.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading of the page."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[tuple[str, str]]:
    """Name and description of a table's rows."""
    return re.findall(r"^\| `([^`]+)` \| (.*?) \|", text, re.MULTILINE)


def test_every_variable_is_listed_with_what_it_holds():
    """In the words of the code."""
    assert rows(section("What a template may use")) == list(VARIABLES.items())


def test_every_variable_has_a_value():
    """And there is none beside them."""
    stage = Stage(make_policy())
    values = values_of(
        compose(stage.read(1), stage.policy, load_texts(("en",), None), ("en",)), "wide"
    )
    assert values.keys() == VARIABLES.keys()
    assert set(VARIABLES) > COUNTS
    assert {str, int, tuple} == {type(value) for value in values.values()}


def test_every_filter_and_test_is_listed():
    """In one line each."""
    listed = section("What a template may use")
    for word, names in (("Filters", FILTERS), ("Tests", TESTS)):
        line = re.search(rf"^{word}: (.*?)\.", listed, re.MULTILINE)
        assert list(names) == re.findall(r"`([^`]+)`", line[1])


def test_every_prompt_and_language_is_listed():
    """The table of prompts, and the languages that ship."""
    shipped = section("The prompts that ship")
    assert list(PLANS) == [name for name, _ in rows(shipped)]
    languages = re.search(r"^Languages: (.*?),", shipped, re.MULTILINE)
    files = sorted(file.name for file in (template_root() / "prompts" / "texts").iterdir())
    assert files == [f"{tag}.toml" for tag in re.findall(r"`([^`]+)`", languages[1])]


def test_every_language_is_listed_with_its_status():
    """As its file of texts has it; `language_status` says the same."""
    page = (ROOT / "docs" / "reference" / "languages.md").read_text(encoding="utf-8")
    listed = page.partition("\n## Which languages ship\n")[2].partition("\n## ")[0]
    expected = [(tag, language_status(tag)) for tag in shipped_languages()]
    assert rows(listed) == expected
    assert [dict(expected)["en"], language_status("xx")] == ["reviewed", "draft"]


REPORTERS = {"_report", "_tell", "problem_at", "report"}


def codes_of(path):
    """Return every code that a module of prompts gives, read off its calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            code = node.args[0]
            if name in REPORTERS and isinstance(code, ast.Constant):
                yield code.value


def test_every_problem_code_is_listed():
    """Those in the code, by reading it."""
    sources = sorted((ROOT / "meter" / "prompts").rglob("*.py"))
    codes = {code for path in sources for code in codes_of(path)}
    codes |= {"no-value", "bad-value", "bad-texts", "html-placeholder", "include-cycle"}
    assert sorted(codes) == sorted(code for code, _ in rows(section("Problems")))
