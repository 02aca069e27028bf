"""An experiment that cannot be is refused where it is made, in an editor's words."""

from __future__ import annotations

import pytest

from meter.errors.values import InvalidValueError
from meter.experiments import Experiment, Filter, Hash, holdout
from meter.experiments.moves import shares

EXPERIMENTS = [
    ({"seed": ""}, "`seed` is empty"),
    ({"seed": 5}, "`seed` is a text in quotes"),
    ({"hash": "growthbok-2"}, "did you mean `growthbook-2`?"),
    ({"hash": 2}, "`hash` is one of `growthbook-2`"),
    ({"variants": {}}, "`variants` has no variant"),
    ({"variants": "ab"}, "`variants` is a table such as `{ control = 0.5, nine = 0.5 }`"),
    ({"variants": 3}, "`variants` is a table such as"),
    ({"variants": {"a": "0.5"}}, "write it without quotes"),
    ({"variants": {"a": True}}, "a number such as `0.5`, not the flag `true`"),
    ({"variants": {"a": -0.1}}, "is between 0 and 1, not `-0.1`"),
    ({"variants": {"a": float("nan")}}, "is a number such as `0.5`"),
    ({"variants": {"": 0.5}}, 'is empty; write a name in quotes such as `"nine"`'),
    ({"variants": [("a", 0.1, 3)]}, "is a name with its weight"),
    ({"variants": [("a", 0.1), ("a", 0.2)]}, "`variants` has `a` twice"),
    ({"variants": {"a": 0.7, "b": 0.4}}, "`variants` add up to 1.1, which is more than 1"),
    ({"coverage": 1.5}, "`coverage` is between 0 and 1, not `1.5`"),
    ({"filters": ["a"]}, "an item of `filters` is a `Filter`"),
]
FILTERS = [
    ({"seed": 3}, "`seed` is a text in quotes"),
    ({"hash": "murmur"}, "`hash` does not know the word `murmur`"),
    ({"ranges": []}, "`ranges` has no range"),
    ({"ranges": 3}, "`ranges` is a list such as `[[0, 0.5]]`"),
    ({"ranges": [0, 0.5]}, "is a range such as `[0, 0.5]`"),
    ({"ranges": [(0, 0.5, 1)]}, "is a range such as `[0, 0.5]`"),
    ({"ranges": [(0.5, 0.2)]}, "the range `[0.5, 0.2]` ends before it starts"),
    ({"ranges": [(0, 2)]}, "is between 0 and 1, not `2`"),
]


@pytest.mark.parametrize(("given", "words"), EXPERIMENTS)
def test_refuses_what_is_no_experiment(given, words):
    """Every kind of value, with the next step."""
    with pytest.raises(InvalidValueError) as caught:
        Experiment(**{"seed": "s", "variants": {"a": 0.5}, **given})
    assert words in str(caught.value)


@pytest.mark.parametrize(("given", "words"), FILTERS)
def test_refuses_what_is_no_filter(given, words):
    """The same of filters."""
    with pytest.raises(InvalidValueError) as caught:
        Filter(**{"seed": "s", "ranges": [(0, 0.5)], **given})
    assert words in str(caught.value)


def test_refuses_what_is_no_share():
    """A holdout says so of the word it was called with."""
    with pytest.raises(InvalidValueError, match="`share` is between 0 and 1, not `5`"):
        holdout(seed="s", share=5)


@pytest.mark.parametrize(
    "weights",
    [
        [0.1] * 10,
        [0.7, 0.2, 0.1],
        [0.06, 0.14, 0.21, 0.03, 0.45, 0.11],  # 1.0000000000000002 in floating point
        [0.1 + 0.2, 0.7],
        [1],
        [1.0],
    ],
)
def test_weights_that_are_1_on_paper_are_1(weights):
    """However floating-point numbers add up."""
    variants = {f"v{place}": weight for place, weight in enumerate(weights)}
    for hash_ in Hash:
        test = Experiment(seed="s", hash=hash_, variants=variants)
        assert test.hash.parts == test.arms[-1].end
        assert sum(shares(test).values()) == 1


def test_is_a_value():
    """Equal where it says the same, hashable, and free of what its maker still holds."""
    given = {"a": 0.5, "b": 0.5}
    ranges = [[0, 0.5]]
    first, second = (
        Experiment(seed="s", variants=given, filters=[Filter(seed="f", ranges=ranges)])
        for _ in range(2)
    )
    given["c"] = 1
    ranges[0][0] = 0.4
    assert first == second
    assert hash(first) == hash(second)
    assert (("a", 0.5), ("b", 0.5)) == first.variants
    assert ((0, 0.5),) == first.filters[0].ranges
