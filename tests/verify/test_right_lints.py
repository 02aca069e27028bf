"""What `check` says where a rule asks for a right that covers the article, instead of a status."""

from __future__ import annotations

import pytest

from meter import loads_policy
from meter.verify import lints

HEAD = """\
[publication]
name = "The Harbour Review"

[products.cooking]
opens = { section = ["cooking"] }

"""
COVERED = """\
[[rules]]
name = "what a right covers"
when = { covered = true }
show = "article"

"""
FREE = '[[rules]]\nname = "free"\nwhen = { access = ["free"] }\nshow = "article"\n\n'
OVER = "".join(
    f'[[rules]]\nname = "{word} is over"\nwhen = {{ reader = ["{word}-expired"] }}\n'
    f'show = "{word}-expired"\n\n'
    for word in ("trial", "subscription")
)
GATE = '[[rules]]\nname = "{0}"\nwhen = {{ {1} }}\nshow = "registration-wall"\n\n'
LAST = '[[rules]]\nname = "everyone else"\nshow = "subscription-wall"\n'
PUBLICATION, _, PRODUCTS = HEAD.partition("[products")


def codes(text):
    """Return the codes of the exact lints, each with the rule it is about."""
    policy = loads_policy(text)
    return [(found.code, policy.rules[found.path[1]].name) for found in lints(policy)]


@pytest.mark.parametrize("head", [HEAD, PUBLICATION], ids=["products", "no product"])
@pytest.mark.parametrize(
    "wall",
    [
        OVER,
        GATE.format("strangers register", "account = false"),
        GATE.format("a student registers", 'segments = ["student"]'),
        GATE.format("the site is closed", 'section = ["markets"]'),
    ],
)
def test_what_a_right_covers_may_stand_above_any_wall(head, wall):
    """That is what rights are for: no order is silent there."""
    told = codes(head + COVERED + FREE + wall + LAST)
    assert "what a right covers" not in [name for code, name in told if code == "silent-order"]


def test_another_opening_above_a_wall_is_told():
    """Of a segment nobody said which of the two is meant."""
    opening = COVERED.replace("what a right covers", "students").replace(
        "covered = true", 'segments = ["student"]'
    )
    assert ("silent-order", "students") in codes(HEAD + COVERED + FREE + opening + OVER + LAST)


def test_a_rule_for_what_is_covered_names_whoever_holds_a_right():
    """The last rule then walls, on purpose, the holder of a right to something else."""
    told = codes(HEAD + COVERED + FREE + OVER + LAST)
    assert "status-falls-through" not in [code for code, _ in told]


def test_without_such_a_rule_holders_fall_through():
    """As ever: here nothing opens for whoever pays."""
    told = codes(HEAD + FREE + OVER + LAST)
    assert "status-falls-through" in [code for code, _ in told]
