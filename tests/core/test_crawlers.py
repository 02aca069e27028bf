"""Classes of crawlers: what a view may say, and which conditions hold for whom."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Usage, decide, explain, loads_policy
from meter.policy import Policy, Publication, Rule, When
from meter.vocabulary import CrawlerClass

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SAID = (False, True, *CrawlerClass)
CLASSES = [
    frozenset(some)
    for some in chain.from_iterable(combinations(CrawlerClass, many) for many in (1, 2, 3))
]
ASKED = (True, False, *CLASSES)


def means(asked, said):
    """Say whether a key holds for what a view says, by the words of the reference."""
    return (said is not False) is asked if isinstance(asked, bool) else said in asked


def fires(when, said):
    """Say whether a rule with a condition decides for a crawler."""
    policy = Policy(
        publication=Publication(name="The Harbour Review"),
        rules=[
            Rule(name="asked", when=when, show="article"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    view = PageView(article=Article(id="a1"), crawler=said)
    decision, _ = decide(policy, Reader(id="r1"), view, Usage(), NOW)
    return decision.rule == "asked"


@pytest.mark.parametrize("said", SAID)
def test_every_key_holds_for_the_crawlers_it_means(said):
    """Any verified one, or one of the classes that are listed."""
    assert [means(asked, said) for asked in ASKED] == [
        fires(When(crawler=asked), said) for asked in ASKED
    ]


@pytest.mark.parametrize("said", SAID)
def test_the_opposite_holds_for_all_others(said):
    """What a crawler is is always known: of no class is none of the classes."""
    assert [not means(asked, said) for asked in ASKED] == [
        fires(When(not_=When(crawler=asked)), said) for asked in ASKED
    ]


WHENS = st.recursive(
    st.sampled_from(ASKED).map(lambda asked: When(crawler=asked)),
    lambda inner: st.one_of(
        inner.map(lambda when: When(not_=when)),
        st.lists(inner, min_size=1, max_size=3).map(lambda whens: When(any=whens)),
        st.tuples(st.sampled_from(ASKED), inner).map(
            lambda both: When(crawler=both[0], any=[both[1]])
        ),
    ),
    max_leaves=5,
)


def holds(when, said):
    """Say whether a condition about crawlers holds, part by part."""
    parts = [] if when.crawler is None else [means(when.crawler, said)]
    if when.any is not None:
        parts.append(any(holds(part, said) for part in when.any))
    if when.not_ is not None:
        parts.append(not holds(when.not_, said))
    return all(parts)


@given(when=WHENS, said=st.sampled_from(SAID))
def test_conditions_mean_what_their_parts_mean(when, said):
    """However they are nested, and whichever classes a policy tells apart."""
    assert holds(when, said) == fires(when, said)


def test_a_word_is_its_class():
    """From Python as from a file."""
    assert PageView(article=Article(id="a1"), crawler="search").crawler is CrawlerClass.SEARCH
    assert When(crawler=["search", "agent"]) == When(
        crawler=[CrawlerClass.AGENT, CrawlerClass.SEARCH]
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PageView(article=Article(id="a1"), crawler="serch"), "did you mean `search`"),
        (lambda: PageView(article=Article(id="a1"), crawler=1), "`crawler` is `true` or `false`"),
        (lambda: PageView(article=Article(id="a1"), crawler=None), "`true` or `false`"),
        (lambda: When(crawler="search"), r'put it in brackets: `crawler = \["search"\]`'),
        (lambda: When(crawler=["serch"]), "did you mean `search`"),
        (lambda: When(crawler=1), r'a list such as `\["search"\]`'),
    ],
)
def test_what_is_no_class_is_refused(make, words):
    """With the next step."""
    with pytest.raises(ValueError, match=words):
        make()


def test_a_policy_tells_apart_only_the_classes_it_names():
    """So a policy that names none is what it was, and its digest too."""

    def slot(text):
        policy = loads_policy(f"""
            [publication]
            name = "The Harbour Review"
            [[rules]]
            name = "crawlers"
            when = {{ crawler = {text} }}
            show = "article"
            [[rules]]
            name = "rest"
            show = "subscription-wall"
        """)
        (found,) = (one for one in policy.rulebook.vocabulary.slots if one.name == "crawler")
        return found.codes()

    assert (False, True) == slot("true")
    assert (False, True, "search", "agent") == slot('["agent", "search"]')


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (False, "no verified crawler asks\n"),
        (True, "the verified crawler is of another class, not `search` or `agent`"),
        ("training", "the verified crawler is of another class, not `search` or `agent`"),
    ],
)
def test_an_explanation_says_which_class_was_asked_for(said, line):
    """And which it was."""
    policy = Policy(
        publication=Publication(name="The Harbour Review"),
        rules=[
            Rule(name="asked", when=When(crawler=["search", "agent"]), show="article"),
            Rule(name="any", when=When(crawler=True), show="article"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )
    view = PageView(article=Article(id="a1"), crawler=said)
    told = explain(decide(policy, Reader(id="r1"), view, Usage(), NOW)[0])
    assert f"not rule 1 `asked`: {line}" in told
    if said:
        assert "matched: the verified crawler is of another class" in told
