"""Is a policy built in Python the one a file would give, and held to the same checks?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from meter import Meter, Offer, Policy, PolicyError, Rule, Window
from meter.canonical import to_table
from meter.errors import Problem
from meter.policy import Limit, Members, Publication, When
from meter.testing.strategies import policies

REST = Rule(name="rest", show="subscription-wall")
PAPER = Publication(name="The Harbour Review")


def test_a_limit_by_status_is_a_first_match_list():
    """Expired readers fall back to `registered`, unless they are named themselves."""
    meter = Meter(
        name="m", window=Window(lifetime=True), limit={"registered": 5, "trial-expired": 1}
    )
    assert [(str(*limit.when.reader), limit.limit) for limit in meter.allowances()] == [
        ("registered", 5),
        ("trial-expired", 1),
        ("subscription-expired", 5),
    ]
    assert (Limit(limit=3),) == Meter(name="m", window=Window(lifetime=True), limit=3).allowances()
    assert (
        len(Meter(name="m", window=Window(lifetime=True), limit={"anonymous": 1}).allowances()) == 1
    )
    listed = (Limit(when=When(segments=["loyal"]), limit=9),)
    assert listed == Meter(name="m", window=Window(lifetime=True), limits=listed).allowances()


def test_bare_lists_are_any_of():
    """`tags = [...]` is `{ any = [...] }`."""
    assert When(tags=["a"]) == When(tags=Members(any=["a"]))


def test_a_price_is_exact():
    """No binary fractions."""
    prices = [
        Offer(name="o", price=price, currency="USD", term="1 month").price
        for price in (0.1, "0.10", 1, Decimal("0.1"))
    ]
    assert [Decimal("0.1"), Decimal("0.1"), Decimal(1), Decimal("0.1")] == prices


def test_parts_are_found_by_name():
    """Meters, offers and rules."""
    meter = Meter(name="m", window=Window(lifetime=True), limit=1)
    offer = Offer(name="o", price=9, currency="USD", term="1 month", ends=date(2026, 6, 30))
    policy = Policy(publication=PAPER, meters=[meter], offers=[offer], rules=[REST])
    assert (meter, offer, REST) == (policy.meter("m"), policy.offer("o"), policy.rule("rest"))


def test_every_fault_is_reported_at_once():
    """Not just the first; and the error reads as all of them."""
    rules = [
        Rule(name="a", spend="artcles", show="countdown"),
        Rule(name="b", offer="summer", show="trial-offer", when=When(reader=["trial"])),
    ]
    with pytest.raises(PolicyError) as caught:
        Policy(
            publication=PAPER,
            meters=[Meter(name="articles", window=Window(lifetime=True), limit=1)],
            rules=rules,
        )
    assert {"unknown-meter", "unknown-offer", "no-catch-all"} == {
        problem.code for problem in caught.value.problems
    }
    assert "did you mean `articles`?" in str(caught.value)


def test_a_problem_says_where_and_what_next():
    """File, line, column, code, words, the line itself, and the next step.

    Less where less is known.
    """
    problem = Problem(
        code="x",
        message="it is wrong",
        name="p.toml",
        line=3,
        column=9,
        source='spend = "x"',
        help="mend it",
    )
    assert str(problem) == 'p.toml:3:9: error[x]: it is wrong\n    3 | spend = "x"\n  help: mend it'
    assert str(Problem(code="x", message="hm", severity="warning")) == "policy: warning[x]: hm"


@given(policy=policies())
def test_equal_policies_have_equal_digests_and_tables(policy):
    """The digest is of what the policy says, not of how it was built."""
    again = Policy(
        publication=policy.publication,
        rules=list(policy.rules),
        meters=list(policy.meters),
        offers=list(policy.offers),
        guarantees=list(policy.guarantees),
        copy=dict(policy.copy),
        links=policy.links,
    )
    assert policy == again
    assert (policy.digest, hash(policy)) == (again.digest, hash(again))
    assert to_table(policy) == to_table(again)
    renamed = [*policy.rules[:-1], Rule(name="renamed", show=policy.rules[-1].show)]
    assert (
        policy.digest
        != Policy(
            publication=policy.publication,
            rules=renamed,
            meters=policy.meters,
            offers=policy.offers,
        ).digest
    )


@pytest.mark.parametrize("limit", [2.5, "3", True, None])
def test_a_limit_that_is_no_whole_number_is_a_problem(limit):
    """Whatever stands where a number belongs, alone or in a list, is told as a problem of the
    policy.
    """
    for written in (
        {"limit": limit},
        {"limit": {"anonymous": limit}},
        {"limits": [Limit(limit=limit)]},
    ):
        with pytest.raises(PolicyError) as caught:
            Policy(
                publication=PAPER,
                rules=[REST],
                meters=[Meter(name="m", window=Window(lifetime=True), **written)],
            )
        assert [problem.code for problem in caught.value.problems] == ["bad-limit"]
