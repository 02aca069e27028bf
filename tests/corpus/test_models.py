"""Every model of a paywall does what its sentence says, and `check` has nothing to say of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from meter import (
    Article,
    ManualClock,
    PageView,
    Paywall,
    Reader,
    Usage,
    decide,
    loads_policy,
)
from meter.cli import main
from meter.journeys import Journey
from meter.loading import check_text, dumps_policy
from meter.stores import MemoryStore
from meter.verify import guarantees
from meter.verify.lints import lints
from tests.columns.both import by_columns, by_engine
from tests.corpus import models
from tests.corpus.models import MODELS, Model


class Step(NamedTuple):
    """A page view as the columns take it."""

    now: object
    reader: Reader
    view: PageView


def test_each_model_is_a_sentence_a_policy_and_a_journey():
    """And no two are described alike."""
    assert len(MODELS) == len({model.says for model in MODELS}) >= 32
    assert all(model.says.endswith(".") and model.journey_file.exists() for model in MODELS)
    assert [] == [model.name for model in MODELS if len(model.says) > 100]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_check_has_nothing_to_say(model: Model):
    """Neither of what is wrong nor of what is doubtful, on a day its offers run."""
    text = model.policy_file.read_text(encoding="utf-8")
    _, problems = check_text(text, model.policy_file.name, today=date(2026, 6, 15), exact=lints)
    assert () == problems


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_engine_does_what_the_model_says(model: Model):
    """Step by step, where the journey expects something."""
    steps = Journey.load(model.journey_file).run(model.policy())
    assert [] == [(step.line, step.problem) for step in steps if step.problem is not None]
    assert any(step.is_read for step in steps)


ELSEWHERE = {
    "campus-and-library": {
        "whoever has a subscription reads everything",
        "five a month",
        "everyone else",
    },
    "guest-pass": {"the desk opened the site"},
    "more-for-newsletter-readers": {"everyone else"},
    "no-ad-blockers": {"all but premium is open"},
    "no-limit-for-the-large-pass": {"what is bought"},
    "pay-or-okay": {"whoever agreed reads all but premium"},
    "public-service-is-open": {"officials and students read everything"},
    "storm-and-election-night": {"the counties the storm hits read everything"},
    "two-in-45-days": {"private windows sign in"},
    "value-and-reader": {"one of the most valuable articles"},
}
"""Rules for other readers than the one of the journey, or while a switch is on."""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_journey_meets_every_rule(model: Model):
    """But for those of free articles, of whoever paid once, and of other readers."""
    policy = model.policy()
    met = {step.decision.rule for step in Journey.load(model.journey_file).run(policy)}
    usual = {"free articles are open", "the trial is over", "the subscription is over"}
    assert ELSEWHERE.get(model.name, set()) == {rule.name for rule in policy.rules} - met - usual


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_prove_says_yes(model: Model):
    """What every paywall promises, but for what the model says it does not, and its guarantees."""
    answers = guarantees(model.policy())
    assert [] == [(answer.name, answer.outcome) for answer in answers if answer.outcome != "proved"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_command_line_does_the_same(model: Model):
    """`meter journey` finds its policy beside it."""
    result = CliRunner().invoke(main, ["journey", str(model.journey_file)])
    assert 0 == result.exit_code, result.output


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_columns_decide_the_same(model: Model):
    """The page views of its journey, of a reader whose identity stays what it is."""
    pytest.importorskip("numba")
    policy = model.policy()
    people: dict[str, list[Step]] = {}
    for step in Journey.load(model.journey_file).run(policy):
        if step.is_read:
            name = f"{step.reader.id} {step.reader.status(step.at)}"
            people.setdefault(name, []).append(Step(step.at, step.reader, step.view))
    assert sorted(by_engine(policy, people), key=str) == sorted(by_columns(policy, people), key=str)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_is_written_back_as_it_is(model: Model):
    """As TOML, and read again."""
    policy = model.policy()
    assert policy == loads_policy(dumps_policy(policy))


@pytest.mark.parametrize(
    ("name", "off", "on", "read"),
    [
        ("storm-and-election-night", "storm = false", "storm = true", "b"),
        ("guest-pass", "open-day = false", "open-day = true", "a"),
    ],
)
def test_what_the_desk_turns_on_opens(name: str, off: str, on: str, read: str):
    """The page that the journey finds walled is open while the switch is on."""
    (model,) = (model for model in MODELS if name == model.name)
    text = model.policy_file.read_text(encoding="utf-8")
    seen = {
        turned: next(
            step.decision.access
            for step in Journey.load(model.journey_file).run(loads_policy(turned))
            if step.is_read and step.view.article.id == read
        )
        for turned in (text, text.replace(off, on))
    }
    assert ["preview", "full"] == list(seen.values())


def test_a_pass_that_was_taken_once_is_not_offered_again():
    """Of the same account, whatever it is now."""
    (model,) = (model for model in MODELS if model.name == "guest-pass")
    policy = model.policy()
    reader = Reader(id="ana", registered=True)
    view = PageView(article=Article(id="a"))
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    first, usage = decide(policy, reader, view, Usage(), now)
    paywall = Paywall(policy, MemoryStore(), clock=ManualClock(now))
    paywall.started("ana", "guest")
    assert ("guest", "digital") == (first.offer, paywall.check(reader, view).offer)
    assert usage == Usage()


def test_the_models_are_counted(capsys):
    """A line each, and all their rules."""
    models.main()
    *lines, total = capsys.readouterr().out.splitlines()
    assert len(MODELS) == len(lines)
    assert f"rules in {len(MODELS)} models: " in total
