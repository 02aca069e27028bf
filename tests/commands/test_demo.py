"""`meter demo` shows every state, in the words that readers see."""

from __future__ import annotations

import re
import unicodedata

import pytest

SOURCE_WORDS = """
You have 2 free articles left this month
You have 1 free article left this month
This is your last free article this month
Get unlimited access
Offer ends June 30th
Try 3 months for $9
Your trial period has expired
You need a subscription to:
Read all stories with unlimited access
Use our mobile and tablet apps
See all offers and subscribe
Your full access to The Harbour Review has expired
You need a subscription to:
See all offers
Sponsored Content
About Sponsored Content
""".strip().splitlines()


def test_demo_shows_every_state_with_the_sources_words(meter):
    """A stranger sees what a reader sees."""
    said = meter("demo").out
    plain = " ".join(re.sub("[╭╮╰╯─│]", " ", said).split())
    for words in SOURCE_WORDS:
        assert words in plain
    assert "0 free article" not in plain


def test_demo_tells_the_campaign(meter):
    """Shown once, then kept back; closed, and silent; a variant, and an offer to come back."""
    said = " ".join(meter("demo").out.partition("Another reader")[2].split())
    told = [
        "The Harbour Letter, every Friday",
        "prompt letter kept back",
        "closes the prompt letter",
        "prompt letter kept back",
        "Try 1 month for $1",
        "variant one-month of trial",
        "Get 1 year for $29",
        "subscribes by offer come-back",
    ]
    place = 0
    for words in told:
        place = said.index(words, place) + len(words)


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_demo_fits_eighty_columns(meter, locale):
    """Also where a letter is two columns wide."""
    widths = [
        sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line)
        for line in meter("demo", "--locale", locale).out.splitlines()
    ]
    assert max(widths) == 80
