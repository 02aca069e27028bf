"""How often a prompt is shown, in words, and which prompts a view kept back."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from meter import Article, Decision, PageView, Reader, Usage, decide, explain, loads_policy
from meter.explanation import frequency_words, in_turn, kept_back

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
RULES = '[[rules]]\nname = "all"\nshow = "article"\nprompt = "give"\n'
METER = '[meters.heard]\nwindow = { rolling = "28 days" }\nlimit = "none"\ncounts = {}\n'

WORDS = [
    ("", ""),
    ("once = true", "one time only"),
    ("at_most = { times = 2, window = { calendar = 'week' } }", "at most twice each calendar week"),
    (
        "at_most = { times = 7, window = { rolling = '36 hours' } }",
        "at most 7 times in any 36 hours",
    ),
    (
        "at_most = { times = 1, window = { fixed = '10 days' } }",
        "at most once in the 10 days from the first",
    ),
    ("at_most = { times = 2, window = { rolling = '1 day' } }", "at most twice in any 24 hours"),
    ("at_most = { times = 3, window = { lifetime = true } }", "at most 3 times ever"),
    (
        "every = { meter = 'heard', views = 5 }",
        "only each time `heard` has counted another 5",
    ),
    (
        "quiet_after = { closed = '7 days', purchase = '30 days', shown = '1 day' }",
        (
            "not for 7 days after it was closed, nor for 30 days after a purchase,"
            " nor for 1 day after it was shown"
        ),
    ),
    (
        "once = true\ngroup = 'asks'\ninstead = 'bar'\n[prompts.bar]\nheading = 'Bar'",
        ("one time only; counted together with the prompts of the group `asks`; instead: `bar`"),
    ),
]


def read(keys: str, times: int) -> Decision:
    """Return what the last of some views gets, one an hour."""
    policy = loads_policy(
        f'[publication]\nname = "P"\n{METER}[prompts.give]\nheading = "Give"\n{keys}\n{RULES}'
    )
    usage = Usage()
    for number in range(times):
        view = PageView(article=Article(id=f"a{number}"))
        now = NOW + timedelta(hours=number)
        decision, usage = decide(policy, Reader(id="r"), view, usage, now)
    return decision


@pytest.mark.parametrize(("keys", "words"), WORDS)
def test_each_key_is_said(keys, words):
    """In the order in which a policy's reference has them."""
    assert words == frequency_words(read(keys, 1).rulebook.policy.prompts[0])


def test_what_was_kept_back_is_told_with_how_often():
    """The prompt of the rule, then each that stood in; not the one that is shown."""
    keys = "once = true\ninstead = 'bar'\n[prompts.bar]\nheading = 'Bar'\nonce = true"
    told = {times: [kept.prompt for kept in kept_back(read(keys, times))] for times in (1, 2, 3)}
    assert {1: [], 2: ["give"], 3: ["give", "bar"]} == told
    assert "the prompt `give` is kept back: one time only; `bar` is shown instead" in explain(
        read(keys, 2)
    )
    assert "the prompt `bar` is kept back: one time only" in explain(read(keys, 3))


def test_nothing_is_kept_back_where_a_prompt_comes_each_time():
    """Nor is anything known of a decision that was pickled, before it has its policy again."""
    assert () == in_turn(read("", 2))
    capped = read("once = true", 2)
    alone = pickle.loads(pickle.dumps(capped))
    assert ([], ["give"]) == tuple(
        [one.prompt for one in kept_back(each)] for each in (alone, capped)
    )
    assert "kept back" in explain(alone, capped.rulebook.policy)
