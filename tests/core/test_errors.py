"""Problems and the errors that carry them."""

import pickle

import pytest

from meter import PolicyError
from meter.errors import Problem, ProblemsError, PromptError, listed, problem_at
from meter.loading.events import EventError
from meter.prompts.errors import TemplateError


def test_a_problem_with_a_line_of_text_but_no_number_is_told():
    """A problem made in Python may quote what it is about without knowing which line that is."""
    problem = Problem(code="bad-value", message="`x` is not `y`", source="x = 1")

    assert "policy: error[bad-value]: `x` is not `y`\n      | x = 1" == str(problem)


def test_a_problem_is_placed_by_its_offset():
    """Lines and columns count from 1; what upsets a terminal is not shown."""
    problem = problem_at("c", "m", "h", name="f", source="one\ntwo\x1b three\r\nfour", offset=9)

    assert (2, 6, "two\ufffd three") == (problem.line, problem.column, problem.source)
    whole = problem_at("c", "m", "h", name="f")
    assert (None, None) == (whole.line, whole.source)


@pytest.mark.parametrize("kind", [PolicyError, EventError, TemplateError])
def test_errors_with_problems_have_one_parent_and_survive_pickling(kind):
    """The message is that of every problem, also in another process."""
    problems = (Problem(code="a", message="one"), Problem(code="b", message="two"))
    error = kind(iter(problems))
    again = pickle.loads(pickle.dumps(error))

    assert isinstance(error, ProblemsError)
    assert (problems, str(error)) == (again.problems, str(again))
    assert "policy: error[a]: one\npolicy: error[b]: two" == str(error)


def test_a_template_error_is_a_prompt_error():
    """Whoever catches `PromptError` also catches what is wrong with a template."""
    assert issubclass(TemplateError, PromptError)


@pytest.mark.parametrize(
    ("words", "expected"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_words_are_joined_as_english_does(words, expected):
    """One word stands alone, two are joined, more have commas."""
    assert expected == listed(words, "or")
