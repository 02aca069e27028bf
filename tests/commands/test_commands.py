"""Each command answers as the reference says."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime

import pytest

from meter import Article, PageView, Reader, Usage, decide, explain, load_policy, render

EVENT = '{"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}'


SOURCE_WORDS = """
You have 2 free articles left this month
You have 1 free article left this month
This is your last free article this month
Get Unlimited access
Offer ends June 30th
Try 3 months for $9
Your trial period has expired
You need a subscription to...
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


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_demo_fits_eighty_columns(meter, locale):
    """Also where a letter is two columns wide."""
    widths = [
        sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line)
        for line in meter("demo", "--locale", locale).out.splitlines()
    ]
    assert max(widths) == 80


def test_init_writes_a_folder_that_works(meter, folder):
    """Everything it says to try next does what it should."""
    assert meter("init", "paywall").code == 0
    written = sorted(path.name for path in (folder / "paywall").iterdir())
    assert written == sorted(path.name for path in folder.iterdir() if path.is_file())
    assert (
        meter("check", "paywall/policy.toml", "--today", "2026-06-01").out
        == "paywall/policy.toml: nothing wrong (8 rules, 1 meter, 1 offer)\n"
    )
    assert meter("journey", *(folder / "paywall").glob("*.journey.toml")).code == 0
    assert len(meter("decide", "paywall/policy.toml", "paywall/events.jsonl").lines) == 12
    told = (folder / "paywall" / "README.md").read_text()
    assert [name for name in written if name != "README.md" and name not in told] == []


def test_init_overwrites_nothing(meter, folder):
    """Not even when only one of the files is there."""
    (folder / "paywall").mkdir()
    (folder / "paywall" / "events.jsonl").write_text("mine")
    answer = meter("init", "paywall")
    assert (answer.code, answer.out) == (2, "")
    assert "`paywall/events.jsonl` is there already and is not overwritten" in answer.err
    assert [path.name for path in (folder / "paywall").iterdir()] == ["events.jsonl"]


def broken(folder):
    """Write a policy with one error."""
    text = (folder / "policy.toml").read_text().replace('spend = "monthly"', 'spend = "monthyl"')
    (folder / "broken.toml").write_text(text)
    return 1 + text[: text.index('"monthyl"')].count("\n")


def test_check_lists_problems_with_their_place(meter, folder):
    """An error ends in 1; the answer is on stdout."""
    line = broken(folder)
    answer = meter("check", "broken.toml", "policy.toml", "--today", "2026-06-01")
    assert (answer.code, answer.err) == (1, "")
    assert (
        f"broken.toml:{line}:9: error[unknown-meter]: rule `within the monthly allowance` spends"
        " from `monthyl`, which is not a meter" in answer.out
    )
    assert "help: did you mean `monthly`?" in answer.out
    assert "broken.toml: 1 error\n" in answer.out
    assert "policy.toml: nothing wrong (8 rules, 1 meter, 1 offer)" in answer.out


def test_check_as_json_and_for_a_pull_request(meter, folder):
    """One document, or one annotation a problem."""
    line = broken(folder)
    document = meter("check", "broken.toml", "--format", "json").json
    assert (
        document["ok"],
        document["policies"][0]["problems"][0]["code"],
        document["policies"][0]["problems"][0]["line"],
    ) == (
        False,
        "unknown-meter",
        line,
    )
    annotation = meter("check", "broken.toml", "--format", "github").out
    assert annotation.startswith(
        f"::error file=broken.toml,line={line},col=9,title=unknown-meter::rule `within the monthly"
        " allowance`"
    )
    assert annotation.count("\n") == 1


def test_check_warns_and_fails_only_if_strict(meter):
    """An offer that is over is hardly meant, and allowed."""
    late = ("check", "policy.toml", "--today", "2026-07-01")
    assert meter(*late).code == 0
    assert "warning[offer-over]" in meter(*late).out
    assert meter(*late, "--strict").code == 1
    assert meter("check", "policy.toml", "--today", "2026-06-30", "--strict").code == 0


def test_check_goes_on_after_a_file_it_cannot_read(meter):
    """And ends in 2."""
    answer = meter("check", "nowhere.toml", "policy.toml", "--today", "2026-06-01")
    assert (answer.code, answer.out) == (
        2,
        "policy.toml: nothing wrong (8 rules, 1 meter, 1 offer)\n",
    )
    assert "there is no file `nowhere.toml`" in answer.err
    document = meter("check", "nowhere.toml", "--format", "json").json
    assert (document["ok"], document["policies"][0]["problems"][0]["code"]) == (
        False,
        "no-such-file",
    )


def test_decide_writes_one_decision_a_line_and_remembers(meter, folder):
    """The same decisions as the engine's, in the order of the events."""
    lines = meter("decide", "policy.toml", "events.jsonl").lines
    assert [line["show"] for line in lines] == [
        "countdown",
        "countdown",
        "countdown",
        "article",
        "last-free-article",
        "registration-wall",
        "countdown",
        "article",
        "trial-offer",
        "trial-expired",
        "subscription-expired",
        "article",
    ]
    assert [line["counted"] for line in lines][:7] == [True, True, False, False, True, False, True]
    assert lines[0]["meter"] == {
        "name": "monthly",
        "limit": 3,
        "used": 1,
        "left": 2,
        "resets_at": "2026-07-01T00:00:00+09:00",
    }
    assert (lines[3]["prompt"], lines[3]["meter"], lines[0]["offer"], lines[5]["offer"]) == (
        "sponsored",
        None,
        "summer",
        None,
    )
    assert set(lines[0]) >= {"show", "access", "rule", "offer", "prompt", "meter", "counted"}


def test_decide_reads_stdin_by_default(meter):
    """And with `-`."""
    for arguments in (("decide", "policy.toml"), ("decide", "policy.toml", "-")):
        assert meter(*arguments, given=f"{EVENT}\n\n{EVENT}\n").lines[1]["counted"] is False


def test_decide_keeps_what_it_counted_in_a_store(meter):
    """A second run goes on where the first ended."""
    for used in (1, 2):
        event = EVENT.replace("a1", f"a{used}")
        assert (
            meter("decide", "policy.toml", "--store", "sqlite:///usage.db", given=event).lines[0][
                "meter"
            ]["used"]
            == used
        )


def test_a_bad_line_ends_it_and_what_was_decided_before_is_kept(meter):
    """The place is told, the exit code is 2."""
    answer = meter(
        "decide",
        "policy.toml",
        "--store",
        "sqlite:///usage.db",
        given=f"{EVENT}\nnonsense\n{EVENT}\n",
    )
    assert (answer.code, len(answer.lines)) == (2, 1)
    assert answer.err.startswith("stdin:2:1: error[json-syntax]")
    again = meter(
        "decide",
        "policy.toml",
        "--store",
        "sqlite:///usage.db",
        given=EVENT.replace("09:00", "09:01"),
    )
    assert (again.lines[0]["meter"]["used"], again.lines[0]["counted"]) == (1, False)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (EVENT.replace('"article"', '"artcle"'), "did you mean `article`?"),
        (EVENT.replace("09:00:00Z", "09:00:00"), "a time without an offset"),
        ("{}", "an event needs `at`"),
        ("[]", "error"),
    ],
)
def test_what_is_wrong_with_an_event_is_told(meter, event, says):
    """With the line, and what to write instead."""
    answer = meter("decide", "policy.toml", given=event)
    assert answer.code == 2
    assert says in answer.err


def test_explain_says_which_rule_and_why_not_the_others(meter, folder):
    """For one JSON object, however it is laid out."""
    (folder / "event.json").write_text(json.dumps(json.loads(EVENT), indent=2))
    policy = load_policy(folder / "policy.toml")
    for answer in (
        meter("explain", "policy.toml", "event.json"),
        meter("explain", "policy.toml", "-", given=EVENT),
    ):
        head, _, words = answer.out.partition("\n")
        assert head == "2026-06-01T09:00:00+00:00 reader `r1` (anonymous) opens `a1`"
        view, usage = PageView(article=Article(id="a1")), Usage()
        assert (
            words
            == explain(
                decide(policy, Reader(id="r1"), view, usage, datetime(2026, 6, 1, 9, tzinfo=UTC))[0]
            )
            + "\n"
        )


def test_explain_takes_the_views_before_into_account(meter):
    """The last of several is explained, or with `--all` every one."""
    several = "\n".join(EVENT.replace("a1", f"a{number}") for number in range(1, 5))
    last = meter("explain", "policy.toml", "-", given=several)
    assert "opens `a4`" in last.out
    assert "not rule 6 `within the monthly allowance`: nothing is left of `monthly`" in last.out
    assert meter("explain", "policy.toml", "-", "--all", given=several).out.count("opens `a") == 4
    as_list = f"[\n{','.join(several.splitlines())}\n]"
    assert meter("explain", "policy.toml", "-", given=as_list).out == last.out
    document = meter("explain", "policy.toml", "-", "--format", "json", given=several).json
    assert (document["decision"]["show"], document["explanation"].splitlines()[0]) == (
        "registration-wall",
        "shows `registration-wall` (a preview) by rule `registering brings two more`",
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ('{\n "at": 1,\n', "stdin:3:1: error[json-syntax]"),
        ('{\n "at" 1\n}', "stdin:2:7: error[json-syntax]"),
        ('{\n "artcle": 1\n}', "did you mean `article`?"),
        ("", "there is no event in stdin"),
    ],
)
def test_explain_says_what_is_wrong_with_its_event(meter, given, says):
    """Also when there is none."""
    answer = meter("explain", "policy.toml", "-", given=given)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_render_prints_what_the_page_says(meter, folder):
    """In both formats, in both languages; a view that says nothing prints nothing."""
    policy = load_policy(folder / "policy.toml")
    decision, _ = decide(
        policy,
        Reader(id="r1"),
        PageView(article=Article(id="a1")),
        Usage(),
        datetime(2026, 6, 1, 9, tzinfo=UTC),
    )
    for form in ("text", "html"):
        for locale in (None, "ja"):
            options = (
                "--format",
                form,
                "--layout",
                "narrow",
                *(("--locale", locale) if locale else ()),
            )
            said = meter("render", "policy.toml", *options, given=EVENT).out
            assert (
                said
                == render(decision, policy, locale=locale, layout="narrow", format=form).strip("\n")
                + "\n\n"
            )
    paid = json.dumps(
        {**json.loads(EVENT), "reader": {"id": "s", "entitlements": [{"kind": "subscription"}]}}
    )
    assert meter("render", "policy.toml", given=paid).out == ""


def test_render_takes_a_publishers_own_templates(meter, folder):
    """From a folder."""
    (folder / "own").mkdir()
    (folder / "own" / "countdown.txt.j2").write_text("Ours: {{ left }}\n")
    assert meter("render", "policy.toml", "--templates", "own", given=EVENT).out == "Ours: 2\n\n"


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
        "Mon  1 00:00   subscribes, until 1 July 2026 00:00 and 7 days of grace",
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
