"""`meter journey` draws a reader's months, and tests them."""

from __future__ import annotations


def test_journey_prints_a_timeline(meter):
    """What was opened, the very words, the count before and after, the rule, the next reset."""
    said = meter("journey", "months.journey.toml").out
    lines = said.splitlines()
    first = lines.index(next(line for line in lines if "opens fishing-at-night" in line))
    assert [line.strip() for line in lines[first - 1 : first + 4]] == [
        "May 2026 ───────────────────────────────────────────────────────────────────────",
        "Mon  4 08:10   opens fishing-at-night                  countdown  ●○○ 0 → 1 of 3",
        "You have 2 free articles left this month",
        "[ Get Unlimited access ] /subscribe",
        "rule: within the monthly allowance · more from 1 June 00:00",
    ]
    assert "Mon  1 00:00   ↻ monthly starts again (4 were counted)" in said
    assert "signs in as mika                                  3 of 3 → 3 of 5" in said
    assert "17 articles opened, 9 counted, 4 stopped" in said
    assert max(map(len, lines)) == 80
    assert [line for line in lines if line != line.rstrip()] == []
    assert lines[:3] == [
        "a reader's months, from the first article to the end of a subscription",
        "months.journey.toml · The Harbour Review · times in Asia/Tokyo",
        "",
    ]


def test_journey_as_json_holds_everything(meter):
    """One document for several files."""
    document = meter(
        "journey", "months.journey.toml", "month-end.journey.toml", "--format", "json"
    ).json
    months, end = document["journeys"]
    assert (months["as_expected"], months["timezone"], len(months["steps"]), len(end["steps"])) == (
        True,
        "Asia/Tokyo",
        20,
        5,
    )
    assert months["steps"][0]["says"].startswith("You have 2 free articles left this month")
    assert (end["steps"][4]["renewals"][0]["meter"], end["steps"][4]["renewals"][0]["at"]) == (
        "monthly",
        "2026-07-01T00:00:00+09:00",
    )


def test_journey_is_a_test_that_names_the_first_broken_expectation(meter, folder):
    """With the line, what was expected, and why it is not so."""
    (folder / "policy.toml").write_text(
        (folder / "policy.toml").read_text().replace("anonymous = 3", "anonymous = 4")
    )
    answer = meter("journey", "months.journey.toml")
    assert answer.code == 1
    first, words, why, *_ = answer.err.splitlines()
    assert [first, why] == [
        (
            "months.journey.toml:16: step 1 (opens `fishing-at-night`, 2026-05-04 08:10): expected"
            " `left = 2`, got `3`"
        ),
        "  shows `countdown` (the whole article) by rule `within the monthly allowance`",
    ]
    assert words.startswith(
        "expected it to say `You have 2 free articles left this month`, but it says `You have 3"
        " free articles left"
    )
    assert answer.err.count("months.journey.toml:") == 1
    several = meter("journey", "months.journey.toml", "trial.journey.toml")
    assert "1 of 2 journeys went as expected" in several.out


def test_journey_takes_another_policy_and_another_language(meter, folder):
    """Before next spring's policy is anybody's."""
    (folder / "next").mkdir()
    (folder / "policy.toml").rename(folder / "next" / "spring.toml")
    assert meter("journey", "month-end.journey.toml").code == 2
    assert meter("journey", "month-end.journey.toml", "--policy", "next/spring.toml").code == 0
    said = meter(
        "journey", "month-end.journey.toml", "--policy", "next/spring.toml", "--locale", "ja"
    ).out
    assert "今月お読みいただける無料記事はあと2本です" in said


def test_journey_shows_another_language_and_expects_its_own(meter):
    """A timeline in Japanese of a journey whose expectations are in English."""
    answer = meter("journey", "months.journey.toml", "--locale", "ja")
    assert (answer.code, answer.err) == (0, "")
    assert "今月お読みいただける無料記事はあと2本です" in answer.out


def test_a_timeline_keeps_together_what_belongs_together(meter, folder):
    """Long lines go on below their beginning.

    One article is one article; a week of grace is told in days.
    """
    (folder / "long.journey.toml").write_text("""
policy = "policy.toml"
start = 2026-06-01
[reader]
id = "a-reader-with-quite-a-long-name"
[[steps]]
start_trial = { offer = "summer" }
[[steps]]
subscribe = { term = "1 month", grace = "7 days" }
[[steps]]
cancel = true
[[steps]]
read = "a1"
""")
    lines = meter("journey", "long.journey.toml").out.splitlines()
    assert lines[3:] == [
        "Mon  1 00:00   signs in as a-reader-with-quite-a-long-name and starts a trial by",
        "               offer summer, until 1 September 2026 00:00",
        "Mon  1 00:00   subscribes, until 1 July 2026 00:00 and 7 days of grace, then every",
        "               month",
        "Mon  1 00:00   cancels, and reads on until 1 July 2026 00:00",
        "Mon  1 00:00   opens a1                                                  article",
        "               rule: subscribers and trials read everything",
        "",
        "1 article opened, 0 counted, 0 stopped",
        "",
    ]
    read_again = next(
        line
        for line in meter("journey", "months.journey.toml").out.splitlines()
        if "read before" in line
    )
    assert read_again == "               rule: within the monthly allowance · read before"
