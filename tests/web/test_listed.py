"""Files beside a policy that are one list: what holds for institutions and for crawlers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from meter.loading import check_text
from meter.web.institutions import check_institutions
from meter.web.machines.declared import check_crawlers

CHECKS = {
    "institutions": check_institutions,
    "crawlers": partial(check_crawlers, folder=Path("nowhere")),
    "policy": check_text,
}
BROKEN = (
    "nmae = 5",
    "[[rules]]",
    "[[institutions]]\nname = 5",
    "[[crawlers]]\nname = 5",
    '[["institutions"]]\nname = "é"\naddresses = [5]',
)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("text", BROKEN)
def test_a_mark_of_the_byte_order_takes_up_no_place(check, text):
    """Editors of Windows put one before a text, and show none: places are as without it."""
    _, problems = check(text)
    assert problems
    assert problems == check(f"\ufeff{text}")[1]
    assert problems[0].column is not None


@pytest.mark.parametrize("key", ["institutions", "crawlers"])
def test_who_is_called_as_one_before_is_told(key):
    """Each of them, and who comes after another of its own, in words of the list."""
    items = [
        f'[[{key}]]\nname = "{name}"\naddresses = ["192.0.2.{number}"]\n'
        for number, name in enumerate(
            ("first bot", "other bot", "first bot", "first bot", "other bot")
        )
    ]
    found, problems = CHECKS[key]("".join(items))
    assert found is None
    assert [(problem.code, problem.line) for problem in problems] == [
        ("duplicate-name", line) for line in (8, 11, 14)
    ]
    assert problems[0].message == f"there are two {key} called `first bot`"
