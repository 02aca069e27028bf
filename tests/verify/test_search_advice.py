"""What search engines advise is told where it is asked for, and never otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from meter import loads_policy
from meter.cli import main
from meter.verify.lints import SEARCH_CODES, lints, search_advice

TEXT = """\
[publication]
name = "The Harbour Review"

[meters.taste]
window = { calendar = "month" }
limit = 10

[[rules]]
name = "verified crawlers"
when = { crawler = true }
show = "article"

[[rules]]
name = "an allowance"
spend = "taste"
show = "countdown"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
CRAWLERS = '[[rules]]\nname = "verified crawlers"\nwhen = { crawler = true }\nshow = "article"\n\n'
MONTH = 'window = { calendar = "month" }\nlimit = 10'


def told(text):
    """Return the code and the message of every advice."""
    return [(found.code, found.message) for found in search_advice(loads_policy(text))]


@pytest.mark.parametrize(
    ("meter", "gives"),
    [
        ('window = { calendar = "month" }\nlimit = 5', "5 a month"),
        ('window = { calendar = "month" }\nlimit = { anonymous = 2, registered = 9 }', "2 a month"),
        ('window = { calendar = "year" }\nlimit = 60', "60 a year, about 4.9 a month"),
        ('window = { calendar = "week" }\nlimit = 1', "1 a week, about 4.3 a month"),
        ('window = { rolling = "60 days" }\nlimit = 10', "10 in 60 days, about 5 a month"),
        ("window = { lifetime = true }\nlimit = 5", "5 in all"),
    ],
)
def test_few_articles_for_strangers_are_told(meter, gives):
    """Counted by the month, whatever the window is."""
    ((code, message),) = told(TEXT.replace(MONTH, meter))
    assert ("few-for-search", f"`taste` gives strangers {gives}: ") == (
        code,
        message.partition("search engines")[0],
    )


@pytest.mark.parametrize(
    "meter",
    [
        MONTH,
        'window = { calendar = "month" }\nlimit = 6',
        'window = { calendar = "day" }\nlimit = 1',
        'window = { calendar = "month" }\nlimit = { registered = 2 }',
        "window = { lifetime = true }\nlimit = 6",
    ],
)
def test_as_many_as_are_advised_are_not_told(meter):
    """Nor what registered readers alone have."""
    assert [] == told(TEXT.replace(MONTH, meter))


def test_a_crawler_that_meets_a_wall_is_told():
    """Where no rule is for crawlers, and where one leaves a part of them to the meters."""
    for text in (
        TEXT.replace(CRAWLERS, ""),
        TEXT.replace("{ crawler = true }", '{ crawler = true, section = ["news"] }'),
        TEXT.replace('= true }\nshow = "article"', '= true }\nshow = "subscription-wall"'),
    ):
        assert ["crawler-walled"] == [code for code, _ in told(text)]


def test_of_an_open_paper_nothing_is_told():
    """Nobody is stopped."""
    assert [] == told(TEXT.partition("[meters")[0] + '[[rules]]\nname = "a"\nshow = "article"\n')


def test_a_policy_that_is_too_large_is_passed_over():
    """The exact lints tell that nothing is known of it."""
    assert () == search_advice(loads_policy(TEXT), steps=5)


def test_it_is_told_with_search_only(tmp_path, monkeypatch):
    """`check` by itself says nothing of it."""
    monkeypatch.chdir(tmp_path)
    text = TEXT.replace("limit = 10", "limit = 3")
    Path("policy.toml").write_text(text, encoding="utf-8")
    plain = CliRunner().invoke(main, ["check", "policy.toml"])
    asked = CliRunner().invoke(main, ["check", "--search", "policy.toml"])
    assert not {found.code for found in lints(loads_policy(text))} & set(SEARCH_CODES)
    assert "nothing wrong" in plain.stdout
    assert (0, True) == (
        asked.exit_code,
        "policy.toml:4:2: warning[few-for-search]" in asked.stdout,
    )
