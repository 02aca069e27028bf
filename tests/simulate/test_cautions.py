"""Every caution fires where it should, and only there."""

from __future__ import annotations

import pytest
from attrs import evolve

from meter import Policy, loads_policy
from meter.policy import When
from meter.simulate import codes
from meter.simulate.assumptions import loads_assumptions
from meter.simulate.compare import compare
from meter.simulate.limits import LimitSearch
from meter.simulate.optimise import choose
from meter.simulate.report.cautions import cautions_of
from tests.simulate.policies import free_for_all, hard_wall, metered, with_campaigns, with_trials

OFFER = """
[publication]
name = "The Harbour Review"
[offers.summer]
kind = "trial"
price = 9
currency = "USD"
term = "3 months"
starts = {starts}
ends = {ends}
{when}
[[rules]]
name = "open"
when = {{ covered = true }}
show = "article"
[[rules]]
name = "wall"
show = "wall"
offer = "summer"
"""
STILL = "[walls]\nleave = 0\nwear = 0\n[habit]\ngrowth = 0\nwear = 0"


def offering(starts: str = "2027-06-01", ends: str = "2027-08-31", when: str = "") -> Policy:
    """Return a policy with a wall that shows an offer between two days."""
    return loads_policy(OFFER.format(starts=starts, ends=ends, when=when))


def gated() -> Policy:
    """Return a policy that asks strangers for something else than money."""
    return loads_policy(
        OFFER.partition("[offers")[0]
        + '[prompts.consent]\nheading = "Cookies?"\n'
        + '[[rules]]\nname = "ask"\nshow = "gate"\nprompt = "consent"\n'
    )


def told(
    policies: list[Policy],
    world: str = "",
    months: int = 1,
    readers: int = 400,
    *,
    sweep: bool = False,
) -> dict[str, str]:
    """Return the cautions of a small comparison by code."""
    found = compare(
        policies,
        names=["a", "b", "c"][: len(policies)],
        readers=readers,
        months=months,
        draws=0,
        sweep=sweep,
        assumptions=loads_assumptions(world),
        workers=1,
    )
    return {caution.code: caution.text for caution in cautions_of(found)}


def asked(when: When) -> Policy:
    """Return a policy that asks about readers or views in its first rule."""
    rule = evolve(metered(3).rules[0], name="asked", when=when)
    return evolve(metered(3), rules=(rule, *metered(3).rules))


FREE = free_for_all()
THREE = metered(3)
LOG_OFFER = "[offers]\nprice_elasticity = 0.5"
LASTING = offering(when='lasts = "1 day"')
OVER = offering("2020-06-01", "2020-08-31")
TODAY = "[horizon]\nstart = 2027-06-01"
NOBODY = offering(when='when = { reader = ["registered"], country = ["SE"] }')
STUDENTS = "[readers]\nsegments = { student = 0.5 }"
FEW = "[population]\nbounce = 0.9\nfans = 0.01\nfans_mean = 200"
EVEN = "[population]\nbounce = 1\nfans = 0"
TABLE = [
    ("W03", {"policies": [THREE]}, {"policies": [FREE]}),
    ("W05", {"policies": [THREE]}, {"policies": [hard_wall()]}),
    ("W05", {"policies": [THREE]}, {"policies": [THREE], "world": "[identity]\ncookie_reset = 0"}),
    ("W09", {"policies": [THREE]}, {"policies": [hard_wall()]}),
    ("W09", {"policies": [hard_wall(), FREE]}, {"policies": [hard_wall()]}),
    ("W10", {"policies": [with_trials()], "months": 3}, {"policies": [THREE]}),
    ("W11", {"policies": [THREE]}, {"policies": [THREE], "months": 12, "readers": 40}),
    ("W12", {"policies": [THREE, THREE]}, {"policies": [hard_wall(), FREE]}),
    (
        "W13",
        {"policies": [FREE, THREE], "readers": 4000, "months": 3, "sweep": True},
        {"policies": [FREE, THREE]},
    ),
    ("W14", {"policies": [hard_wall()], "readers": 3000}, {"policies": [FREE]}),
    ("W15", {"policies": [THREE]}, {"policies": [THREE], "world": "[news]\npeak_month = 1"}),
    ("W16", {"policies": [FREE], "world": FEW}, {"policies": [FREE], "world": EVEN}),
    ("W18", {"policies": [THREE]}, {"policies": [FREE]}),
    ("W19", {"policies": [FREE, THREE, hard_wall()]}, {"policies": [FREE, THREE]}),
    ("W20", {"policies": [asked(When(segments=["student"]))]}, {"policies": [FREE]}),
    (
        "W21",
        {"policies": [asked(When(segments=["student"]))]},
        {"policies": [asked(When(segments=["student"]))], "world": STUDENTS},
    ),
    ("W22", {"policies": [FREE, THREE], "world": STILL}, {"policies": [FREE, THREE]}),
    ("W23", {"policies": [offering()]}, {"policies": [offering()], "world": LOG_OFFER}),
    ("W23", {"policies": [offering()]}, {"policies": [OVER], "world": TODAY}),
    ("W24", {"policies": [OVER], "world": TODAY}, {"policies": [OVER]}),
    ("W24", {"policies": [NOBODY]}, {"policies": [offering()]}),
    ("W26", {"policies": [gated()]}, {"policies": [THREE]}),
    ("W28", {"policies": [offering()]}, {"policies": [THREE]}),
    (
        "W29",
        {"policies": [hard_wall()], "readers": 3000},
        {"policies": [hard_wall()], "readers": 3000, "world": "[subscribers]\nshare = 0.1"},
    ),
    ("W33", {"policies": [LASTING]}, {"policies": [offering()]}),
    ("W37", {"policies": [with_campaigns()]}, {"policies": [THREE]}),
]


@pytest.mark.parametrize(("code", "fires", "silent"), TABLE)
def test_a_caution_fires_where_it_should_and_only_there(
    code: str, fires: dict[str, object], silent: dict[str, object]
) -> None:
    """Each by a small comparison in which it holds, and one in which it does not."""
    assert code in told(**fires)
    assert code not in told(**silent)


def test_every_code_has_a_row() -> None:
    """Those of a fit and of a search have tests of their own, below."""
    rows = {code for code, _, _ in TABLE} | {"W30"}
    assert rows >= set(codes.CODES)


def test_an_offer_that_nobody_met_is_told_by_name_and_why() -> None:
    """It is over, it is not yet, or nobody is eligible."""
    over = told(policies=[OVER], world=TODAY)["W24"]
    assert "`summer` was on no page: it ended on 2020-08-31" in over
    assert "2027-06-01 to 2027-06-30" in over
    later = told(policies=[offering("2029-06-01", "2029-08-31")], world=TODAY)["W24"]
    assert "it starts on 2029-06-01" in later
    assert told(policies=[NOBODY])["W24"].endswith("`summer` was on no page")


def test_a_rule_that_never_came_with_its_offer_is_told_by_name() -> None:
    """The offer was met elsewhere, so it is the rule that has none."""
    policy = loads_policy(
        OFFER.format(
            starts="2027-06-01", ends="2027-08-31", when='when = { country = ["SE"] }'
        ).replace(
            'name = "open"',
            'name = "SE"\nwhen = { country = ["SE"] }\nshow = "wall"\n'
            'offer = "summer"\n[[rules]]\nname = "open"',
        )
    )
    world = "[readers]\ncountries = { SE = 0.5, DE = 0.5 }"
    text = told(policies=[policy], world=world)["W24"]
    assert "of rule `wall` none came with the offer `summer`" in text


def test_a_number_that_cannot_be_met_is_a_doubt() -> None:
    """Not only a word in a table."""
    found = compare([THREE], readers=50, months=1, draws=0, sweep=False)
    row = {"name": "starts a month", "yours": 90_000.0, "simulated": 6616.0, "fits": False}
    fitted = evolve(found, fit=(row, {**row, "fits": True}))
    (doubt,) = [caution for caution in cautions_of(fitted) if caution.code == "W30"]
    assert "you gave 90,000, and the fitted simulation gives 6,616" in doubt.text


def test_a_search_says_where_its_choice_lies() -> None:
    """At an edge, or not."""
    search = LimitSearch.parse("limit=1..3", THREE)
    choice = choose(THREE, search, readers=200, months=1, draws=0, sweep=False)
    assert choice.at_edge == ("W22" in {row["code"] for row in choice.warnings()})
    assert "W19" in {row["code"] for row in choice.warnings()}
