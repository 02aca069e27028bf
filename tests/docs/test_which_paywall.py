"""The tables of *Which paywall is yours?* are those of the models, and leave none out."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from meter.resources import paywall_models

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
PAGE = (FOLDER / "which-paywall.md").read_text(encoding="utf-8")
NAMES = runpy.run_path(str(FOLDER / "paywall_tables.py"))
MODELS = paywall_models()


def test_the_page_is_current():
    """Generated, and not out of date: run `python docs/how-to/paywall_tables.py`."""
    assert NAMES["filled"](PAGE) == PAGE


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_its_row_and_answers(name):
    """Its sentence and its command once, and its name beside some answer."""
    assert PAGE.count(f"`meter init paywall --like {name}`") == 1
    assert PAGE.count(f"| {MODELS[name].says} |") == 1
    assert f"`{name}`" in PAGE


def test_no_main_line_is_of_a_model_that_is_gone():
    """Each is told with its model."""
    assert sorted(NAMES["MAIN_LINES"]) == sorted(MODELS)


def test_every_answer_has_a_model():
    """A question has no answer that leads nowhere."""
    assert " |  |" not in PAGE


def test_a_line_that_is_not_in_the_policy_is_an_error():
    """So no row says what its policy does not."""
    NAMES["MAIN_LINES"]["ten-a-month"] += ("limit = 11",)
    with pytest.raises(ValueError, match=r"`limit = 11` is no line of the model `ten-a-month`"):
        NAMES["filled"](PAGE)
    NAMES["MAIN_LINES"]["ten-a-month"] = NAMES["MAIN_LINES"]["ten-a-month"][:-1]
