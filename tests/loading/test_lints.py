"""What is allowed but probably a mistake is a warning, at its place."""

import json
from datetime import date
from string import ascii_uppercase

import pytest

from meter.loading import check_text
from meter.loading.codes import is_country
from meter.loading.lints import LINTS, lint
from meter.verify.lints import lints

TEXT = """\
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[meters.monthly]
window = { calendar = "month" }
limit = 3

[offers.summer]
price = 9
currency = "USD"
term = "3 months"
ends = 2026-06-30

[[rules]]
name = "an allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "trial-offer"
offer = "summer"
"""
LAST = '\n[[rules]]\nname = "hidden"\nshow = "article"\n'
UNUSED = "\n[meters.taste]\nwindow = { lifetime = true }\nlimit = 1\n"
TEST = '\n[experiments.price]\nseed = "price-test"\nvariants = { control = 0.5, nine = 0.5 }\n'
GROUP = '\n[prompts.give]\nheading = "We live on gifts"\nonce = true\ngroup = "asks"\n'
EVERY = 'every = { meter = "monthly", views = 4 }\n'

CASES = {
    "unreachable-rule": [(TEXT + LAST, (26, 8))],
    "unspent-meter": [(TEXT + UNUSED, (25, 2))],
    "zero-limit": [
        (TEXT.replace("limit = 3", "limit = 0"), (17, 9)),
        (TEXT.replace("limit = 3", "limit = { anonymous = 0 }"), (17, 9)),
    ],
    "unused-offer": [
        (TEXT.replace('show = "trial-offer"\noffer = "summer"', 'show = "article"'), (9, 2))
    ],
    "lonely-group": [(TEXT + GROUP, (28, 9))],
    "never-due": [(TEXT + GROUP + EVERY, (29, 9))],
    "gifts-open-nothing": [(TEXT + "[gifts]\nreaders = 5\n", (24, 2))],
    "unasked-experiment": [(TEXT + TEST, (25, 2))],
    "lone-variant": [(TEXT + TEST.replace("nine = 0.5", "nine = 0"), (27, 12))],
    "unused-prompt": [(TEXT + '[prompts.sale]\nheading = "Sale"\n', (24, 2))],
    "missing-offer": [
        (TEXT.replace('show = "trial-offer"\noffer = "summer"', 'show = "trial-offer"'), (22, 8))
    ],
    "limit-gap": [
        (
            TEXT.replace(
                "limit = 3", 'limits = [ { when = { reader = ["registered"] }, limit = 3 } ]'
            ),
            (7, 12),
        )
    ],
    "copy-gap": [
        (TEXT + '[copy]\nheadline = "a"\n[copy.ja]\npitch = "b"\n', (26, 2)),
        (TEXT + '[copy.ja]\npitch = "b"\n', (24, 2)),
        (
            TEXT.replace("spend =", 'when = { language = ["en", "ar"] }\nspend =')
            + '[copy]\nheadline = "a"\n',
            (17, 21),
        ),
        (
            TEXT.replace("spend =", 'prompt = "sale"\nspend =')
            + '[prompts.sale]\nheading = "a"\n[copy.ja.nouns]\nx = { other = "y" }\n',
            (27, 2),
        ),
        (
            TEXT.replace("limit = 3", 'limit = 3\nnoun = "card"')
            + '[copy.nouns]\ncard = { one = "card", other = "cards" }\n[copy.ja]\n',
            (27, 2),
        ),
        (TEXT + '[copy.pl.nouns]\ncard = { one = "karta", other = "karty" }\n', (25, 8)),
        (TEXT + '[copy.da.texts.bar]\nopen = "mere"\n', (24, 2)),
    ],
    "unused-plural": [
        (TEXT + '[copy.nouns]\ncard = { one = "a", few = "b", other = "c" }\n', (25, 8)),
        (TEXT + '[copy.texts.left]\none = "{n} {period}"\ntwo = "a"\nother = "b"\n', (24, 2)),
        (
            TEXT.replace("spend =", 'prompt = "few"\nspend =')
            + "[prompts.few]\nheading = \"{{ left|plural(one='a', many='b', other='c') }}\"\n",
            (26, 11),
        ),
    ],
    "missing-placeholder": [
        (TEXT + '[copy.da.texts.offer]\nends = "snart"\n', (25, 8)),
        (TEXT + '[copy.da.texts.left]\none = "{n}"\nother = "{n}"\n', (24, 2)),
        (
            TEXT.replace("spend =", 'prompt = "few"\nspend =')
            + '[prompts.few]\nheading = "{{ left }}"\n[copy.ja.prompts.few]\nheading = "a"\n',
            (27, 2),
        ),
    ],
    "offer-over": [(TEXT, (13, 8))],
    "odd-timezone": [(TEXT.replace("Asia/Tokyo", "Etc/GMT+9"), (3, 12))],
    "language-not-shipped": [(TEXT.replace('"Asia/Tokyo"', '"UTC"\nlocale = "tr"'), (4, 10))],
    "draft-language": [
        (TEXT.replace('"Asia/Tokyo"', '"Europe/London"\nlocale = "cy"'), (4, 10)),
        (TEXT + '[copy]\npitch = "a"\n[copy.cy]\npitch = "b"\n', (26, 2)),
    ],
    "unseen-offer": [
        (
            TEXT.replace(
                '[[rules]]\nname = "an',
                '[[rules]]\nname = "a"\nwhen = { kind = ["a"] }\nshow = "article"\n'
                'offer = "summer"\n\n[[rules]]\nname = "an',
            ),
            (19, 9),
        )
    ],
    "limit-by-article": [
        (
            TEXT.replace(
                "limit = 3", 'limits = [ { when = { tags = ["a"] }, limit = 1 }, { limit = 3 } ]'
            ),
            (7, 30),
        )
    ],
    "odd-price": [
        (TEXT.replace("price = 9", "price = 9.999"), (10, 9)),
        (TEXT.replace('price = 9\ncurrency = "USD"', 'price = 900.5\ncurrency = "JPY"'), (10, 9)),
    ],
    "odd-word": [
        (TEXT.replace("spend =", 'when = { section = ["sport/*"] }\nspend ='), (17, 20)),
        (TEXT.replace("ends =", 'when = { referrer = ["google"] }\nends ='), (13, 21)),
        (
            TEXT.replace("spend =", 'when = { not = { tags = { none = ["a*"] } } }\nspend ='),
            (17, 25),
        ),
    ],
    "split-night": [
        (
            TEXT.replace(
                "spend =",
                'when = { weekday = ["friday"], hour = { at_least = 18, below = 6 } }\nspend =',
            ),
            (17, 39),
        ),
        (
            TEXT.replace(
                "ends =", "when = { NIGHT, dates = { from = 2026-06-01 } }\nends ="
            ).replace("NIGHT", "hour = { at_least = 22, below = 2 }"),
            (13, 17),
        ),
    ],
    "unknown-prompt": [(TEXT.replace("spend =", 'prompt = "sponsered"\nspend ='), (17, 10))],
    "unknown-code": [
        (TEXT.replace("spend =", 'when = { country = ["JP", "Japan"] }\nspend ='), (17, 20)),
        (
            TEXT.replace(
                "spend =", 'when = { not = { any = [ { language = ["english"] } ] } }\nspend ='
            ),
            (17, 39),
        ),
        (TEXT.replace("ends =", 'when = { country = ["Atlantis"] }\nends ='), (13, 20)),
        (TEXT.replace("limit = 3", 'limit = 3\ncounts = { country = ["Japan"] }'), (8, 22)),
        (TEXT + TEST + 'when = { country = ["Japan"] }\n', (28, 20)),
        (
            TEXT.replace(
                "limit = 3",
                'limits = [ { when = { country = ["Japan"] }, limit = 3 }, { limit = 1 } ]',
            ),
            (7, 33),
        ),
        (
            TEXT + '[[guarantees]]\nname = "g"\nwhen = { country = ["Japan"] }\nnever ='
            ' ["trial-expired"]\n',
            (26, 20),
        ),
    ],
}


@pytest.mark.parametrize("code", LINTS)
def test_a_warning_is_given_where_it_belongs(code):
    """Every warning has a policy that earns it, and says where."""
    for text, place in CASES[code]:
        policy, problems = check_text(text, today=date(2026, 7, 1), exact=lints)
        found = [(problem.line, problem.column) for problem in problems if problem.code == code]
        assert {problem.severity for problem in problems} <= {"warning"}, problems
        assert policy is not None
        assert found == ([place] if place else found[:1])


def gaps(text: str) -> list[tuple[str, str]]:
    """What is said of words of the publisher's that are missing."""
    _, problems = check_text(text, today=date(2026, 6, 1))
    return [(p.message, p.help) for p in problems if p.code == "copy-gap"]


@pytest.mark.parametrize(
    ("locale", "language", "copies", "missing"),
    [
        ("en", "ar", "", False),
        ("en", "ar", '[copy]\nheadline = "a"\n', True),
        ("en", "ar", '[copy]\nheadline = "a"\n[copy.ar]\nheadline = "b"\n', False),
        ("en", "ar", '[copy]\nheadline = "a"\n[copy.ar-EG]\nheadline = "b"\n', False),
        ("en", "zh-TW", '[copy]\nheadline = "a"\n[copy.zh-Hant]\nheadline = "b"\n', False),
        ("en", "zh-TW", '[copy]\nheadline = "a"\n[copy.zh]\nheadline = "b"\n', True),
        ("en", "no", '[copy]\nheadline = "a"\n[copy.nb]\nheadline = "b"\n', False),
        ("en-GB", "en", '[copy]\nheadline = "a"\n', False),
    ],
)
def test_a_language_without_words_of_the_publishers_is_told(locale, language, copies, missing):
    """Where there are words in others: found as a prompt finds them, told once."""
    text = TEXT.replace('"Asia/Tokyo"', f'"Asia/Tokyo"\nlocale = "{locale}"')
    text = text.replace("spend =", f'when = {{ language = ["{language}"] }}\nspend =')
    text = text.replace(
        'show = "trial', f'when = {{ not = {{ language = ["{language}"] }} }}\nshow = "trial'
    )
    message = (
        f"a condition asks for `{language.lower()}`, but there are no words of yours in it: a"
        " prompt in this language has your headline in another"
    )
    expected = [(message, f"add `[copy.{language.lower()}]`")] if missing else []
    assert expected == gaps(text + LAST + copies)


def test_a_code_that_is_not_the_one_in_use_is_answered_by_meaning():
    """`UK` looks like a code, but no request ever comes from it: it is `GB`."""
    _, problems = check_text(TEXT.replace("spend =", 'when = { country = ["UK", "FR"] }\nspend ='))
    found = [
        (problem.message, problem.help) for problem in problems if problem.code == "unknown-code"
    ]
    message = "`UK` is not the code of a country, so nobody is ever in it"

    assert [(message, "did you mean `GB`?")] == found


def test_a_name_for_a_code_is_answered_with_the_code():
    """Whoever writes a country or a language by its name learns its code."""
    lists = (
        'when = { country = ["Japan", "Atlantis"], language = ["brazilian portuguese", "en-GB"] }'
    )
    _, problems = check_text(TEXT.replace("spend =", f"{lists}\nspend ="))
    found = [
        (problem.message, problem.help) for problem in problems if problem.code == "unknown-code"
    ]
    assert found == [
        (
            "`Atlantis` is not the code of a country, so nobody is ever in it",
            "codes look like `JP` or `US`",
        ),
        ("`Japan` is not the code of a country, so nobody is ever in it", "did you mean `JP`?"),
        (
            "`brazilian portuguese` is not the code of a language, so no page is ever in it",
            "did you mean `pt-BR`?",
        ),
    ]


def test_a_policy_that_is_meant_earns_no_warning():
    """There is nothing to say about a plain policy while its offer runs.

    A price may have the decimals of its currency.
    """
    today = date(2026, 6, 30)
    exactly_priced = TEXT.replace("price = 9", "price = 9.99")
    assert check_text(exactly_priced, today=today, exact=lints)[1] == ()
    policy, problems = check_text(TEXT, today=today, exact=lints)
    assert (problems, lint(policy, exact=lints)) == ((), ())


def test_an_offer_is_over_only_when_its_last_day_is():
    """The day named by `ends` still counts, in the publication's zone.

    Without a day nothing is said.
    """
    assert [
        [problem.code for problem in check_text(TEXT, today=day, exact=lints)[1]]
        for day in (date(2026, 6, 30), date(2026, 7, 1), None)
    ] == [
        [],
        ["offer-over"],
        [],
    ]


def test_a_rule_that_spends_hides_nothing():
    """One without a condition is passed by when nothing is left, so what follows is reached."""
    assert not [problem for problem in check_text(TEXT)[1] if problem.code == "unreachable-rule"]


def test_errors_hide_warnings():
    """A policy that cannot be used is mended first."""
    policy, problems = check_text(TEXT.replace("price = 9", "price = 'x'") + UNUSED)
    assert (policy, [problem.code for problem in problems]) == (None, ["wrong-type"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [("english", "en"), ("Japanese", "ja"), ("Brazilian Portuguese", "pt-BR"), ("jaa", "ja")],
)
def test_a_language_for_a_locale_is_answered_with_the_locale(written, meant):
    """Whoever writes the publication's language by its name learns its code."""
    _, (problem,) = check_text(
        TEXT.replace('timezone = "Asia/Tokyo"', f'locale = "{written}"'), today=date(2026, 6, 1)
    )
    assert ("unknown-locale", f"did you mean `{meant}`?") == (problem.code, problem.help)


def told(key, words):
    """Return what is said of one condition: the code and the next step."""
    lists = f"when = {{ {key} = {json.dumps(words)} }}"
    policy, problems = check_text(TEXT.replace("spend =", f"{lists}\nspend ="))
    assert policy is not None
    return [(problem.code, problem.help) for problem in problems]


@pytest.mark.parametrize(
    ("key", "words", "step"),
    [
        ("section", ["sport/*"], "did you mean `sport`?"),
        ("section", ["sport*"], "did you mean `sport`?"),
        ("section", ["*"], "name each of them"),
        ("kind", ["opinion*"], "name each of them"),
        ("referrer", ["*.google.com"], "did you mean `google.com`?"),
        ("referrer", [".google.com"], "did you mean `google.com`?"),
        ("referrer", ["google"], "write the whole host, such as `google.com`"),
        ("country", ["UK"], "did you mean `GB`?"),
        ("country", ["Norway"], "did you mean `NO`?"),
        ("country", ["EN"], 'that is a language: `language = ["en"]`'),
        ("country", ["EU"], "that is no country: name each of them; codes look like `JP`"),
        ("country", ["QX"], "codes look like `JP` or `US`"),
    ],
)
def test_a_word_that_nobody_has_is_answered_by_meaning(key, words, step):
    """A warning, with what was probably meant."""
    ((code, advice),) = told(key, words)
    assert code == ("unknown-code" if key == "country" else "odd-word")
    assert advice.startswith(step)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("section", ["/markets/", " sport "]),
        ("referrer", ["google.com", "", "localhost", "https://news.google.com/", "[::1]"]),
        ("country", ["gb", " NO ", "XK", "ZZ"]),
        ("segments", [" student"]),
    ],
)
def test_slashes_blanks_and_capitals_are_no_mistake(key, words):
    """They are compared without."""
    assert told(key, words) == []


def test_of_all_pairs_of_letters_those_that_are_no_country_are_told():
    """Every code of ISO 3166 passes, and no other but those in use for what is not known."""
    pairs = {a + b for a in ascii_uppercase for b in ascii_uppercase}
    countries = {pair for pair in pairs if is_country(pair)}
    assert len(countries) == 249 + len({"XK", "XX", "ZZ"})
    assert {"GB", "NO", "BV", "HM"} < countries
    assert not countries & {"UK", "EN", "EU", "AC", "IC", "SU", "YU"}


@pytest.mark.parametrize("by", ["the policy", "the call"])
def test_a_prompt_is_looked_for_where_the_templates_are(by, tmp_path):
    """There it is an error if it is not; a publisher's own is none."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "spring-sale.html.j2").write_text("Sale")
    path = tmp_path / "policy.toml"

    def found(prompt, folder="prompts"):
        text = TEXT.replace("spend =", f'prompt = "{prompt}"\nspend =')
        templates = tmp_path / folder
        if by == "the policy":
            text = text.replace("[publication]", f'[publication]\ntemplates = "{folder}"')
            templates = None
        _, problems = check_text(text, str(path), templates=templates)
        return [(problem.severity, problem.code, problem.help) for problem in problems]

    assert found("spring-sale") == found("sponsored") == []
    assert found("spring-sael") == [("error", "unknown-prompt", "did you mean `spring-sale`?")]
    advice = "add `note.html.j2` to the folder of your templates"
    assert found("note") == [("error", "unknown-prompt", advice)]
    if by == "the policy":
        assert [code for _, code, _ in found("sponsored", "prompst")] == ["no-such-file"]


@pytest.mark.parametrize(
    "when",
    [
        'weekday = ["friday"], hour = { at_least = 6, below = 18 }',
        'weekday = ["friday"], hour = { at_least = 18, below = 24 }',
        "hour = { at_least = 18, below = 6 }",
        'weekday = ["friday"]',
    ],
)
def test_hours_of_one_day_are_no_split_night(when):
    """Nor is a night that stands alone, or one that ends at midnight."""
    text = TEXT.replace("spend =", f"when = {{ {when} }}\nspend =")
    _, problems = check_text(text, today=date(2026, 7, 1))
    assert "split-night" not in [problem.code for problem in problems]
