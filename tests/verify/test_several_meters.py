"""What is promised, compared and told of lists of meters, histories and the wall that fits."""

from __future__ import annotations

import pytest

from meter import loads_policy
from meter.verify import ProofOutcome, changes, guarantees, lints
from meter.verify.budget import is_installed

HEAD = """
[publication]
name = "The Harbour Review"

[meters.daily]
window = { calendar = "day" }
limit = 2

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }
"""
TASTE = """
[meters.taste]
window = { calendar = "month" }
limit = 1
access = ["premium"]
"""
PAYING = """
[[rules]]
name = "covered"
when = { covered = true }
show = "article"
"""
FREE = """
[[rules]]
name = "free"
when = { access = ["free"] }
show = "article"
"""
BOTH = """
[[rules]]
name = "both"
spend = ["daily", "monthly"]
show = "countdown"
"""
A_TASTE = """
[[rules]]
name = "a taste"
spend = "taste"
show = "countdown"
"""
QUIET = """
[[rules]]
name = "quiet"
when = { section = ["quiet"] }
spend = ["monthly"]
show = "article"
"""
LAST = """
[[rules]]
name = "everyone else"
show = "wall"
"""


def answers(text):
    found = guarantees(loads_policy(text))
    return {answer.name if answer.code == "guarantee" else answer.code: answer for answer in found}


def test_a_policy_of_lists_and_walls_keeps_every_promise():
    """The wall that fits is right after expiry by itself, and no meter is read past its limit."""
    for text in (HEAD + FREE, HEAD + TASTE + FREE + A_TASTE):
        found = answers(text + PAYING + BOTH + LAST)
        assert {ProofOutcome.PROVED} == {answer.outcome for answer in found.values()}


def test_a_wall_written_out_is_wrong_after_expiry():
    """What the word cures: one wall for everybody."""
    text = HEAD + PAYING + BOTH + LAST.replace('"wall"', '"subscription-wall"')
    assert answers(text)["right-wall-after-expiry"].outcome is ProofOutcome.FAILS


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("", "fails"),
        ('when = { section = ["a"] }', "fails"),
        ('when = { access = ["premium"] }', "proved"),
        ('when = { access = ["premium"], section = ["a"] }', "proved"),
        ('when = { access = ["metered"] }', "proved"),
        ('when = { not = { access = ["free"] } }', "fails"),
        ('when = { any = [{ access = ["premium"] }, { section = ["a"] }] }', "fails"),
        ('when = { any = [{ access = ["premium"] }, { entitled = true }] }', "proved"),
        ("when = { entitled = false }", "fails"),
    ],
)
def test_premium_opens_only_where_a_rule_says_so(when, expected):
    """By asking for premium, or for a right; by its meters it says so too."""
    rule = f'[[rules]]\nname = "open"\n{when}\nshow = "article"\n'
    text = HEAD + rule + (LAST if when else "")
    assert expected == str(answers(text)["premium-stays-closed"].outcome)


def test_a_silent_last_article_on_one_of_several_meters_is_found():
    """A reader who counts down on two meters reads the last of one of them unannounced."""
    text = HEAD.replace("limit = 2", "limit = 9") + PAYING + FREE + QUIET + BOTH + LAST
    answer = answers(text)["last-free-is-announced"]
    assert answer.outcome is ProofOutcome.FAILS
    last = answer.counterexample.steps[-1]
    assert (str(last.decision.show), "monthly" in last.counted) == ("article", True)
    assert "last-free-skipped" in [found.code for found in lints(loads_policy(text))]


def test_whoever_holds_a_right_that_covers_the_article_never_meets_a_wall():
    """Said as a guarantee it is proved, and broken where a wall stands above."""
    mine = (
        '[[guarantees]]\nname = "mine"\nwhen = { covered = true }\nnever = ["wall"]\n'
        '[products.cooking]\nopens = { section = ["cooking"] }\n'
    )
    assert answers(HEAD + PAYING + BOTH + LAST + mine)["mine"].outcome is ProofOutcome.PROVED
    above = '[[rules]]\nname = "sport"\nwhen = { section = ["sport"] }\nshow = "wall"\n'
    broken = answers(HEAD + above + PAYING + BOTH + LAST + mine)["mine"]
    assert broken.outcome is ProofOutcome.FAILS
    assert broken.counterexample.expected.words.startswith("rule `covered` would show `article`")


def rows(old, new):
    return [
        (row.about, row.who, row.before, row.after)
        for row in changes(loads_policy(old), loads_policy(new)).rows
    ]


def test_a_meter_that_is_not_spent_any_more_is_a_difference():
    """Where both open the article, what it is counted on is told."""
    old = HEAD + PAYING + FREE + BOTH + LAST
    found = rows(old, old.replace('["daily", "monthly"]', '"monthly"'))
    assert any(", counted on `daily` and `monthly`" in before for _, _, before, _ in found)
    assert [] == rows(old, old.replace('name = "both"', 'name = "two"'))


def test_the_wall_that_fits_is_the_same_as_three_rules():
    """One word for what takes a rule for each status whose access has ended."""
    over = "".join(
        f'[[rules]]\nname = "{status}"\nwhen = {{ reader = ["{status}"] }}\nshow = "{status}"\n'
        for status in ("trial-expired", "subscription-expired")
    )
    old = HEAD + PAYING + FREE + BOTH + over + LAST.replace('"wall"', '"subscription-wall"')
    assert [] == rows(old, HEAD + PAYING + FREE + BOTH + LAST)


HISTORY = """
[meters.heard]
window = { rolling = "30 days" }
limit = "none"
counts = { kind = ["podcast"] }
"""
LOYAL = """
[[rules]]
name = "loyal"
when = { used = { heard = { at_least = 5 } } }
show = "article"
prompt = "loyal"
[prompts.loyal]
heading = "You have heard five"
"""


def test_what_a_history_counts_is_compared():
    """In words; and the same views said otherwise are no difference."""
    old = HEAD + HISTORY + PAYING + FREE + LOYAL + BOTH + LAST
    found = rows(old, old.replace('["podcast"]', '["podcast", "video"]'))
    assert ["meter"] == [about for about, _, _, _ in found]
    assert "every whole view is counted where the kind of article is `podcast`" == found[0][2]
    said = old.replace('{ kind = ["podcast"] }', '{ any = [{ kind = ["podcast"] }] }')
    assert [] == rows(old, said)


def test_a_history_is_told_by_its_count():
    """No limit and no "x of y": how many it has counted."""
    text = HEAD + HISTORY + PAYING + FREE + LOYAL + BOTH + LAST
    never = '[[guarantees]]\nname = "no"\nwhen = { access = ["metered"] }\nnever = ["article"]\n'
    answer = answers(text + never)["no"]
    assert answer.outcome is ProofOutcome.FAILS
    found = rows(text, text.replace("at_least = 5", "at_least = 4"))
    assert any("what `heard` has counted is 4" in who for _, who, _, _ in found), found


def test_whoever_has_no_id_has_an_unknown_count():
    """Nothing is proved of readers with an id only: what is not known never matches."""
    text = HEAD + HISTORY + PAYING + FREE + BOTH + LAST
    few = '[[rules]]\nname = "few"\nwhen = { used = { heard = { at_most = 9 } } }\nshow = "wall"\n'
    many = few.replace('"few"', '"many"').replace("at_most = 9", "above = 9")
    rule = f'{few}{many}[[rules]]\nname = "nobody knows"\nshow = "registration-wall"\n'
    text = HEAD + HISTORY + PAYING + FREE + rule
    codes = [found.code for found in lints(loads_policy(text))]
    assert "rule-never-fires" not in codes


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
def test_z3_compares_what_histories_count():
    """A policy too large for a diagram gets an example, in the same words."""
    old = loads_policy(HEAD + HISTORY + PAYING + FREE + BOTH + LAST)
    new = loads_policy((HEAD + HISTORY + PAYING + FREE + BOTH + LAST).replace("podcast", "video"))
    (row,) = changes(old, new, steps=20).rows
    assert (row.about, row.after) == (
        "meter",
        "every whole view is counted where the kind of article is `video`",
    )
    assert () == changes(old, old, steps=20).rows
