"""What `meter diff` says of an edit of an experiment: who moves, exactly, and who stays."""

from __future__ import annotations

from fractions import Fraction

import pytest

from meter import loads_policy
from meter.verify.diff import changes
from meter.verify.together.moved import share_words

POLICY = """
[publication]
name = "The Harbour Review"
[experiments.price]
seed = "price-test"
variants = { control = 0.5, nine = 0.5 }
coverage = 0.8
[meters.monthly]
window = { calendar = "month" }
limits = [{ when = { experiment = { price = ["nine"] } }, limit = 5 }, { limit = 2 }]
[[rules]]
name = "allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "wall"
"""
HOLDOUT = '[holdout]\nseed = "quarter"\nshare = 0.05\n[experiments.price]'


def rows(old, new):
    """Return the lines of a difference, without what they are about."""
    found = changes(loads_policy(old), loads_policy(new))
    assert found.complete
    return [(row.who, row.before, row.after) for row in found.rows]


EQUAL = "{ control = 0.5, nine = 0.5 }"
EDITS = [
    (
        "coverage = 0.8",
        "coverage = 1",
        [("10 %", None, "control"), ("10 %", None, "nine")],
        [("experiment `price`", "coverage", "`0.8`", "not said")],
    ),
    (
        "[experiments.price]",
        HOLDOUT,
        [("2 %", "control", None), ("2 %", "nine", None)],
        [
            ("the holdout", "seed", "not said", '`"quarter"`'),
            ("the holdout", "share", "not said", "`0.05`"),
        ],
    ),
    (
        EQUAL,
        "{ control = 0.5, nine = 0.3 }",
        [("16 %", "nine", None)],
        [("experiment `price`", "variants", f"`{EQUAL}`", "`{ control = 0.5, nine = 0.3 }`")],
    ),
    (
        EQUAL,
        "{ control = 0.5, nine = 0.4, ten = 0.1 }",
        # GrowthBook adds 0.5 and 0.32 to a little more than 0.82, so one number more is left.
        [("7.99 %", "nine", None), ("8 %", None, "ten")],
        [
            (
                "experiment `price`",
                "variants",
                f"`{EQUAL}`",
                "`{ control = 0.5, nine = 0.4, ten = 0.1 }`",
            )
        ],
    ),
    (
        EQUAL,
        "{ usual = 0.5, nine = 0.5 }",
        [("40 %", "control", "usual")],
        [("experiment `price`", "variants", f"`{EQUAL}`", "`{ usual = 0.5, nine = 0.5 }`")],
    ),
    (
        'seed = "price-test"',
        'seed = "price-2"',
        [
            (f"{share} %", before, after)
            for before, after, share in [
                ("control", "nine", 16),
                ("control", None, 8),
                ("nine", "control", 16),
                ("nine", None, 8),
                (None, "control", 8),
                (None, "nine", 8),
            ]
        ],
        [("experiment `price`", "seed", '`"price-test"`', '`"price-2"`')],
    ),
    (
        "coverage = 0.8",
        'coverage = 0.8\nfilters = [{ seed = "apart", ranges = [[0, 0.5]] }]',
        [("20 %", "control", None), ("20 %", "nine", None)],
        [
            (
                "experiment `price`",
                "filters",
                "not said",
                '`[{ seed = "apart", ranges = [[0, 0.5]] }]`',
            )
        ],
    ),
]


@pytest.mark.parametrize(("old", "new", "moving", "edited"), EDITS)
def test_says_the_exact_share_that_moves_and_nothing_of_who_stays(old, new, moving, edited):
    """Whoever stays in a variant gets what they got; what was edited to move the rest follows."""

    def words(variant):
        return "in no variant" if variant is None else f"in variant `{variant}`"

    expected = [
        (f"{share} of all visitors, by experiment `price`", words(before), words(after))
        for share, before, after in moving
    ]
    found = rows(POLICY, POLICY.replace(old, new))
    assert sorted(found[: len(expected)]) == sorted(expected)
    assert found[len(expected) :] == [
        (f"{what}: `{key}`", before, after) for what, key, before, after in edited
    ]


def test_who_stays_in_a_variant_is_compared_in_it():
    """Another limit of a variant is a line about that variant, beside those who move."""
    new = POLICY.replace("limit = 5", "limit = 6").replace("coverage = 0.8", "coverage = 1")
    found = rows(POLICY, new)
    assert [who for who, _, _ in found[:3]] == [
        "10 % of all visitors, by experiment `price`",
        "10 % of all visitors, by experiment `price`",
        "experiment `price`: `coverage`",
    ]
    ((who, before, after),) = found[3:]
    assert "the variant of `price` is `nine`" in who
    assert (before, after) == ("5 articles a month (`monthly`)", "6 articles a month (`monthly`)")
    assert rows(POLICY, POLICY) == []


def test_an_experiment_that_comes_or_goes_and_another_unit_are_told():
    """Nobody was in an experiment there was not; another id puts everybody anywhere."""
    plain = POLICY.replace('{ when = { experiment = { price = ["nine"] } }, limit = 5 }, ', "")
    begins = rows(plain[: plain.index("[exp")] + plain[plain.index("[meters") :], POLICY)
    of_all = "of all visitors, by experiment `price`"
    assert (f"40 % {of_all}", "no such experiment", "in variant `nine`") in begins
    unit = rows(POLICY, POLICY.replace("coverage = 0.8", 'coverage = 0.8\nunit = "reader"'))
    by = "variants by the id of the"
    assert unit == [("whoever is in experiment `price`", f"{by} visitor", f"{by} reader")]
    hashed = rows(POLICY, POLICY.replace("coverage", 'hash = "unleash"\ncoverage'))
    assert hashed[-1] == ("experiment `price`: `hash`", "not said", '`"unleash"`')
    assert (f"16 % {of_all}", "in variant `control`", "in variant `nine`") in hashed


def test_an_experiment_that_nobody_asks_for_moves_nobody():
    """It changes nothing for anybody, whoever is in it."""
    plain = POLICY.replace('{ when = { experiment = { price = ["nine"] } }, limit = 5 }, ', "")
    assert rows(plain, plain.replace("coverage = 0.8", "coverage = 0.1")) == []


def test_a_share_that_has_no_end_is_about():
    """Nothing is called exact that is not."""
    assert share_words(Fraction(1, 3)) == "about 33.333333 %"
    assert share_words(Fraction(1, 16**15)) == "about 0 %"
    assert share_words(Fraction(1, 1)) == "100 %"
