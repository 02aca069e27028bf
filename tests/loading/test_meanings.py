"""A word that is not of the file is answered by what it means, a heading by its brackets."""

from __future__ import annotations

import pytest

from meter.errors import meant
from meter.errors.meanings import MEANINGS, by_meaning
from meter.loading import check_text
from meter.loading.codes import is_country, language_code_step
from meter.loading.conditions import WHEN
from meter.loading.experiments import EXPERIMENT
from meter.loading.prompts import PROMPT
from meter.vocabulary import ArticleAccess, OfferKind, Show, Status

HEAD = '[publication]\nname = "The Harbour Review"\n\n'
LAST = '[[rules]]\nname = "everyone else"\nshow = "subscription-wall"\n'


def told(text):
    """Return what is said of a text: code, line and next step."""
    _, problems = check_text(HEAD + text)
    return [(problem.code, problem.line, problem.help) for problem in problems]


@pytest.mark.parametrize(
    ("key", "written", "step"),
    [
        ("reader", "expired", "did you mean `trial-expired` or `subscription-expired`?"),
        ("reader", "Expired", "did you mean `trial-expired` or `subscription-expired`?"),
        ("reader", "paid", "did you mean `subscriber`?"),
        ("reader", "premium", "did you mean `subscriber`?"),
        ("reader", "subscription", "did you mean `subscriber`?"),
        ("reader", "subscribed", "did you mean `subscriber`?"),
        ("reader", "logged_in", "did you mean `registered`?"),
        ("reader", "guest", "did you mean `anonymous`?"),
        ("reader", "regstered", "did you mean `registered`?"),
        ("access", "open", "did you mean `free`?"),
        ("access", "paid", "did you mean `premium`?"),
        ("access", "locked", "did you mean `premium`?"),
        ("access", "subscribers", "did you mean `premium`?"),
    ],
)
def test_a_word_of_a_condition_is_answered_by_meaning(key, written, step):
    """Where one is known, it comes before what is spelled alike."""
    rule = f'[[rules]]\nname = "a"\nwhen = {{ {key} = ["{written}"] }}\nshow = "article"\n'
    assert [("unknown-word", 6, step)] == told(rule + LAST)


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("paywall", "subscription-wall"),
        ("block", "subscription-wall"),
        ("login", "registration-wall"),
        ("regwall", "registration-wall"),
        ("open", "article"),
        ("free", "article"),
    ],
)
def test_what_is_shown_is_answered_by_meaning(written, meaning):
    """`open` is spelled like none of the words."""
    shows = [word for word in Show if word != "wall"]
    assert f"did you mean `{meaning}`?" == meant(written, shows)


def test_a_wall_is_the_word_of_the_file_where_there_is_one():
    """As soon as a rule may say `wall`, that is what a paywall means."""
    assert ("wall",) == by_meaning("paywall", ["wall", "subscription-wall"])


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("region", "country"),
        ("category", "section"),
        ("status", "reader"),
        ("audience", "segments"),
        ("platform", "device"),
        ("propensity", "score"),
    ],
)
def test_a_key_of_a_condition_is_answered_by_meaning(written, meaning):
    """`region` is spelled like `section`, and is a country's."""
    rule = f'[[rules]]\nname = "a"\nwhen = {{ {written} = ["x"] }}\nshow = "article"\n'
    assert ("unknown-key", 6, f"did you mean `{meaning}`?") in told(rule + LAST)


def test_every_meaning_is_a_word_of_the_file():
    """Of what is known in none of its places, nothing is said."""
    known = {"wall", *Status, *ArticleAccess, *OfferKind, *Show, *WHEN.keys}
    known |= {*PROMPT.keys, *EXPERIMENT.keys, "window", "closed", "purchase", "at_least"}
    meanings = {word for ways in MEANINGS.values() for way in ways for word in way}
    assert meanings <= {str(word) for word in known}
    assert () == by_meaning("expired", ["summer", "winter"])


CAMPAIGNS = {
    "[prompts.give]\nheading = 'a'\nfrequency = 'weekly'\n": (6, "did you mean `at_most`?"),
    "[prompts.give]\nheading = 'a'\nquiet_after = { dismissed = '7 days' }\n": (
        6,
        "did you mean `closed`?",
    ),
    "[prompts.give]\nheading = 'a'\nat_most = { times = 2, per = 'day' }\n": (
        6,
        "did you mean `window`?",
    ),
    "[experiments.price]\nsalt = 'a'\nvariants = { a = 0.5, b = 0.5 }\n": (
        5,
        "did you mean `seed`?",
    ),
    "[[rules]]\nname = 'a'\nshow = 'article'\nwhen = { variant = ['a'] }\n": (
        7,
        "did you mean `experiment`?",
    ),
    "[[rules]]\nname = 'a'\nshow = 'article'\nwhen = { tags = ['x'] }\nonce = true\n": (
        8,
        "it belongs to a prompt: write it under `[prompts.NAME]`, and name that prompt here",
    ),
    "include = ['walls.toml']\n": (
        4,
        "write it at the top of the file, above `[publication]`",
    ),
}


@pytest.mark.parametrize("text", CAMPAIGNS)
def test_a_key_of_another_system_or_table_is_one_problem(text):
    """It is told the key here, which is not asked for again."""
    line, advice = CAMPAIGNS[text]
    assert [("unknown-key", line, advice)] == told(text + LAST)


FORMS = {
    "at_most = 2": 'write a list such as `[{ times = 1, window = { calendar = "day" } }]`',
    "quiet_after = { closed = 7 }": 'write a length such as `"30 days"`',
    "once = true\ninstead = false": ('write the name of a declared prompt such as `"small-bar"`'),
}


@pytest.mark.parametrize("text", FORMS)
def test_what_is_advised_is_read_where_it_is_written(text):
    """No brackets around what no list holds, quotes where they are needed, none around a flag."""
    ((_, _, advice),) = told(f"[prompts.give]\nheading = 'a'\n{text}\n{LAST}")
    assert FORMS[text] == advice


RULE_TEXT = 'name = "a"\nshow = "article"\n'


@pytest.mark.parametrize(
    ("text", "line", "step"),
    [
        (f"[rules]\n{RULE_TEXT}", 4, "write `[[rules]]` with two brackets before each of them"),
        (
            f"[rules]\n{RULE_TEXT}\n[rules]\n{RULE_TEXT}",
            8,
            "write `[[rules]]` with two brackets before each of them",
        ),
        (
            f"[rules]\n{RULE_TEXT}\n[[rules]]\n{RULE_TEXT}",
            4,
            "write `[[rules]]` with two brackets before each of them",
        ),
        (
            "[rules.first]\nshow = 'article'\n",
            4,
            "write `[[rules]]` with two brackets before each of them",
        ),
        (f"[[rule]]\n{RULE_TEXT}", 4, "did you mean `rules`?"),
        (
            f"[guarantees]\nname = 'g'\nnever = ['article']\n{LAST}",
            4,
            "write `[[guarantees]]` with two brackets before each of them",
        ),
        (
            f"[[meters.m]]\nlimit = 3\nwindow = {{ calendar = 'day' }}\n{LAST}",
            4,
            "write `[meters.m]` with single brackets, once",
        ),
        (
            f"[[meters]]\nlimit = 3\nwindow = {{ calendar = 'day' }}\n{LAST}",
            4,
            "write `[meters.NAME]` with single brackets before each of them",
        ),
        (
            f"[meters]\nlimit = 3\nwindow = {{ calendar = 'day' }}\n{LAST}",
            4,
            "write `[meters.NAME]`, for example `[meters.monthly]`",
        ),
        (
            f"[offers]\nprice = 3\nterm = '1 month'\ncurrency = 'USD'\n{LAST}",
            4,
            "write `[offers.NAME]`, for example `[offers.summer]`",
        ),
    ],
)
def test_a_heading_with_other_brackets_is_one_problem(text, line, step):
    """Its place, and the brackets that belong there."""
    found = told(text)
    assert [(line, step)] == [(place, advice) for _, place, advice in found]


@pytest.mark.parametrize("code", ["001", "419", "UK", "EN", "EU", "USA", "*", "QX"])
def test_what_is_no_country_is_none(code):
    """CLDR knows codes for the world and its parts; nobody's request comes from one."""
    assert not is_country(code)


@pytest.mark.parametrize(
    ("written", "step"),
    [
        ("jp", "did you mean `ja`?"),
        ("cn", "did you mean `zh`?"),
        ("eng", "did you mean `en`?"),
        ("english", "did you mean `en`?"),
        ("*", "codes look like `en` or `pt-BR`"),
        ("xx", "codes look like `en` or `pt-BR`"),
        ("en", None),
        ("pt-br", None),
        ("no", None),
        ("nb", None),
        ("fil", None),
        ("zh-hant-tw", None),
    ],
)
def test_what_is_no_language_is_answered_by_meaning(written, step):
    """A country's code is the language most read there."""
    assert step == language_code_step(written)
