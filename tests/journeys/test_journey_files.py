"""A journey file says where everything in it is wrong, and what to write instead."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from meter import Journey, MeterError, PolicyError, loads_policy
from meter.journeys import JourneyError
from meter.journeys.action_keys import ACTIONS
from meter.loading.today import first_day

SAMPLE = Path(__file__).parents[2] / "templates" / "sample"


def problem_of(text):
    """Return the one problem of a journey file."""
    with pytest.raises(JourneyError) as caught:
        Journey.loads(text, name="a.journey.toml")
    (problem,) = caught.value.problems
    return problem


STEP = "[[steps]]\n"
BAD_SPAN = (
    "`2 dayz` is not a stretch of time such as `20 minutes`, `3 hours`, `2 days` or `1 month`"
)
TWO_ACTIONS = "a step does exactly one thing, but this one has `read` and `sign_in`"
TWO_TIMES = "a step is `at` a time or `after` a stretch of time, not both"
TWO_ENDS = "`term` and `ends` both say when it ends; keep one of them"


@pytest.mark.parametrize(
    ("text", "line", "column", "code", "message", "advice"),
    [
        (
            f'polcy = "p.toml"\n{STEP}read = "a"',
            1,
            1,
            "unknown-key",
            "a journey has no key `polcy`",
            "did you mean `policy`?",
        ),
        (
            f'{STEP}red = "a"',
            2,
            1,
            "unknown-key",
            "a step has no key `red`",
            "did you mean `read`?",
        ),
        (
            f'{STEP}after = 3\nread = "a"',
            2,
            9,
            "wrong-type",
            "`after` is a stretch of time such as `2 days`, not `3`",
            "write a stretch of time such as `2 days`",
        ),
        (f'{STEP}wait = "2 dayz"', 2, 8, "bad-length", BAD_SPAN, None),
        (f'{STEP}read = "a"\nsign_in = true', 1, 3, "bad-step", TWO_ACTIONS, None),
        (f'{STEP}read = "a"\nat = 2026-06-01\nafter = "1 day"', 1, 3, "bad-step", TWO_TIMES, None),
        (
            f"{STEP}sign_in = false",
            2,
            11,
            "wrong-type",
            "`sign_in` is `true` where it happens",
            "remove the line",
        ),
        (
            f'{STEP}read = "a"\nexpect = {{ show = "cuntdown" }}',
            3,
            19,
            "unknown-word",
            None,
            "did you mean `countdown`?",
        ),
        (f'{STEP}read = {{ access = "free" }}', 2, 1, "missing-key", None, None),
        (f'{STEP}start_trial = {{ product = "x" }}', 2, 15, "bad-value", None, None),
        (
            f'{STEP}subscribe = {{ term = "1 year", ends = 2026-12-31 }}',
            2,
            13,
            "bad-value",
            TWO_ENDS,
            None,
        ),
        (f"{STEP}cancel = {{}}", 2, 10, "bad-value", None, None),
        (f'[reader]\nscore = 2\n{STEP}read = "a"', 2, 9, "bad-number", None, None),
        (
            f'[articles.x]\naccess = "premum"\n{STEP}read = "x"',
            2,
            10,
            "unknown-word",
            None,
            "did you mean `premium`?",
        ),
        ("start = 2026-06-01", 1, 1, "missing-key", None, None),
        (f'{STEP}read = "a', 2, 10, "toml-syntax", None, None),
    ],
)
def test_a_problem_is_located_and_told(text, line, column, code, message, advice):
    """Line, column, a code, an editor's words and a next step."""
    problem = problem_of(text)
    assert (line, column, code) == (problem.line, problem.column, problem.code)
    assert problem.message == (message or problem.message)
    assert problem.help == (advice or problem.help)
    assert problem.name == "a.journey.toml"


def test_a_step_without_an_action_lists_them():
    """Somebody who does not know the actions learns them."""
    assert (
        f"a step does exactly one thing: one of {', '.join(f'`{name}`' for name in ACTIONS)}"
        == problem_of('[[steps]]\nafter = "1 day"').message
    )


def test_every_problem_is_told_at_once():
    """Not only the first."""
    with pytest.raises(JourneyError) as caught:
        Journey.loads('polcy = "p"\n[[steps]]\nwait = "2 dayz"\n[[steps]]\nred = "a"\n')
    assert [problem.code for problem in caught.value.problems] == [
        "unknown-key",
        "bad-length",
        "unknown-key",
    ]


def test_a_journey_error_is_a_policy_error():
    """Whoever catches problems of files catches these too."""
    assert not issubclass(JourneyError, PolicyError)
    assert issubclass(JourneyError, MeterError)


def test_a_file_that_is_not_there_names_the_one_that_was_meant(tmp_path):
    """A slip of the finger in a name is mended by reading the message."""
    (tmp_path / "june.journey.toml").write_text('[[steps]]\nread = "a"\n')
    with pytest.raises(JourneyError, match=r"did you mean `.*june\.journey\.toml`\?"):
        Journey.load(tmp_path / "jun.journey.toml")


def test_the_policy_is_looked_for_beside_the_journey(tmp_path, monkeypatch):
    """Wherever the command is run."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.toml").write_text(
        '[publication]\nname = "P"\n[[rules]]\nname = "all"\nshow = "article"\n'
    )
    (tmp_path / "policies" / "j.toml").write_text(
        'policy = "p.toml"\nstart = 2026-06-01\n[[steps]]\nread = "a"\n'
    )
    monkeypatch.chdir(tmp_path)
    (step,) = Journey.load("policies/j.toml").run()
    assert step.decision.rule == "all"


def test_a_journey_without_a_policy_says_so(policy):
    """One is needed to run it, not to read it."""
    journey = Journey.loads('[[steps]]\nread = "a"\n')
    with pytest.raises(JourneyError, match="the journey names no policy"):
        journey.run()


def test_a_journey_without_a_time_starts_where_the_policy_does(policy):
    """On the first day that the policy names, or on the one that is asked for."""
    journey = Journey.loads('[[steps]]\nread = "a"\n')
    (step,) = journey.run(policy)
    assert step.at.date() == first_day([policy])
    (later,) = journey.starting(date(2031, 2, 3)).run(policy)
    assert later.at.date() == date(2031, 2, 3)
    dated = Journey.loads('[[steps]]\nat = 2026-01-01\nread = "a"\n')
    assert dated.starting(date(2031, 2, 3)) is dated


def test_articles_are_described_once_and_steps_may_differ():
    """What a step says of an article beats what the table says."""
    text = (
        '[articles.x]\nid = "x-1"\naccess = "premium"\nsection = "s"\ntags = ["t"]\nkind ='
        ' "k"\npublished = 2026-05-01\n[[steps]]\nread = "x"\n[[steps]]\nread = { id = "x", access'
        ' = "free", referrer = "example.com", gift = true }\n'
    )
    first, second = (step.action for step in Journey.loads(text).steps)
    assert ("x-1", "premium", "s", frozenset({"t"}), "k") == (
        first.view.article.id,
        first.view.article.access,
        first.view.article.section,
        first.view.article.tags,
        first.view.article.kind,
    )
    assert (
        second.view.article.access,
        second.view.article.section,
        second.view.referrer,
        second.view.gift,
    ) == ("free", "s", "example.com", True)


def test_the_age_of_an_article_is_the_publications():
    """A date of publication is the start of that day in its zone."""
    policy = loads_policy(
        '[publication]\nname="P"\ntimezone="Asia/Tokyo"\n[[rules]]\nname="new"\nwhen={ age = {'
        ' below = "1 day" } }\nshow="subscription-wall"\n[[rules]]\nname="old"\nshow="article"\n'
    )
    read = "read = { id = 'a', published = 2026-05-01 }"
    journey = Journey.loads(
        f"[[steps]]\nat = 2026-05-01T23:59:59\n{read}\n[[steps]]\nafter = '1 minute'\n{read}\n"
    )
    assert [step.decision.rule for step in journey.run(policy)] == ["new", "old"]


def test_what_surrounds_a_reader_comes_with_every_view():
    """Device, language and channel of the reader, unless the step says otherwise."""
    journey = Journey.loads(
        '[reader]\nsegments = ["s"]\ncountry = "JP"\nscore = 0.4\ndevice = "phone"\nlanguage ='
        ' "ja"\nchannel = "newsletter"\n[[steps]]\nat = 2026-06-01\nread = "a"\n[[steps]]\nread = {'
        ' id = "b", language = "en" }\n[[steps]]\nswitch_device = "desk"\n[[steps]]\nread = "c"\n'
    )
    seen = journey.run(
        loads_policy('[publication]\nname="P"\n[[rules]]\nname="all"\nshow="article"\n')
    )
    assert [
        (step.view.device, step.view.language, step.view.channel) for step in seen if step.is_read
    ] == [
        ("phone", "ja", "newsletter"),
        ("phone", "en", "newsletter"),
        ("desk", "ja", "newsletter"),
    ]
    assert (frozenset({"s"}), "JP", 0.4) == (
        seen[0].reader.segments,
        seen[0].reader.country,
        seen[0].reader.score,
    )


@pytest.mark.parametrize("path", sorted(SAMPLE.glob("*.journey.toml")), ids=lambda path: path.name)
def test_the_journeys_that_ship_go_as_they_say(path):
    """They are the first thing a newcomer runs."""
    assert [step.problem for step in Journey.load(path).run() if step.problem] == []


def test_the_months_of_the_sample_meet_every_prompt_and_every_status():
    """Nothing the sample policy can show to a reader is left out of the demonstration."""
    seen = Journey.load(SAMPLE / "months.journey.toml").run()
    shown = {(str(step.decision.show), step.decision.prompt) for step in seen if step.is_read}
    assert {
        ("countdown", "countdown"),
        ("last-free-article", "last-free-article"),
        ("registration-wall", "registration-wall"),
        ("trial-offer", "trial-offer"),
        ("article", None),
        ("article", "sponsored"),
        ("trial-expired", "trial-expired"),
        ("subscription-expired", "subscription-expired"),
    } == shown
    assert {
        "anonymous",
        "registered",
        "trial",
        "trial-expired",
        "subscriber",
        "subscription-expired",
    } == {str(step.reader.status(step.at)) for step in seen}
