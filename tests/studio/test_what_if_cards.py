"""The cards: each makes a policy of another one, changes no other word of it, or says why not."""

from __future__ import annotations

import random
from datetime import date
from difflib import SequenceMatcher

import pytest

from meter import loads_policy
from meter.commands.init import sample
from meter.resources import MODEL_POLICY, paywall_models
from meter.simulate.assumptions.known import Known
from meter.simulate.scenario import SimulationPlan
from meter.studio.edits import add_key, add_rule, add_table, set_value
from meter.studio.what_if.cards import CARDS, Base, DoesNotFitError, UnusableFieldError, branch_of
from meter.studio.what_if.fields import FIELDS
from meter.studio.what_if.publisher import read_publisher
from meter.verify.diff import changes

TEXTS = {
    "sample": sample(MODEL_POLICY),
    **{name: model.text(MODEL_POLICY) for name, model in sorted(paywall_models().items())},
}
TYPED = {
    "limit": {"to": "7"},
    "register": {"strangers": "1", "known": "6"},
    "price": {"to": "12.5"},
    "trial": {"to": "11 days"},
    "summer": {"price": "2", "term": "1 month", "from": "2027-06-01", "until": "2027-08-31"},
    "premium": {"from": "google.com"},
}


def base_of(name: str) -> Base:
    """Return one of the policies that ship."""
    return Base.of(TEXTS[name], loads_policy(TEXTS[name]))


def given(card: str, base: Base) -> dict[str, str]:
    """Return what stands in a card's fields, and what is typed over it."""
    standing = {item.name: item.value for item in CARDS[card].fields(base)}
    return {**standing, **TYPED[card]}


def seeded(texts: dict[str, str]) -> list[str]:
    """Return a part of the policies; `sample` is always one of them."""
    return ["sample", *random.Random(1).sample(sorted(set(texts) - {"sample"}), 8)]


@pytest.mark.parametrize("name", seeded(TEXTS))
@pytest.mark.parametrize("card", CARDS)
def test_a_card_makes_a_policy_or_says_why_not(name: str, card: str) -> None:
    """Somebody is treated otherwise, and no line is lost that is not replaced by another."""
    base = base_of(name)
    try:
        branch = branch_of(base, card, given(card, base))
    except DoesNotFitError as error:
        why = str(error)
    else:
        why = ""
    if why:
        assert why.startswith(("this policy", "no rule", "rule `", "the limit of"))
        return
    policy = loads_policy(branch.text)
    assert changes(base.policy, policy, seconds=10).rows
    lines = base.text.splitlines()
    for tag, start, end, first, last in SequenceMatcher(
        None, lines, branch.text.splitlines(), autojunk=False
    ).get_opcodes():
        assert tag in ("equal", "insert") or end - start <= last - first, lines[start:end]


@pytest.mark.parametrize(
    ("card", "typed", "field"),
    [
        ("limit", {"to": "-1"}, "to"),
        ("limit", {"to": "3", "whose": "monthly.limit.anonymous"}, "to"),
        ("limit", {"to": "5", "whose": "other"}, "whose"),
        ("price", {"to": "nine"}, "to"),
        ("price", {"to": "NaN"}, "to"),
        ("price", {"to": "1e9999999"}, "to"),
        ("trial", {"to": "999999999999 years"}, "to"),
        ("summer", {**TYPED["summer"], "from": "0001-01-01"}, "from"),
        ("price", {"to": "9"}, "to"),
        ("trial", {"to": "a while"}, "to"),
        ("summer", {**TYPED["summer"], "until": "2026-01-01"}, "until"),
        ("summer", {**TYPED["summer"], "from": "tomorrow"}, "from"),
        ("premium", {"from": '"]}'}, "from"),
    ],
)
def test_what_cannot_be_used_is_said_of_its_field(
    card: str, typed: dict[str, str], field: str
) -> None:
    """No text is made of it."""
    base = base_of("sample")
    standing = {item.name: item.value for item in CARDS[card].fields(base)}
    with pytest.raises(UnusableFieldError) as caught:
        branch_of(base, card, {**standing, **typed})
    assert caught.value.field == field


def test_edits_keep_comments() -> None:
    """A comment above a rule stays with it, one behind a value stays there."""
    text = 'a = 1 # one\n\n# the wall\n[[rules]] # last\nname = "x"\n'
    assert set_value(text, ("a",), 2) == text.replace("1 #", "2 #")
    assert add_key(text, ("rules", 0), "offer", "b") == text.replace('"x"\n', '"x"\noffer = "b"\n')
    rule = '[[rules]]\nname = "y"\nwhen = { "a b" = ["c"] }\n\n'
    assert add_rule(text, 0, {"name": "y", "when": {"a b": ["c"]}}) == text.replace(
        "# the wall", f"{rule}# the wall"
    )
    assert add_table(text, ("offers", "s t"), {"price": 1}) == text.replace(
        "# the wall", '[offers."s t"]\nprice = 1\n\n# the wall'
    )
    with pytest.raises(LookupError):
        set_value(text, ("b",), 1)
    with pytest.raises(LookupError):
        add_rule("rules = [{ name = 'x' }]", 0, {})


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ({}, None),
        ({"uniques": "1 200 000", "stops": "4.2%"}, "uniques=1200000, stops=4.2%"),
        ({"uniques": "500k", "starts": "210"}, "uniques=500k, starts=210"),
        ({"split": "68 / 23 / 9", "churn": "4"}, "churn=4%, split=68/23/9"),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: dict[str, str], known: str | None) -> None:
    """They become the text of `--known`."""
    found = read_publisher(typed)
    assert (found.known, found.assumptions_text, dict(found.faults)) == (known, None, {})


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"uniques": "many"}, {"uniques"}),
        ({"uniques": "0"}, {"uniques"}),
        ({"uniques": "1e400"}, {"uniques"}),
        ({"uniques": "1.000"}, {"uniques"}),
        ({"starts": "5"}, {"uniques"}),
        ({"subscribers": "5"}, {"uniques"}),
        ({"subscribers": "500", "uniques": "400"}, {"subscribers"}),
        ({"churn": "0.5"}, {"churn"}),
        ({"churn": "100"}, {"churn"}),
        ({"stops": "1e9"}, {"stops"}),
        ({"split": "1/2/3", "premium": "101"}, {"split", "premium"}),
        ({"price_month": "-3"}, {"price_month"}),
    ],
)
def test_a_number_that_cannot_be_is_said_at_its_field(typed: dict[str, str], at: set[str]) -> None:
    """The others are not blamed."""
    assert at == set(read_publisher(typed).faults)


def test_the_examples_of_the_form_fit_the_sample() -> None:
    """Typed as they are shown they are about these readers."""
    found = read_publisher({name: item.example for name, item in FIELDS.items()})
    assert not found.faults
    base = base_of("sample")
    plan = SimulationPlan(assumptions=found.assumptions, readers=1000, draws=0, sweep=False)
    fitted = plan.fitted([base.policy], Known.parse(found.known), date(2027, 6, 1))
    assert all(row["fits"] for row in fitted.calibration.rows)


def test_prices_move_their_ranges_along() -> None:
    """A price in yen is not drawn from a range in dollars."""
    prices = {"price_month": "4300", "price_year": "48000", "ads": "3000"}
    month = read_publisher(prices, "JPY").assumptions.table["money.price_month"]
    assert (month.value, month.low, month.high) == (4300, 2580, 6880)
