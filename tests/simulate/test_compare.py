"""Comparing policies over the same people, with both intervals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from attrs import evolve

from meter.errors import MeterError
from meter.policy import When
from meter.simulate.assumptions import loads_assumptions, published_assumptions
from meter.simulate.calibrate import Known, calibrate
from meter.simulate.compare import Comparison, compare
from meter.simulate.limits import LimitSearch
from meter.simulate.measures import MEASURES, influence, spread
from meter.simulate.optimise import choose
from meter.simulate.population import simulate
from meter.simulate.report.cautions import cautions_of
from meter.simulate.report.summary import beside, first_answer
from tests.simulate.policies import free_for_all, hard_wall, metered, with_trials


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Three policies over three months, with a few draws."""
    return compare(
        [metered(5), metered(3), with_trials()],
        names=["five", "three", "trials"],
        readers=6000,
        months=3,
        draws=6,
        seed=2,
    )


def test_a_policy_differs_from_itself_by_nothing_at_all() -> None:
    """A against A is exactly zero in every measure and draw, and nobody is the better one."""
    same = compare([with_trials(), with_trials()], readers=4000, months=3, draws=3)
    for measure in MEASURES:
        difference = same.differences[1][measure.name]
        assert (0, 0, 0, 0, 0) == (
            difference.value,
            difference.low,
            difference.high,
            difference.least,
            difference.most,
        )
    assert (0.5, 0.5) == same.shares == same.sampled
    assert same.best is None
    assert "gave every simulated reader the same" in same.verdict.sentence
    assert (0, 0) == same.regret


def test_the_same_people_make_differences_at_least_three_times_surer() -> None:
    """Common random numbers.

    The variance of a paired difference against that of two samples of other people.
    """
    paired = [simulate(metered(limit), readers=20_000, months=1, seed=1) for limit in (3, 5)]
    other = simulate(metered(5), readers=20_000, months=1, seed=2)
    for name in ("articles_read", "net", "net_lifetime"):
        measure = next(measure for measure in MEASURES if measure.name == name)
        together = spread(influence(paired[0], measure) - influence(paired[1], measure)) ** 2
        apart = spread(influence(paired[0], measure)) ** 2 + spread(influence(other, measure)) ** 2
        assert apart / together >= 3


def test_intervals_hold_what_they_say() -> None:
    """Of 40 other samples, about 95 % give a number inside an interval as wide as ours.

    The numbers are paired differences of starts.
    """
    centre = compare(
        [metered(5), metered(3)], readers=3000, months=1, draws=0, sweep=False, seed=1000
    )
    reach = centre.differences[1]["starts_per_million"]
    values = []
    for seed in range(40):
        other = compare(
            [metered(5), metered(3)], readers=3000, months=1, draws=0, sweep=False, seed=seed
        )
        values.append(other.differences[1]["starts_per_million"].value)
    inside = np.abs(np.array(values) - np.mean(values)) <= (reach.high - reach.low) / 2
    assert 0.8 <= inside.mean() <= 1


def test_every_policy_has_a_chance_to_be_best_and_the_chances_add_up(found: Comparison) -> None:
    """Shares of one whole."""
    for shares in (found.sampled, found.shares):
        assert 1 == pytest.approx(sum(shares))


def test_the_front_holds_what_no_other_policy_beats_on_both_axes() -> None:
    """A tighter limit starts more and reads less, so both stay; a policy worse on both does not."""
    nothing_for_it = evolve(
        metered(3), rules=(evolve(hard_wall().rules[1], show="registration-wall"),), meters=()
    )
    both = compare(
        [metered(5), metered(3), nothing_for_it], readers=6000, months=2, draws=0, sweep=False
    )
    assert (0, 1) == both.front


def test_the_first_answer_has_the_numbers_of_the_last_one() -> None:
    """Only the intervals of the assumptions are missing, and nothing is called best."""
    told: list[Comparison] = []
    last = compare(
        [metered(5), metered(3)],
        names=["five", "three"],
        readers=600,
        months=1,
        draws=2,
        first=told.append,
    )
    (first,) = told
    for measured in ("measures", "differences"):
        for early, late in zip(getattr(first, measured), getattr(last, measured), strict=True):
            for name, found in late.items():
                assert evolve(found, least=None, most=None) == early[name]
    assert first.best is None
    sentences = beside(first)
    assert sentences == beside(last)[: len(sentences)]
    words = first_answer(first)
    assert words.startswith("First answer, before other assumptions are tried: At the central")
    assert " ".join(sentences) in words
    assert words.endswith("How far other assumptions move this is not known yet.")
    assert "best" not in words


def test_there_is_no_first_answer_where_no_other_assumption_is_tried() -> None:
    """The only answer is then the last one."""
    told: list[Comparison] = []
    compare([metered(5)], readers=60, months=1, draws=0, sweep=False, first=told.append)
    assert [] == told


def test_a_report_is_plain_json_with_codes_and_a_holdout(found: Comparison) -> None:
    """What is told can be read by another program, cautions included."""
    report = json.loads(json.dumps(found.to_dict()))
    assert ["five", "three", "trials"] == [policy["name"] for policy in report["policies"]]
    assert {"W03", "W05", "W09", "W11", "W14", "W15", "W16", "W18", "W19"} <= {
        caution["code"] for caution in report["warnings"]
    }
    assert report["holdout"]["readers"] > 100
    assert f"{report['holdout']['readers']:,}" in report["closing"]
    assert "does not forecast revenue" in report["closing"]
    assert {item.name for item in published_assumptions()} == {
        row["name"] for row in report["assumptions"]
    }
    assert all(row["source"] for row in report["assumptions"])


def test_cash_and_lifetime_are_never_added_up(found: Comparison) -> None:
    """Net is advertising and cash; the other net is advertising and lifetime value."""
    for row in found.measures:
        assert row["net"].value == pytest.approx(
            row["advertising"].value + row["subscription_cash"].value
        )
        assert row["net_lifetime"].value == pytest.approx(
            row["advertising"].value + row["subscription_lifetime"].value
        )
        assert row["subscription_lifetime"].value >= row["subscription_cash"].value


def test_an_assumption_that_turns_the_order_is_named() -> None:
    """All free against a limit of three depends on what advertising earns."""
    turning = compare([free_for_all(), metered(3)], readers=6000, months=3, draws=0)
    flipped = {sensitivity.assumption for sensitivity in turning.sensitivities if sensitivity.flips}
    assert "money.ads_per_1000_articles" in flipped
    (caution,) = [caution for caution in cautions_of(turning) if caution.code == "W13"]
    assert "`money.ads_per_1000_articles`" in caution.text


def test_what_nobody_meets_is_a_doubt() -> None:
    """A rule that no simulated view reaches, and an attribute nobody has, are told."""
    strange = evolve(
        metered(3),
        rules=(evolve(metered(3).rules[0], name="gold", when=_segment("gold")), *metered(3).rules),
    )
    codes = {
        caution.code: caution.text
        for caution in cautions_of(
            compare([strange], names=["strange"], readers=500, months=1, draws=0, sweep=False)
        )
    }
    assert "`gold`" in codes["W20"]
    assert "readers.segments" in codes["W21"]


def _segment(name: str) -> object:
    return When(segments=[name])


@pytest.mark.parametrize(
    ("when", "world", "missing"),
    [
        (When(section=["market"]), "[articles]\nsections = { markets = 1 }", "`market`"),
        (When(section=["asia"]), '[articles]\nsections = { "markets/asia" = 1 }', "`asia`"),
        (When(section=["markets"]), '[articles]\nsections = { "markets/asia" = 1 }', None),
        (When(country=["s"]), "[readers]\ncountries = { US = 1 }", "`S`"),
        (When(country=["US"]), "[readers]\ncountries = { us = 1 }", None),
        (
            When(referrer=["oogle.com"]),
            '[views]\nreferrers = { "google.com" = 1 }',
            "`oogle.com`",
        ),
        (When(referrer=["google.com"]), '[views]\nreferrers = { "news.google.com" = 1 }', None),
        (When(segments=["student"]), "[readers]\nsegments = { students = 0.2 }", "`student`"),
        (When(device=["app"]), "[views]\ndevices = { apple = 1 }", "`app`"),
    ],
    ids=lambda value: None if isinstance(value, When) else str(value)[:30],
)
def test_nobody_is_like_that_where_no_word_covers(
    when: When, world: str, missing: str | None
) -> None:
    """`market` is not the start of `markets`: what covers a word is what the rules say covers it.

    Before, `W21` was kept back wherever a word began or ended with the one asked for.
    """
    rule = evolve(metered(3).rules[0], name="asked", when=when)
    policy = evolve(metered(3), rules=(rule, *metered(3).rules))
    found = compare(
        [policy],
        readers=50,
        months=1,
        draws=0,
        sweep=False,
        assumptions=loads_assumptions(world),
    )
    told = [caution.text for caution in cautions_of(found) if caution.code == "W21"]
    assert (missing is not None) == bool(told)
    assert all(str(missing) in text for text in told)


def test_a_limit_is_chosen_on_some_readers_and_estimated_on_others() -> None:
    """What is as good as the best comes along, and an edge of what was tried is a caution."""
    choice = choose(
        metered(5), LimitSearch.parse("limit=1..4", metered(5)), readers=6000, months=2, sweep=False
    )
    assert (1, 2, 3, 4) == choice.limits
    assert choice.selected in choice.alike
    assert choice.recommended in (None, choice.selected)
    assert {"W19"} <= {caution["code"] for caution in choice.warnings()}
    assert choice.at_edge is ("W22" in {caution["code"] for caution in choice.warnings()})


def test_no_single_limit_is_named_where_the_draws_do_not_agree() -> None:
    """The assumptions that turn the order are told by name."""
    choice = choose(
        metered(5), LimitSearch.parse("monthly.limit=1..6", metered(5)), readers=30_000, months=3
    )
    assert choice.recommended is None
    assert "money.ads_per_1000_articles" in choice.turned_by
    assert "cannot be told apart" in choice.verdict.sentence
    assert "`limit 6`" in choice.verdict.sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limit", "is not something to optimise"),
        ("mnthly.limit=1..5", "did you mean `monthly`"),
        ("monthly.registred=1..5", "did you mean `registered`"),
        ("limit=5..1", "not a rising range"),
        ("monthly.registered=1..5", "has no limit by status"),
    ],
)
def test_what_cannot_be_optimised_is_said_in_words(text: str, words: str) -> None:
    """With a next step."""
    with pytest.raises(MeterError, match=words):
        choose(metered(5), LimitSearch.parse(text, metered(5)), readers=10, months=1, sweep=False)


def test_five_known_numbers_are_fitted_and_misfits_are_told() -> None:
    """The split, the starts and the churn are met.

    A share stopped that does not go with them is said not to fit.
    """
    known = Known.parse("uniques=500_000, split=60/28/12, stops=1%, starts=300, churn=3%")
    fit = calibrate(metered(5), known, published_assumptions())
    fits = {row["name"]: row["fits"] for row in fit.rows}
    assert {"met a wall": False} == {name: ok for name, ok in fits.items() if not ok}
    assert len(fits) == 6
    assert {
        "population.bounce",
        "population.casual_q",
        "walls.conversion",
        "churn.monthly_beta",
    } == {item.name for item in fit.assumptions.changed()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spit=1/2/3", "did you mean `split`"),
        ("split=60/40", "has not three parts"),
        ("split=68/23/19", "add up to 110"),
        ("starts=10", "needs `uniques`"),
        ("churn=x", "is not a number"),
        ("churn=4", "a share below 1"),
        ("", "cannot be read"),
    ],
)
def test_known_numbers_that_cannot_be_read_are_told(text: str, words: str) -> None:
    """In words, with an example."""
    with pytest.raises(MeterError, match=words):
        Known.parse(text)


def test_ranges_that_touch_the_whole_contradict_nothing() -> None:
    """Nearly everybody bounces, and the range of that reaches everybody.

    The sweep still has fans among what is left.
    """
    nearly = published_assumptions().replace({"population.bounce": 0.97})
    table = {
        **nearly.table,
        "population.bounce": evolve(nearly.table["population.bounce"], low=0.9, high=1.0),
    }
    found = compare(
        [metered(3)], readers=400, months=1, draws=3, assumptions=evolve(nearly, table=table)
    )
    assert {"population.bounce", "population.fans"} <= {
        sensitivity.assumption for sensitivity in found.sensitivities
    }
