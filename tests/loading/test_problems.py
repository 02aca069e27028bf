"""Every problem of a policy file is told: where, in which words, and what to do."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from meter import Meter, Offer, Policy, PolicyError, Rule, Window, loads_policy
from meter.errors import MOST_PROBLEMS, meant, quoted
from meter.loading import check_text
from meter.loading.events import EventError, parse_event
from meter.policy import Dates, Guarantee, Limit, Publication, When
from meter.vocabulary import Members, Range

GOOD = """\
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
locale = "en"

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }

[offers.summer]
price = 9
currency = "USD"
term = "3 months"
ends = 2026-06-30

[[rules]]
name = "subscribers read"
when = { reader = ["subscriber"] }
show = "article"

[[rules]]
name = "an allowance"
spend = "monthly"
show = "countdown"
offer = "summer"

[[rules]]
name = "everyone else"
show = "trial-offer"
offer = "summer"
"""

# What is written instead of what, the code, where in the line it points, and a part of the help.
ONE_CHANGE = [
    (
        "publication key",
        'name = "The Harbour Review"',
        'nmae = "The Harbour Review"',
        "unknown-key",
        "nmae",
        "did you mean `name`?",
    ),
    (
        "a missing key",
        "price = 9\n",
        "",
        "missing-key",
        "offers.summer",
        "add `price`, a number such as `9`",
    ),
    (
        "a missing name",
        'name = "The Harbour Review"\n',
        "",
        "missing-key",
        "publication",
        "add `name`",
    ),
    (
        "a number in quotes",
        "price = 9",
        'price = "9"',
        "wrong-type",
        '"9"',
        "write it without quotes",
    ),
    (
        "a whole number in quotes",
        "anonymous = 3",
        'anonymous = "3"',
        "wrong-type",
        '"3"',
        "write it without quotes",
    ),
    ("a limit with decimals", "anonymous = 3", "anonymous = 3.5", "wrong-type", "3.5", None),
    ("a flag for a number", "anonymous = 3", "anonymous = true", "wrong-type", "true", None),
    (
        "a negative limit",
        "anonymous = 3",
        "anonymous = -3",
        "bad-limit",
        "-3",
        "0 is a wall at once",
    ),
    ("a huge limit", "anonymous = 3", "anonymous = 10001", "bad-limit", "10001", None),
    (
        "a status of no reader",
        "anonymous = 3",
        "anonymos = 3",
        "unknown-word",
        "anonymos",
        "did you mean `anonymous`?",
    ),
    (
        "a bare word",
        '["subscriber"]',
        '"subscriber"',
        "wrong-type",
        '"subscriber"',
        'put it in brackets: `reader = ["subscriber"]`',
    ),
    (
        "an unknown word",
        '["subscriber"]',
        '["subscribr"]',
        "unknown-word",
        '"subscribr"',
        "did you mean `subscriber`?",
    ),
    ("an empty list", '["subscriber"]', "[]", "empty-list", "[]", "name at least one"),
    (
        "a zone that is not there",
        "Asia/Tokyo",
        "Asia/Tokio",
        "unknown-timezone",
        '"Asia/Tokio"',
        "did you mean `Asia/Tokyo`?",
    ),
    (
        "a city for a zone",
        "Asia/Tokyo",
        "tokyo",
        "unknown-timezone",
        '"tokyo"',
        "did you mean `Asia/Tokyo`?",
    ),
    (
        "a path for a zone",
        "Asia/Tokyo",
        "/etc/passwd",
        "unknown-timezone",
        '"/etc/passwd"',
        "zones are named after a city",
    ),
    ("a zone folder", "Asia/Tokyo", "Asia", "unknown-timezone", '"Asia"', None),
    ("the machine's zone", "Asia/Tokyo", "localtime", "unknown-timezone", '"localtime"', None),
    ("an unknown locale", '"en"', '"en-XQ"', "unknown-locale", '"en-XQ"', "did you mean"),
    ("an unknown currency", '"USD"', '"usd"', "unknown-currency", '"usd"', "did you mean `USD`?"),
    ("an unknown term", '"3 months"', '"3 moons"', "bad-term", '"3 moons"', None),
    (
        "a date in quotes",
        "2026-06-30",
        '"2026-06-30"',
        "wrong-type",
        '"2026-06-30"',
        "write it without quotes",
    ),
    ("a date far off", "2026-06-30", "9999-12-31", "bad-date", "9999-12-31", None),
    (
        "ends before it starts",
        "ends = 2026-06-30",
        "starts = 2026-07-01\nends = 2026-06-30",
        "starts-after-ends",
        "2026-06-30",
        "swap",
    ),
    (
        "two kinds of window",
        '{ calendar = "month" }',
        '{ calendar = "month", lifetime = true }',
        "bad-window",
        "{",
        None,
    ),
    ("no kind of window", '{ calendar = "month" }', "{}", "bad-window", "{", None),
    (
        "a start without a week",
        '{ calendar = "month" }',
        '{ calendar = "month", starts = "sunday" }',
        "bad-window",
        "{",
        None,
    ),
    (
        "a length of nothing",
        '{ calendar = "month" }',
        '{ rolling = "0 days" }',
        "bad-length",
        '"0 days"',
        None,
    ),
    (
        "no limit at all",
        "limit = { anonymous = 3, registered = 5 }\n",
        "",
        "bad-meter",
        "meters.monthly",
        None,
    ),
    (
        "both limits",
        "limit = {",
        "limits = [ { limit = 1 } ]\nlimit = {",
        "bad-meter",
        "meters.monthly",
        None,
    ),
    (
        "an unknown meter",
        'spend = "monthly"',
        'spend = "montly"',
        "unknown-meter",
        '"montly"',
        "did you mean `monthly`?",
    ),
    (
        "an unknown offer",
        'show = "trial-offer"\noffer = "summer"',
        'show = "trial-offer"\noffer = "s"',
        "unknown-offer",
        '"s"',
        "there are: `summer`",
    ),
    (
        "an unknown show",
        '"countdown"',
        '"contdown"',
        "unknown-word",
        '"contdown"',
        "did you mean `countdown`?",
    ),
    (
        "a countdown of nothing",
        'spend = "monthly"\n',
        "",
        "show-needs-spend",
        '"countdown"',
        "add `spend`",
    ),
    (
        "a wall that spends",
        'show = "countdown"',
        'show = "registration-wall"',
        "wall-spends",
        '"registration-wall"',
        "remove `spend`",
    ),
    (
        "no last rule",
        'show = "trial-offer"',
        'when = { gift = true }\nshow = "trial-offer"',
        "no-catch-all",
        '"everyone else"',
        "add a last rule",
    ),
    (
        "two rules of one name",
        '"an allowance"',
        '"everyone else"',
        "duplicate-name",
        '"everyone else"',
        "give each its own name",
    ),
    (
        "two names that look alike",
        '"an allowance"',
        '"Everyone  ELSE"',
        "look-alike-name",
        '"everyone else"',
        "nobody can mistake",
    ),
    (
        "a name with a foreign letter",
        '"an allowance"',
        '"everyоne else"',
        "look-alike-name",
        '"everyone else"',
        "nobody can mistake",
    ),
    (
        "an unknown meter that turns the line",
        'spend = "monthly"',
        'spend = "\\u202emon"',
        "unknown-meter",
        '"\\u202emon"',
        None,
    ),
    (
        "a meter without a name",
        "[offers.summer]",
        '[meters.""]\nlimit = 1\nwindow = { lifetime = true }\n[offers.summer]',
        "empty-text",
        'meters.""',
        "give it a name",
    ),
    (
        "a meter with a space at its end",
        "[offers.summer]",
        '[meters."a "]\nlimit = 1\nwindow = { lifetime = true }\n[offers.summer]',
        "bad-name",
        'meters."a "',
        "no space at its ends",
    ),
    (
        "words that are no table",
        "[publication]",
        "copy = 5\n[publication]",
        "wrong-type",
        "5",
        "write a table",
    ),
    (
        "a left that is a list",
        'reader = ["subscriber"]',
        "left = [ 1 ]",
        "wrong-type",
        "[ 1 ]",
        None,
    ),
    (
        "a meter that is a number",
        "[publication]",
        "offers.winter = 5\n[publication]",
        "wrong-type",
        "5",
        "write a table",
    ),
    ("an empty name", '"an allowance"', '" "', "empty-text", '" "', None),
    ("a name of two lines", '"an allowance"', '"an\\nallowance"', "bad-name", '"an\\n', None),
    (
        "a name with hidden marks",
        '"an allowance"',
        '"an\\u202eallowance"',
        "bad-name",
        '"an\\u202e',
        None,
    ),
    (
        "a prompt out of its folder",
        'offer = "summer"\n\n',
        'prompt = "../secret"\n\n',
        "bad-name",
        '"../secret"',
        "letters, digits",
    ),
    (
        "a range the wrong way round",
        'reader = ["subscriber"]',
        "score = { above = 0.8, below = 0.2 }",
        "empty-range",
        "{ above",
        "wrong way round",
    ),
    ("a range of nothing", 'reader = ["subscriber"]', "score = {}", "empty-range", "{} }", None),
    (
        "a range of one point left out",
        'reader = ["subscriber"]',
        "score = { at_least = 0.5, below = 0.5 }",
        "empty-range",
        "{ at_least",
        None,
    ),
    (
        "a score above 1",
        'reader = ["subscriber"]',
        "score = { above = 2 }",
        "bad-number",
        "2",
        None,
    ),
    (
        "a number that is none",
        'reader = ["subscriber"]',
        "score = { above = nan }",
        "wrong-type",
        "nan",
        None,
    ),
    (
        "dates without an end",
        'reader = ["subscriber"]',
        "dates = {}",
        "empty-range",
        "{} }",
        "add one of them",
    ),
    (
        "dates the wrong way round",
        'reader = ["subscriber"]',
        "dates = { from = 2026-07-01, until = 2026-06-01 }",
        "empty-range",
        "{ from",
        "swap",
    ),
    ("an empty any", 'reader = ["subscriber"]', "any = []", "empty-list", "[]", None),
    (
        "an any that asks nothing",
        'reader = ["subscriber"]',
        "any = [ {}, { gift = true } ]",
        "empty-condition",
        "{}",
        None,
    ),
    ("a not of nothing", 'reader = ["subscriber"]', "not = {}", "empty-condition", "{}", None),
    ("tags that ask nothing", 'reader = ["subscriber"]', "tags = {}", "empty-table", "{} }", None),
    (
        "left of an unknown meter",
        'reader = ["subscriber"]',
        "any = [ { not = { left = { moon = { at_most = 2 } } } } ]",
        "unknown-meter",
        "{ at_most",
        None,
    ),
    ("left of nothing", 'reader = ["subscriber"]', "left = {}", "empty-table", "{} }", None),
    (
        "a bad key deep inside",
        'reader = ["subscriber"]',
        "any = [ { gift = true }, { not = { reder = [] } } ]",
        "unknown-key",
        "reder",
        "did you mean `reader`?",
    ),
    (
        "a word without quotes",
        'show = "article"',
        "show = article",
        "toml-syntax",
        "article",
        "words stand in quotes",
    ),
    (
        "a key given twice",
        "price = 9",
        "price = 9\nprice = 10",
        "duplicate-key",
        "price = 10",
        "remove one of the two",
    ),
    (
        "a table given twice",
        "[offers.summer]",
        "[meters.monthly]",
        "duplicate-key",
        "meters.monthly",
        None,
    ),
    (
        "text never closed",
        '"The Harbour Review"',
        '"The Harbour Review',
        "toml-syntax",
        None,
        "close",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "code", "at", "advice"),
    [row[1:] for row in ONE_CHANGE],
    ids=[row[0] for row in ONE_CHANGE],
)
def test_one_mistake_is_one_problem_where_it_is(old, new, code, at, advice):
    """One change to a good file gives one problem, at that place, with the next step."""
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    policy, problems = check_text(text)
    assert (None, [code]) == (policy, [problem.code for problem in problems])
    (problem,) = problems
    line = text.split("\n")[problem.line - 1]
    assert at is None or line[problem.column - 1 :].startswith(at), (
        f"points at {line[problem.column - 1 :]!r}"
    )
    assert line == problem.source
    assert problem.help
    assert problem.message.isprintable()
    assert advice is None or advice in problem.help


def test_a_problem_is_told_with_place_line_and_next_step():
    """The words of a problem are those the documentation shows."""
    with pytest.raises(PolicyError) as caught:
        loads_policy(
            GOOD.replace('spend = "monthly"', 'spend = "montly"'), name="policies/spring.toml"
        )
    expected = (
        "policies/spring.toml:23:9: error[unknown-meter]: rule `an allowance` spends from `montly`,"
        ' which is not a meter\n   23 | spend = "montly"\n  help: did you mean `monthly`?'
    )
    assert expected == str(caught.value)


def test_every_problem_is_told_at_once():
    """Problems of form and of meaning arrive together, in the order of the file."""
    text = GOOD
    for old, new in (
        ("Tokyo", "Tokio"),
        ("anonymous = 3", "anonymos = 3"),
        ("price = 9", "price = true"),
        ('["subscriber"]', '"subscriber"'),
        ('spend = "monthly"', 'spend = "montly"'),
        ('name = "everyone else"', 'name = "everyone else"\nwhen = { gift = true }'),
        ('show = "countdown"', 'shw = "countdown"'),
    ):
        text = text.replace(old, new)
    _, problems = check_text(text)
    expected = [
        "unknown-timezone",
        "unknown-word",
        "wrong-type",
        "wrong-type",
        "unknown-meter",
        "unknown-key",
        "no-catch-all",
    ]
    assert expected == [problem.code for problem in problems]
    assert sorted(problem.line for problem in problems) == [problem.line for problem in problems]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('spend = "monthly"', "spend = 5"),
        ('spend = "monthly"', 'spent = "monthly"'),
        ('show = "countdown"', "show = 1"),
        ("[meters.monthly]\n", "[meters.monthly]\nlimits = 5\n"),
        ("term = ", "terms = "),
        ('"everyone else"', "5"),
        ('when = { reader = ["subscriber"] }', "when = 5"),
        ('when = { reader = ["subscriber"] }', "when = { any = [ 5 ] }"),
        ('when = { reader = ["subscriber"] }', "when = { not = { reader = 5 } }"),
        ('when = { reader = ["subscriber"] }', "when = { tags = { any = 5 } }"),
        ('when = { reader = ["subscriber"] }', "when = { score = { above = 'x' } }"),
        ('when = { reader = ["subscriber"] }', "when = { dates = { until = 'x' } }"),
        (
            '[publication]\nname = "The Harbour Review"\ntimezone = "Asia/Tokyo"\nlocale = "en"',
            "publication = 5",
        ),
        ('window = { calendar = "month" }', "window = 5"),
        ("[meters.monthly]", "[meter.monthly]"),
        ("[offers.summer]", "[offer.summer]"),
        ("[offers.summer]", "[[offers]]"),
    ],
)
def test_nothing_is_said_of_what_only_follows_from_another_mistake(old, new):
    """A value that cannot be read is reported, and not what its absence would mean."""
    text = GOOD.replace(old, new)
    assert text != GOOD
    assert len(check_text(text)[1]) == 1, "\n".join(map(str, check_text(text)[1]))


PROMPT = """
[prompts.give]
heading = "Give"
at_most = { times = 2, window = { calendar = "day" } }
"""
EXPERIMENT = """
[experiments.price]
seed = "price"
variants = { control = 0.5, nine = 0.5 }
"""
ASKING = """
[[rules]]
name = "asked before"
when = { seen = { give = { at_least = 1 } }, experiment = { price = ["nine"] } }
show = "article"

[[rules]]
name = "open"
show = "article"
"""


@pytest.mark.parametrize(
    ("prompt", "experiment"),
    [
        (PROMPT.replace("times = 2", "times = 0"), EXPERIMENT),
        (PROMPT.replace('"day"', '"days"'), EXPERIMENT),
        (PROMPT.replace("at_most", "at_mst"), EXPERIMENT),
        ("prompts.give = 5\n", EXPERIMENT),
        ("prompts = 5\n", EXPERIMENT),
        (PROMPT, EXPERIMENT.replace("nine = 0.5", "nine = 5")),
        (PROMPT, EXPERIMENT.replace("nine = 0.5", "nine = 0.6")),
        (PROMPT, EXPERIMENT.replace("variants", "variant")),
        ("experiments.price = 5\n", PROMPT),
        ("experiments = 5\n", PROMPT),
    ],
)
def test_nothing_is_said_of_what_only_follows_in_a_campaign(prompt, experiment):
    """Of a prompt or an experiment that cannot be read, nobody says that it lacks something."""
    good = f'publication.name = "x"\n{PROMPT}{EXPERIMENT}{ASKING}'
    assert loads_policy(good)
    problems = check_text(f'publication.name = "x"\n{prompt}{experiment}{ASKING}')[1]
    assert len(problems) == 1, "\n".join(map(str, problems))


def test_a_rule_that_is_no_table_does_not_move_the_others():
    """The rules behind a broken one are still pointed at by their own lines."""
    rules = '[ 5, { name = "a", show = "article", spend = "x" }, { name = "b", show = "article" } ]'
    _, problems = check_text(f'publication.name = "x"\nrules = {rules}\n')
    assert [(p.code, p.line, p.column) for p in problems] == [
        ("wrong-type", 2, 11),
        ("unknown-meter", 2, 54),
    ]


@pytest.mark.parametrize(
    ("old", "new", "advice"),
    [
        (
            'when = { reader = ["subscriber"] }',
            'reader = ["subscriber"]',
            "it belongs in `when`: `when = { reader = … }`",
        ),
        (
            'window = { calendar = "month" }',
            'window = { lifetime = true }\ncalendar = "month"',
            "it belongs in `window`: `window = { calendar = … }`",
        ),
        (
            "[publication]",
            'timezone = "UTC"\n[publication]',
            "it belongs in `publication`: write it below `[publication]`",
        ),
    ],
)
def test_a_key_in_the_wrong_table_is_told_the_right_one(old, new, advice):
    """A key that the table below it has was meant to be there."""
    _, problems = check_text(GOOD.replace(old, new))
    assert [("unknown-key", advice)] == [(problem.code, problem.help) for problem in problems]


def test_a_journey_is_not_taken_for_a_policy():
    """The other kind of file is told what it is."""
    _, problems = check_text('policy = "policy.toml"\n[[steps]]\nread = "a1"\n')
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [
        ("not-a-policy", 2, 3)
    ]


def test_rules_written_as_a_table_show_the_brackets():
    """`[rules]` and `[[meters]]` are told how each is written."""
    _, problems = check_text(
        '[publication]\nname = "x"\n[rules]\nname = "a"\nshow = "article"\n[[meters]]\nname ='
        ' "monthly"\n'
    )
    assert [problem.help for problem in problems] == [
        "write `[[rules]]` with two brackets before each of them",
        "write `[meters.NAME]` with single brackets before each of them",
    ]


def test_columns_count_characters():
    """A column is what an editor shows, also behind letters of several bytes."""
    _, problems = check_text(
        'publication.name = "x"\n[[rules]]\nname = "é日本語😀"\nshow = "article"\nwhen = { section'
        ' = ["日本", 5] }\n'
    )
    assert [(p.line, p.column, p.code) for p in problems] == [
        (3, 8, "no-catch-all"),
        (5, 27, "wrong-type"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("publication.nme = 5", (1, 1)),
        ("[publication]\n'nme' = 5", (2, 1)),
        ('[publication]\n# a comment\n"nme" = 5 # another', (3, 1)),
        ("publication = { nme = 5 }", (1, 17)),
        ("[publication.nme]\nx = 1", (1, 2)),
        ("publication.nme.x = 5", (1, 1)),
    ],
)
def test_a_key_is_found_however_it_is_written(text, place):
    """Dotted keys, quoted keys, inline tables and headings are all found."""
    _, problems = check_text(text)
    assert place in {(p.line, p.column) for p in problems if p.code == "unknown-key"}


def test_items_of_lists_of_tables_are_told_apart():
    """A heading below `[[rules]]` belongs to the rule above it."""
    text = GOOD.replace(
        'when = { reader = ["subscriber"] }\nshow = "article"',
        'show = "article"\n[rules.when]\nreader = [\n  "staff", # people\n  "x",\n]',
    )
    _, problems = check_text(text)
    assert [(p.code, p.line, p.column) for p in problems] == [("unknown-word", 22, 3)]


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "http://example.com/",
        "//evil.example",
        "/\\evil.example",
        "https://",
        "example.com",
        "/a b",
        "https://a@b/",
    ],
)
def test_a_link_that_leads_out_of_the_site_by_a_trick_is_refused(link):
    """Links are paths of the site or `https://` addresses."""
    _, problems = check_text(GOOD + f"[links]\nsubscribe = '{link}'\n")
    assert [(p.code, p.line, p.column) for p in problems] == [("bad-link", 32, 13)]


def test_words_given_twice_for_one_locale_are_refused():
    """`[copy]` is the publication's own locale; a table for it as well would hide one of them."""
    _, problems = check_text(
        GOOD + '[copy]\npitch = "a"\n[copy.en]\npitch = "b"\n[copy.xx-yy]\npitch = "c"\n'
    )
    assert [(p.code, p.line) for p in problems] == [("duplicate-name", 33), ("unknown-locale", 35)]


def test_thousands_of_problems_are_listed_up_to_a_bound():
    """The first are listed and the rest is counted."""
    _, problems = check_text(GOOD + "".join(f"key{n} = 1\n" for n in range(1000)))
    assert len(problems) == MOST_PROBLEMS + 1
    assert (
        "too-many-problems",
        (
            f"the first {MOST_PROBLEMS} problems are listed; there are at least"
            f" {1000 - MOST_PROBLEMS} more"
        ),
    ) == (
        problems[-1].code,
        problems[-1].message,
    )


WALL = Rule(name="everyone else", show="subscription-wall")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"publication": Publication(name="x", timezone="Mars")}, "unknown-timezone"),
        ({"rules": []}, "no-rules"),
        ({"rules": [Rule(name="a", show="article", when=When(reader=[])), WALL]}, "empty-list"),
        (
            {"rules": [Rule(name="a", show="article", when=When(tags=Members())), WALL]},
            "empty-table",
        ),
        (
            {
                "rules": [
                    Rule(name="a", show="article", when=When(score=Range(above=float("nan")))),
                    WALL,
                ]
            },
            "bad-number",
        ),
        (
            {
                "rules": [
                    Rule(name="a", show="article", when=When(score=Range(equals=0.5, above=0.5))),
                    WALL,
                ]
            },
            "empty-range",
        ),
        (
            {"rules": [Rule(name="a", show="article", when=When(dates=Dates())), WALL]},
            "empty-range",
        ),
        (
            {"rules": [Rule(name="a", show="article", when=When(not_=When())), WALL]},
            "empty-condition",
        ),
        (
            {"meters": [Meter(name="m", window=Window(lifetime=True), limit={"anonymous": -1})]},
            "bad-limit",
        ),
        (
            {
                "meters": [
                    Meter(
                        name="m",
                        window=Window(lifetime=True),
                        limits=[Limit(when=When(left={"m": Range(at_most=1)}), limit=1)],
                    )
                ]
            },
            "left-in-limit",
        ),
        ({"offers": [Offer(name="o", price="-1", currency="USD", term="1 day")]}, "bad-number"),
        (
            {"offers": [Offer(name="o", price="1", currency="USD", term="1 day", ends=date.max)]},
            "bad-date",
        ),
        (
            {
                "rules": [
                    Rule(name="a", show="article", when=When(dates=Dates(from_=date.min))),
                    WALL,
                ]
            },
            "bad-date",
        ),
        ({"guarantees": [Guarantee(name="g")]}, "empty-guarantee"),
    ],
)
def test_a_policy_built_in_python_is_held_to_the_same_checks(parts, code):
    """What makes a file unusable makes a policy unusable that was never in one."""
    with pytest.raises(PolicyError) as caught:
        Policy(**{"publication": Publication(name="x"), "rules": [WALL], **parts})
    assert [code] == [problem.code for problem in caught.value.problems]


def test_a_quotation_is_short_and_harmless():
    """What is quoted is cut, and cannot move the cursor of a terminal."""
    assert quoted("a" * 1000) == "`" + "a" * 59 + "…`"
    assert quoted("\x1b[31m") == "`\\u001B[31m`"
    assert quoted(None) == "`null`"
    assert quoted({"a": 1}) == "`{ a = … }`"


def test_a_word_like_none_may_be_told_something_better_than_the_list():
    """A slip is answered by the word; anything else by the list, or by what is said instead."""
    assert "did you mean `b-c`?" == meant("B_C", ["b-c"], "see the reference")
    assert "see the reference" == meant("xyz", ["b-c"], "see the reference")
    assert "there are: `a`, `b-c`" == meant("xyz", ["b-c", "a"])


@pytest.mark.parametrize("path", ["spend", "left"])
def test_a_value_that_differs_in_capitals_is_taken_for_a_slip(path):
    """`MONTHLY` where the meter is `monthly` is answered as the key `SPEND` is."""
    text = GOOD.replace('spend = "monthly"', 'spend = "MONTHLY"')
    if path == "left":
        text = GOOD.replace(
            'spend = "monthly"',
            'spend = "monthly"\nwhen = { left = { MONTHLY = { at_least = 1 } } }',
        )
    _, (problem,) = check_text(text)

    assert ("unknown-meter", "did you mean `monthly`?") == (problem.code, problem.help)


def test_a_guess_looks_past_capitals_and_underscores():
    """`Trial_Expired` was meant to be `trial-expired`."""
    assert meant("Trial_Expired", ["trial-expired", "trial"]) == "did you mean `trial-expired`?"
    assert meant("xyz", ["b", "a"]) == "there are: `a`, `b`"
    assert meant("xyz", []) == "there are none yet"


def test_one_bracket_where_two_belong_is_told_where_it_stands():
    """Not at the second of the list, which is right."""
    first = '[publication]\nname = "H"\n[rules]\nname = "a"\nshow = "article"\n'
    with pytest.raises(PolicyError) as caught:
        loads_policy(first + '[[rules]]\nname = "b"\nshow = "article"\n')
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column) == ("duplicate-key", 3, 1)
    assert problem.help == "write `[[rules]]` with two brackets before each of them"


@pytest.mark.parametrize(
    ("at", "step"),
    [
        (1780304400, "write a time with its offset, such as `2026-06-01T09:00:00+09:00`"),
        (2.5, "write a time with its offset, such as `2026-06-01T09:00:00+09:00`"),
    ],
)
def test_a_next_step_does_not_lead_to_the_next_error(at, step):
    """A number is only to be put in quotes where it is read then."""
    table = {"at": at, "reader": {"id": 7}, "article": "a"}
    with pytest.raises(EventError) as caught:
        parse_event(table, ZoneInfo("UTC"))
    assert [problem.help for problem in caught.value.problems] == [step, "put it in quotes"]
