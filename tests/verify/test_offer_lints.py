"""What `check` tells of offers nobody gets without a country, and of products that open nothing."""

from __future__ import annotations

import pytest

from meter import loads_policy
from meter.verify import guarantees, lints
from meter.verify.lints import CODES

HEAD = '[publication]\nname = "The Harbour Review"\n[promises]\nexcept = ["free-stays-open"]\n'
OFFER = '[offers.{}]\nprice = 9\ncurrency = "USD"\nterm = "1 month"\n{}\n'
US = OFFER.format("us", 'when = { country = ["US"] }')
REST = OFFER.format("rest", 'when = { not = { country = ["US"] } }')
WORLD = OFFER.format("world", "")
WALL = '[[rules]]\nname = "wall"\nshow = "subscription-wall"\n{}\n'
AMERICANS = """[[rules]]
name = "americans"
when = { country = ["US"] }
show = "subscription-wall"
offer = "us"
"""


def told(text: str) -> list[str]:
    return [problem.code for problem in lints(loads_policy(HEAD + text))]


@pytest.mark.parametrize(
    "text",
    [
        REST + WALL.format('offer = "rest"'),
        US + REST + WALL.format('offer = ["us", "rest"]'),
        US + REST + WALL.format('offers = ["us", "rest"]'),
    ],
)
def test_offers_that_need_a_country_are_told(text):
    """Whoever has no country meets the wall without any of them."""
    assert ["offer-needs-country", "unknown-gets-no-offer"] == told(text)


@pytest.mark.parametrize(
    "text",
    [
        WORLD + WALL.format('offer = "world"'),
        US + WORLD + WALL.format('offer = ["us", "world"]'),
        US + WORLD + WALL.format('offers = ["us", "world"]'),
        US + AMERICANS + WALL.format(""),
    ],
)
def test_offers_for_everybody_are_not_told(text):
    """One that does not ask for the country is there, or the rule itself is about countries."""
    assert "offer-needs-country" not in told(text)


@pytest.mark.parametrize("product", ["cookin", "print"])
def test_a_product_that_opens_nothing_is_told(product):
    """Where products are declared, an offer of another one gives its reader nothing."""
    text = "[products.cooking]\n{}" + WALL.format('offer = "world"')
    offer = OFFER.format("world", f'product = "{product}"')
    assert "undeclared-product" in told(text.format(offer))
    declared = OFFER.format("world", 'product = "cooking"')
    assert "undeclared-product" not in told(text.format(declared))
    assert {"undeclared-product", "offer-needs-country"} <= CODES.keys()


COVERED = """
[products.news]
opens = { not = { section = ["cooking"] } }
[products.cooking]
opens = { section = ["cooking"] }
[meters.monthly]
window = { calendar = "month" }
limit = 3
[[rules]]
name = "covered"
when = { covered = true }
show = "article"
[[rules]]
name = "allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "wall"
show = "subscription-wall"
[[guarantees]]
name = "who holds a right that covers the article never meets a wall"
when = { covered = true }
never = ["registration-wall", "trial-offer", "subscription-wall"]
"""
BY_PRODUCT = COVERED.replace(
    "when = { covered = true }\nshow", 'when = { product = ["news", "cooking"] }\nshow'
)


def outcomes(text: str) -> dict[str, str]:
    answers = guarantees(loads_policy(HEAD + text))
    return {answer.name: str(answer.outcome) for answer in answers}


def test_who_holds_a_right_that_covers_the_article_is_proved_to_meet_no_wall():
    """By the rule for what is covered; a rule by product misses who bought the article."""
    name = "who holds a right that covers the article never meets a wall"
    assert "proved" == outcomes(COVERED)[name]
    assert "fails" == outcomes(BY_PRODUCT)[name]
