"""All who judge say the same of classes of crawlers, and whoever ignores a class is found."""

from __future__ import annotations

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with, said_in
from tests.planted import some
from tests.verify.crawler_classes import disagreeing

BUGS = (
    (
        Bug(
            "the diagrams meet crawlers of no class",
            "verify/concretize.py",
            'crawler=given.get("crawler") or False',
            'crawler=bool(given.get("crawler"))',
        ),
        {"diagrams", "z3"},
    ),
    (
        Bug(
            "a class is a crawler like any other",
            "facts/slots.py",
            "return value if value in self.mentioned else bool(value)",
            "return bool(value)",
        ),
        {"oracle", "diagrams", "z3"},
    ),
    (
        Bug(
            "a class that no rule names is no crawler",
            "facts/slots.py",
            "return value if value in self.mentioned else bool(value)",
            "return value if value in self.mentioned else value is True",
        ),
        {"oracle"},
    ),
    (
        Bug(
            "any crawler is one without a class",
            "formulas/translation.py",
            "if bool(code) is wanted]",
            "if code is wanted]",
        ),
        {"oracle"},
    ),
    (
        Bug(
            "a log knows no classes",
            "columns/attributes.py",
            'PageView(article=article, **of_part[""])',
            'PageView(article=article, **{**of_part[""], "crawler": "crawler" in of_part[""]})',
        ),
        {"columns"},
    ),
)


def test_engine_evaluator_columns_and_verifier_agree():
    """A few of the policies that `python -m tests.verify.crawler_classes` looks at."""
    assert {} == disagreeing(4)


@pytest.mark.parametrize(
    ("bug", "found_by"), some(BUGS), ids=lambda one: getattr(one, "name", None)
)
def test_whoever_ignores_a_class_is_found(bug, found_by, tmp_path):
    """By whoever reads the text that was changed."""
    said = said_in(copy_with(tmp_path, bug), "tests.verify.crawler_classes")
    wrong = [line for line in said if ", 0 disagreements" not in line]
    assert found_by == {line.partition(":")[0] for line in wrong}
