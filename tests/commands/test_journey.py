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
        "[ Get unlimited access ] /subscribe",
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
        7,
    )
    assert months["steps"][0]["says"].startswith("You have 2 free articles left this month")
    assert (end["steps"][6]["renewals"][0]["meter"], end["steps"][6]["renewals"][0]["at"]) == (
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
        "Mon  1 00:00   subscribes, until 1 July 2026 00:00 and 7 days of grace, then",
        "               every month",
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


def test_accept_writes_the_new_answers_into_the_file(meter, folder):
    """And nothing else: comments and layout stay, the journey passes, each change is told."""
    policy = folder / "policy.toml"
    policy.write_text(policy.read_text().replace("anonymous = 3", "anonymous = 4"))
    file = folder / "months.journey.toml"
    before = file.read_text()
    answer = meter("journey", "--accept", "months.journey.toml")
    assert answer.code == 0
    assert "all 15 expectations hold; 5 steps expect nothing" in answer.out
    assert answer.err.splitlines()[0] == "months.journey.toml:16: step 1: `left = 2` is now `3`"
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), file.read_text().splitlines(), strict=True)
        if old != new
    ]
    assert changed
    for old, new in changed:
        assert old.partition("=")[0] == new.partition("=")[0] == "expect "
    assert meter("journey", "months.journey.toml").code == 0
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []
    kept = file.read_bytes()
    again = meter("journey", "--accept", "months.journey.toml", "--format", "json")
    assert (again.code, again.json["journeys"][0]["accepted"], again.err) == (0, [], "")
    assert file.read_bytes() == kept


def test_accept_keeps_what_a_file_is(meter, folder):
    """Its mode, and that it is a link to another one."""
    real = folder / "shared.toml"
    (folder / "month-end.journey.toml").rename(real)
    text = real.read_text()
    real.write_text(text.replace("left = ", "left = 1", 1))
    real.chmod(0o640)
    link = folder / "month-end.journey.toml"
    link.symlink_to(real)
    assert meter("journey", "--accept", link.name).code == 0
    assert (link.is_symlink(), real.stat().st_mode & 0o777) == (True, 0o640)
    assert meter("journey", link.name).code == 0


def test_accept_has_no_answer_for_what_cannot_happen(meter, folder):
    """The rest is written, the step is named, and the exit code is 1."""
    (folder / "late.journey.toml").write_text("""
policy = "policy.toml"
start = 2027-01-01
[[steps]]
start_trial = "summer"
[[steps]]
read = "a1"
expect = { left = 7 } # seven
""")
    answer = meter("journey", "--accept", "late.journey.toml", "--format", "json")
    assert answer.code == 1
    assert answer.json["journeys"][0]["accepted"] == [
        {"step": 2, "line": 6, "key": "left", "old": 7, "new": 2}
    ]
    assert "offer `summer` is over" in answer.err
    assert "expect = { left = 2 } # seven\n" in (folder / "late.journey.toml").read_text()


def test_accept_and_against_are_two_questions(meter):
    """One writes, the other compares."""
    answer = meter("journey", "--accept", "--against", "policy.toml", "months.journey.toml")
    assert answer.code == 2
    assert "use one of the two" in answer.err


def test_against_shows_both_timelines_where_they_part(meter, folder):
    """The other steps are only counted; no line is wider than 80 columns."""
    lower = (folder / "policy.toml").read_text().replace("anonymous = 3", "anonymous = 2")
    (folder / "lower.toml").write_text(lower)
    answer = meter("journey", "months.journey.toml", "--against", "lower.toml")
    lines = answer.out.splitlines()
    assert answer.code == 1
    assert "old: lower.toml · new: policy.toml" in lines
    assert lines[5:15] == [
        "Mon  4 08:10   opens fishing-at-night",
        "          old  countdown  ●○ 0 → 1 of 2",
        "               You have 1 free article left this month",
        "               [ Get unlimited access ] /subscribe",
        "               With an account: 5 free articles a month instead of 2",
        "               [ Create an account ] /register",
        "               rule: within the monthly allowance · more from 1 June 00:00",
        "          new  countdown  ●○○ 0 → 1 of 3",
        "               You have 2 free articles left this month",
        "               [ Get unlimited access ] /subscribe",
    ]
    assert "               … 13 steps go alike" in lines
    assert "6 of 20 steps differ; the timelines part at step 1" in lines
    assert max(map(len, lines)) <= 80


def test_against_itself_nothing_differs(meter):
    """The exit code is 0."""
    answer = meter("journey", "months.journey.toml", "--against", "policy.toml")
    assert answer.code == 0
    assert "nothing differs: the reader meets the same under both policies" in answer.out


def test_against_as_json_holds_both_and_where_they_differ(meter, folder):
    """With the keys that are others; so are the words of a prompt, and what cannot happen."""
    policy = (folder / "policy.toml").read_text()
    other = policy.replace("ends = 2026-06-30", "ends = 2026-06-09")
    (folder / "other.toml").write_text(other.replace("The Harbour Review", "The Quay"))
    (found,) = meter(
        "journey", "months.journey.toml", "--against", "other.toml", "--format", "json"
    ).json["journeys"]
    assert len(found["against"]["steps"]) == len(found["steps"]) == 20
    differs = {item["step"]: item["keys"] for item in found["against"]["differs"]}
    assert "what" in differs[15]
    assert differs[15] == ["what", "reader"]
    assert "says" in differs[20]
