"""Codes of countries and of their regions (ISO 3166): those that no request ever has are told."""

from __future__ import annotations

import pytest

from meter.loading import check_text

POLICY = """\
[publication]
name = "The Harbour Review"

[[rules]]
name = "at home"
when = {{ country = ["{code}"] }}
show = "article"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


def told(code):
    """Return what is said of a place, as message and next step."""
    _, problems = check_text(POLICY.format(code=code))
    return [(found.message, found.help) for found in problems if found.code == "unknown-code"]


@pytest.mark.parametrize("code", ["SE", "SE-M", "NO-18", "US-CA", "gb-eng", " SE-M ", "XK-1"])
def test_a_country_and_a_region_of_one_are_known(code):
    """Which regions a country has is not looked at."""
    assert [] == told(code)


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("UK-ENG", "did you mean `GB-ENG`?"),
        ("EU-M", "codes look like `JP` or `US`"),
        ("QX-1", "codes look like `JP` or `US`"),
        ("SE-STOCKHOLM", "codes look like `JP` or `US`"),
        ("SE-", "codes look like `JP` or `US`"),
        ("Guinea-Bissau", "did you mean `GW`?"),
    ],
)
def test_a_place_that_is_none_is_told(code, step):
    """With the code that is meant, where there is one."""
    ((message, help_),) = told(code)
    assert "is not the code of a country, so nobody is ever in it" in message
    assert help_ == step
