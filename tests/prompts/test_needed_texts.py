"""Which texts of a language a policy asks for, and what is told of those that are wrong."""

from __future__ import annotations

import pytest

from meter import loads_policy
from meter.loading import check_text
from meter.policy.languages.catalogue import TEXTS
from meter.resources.needed import needed_texts

SALE = """
[publication]
name = "H"
[offers.sale]
price = 9
currency = "EUR"
term = "1 month"
{offer}
[prompts.big]
heading = "{big}"
at_most = {{ times = 1, window = {{ calendar = "day" }} }}
instead = "small"
[prompts.small]
heading = "{small}"
{texts}
[[rules]]
name = "a"
show = "{show}"
offer = "sale"
prompt = "big"
[[rules]]
name = "b"
show = "article"
"""
NEAR = {*(f"[copy.da.texts.deadline] {key}" for key in TEXTS["deadline"])}
NEAR |= {"[copy.da.texts.days-left]"}
ENDS = {"[copy.da.texts.offer] ends"}
WAS = {"[copy.da.texts.offer] was"}
DEADLINES = NEAR | ENDS | WAS
COUNTDOWN = {f"[copy.da.texts.countdown] {key}" for key in ("heading", "action")}


def written(*, offer="", big="Big", small="Small", texts="", show="article"):
    """Return a policy that sells something by a prompt, and by another where that is capped."""
    return SALE.format(offer=offer, big=big, small=small, texts=texts, show=show)


def needed(**given):
    """Return the texts that a policy asks for, as a file names them."""
    return {text.written("da") for text in needed_texts(loads_policy(written(**given)))}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, set()),
        ({"offer": "was = 19"}, WAS),
        ({"offer": "ends = 2026-07-31"}, ENDS),
        ({"offer": 'lasts = "72 hours"'}, NEAR | ENDS),
        ({"offer": 'lasts = "30 days"\nwas = 19'}, DEADLINES),
        ({"offer": "ends = 2026-07-31", "big": "{{ deadline }}"}, NEAR | ENDS),
        ({"offer": "ends = 2026-07-31", "small": "{{ deadline }}"}, NEAR | ENDS),
        (
            {
                "offer": "ends = 2026-07-31",
                "texts": '[copy.da.prompts.small]\nheading = "{{ deadline }}"',
            },
            NEAR | ENDS,
        ),
    ],
)
def test_deadlines_are_asked_for_where_a_prompt_may_tell_them(given, expected):
    """Each sentence by itself: a language that has `tonight` may lack `tomorrow`."""
    assert needed(**given) & DEADLINES == expected


@pytest.mark.parametrize(
    ("big", "small", "is_asked"),
    [
        ("Big", "Small", False),
        ("{{ price }}", "Small", True),
        ("Big", "{{ price }}", True),
    ],
)
def test_the_prompt_that_stands_for_a_capped_one_is_followed(big, small, is_asked):
    """Where its words may lack the offer that they need, what ships is said instead."""
    meter = '[meters.m]\nwindow = { calendar = "day" }\nlimit = 1\n[[rules]]'
    policy = written(big=big, small=small, show="countdown").replace("[[rules]]", meter, 1)
    spent = policy.replace('name = "a"', 'name = "a"\nspend = "m"')
    found = {text.written("da") for text in needed_texts(loads_policy(spent))}
    assert (found >= COUNTDOWN) is is_asked
    assert (found & COUNTDOWN == set()) is not is_asked


DANISH = "[copy.da.texts.{table}]\n{lines}"


@pytest.mark.parametrize(
    ("table", "lines", "code", "named"),
    [
        ("deadline", 'tonigt = "I aften"', "unknown-text", "tonight"),
        ("deadline", 'today = "Slutter i dag kl. {tid}"', "unknown-field", "{time}"),
        ("deadline", "tonight = 1", "wrong-type", "tonight"),
        ("days-left", 'one = "{n} dag"', "missing-plural", "other"),
        ("days-left", 'other = "{days} dage"', "unknown-field", "{n}"),
        ("days-left", 'one = "{n} dag"\nfew = "x"\nother = "{n} dage"', "unused-plural", "few"),
        ("days-left", 'other = "{n} dage"', "copy-gap", "one"),
        ("offer", 'was = "I stedet for {prices}"', "unknown-field", "`price`"),
        ("offer", 'wass = "I stedet for {price}"', "unknown-text", "was"),
    ],
)
def test_what_is_wrong_with_words_of_deadlines_is_told_at_its_line(table, lines, code, named):
    """As of every text: what would fail is an error, what a reader would miss a warning."""
    offer = 'lasts = "72 hours"\nwas = 19'
    texts = DANISH.format(table=table, lines=lines)
    text = written(offer=offer, texts=texts)
    head = text.splitlines().index(f"[copy.da.texts.{table}]") + 1
    (found,) = (
        problem
        for problem in check_text(text)[1]
        if problem.code == code and named in f"{problem.message} {problem.help}"
    )
    assert head <= found.line <= head + len(lines.splitlines())


def test_a_language_without_words_for_the_end_of_an_offer_is_told():
    """Also where the offer has no date, and ends for each reader by itself."""
    texts = DANISH.format(table="offer", lines='trial = "Prøv {term} for {price}"')
    for offer in ("ends = 2026-07-31", 'lasts = "30 days"'):
        problems = check_text(written(offer=offer, texts=texts))[1]
        told = [one.message for one in problems if "`[copy.da.texts.offer] ends`" in one.message]
        assert len(told) == 1
