"""Prompts that a policy declares in words: laid out, escaped, filled in, never half a prompt."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import (
    Article,
    Entitlement,
    Meter,
    Offer,
    PageView,
    Policy,
    PolicyError,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
    loads_policy,
    render,
)
from meter.policy import Copy, Prompt, PromptWords, Publication, When
from meter.prompts import render_template
from tests.prompts.markup import read

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
SPELLINGS = ("{{{{ {} }}}}", "{{{{{}}}}}", "<<{}>>", "&lt;&lt;{}&gt;&gt;")
_SPACES = re.compile(r" {2,}")
SUMMER = Offer(name="summer", price=9, currency="USD", term="3 months", ends=date(2026, 6, 30))


def policy_of(
    *prompts: Prompt, show: str = "countdown", copy: dict[str, Copy] | None = None, **rule: object
) -> Policy:
    """A policy whose rule for metered articles uses the first of the prompts."""
    spend = "monthly" if show == "countdown" else None
    return Policy(
        publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo"),
        meters=[Meter(name="monthly", window=Window(calendar="month"), limit=3)],
        offers=[SUMMER],
        prompts=prompts,
        rules=[
            Rule(
                name="asks",
                when=When(access=["metered"]),
                spend=rule.pop("spend", spend),
                show=show,
                prompt=prompts[0].name,
                **rule,
            ),
            Rule(name="wall", show="subscription-wall"),
        ],
        copy=copy or {},
    )


def shown(policy: Policy, count: int = 1, *, at: datetime = NOW, reader: Reader | None = None):
    """What the reader gets for the article number `count`."""
    usage = Usage()
    for number in range(count):
        view = PageView(article=Article(id=f"a{number}"))
        decision, usage = decide(policy, reader or Reader(id="r"), view, usage, at)
    return decision


def heading(policy: Policy, count: int = 1, **options: object) -> str:
    return render(shown(policy, count), policy, format="text", **options).splitlines()[0]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("left", "2"),
        ("numberArticlesLeft", "2"),
        ("left_plural", "s"),
        ("numberArticlesLeft-plural", "s"),
        ("used", "1"),
        ("limit", "3"),
        ("period", "this month"),
        ("noun", "articles"),
        ("price", "$9"),
        ("term", "3 months"),
        ("offer_ends", "June 30th"),
        ("publication", "The Harbour Review"),
    ],
)
@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_every_placeholder_in_every_spelling(spelling, word, said, layout):
    """In a heading, a text and a button; as HTML, text and JSON; wide and narrow."""
    written = f"[{spelling.format(word)}]"
    prompt = Prompt(name="ask", heading=written, text=written, action=written, link="/ask")
    policy = policy_of(prompt, offer="summer")
    decision = shown(policy)
    page = read(render(decision, policy, layout=layout))
    assert page.lines.count(f"[{said}]") == 3
    assert render(decision, policy, format="text", layout=layout).count(f"[{said}]") == 3
    parts = json.loads(render(decision, policy, format="json", layout=layout))
    assert [parts["heading"], *parts["lines"], parts["call_to_action"]["label"]] == [
        f"[{said}]"
    ] * 3


def test_the_source_sentence_declared_in_words():
    """S1 word for word, with its plural, down to the singular."""
    source = (
        "You have {{numberArticlesLeft}} free article{{numberArticlesLeft-plural}} left this month"
    )
    policy = policy_of(Prompt(name="source", heading=source))
    assert "You have 2 free articles left this month" == heading(policy)
    assert "You have 1 free article left this month" == heading(policy, 2)


@pytest.mark.parametrize(
    ("locale", "left", "said"),
    [
        ("pl", 1, "karta"),
        ("pl", 2, "karty"),
        ("pl", 5, "kart"),
        ("da", 1, "kort"),
        ("ja", 5, "枚"),
    ],
)
def test_a_count_picks_a_word_by_the_plural_of_its_language(locale, left, said):
    """Also in a language that no prompt of ours ships in."""
    forms = {
        "pl": "one='karta', few='karty', many='kart', other='x'",
        "da": 'one="kort", other="flere kort"',
        "ja": 'other="枚"',
    }
    words = PromptWords(heading=f"{{{{ left|plural({forms[locale]}) }}}}")
    prompt = Prompt(name="cards", heading="{{ left }} left")
    policy = policy_of(prompt, copy={locale: Copy(prompts={"cards": words})})
    meter = evolve(policy.meters[0], limit=left + 1)
    assert said == heading(evolve(policy, meters=[meter]), locale=locale)
    assert f"{left} left" == heading(evolve(policy, meters=[meter]), locale="fi")


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="{}"), min_size=1)
    .filter(str.strip)
    .filter(
        lambda text: (
            not {"<<", "&lt;&lt;"} & {text[i : i + n] for i in range(len(text)) for n in (2, 8)}
        )
    )
)
def test_words_are_text_whatever_they_look_like(text):
    """A reader's browser sees the very words, and no element or attribute that they look like."""
    prompt = Prompt(name="ask", heading=text, text=text, action=text, link="/ask?a=1&b=2")
    policy = policy_of(prompt, show="article")
    html = render(shown(policy), policy)
    plain = render(
        shown(policy_of(evolve(prompt, heading="x", text="x", action="x"), show="article")), policy
    )
    page = read(html)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in read(plain).elements]
    assert page.lines == [_SPACES.sub(" ", text).strip()] * 3


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "//elsewhere.example",
        "data:text/html,x",
        "http://x.example",
        "/a b",
        "/\\x",
    ],
)
@pytest.mark.parametrize("where", ["own", "translated"])
def test_a_link_leads_to_the_site_or_https(link, where):
    """As every other link of a policy, however the policy is made."""
    prompt = Prompt(name="ask", heading="Ask", action="Go", link=link if where == "own" else "/ask")
    copies = {}
    if where == "translated":
        words = PromptWords(heading="ご支援", action="進む", link=link)
        copies = {"ja": Copy(prompts={"ask": words})}
    with pytest.raises(PolicyError) as caught:
        policy_of(prompt, show="article", copy=copies)
    assert ["bad-link"] == [problem.code for problem in caught.value.problems]


def test_words_come_in_one_language():
    """The first asked for that has the words; numbers, periods and offers are in that language."""
    prompt = Prompt(
        name="ask", heading="{{ left }} {{ period }}", text="{{ term }}", action="Go", link="/go"
    )
    words = PromptWords(
        heading="{{ period }}あと{{ left }}本", text="{{ term }}", action="進む", link="/ja/go"
    )
    policy = policy_of(prompt, offer="summer", copy={"ja": Copy(prompts={"ask": words})})
    japanese = json.loads(render(shown(policy), policy, format="json", locale="ja-JP"))
    assert ["ja-JP", "今月あと2本", ["3か月"]] == [
        japanese[key] for key in ("lang", "heading", "lines")
    ]
    assert {"label": "進む", "href": "/ja/go"} == japanese["call_to_action"]
    other = json.loads(render(shown(policy), policy, format="json", locale="ru, pl;q=0.5"))
    assert ["en", "2 this month", ["3 months"]] == [
        other[key] for key in ("lang", "heading", "lines")
    ]


def test_a_link_need_not_be_said_again():
    """A translation without one leads where the prompt leads."""
    prompt = Prompt(name="ask", heading="Ask", action="Go", link="/go")
    words = Copy(prompts={"ask": PromptWords(heading="ご支援", action="進む")})
    policy = policy_of(prompt, show="article", copy={"ja": words})
    assert "進む ] /go" in render(shown(policy), policy, format="text", locale="ja")


def test_nothing_of_ours_stands_around_the_words():
    """No headline, pitch, benefits or count; but who has an account can sign in at a wall."""
    prompt = Prompt(name="stay", heading="Stay", text="Please.")
    copy = {"en": Copy(headline="Exclusive", pitch="Trusted", benefits=["Apps"])}
    for show, last in (
        ("subscription-wall", "Already a subscriber? Sign in: /sign-in"),
        ("article", "Please."),
    ):
        policy = policy_of(prompt, show=show, copy=copy)
        lines = render(shown(policy), policy, format="text").split("\n")
        assert ["Stay", "Please."] == lines[:2]
        assert last in lines
        assert not {"Exclusive", "Trusted", "  * Apps"} & {*lines}


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Wednesday, June 10th, in Japan: US Dollar"),
        ("de", "Mittwoch, 10. Juni, in Japan: US-Dollar"),
        ("ar", "الأربعاء, 10 يونيو, in اليابان: دولار أمريكي"),
        ("pl", "środa, 10 czerwca, in Japonia: dolar amerykański"),
    ],
)
def test_names_of_days_countries_and_currencies_are_the_languages_own(locale, said):
    """As CLDR has them, also where no words of ours are in the language of the words."""
    words = "{{ weekday }}, {{ today }}, in {{ country }}: {{ currency }}"
    copy = {locale: Copy(prompts={"here": PromptWords(heading=words)})}
    policy = in_countries(
        Prompt(name="here", heading=words),
        When(country=["JP", "SE-M"]),
        copy=copy if locale != "en" else {},
    )
    reader = Reader(id="r", country="JP")
    decision = shown(policy, reader=reader)
    assert said == render(decision, locale=locale, format="text").splitlines()[0]


def in_countries(prompt: Prompt, when: When, **parts: object) -> Policy:
    """A policy whose first rule asks for a country, and has a prompt with an offer."""
    base = policy_of(evolve(prompt, heading="Here"), offer="summer")
    rules = [evolve(base.rules[0], when=when), *base.rules[1:]]
    return evolve(base, prompts=[prompt], rules=rules, **parts)


def test_a_prompt_is_remembered_with_its_country():
    """A region is told by its country; where none is told apart, what ships is said."""
    asked = When(any=[When(country=["JP", "SE-M"]), When(not_=When(country=["FR"]))])
    policy = in_countries(Prompt(name="here", heading="In {{ country }}"), asked)
    said = [
        render(shown(policy, reader=Reader(id="r", country=country)), format="text")
        for country in ("JP", "SE-M", "JP", "NO", None)
    ]
    assert [text.splitlines()[0] for text in said[:3]] == ["In Japan", "In Sweden", "In Japan"]
    assert not any(text.startswith("In ") for text in said[3:])


def test_a_prompt_that_names_a_country_needs_rules_that_ask_for_one():
    """Else nobody's is ever known; a gate may name it too."""
    prompt = Prompt(name="here", heading="In {{ country }}")
    with pytest.raises(PolicyError, match="need a country, which the rule never has"):
        policy_of(prompt)
    base = in_countries(prompt, When(country=["JP"]))
    gate = Rule(name="gate", when=When(country=["JP"]), show="gate", prompt="here")
    policy = evolve(base, rules=[gate, base.rules[-1]])
    decision = shown(policy, reader=Reader(id="r", country="JP"))
    assert render(decision, format="text").startswith("In Japan")


def test_an_offer_keeps_its_button_where_no_other_is_declared():
    """With the day it ends, as elsewhere; a button of its own takes its place."""
    prompt = Prompt(name="stay", heading="Stay")
    policy = policy_of(prompt, offer="summer")
    said = render(shown(policy), policy, format="text")
    assert "Offer ends June 30th\n[ Try 3 months for $9 ] /subscribe" in said
    own = policy_of(evolve(prompt, action="Stay", link="/stay"), offer="summer")
    said = render(shown(own), own, format="text")
    assert "[ Stay ] /stay" in said
    assert "Offer ends" not in said


def test_a_prompt_that_cannot_be_said_gives_way():
    """To what ships for the `show`; beside an open article nothing is said, in no format."""
    prompt = Prompt(name="sale", heading="Only {{ price }} until {{ offer_ends }}")
    late = datetime(2026, 7, 10, tzinfo=UTC)
    policy = policy_of(prompt, offer="summer")
    assert "You have 2 free articles left this month" in render(shown(policy, at=late), policy)
    policy = policy_of(prompt, show="article", offer="summer")
    answers = [
        render(shown(policy, at=late), policy, format=form) for form in ("html", "text", "json")
    ]
    assert ["", "", "null"] == answers


@pytest.mark.parametrize("form", ["html", "text", "json"])
def test_zero_is_never_counted(form):
    """With nothing left, the last free article is announced as ever."""
    policy = policy_of(Prompt(name="few", heading="You have {{ left }} left"))
    last = render(shown(policy, 3), policy, format=form)
    assert "This is your last free article this month" in last
    assert "0 left" not in last


def test_a_gate_is_told_in_its_own_words():
    """A preview for everyone it is for, subscribers too, in every format."""
    prompt = Prompt(
        name="age", heading="How old are you?", text="18 or more.", action="Say", link="/age"
    )
    policy = policy_of(prompt, show="gate")
    subscriber = Reader(id="s", entitlements=[Entitlement(kind="subscription")])
    for reader in (Reader(id="r"), subscriber, Reader(id=None)):
        decision = shown(policy, reader=reader)
        assert ("gate", "preview", False) == (decision.show, decision.access, decision.counted)
        page = read(render(decision, policy))
        assert ["How old are you?", "18 or more.", "Say"] == page.lines


def test_an_own_template_lays_a_declared_prompt_out(tmp_path):
    """Where one is named like it; the words are still the policy's."""
    (tmp_path / "ask.html.j2").write_text("<p>{{ heading }}: {{ text }}</p>")
    policy = policy_of(Prompt(name="ask", heading="A & B", text="C"), show="article")
    assert "<p>A &amp; B: C</p>" == render(shown(policy), policy, folder=tmp_path)
    assert "A & B\nC\n" == render(shown(policy), policy, folder=tmp_path, format="text")
    assert "C" == render_template("{{ text }}", shown(policy), policy)


WRONG = {
    "{{ prize }}": "unknown-placeholder",
    "{{ left + 1 }}": "unknown-placeholder",
    "{{ left|plural(one='x') }}": "unknown-placeholder",
    "{{ price|plural(other='x') }}": "unknown-placeholder",
    "{% if left %}x": "unknown-placeholder",
    "{{ left": "unknown-placeholder",
    "<<numberArticleLeft>>": "unknown-placeholder",
    "&lt;&lt;nothing&gt;&gt;": "unknown-placeholder",
}


@pytest.mark.parametrize("text", WRONG)
@pytest.mark.parametrize("key", ["heading", "text", "action"])
def test_what_looks_like_a_placeholder_and_is_none_is_told(text, key):
    """In every text of every language, each with its place."""
    texts = {"heading": "Ask", "text": "Now", "action": "Go", key: text}
    rows = "\n".join(f'{name} = """{value}"""' for name, value in texts.items())
    plain = 'heading = "a"\ntext = "b"\naction = "c"\nlink = "/d"'
    rule = '[[rules]]\nname = "r"\nshow = "article"\nprompt = "p"\n'
    head = '[publication]\nname = "x"\n'
    line = 4 + list(texts).index(key)
    for policy in (
        f'{head}[prompts.p]\n{rows}\nlink = "/x"\n{rule}',
        f"{head}[copy.ja.prompts.p]\n{rows}\n[prompts.p]\n{plain}\n{rule}",
    ):
        with pytest.raises(PolicyError) as caught:
            loads_policy(policy)
        assert [(WRONG[text], line)] == [(p.code, p.line) for p in caught.value.problems]


@pytest.mark.parametrize(
    "text", ["a << b", "x < y > z", "{ left }", "100 %", "<b>bold</b>", "&amp;", "}"]
)
def test_other_signs_stand_for_themselves(text):
    """Only what looks like a placeholder is read as one."""
    policy = policy_of(Prompt(name="ask", heading=text), show="article")
    assert text == heading(policy)


FITS = {
    # The words, what is shown, whether it spends, whether there is an offer: does it fit?
    ("{{ left }}", "countdown", True, False): True,
    ("{{ left }}", "article", True, False): True,
    ("{{ left }}", "article", False, False): False,
    ("{{ left }}", "subscription-wall", False, False): False,
    ("{{ used }}", "article", False, False): False,
    ("{{ used }}", "countdown", True, False): True,
    ("{{ period }}", "gate", False, False): False,
    ("{{ publication }}", "gate", False, False): True,
    ("{{ price }}", "gate", False, True): False,
    ("{{ price }}", "article", False, True): True,
    ("{{ price }}", "article", False, False): False,
    ("{{ offer_ends }}", "article", False, True): True,
    ("{{ term }}", "countdown", True, False): False,
    ("plain", "gate", False, False): True,
}


@pytest.mark.parametrize("case", FITS)
@pytest.mark.parametrize("translated", [False, True])
def test_a_prompt_fits_the_rule_that_uses_it(case, translated):
    """What the words need, in any language, the rule must be able to have."""
    words, show, spends, offered = case
    prompt = Prompt(name="ask", heading="plain" if translated else words)
    copy = {"ja": Copy(prompts={"ask": PromptWords(heading=words)})} if translated else {}
    options = {"spend": "monthly" if spends else None, "offer": "summer" if offered else None}
    if FITS[case]:
        policy_of(prompt, show=show, copy=copy, **options)
        return
    with pytest.raises(PolicyError) as caught:
        policy_of(prompt, show=show, copy=copy, **options)
    assert ["unfilled-prompt"] == [problem.code for problem in caught.value.problems]
    assert ("rules", 0, "prompt") == caught.value.problems[0].path
    assert caught.value.problems[0].help


def test_a_wall_after_a_meter_may_say_what_was_used():
    """It tells of the meter that refused; before one there is nothing to tell."""
    policy = policy_of(
        Prompt(name="ask", heading="{{ left }}"),
        Prompt(name="gone", heading="{{ used }} of {{ limit }}"),
    )
    rules = (policy.rules[0], evolve(policy.rules[1], prompt="gone"))
    policy = evolve(policy, rules=rules)
    assert "3 of 3" == heading(policy, 4)
    first = evolve(rules[1], name="first", when=When(tags=["x"]))
    with pytest.raises(PolicyError):
        evolve(policy, rules=(first, *rules))


@pytest.mark.parametrize("show", ["article", "subscription-wall", "registration-wall"])
@pytest.mark.parametrize("prompt", ["countdown", "last-free-article"])
def test_a_countdown_needs_a_meter(show, prompt):
    """Else it would say nonsense on an open site or a wall."""
    rules = [Rule(name="all", show=show, prompt=prompt)]
    with pytest.raises(PolicyError, match="need a meter"):
        Policy(publication=Publication(name="x"), rules=rules)


@pytest.mark.parametrize("name", ["countdown", "sponsored", "gate", "prompt", "a b", "../x"])
def test_the_names_that_ship_are_taken(name):
    """And a name is letters, digits and dashes, as that of a template."""
    with pytest.raises(PolicyError) as caught:
        policy_of(Prompt(name=name, heading="x"), show="article")
    assert "bad-name" in {problem.code for problem in caught.value.problems}


RULE = '[[rules]]\nname = "r"\nshow = "{show}"\nprompt = "{prompt}"\n'
SHIPPED_MISUSED = {
    "as what a gate shows": (
        RULE.format(show="gate", prompt="subscription-wall"),
        ("gate-needs-prompt", 6, "declare one under a name of its own"),
    ),
    "in words of another language": (
        "[copy.ja.prompts.registration-wall]\nheading = 'a'\n"
        + RULE.format(show="article", prompt="x"),
        ("unknown-prompt", 3, "`[copy.ja.texts.registration-wall]`"),
    ),
    "in words of the publication's own": (
        "[copy.prompts.gate]\nheading = 'a'\n" + RULE.format(show="article", prompt="x"),
        ("unknown-prompt", 3, "a name of your own"),
    ),
    "as what stands in": (
        "[prompts.x]\nheading = 'a'\nonce = true\ninstead = 'countdown'\n"
        + RULE.format(show="article", prompt="x"),
        ("unknown-prompt", 6, "declare one under a name of its own"),
    ),
    "as what is capped": (
        "[prompts.registration-wall]\nonce = true\n" + RULE.format(show="article", prompt="x"),
        ("bad-name", 3, "cap one of your own"),
    ),
}


@pytest.mark.parametrize("case", SHIPPED_MISUSED)
def test_a_prompt_that_ships_is_never_said_to_be_declared(case):
    """Declaring it cannot work: one problem at its place says what can."""
    rules, (code, line, step) = SHIPPED_MISUSED[case]
    if "article" in rules:
        rules += '[prompts.y]\nheading = "b"\n'
    with pytest.raises(PolicyError) as caught:
        loads_policy(f'[publication]\nname = "x"\n{rules}')
    (problem,) = caught.value.problems
    assert (code, line) == (problem.code, problem.line)
    assert step in problem.help
