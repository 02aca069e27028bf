"""Is a policy built in Python the one a file would give, and held to the same checks?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given

from meter import (
    Article,
    Entitlement,
    Meter,
    MeterError,
    Offer,
    Policy,
    PolicyError,
    Rule,
    Window,
)
from meter.canonical import to_table
from meter.errors import Problem
from meter.policy import Copy, Limit, Publication, When
from meter.testing.strategies import policies
from meter.vocabulary import Members, Range


def test_a_name_that_is_not_there_is_suggested():
    """Of meters, offers and rules; not a bare `StopIteration`."""
    policy = Policy(publication=PAPER, meters=[METER], rules=[REST])
    with pytest.raises(MeterError, match="no meter `monthyl`; did you mean `monthly`"):
        policy.meter("monthyl")
    with pytest.raises(MeterError, match="no offer `summer`; there are none yet"):
        policy.offer("summer")
    with pytest.raises(MeterError, match="no rule `rst`; did you mean `rest`"):
        policy.rule("rst")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Article(id="a", access="Metered"),
            "`Metered`; did you mean `metered`. There are: `free`",
        ),
        (
            lambda: Entitlement(kind="sub"),
            "`kind` does not know the word `sub`; there are: `trial`",
        ),
        (
            lambda: Window(calendar="quarter"),
            "`calendar` does not know the word `quarter`; there are: `day`",
        ),
        (
            lambda: Rule(name="x", show="wal"),
            "`show` does not know the word `wal`; did you mean `wall`",
        ),
        (
            lambda: Offer(name="o", price="abc", currency="USD", term="1 month"),
            "`abc` is not a price",
        ),
    ],
)
def test_a_wrong_word_is_told_in_an_editors_words(make, words):
    """A `ValueError` that lists what may stand there, without the name of a Python class."""
    with pytest.raises(ValueError, match=words):
        make()


def test_values_with_tables_can_be_hashed():
    """A frozen value that holds a table is equal and hashes by what the table says."""
    when = When(left={"monthly": Range(at_most=2)})
    assert hash(when) == hash(When(left={"monthly": Range(at_most=2)}))
    by_status = Meter(name="m", window=Window(lifetime=True), limit={"anonymous": 3})
    again = Meter(name="m", window=Window(lifetime=True), limit={"anonymous": 3})
    assert {by_status} == {again}
    assert len({by_status, evolve(by_status, limit={"anonymous": 4})}) == 2


def test_values_keep_no_table_of_the_callers():
    """What the caller changes later changes no value."""
    left, limit = {"monthly": Range(at_most=2)}, {"anonymous": 3}
    copy = {"en": Copy(headline="Read on")}
    when = When(left=left)
    meter = Meter(name="monthly", window=Window(calendar="month"), limit=limit)
    policy = Policy(publication=PAPER, meters=[meter], rules=[REST], copy=copy)
    before = (hash(when), hash(meter), policy.digest)
    left["other"], limit["registered"], copy["ja"] = Range(at_most=1), 5, Copy()
    assert before == (hash(when), hash(meter), policy.digest)
    assert (list(when.left), list(meter.limit), list(policy.copy)) == (
        ["monthly"],
        ["anonymous"],
        ["en"],
    )


METER = Meter(name="monthly", window=Window(calendar="month"), limit=3)
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
        products=list(policy.products),
        prompts=list(policy.prompts),
        guarantees=list(policy.guarantees),
        copy=dict(policy.copy),
        links=policy.links,
        words=dict(policy.words),
        switches=dict(policy.switches),
    )
    assert policy == again
    assert (policy.digest, hash(policy)) == (again.digest, hash(again))
    assert to_table(policy) == to_table(again)
    renamed = [*policy.rules[:-1], evolve(policy.rules[-1], name="renamed")]
    assert policy.digest != evolve(policy, rules=renamed).digest


@pytest.mark.parametrize("limit", [2.5, "3", True, None])
def test_a_limit_that_is_no_whole_number_is_refused(limit):
    """Whatever stands where a number belongs is told where it is made."""
    for make in (
        lambda: Meter(name="m", window=Window(lifetime=True), limit=limit),
        lambda: Meter(name="m", window=Window(lifetime=True), limit={"anonymous": limit}),
        lambda: Limit(limit=limit),
    ):
        with pytest.raises(TypeError, match="is a whole number such as `5`, not"):
            make()
