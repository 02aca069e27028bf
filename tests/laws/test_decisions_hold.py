"""A decision holds what its words need, whatever becomes of the policy it was made by."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import (
    Article,
    PageView,
    Policy,
    PromptError,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
    explain,
    render,
)
from meter.policy import Publication
from meter.prompts.parts import PLANS
from meter.testing.strategies import edge_times, page_views, policies, readers
from tests.prompts.staging import METERED, NOW, SPONSORED, make_offer, make_policy

FORMATS = ("html", "text", "json")
POLICY = make_policy(offer=make_offer())
PICKLED_AT_MOST = 1_000
"""Bytes of a pickled decision."""


def decisions(policy, count=6):
    """Return what a reader gets, from the first article to a wall."""
    usage = Usage()
    made = []
    for number in range(count):
        view = PageView(article=Article(id=f"a{number}"))
        decision, usage = decide(policy, Reader(id="r"), view, usage, NOW)
        made.append(decision)
    return made


def changed(**parts):
    """Return the policy as it is after a reload."""
    return evolve(POLICY, **parts)


METER = POLICY.meters[0]
OFFER = POLICY.offers[0]
RELOADS = {
    "the meter is renamed": changed(
        meters=[evolve(METER, name="articles")],
        rules=[evolve(rule, spend=rule.spend and "articles") for rule in POLICY.rules],
    ),
    "the offer is removed": changed(
        offers=[], rules=[evolve(rule, offer=None) for rule in POLICY.rules]
    ),
    "the offer is dearer": changed(offers=[evolve(OFFER, price=19)]),
    "the window is another": changed(
        meters=[evolve(METER, window=Window(calendar="week"), limit=2)]
    ),
    "the rules are others": changed(rules=[Rule(name="all", show="article")]),
}


@pytest.mark.parametrize("reload", RELOADS)
@pytest.mark.parametrize("form", FORMATS)
def test_a_reload_changes_no_word_of_what_was_decided(reload, form):
    """Renamed, removed or repriced: the words are those of the policy that decided.

    Those of a twin are made apart: what was said once is remembered with its policy.
    """
    after = RELOADS[reload]
    here, twin = (make_policy(offer=make_offer()) for _ in range(2))
    for decision, same in zip(decisions(here), decisions(twin), strict=True):
        said = render(decision, after, format=form)
        assert said == render(same, format=form)
        assert said == render(decision, format=form)
        assert said == render(decision, here, format=form)
        assert explain(decision) == explain(decision, after)


@pytest.mark.parametrize("reload", RELOADS)
def test_a_pickled_decision_takes_its_own_policy_and_no_other(reload):
    """It is small, equal, and says so where the policy of its digest is missing."""
    same = pickle.loads(pickle.dumps(POLICY))
    for decision in decisions(POLICY):
        raw = pickle.dumps(decision)
        read = pickle.loads(raw)
        assert len(raw) < PICKLED_AT_MOST
        assert (read, read.facts["reader"]) == (decision, decision.facts["reader"])
        for other in (None, RELOADS[reload]):
            for say in (explain, render):
                with pytest.raises(PromptError, match=f"of digest `{POLICY.digest}`"):
                    say(read, other)
        assert explain(read, same) == explain(decision)
        for form in FORMATS:
            assert render(read, same, format=form) == render(decision, format=form)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_words_need_no_more_than_the_decision(data):
    """Of any policy, reader and view; a copy has them too."""
    policy = data.draw(policies())
    other = data.draw(policies())
    view = data.draw(page_views(policy))
    decision, _ = decide(policy, data.draw(readers(policy)), view, Usage(), data.draw(edge_times()))
    read = pickle.loads(pickle.dumps(decision))
    assert read == decision
    for form in FORMATS:
        said = render(decision, format=form)
        assert said == render(decision, other, format=form)
        assert said == render(copy.deepcopy(decision), format=form)
        assert said == render(read, policy, format=form)
    assert explain(decision) == explain(decision, other)
    assert explain(decision) == explain(read, policy)


# Prompts that are nowhere.


def with_prompt(show, prompt):
    """Return a policy whose only rule names a prompt."""
    return Policy(
        publication=Publication(name="H"), rules=[Rule(name="all", show=show, prompt=prompt)]
    )


def first(policy, view=METERED):
    return decide(policy, Reader(id="r"), view, Usage(), NOW)[0]


# A rule without an offer shows the subscription wall in the place of a trial offer.
WALLS = sorted(set(PLANS) - {"sponsored", "countdown", "last-free-article", "trial-offer"})


@pytest.mark.parametrize("show", WALLS)
@pytest.mark.parametrize("form", FORMATS)
def test_what_ships_stands_in_for_a_prompt_that_is_nowhere(show, form, caplog, tmp_path):
    """With the same words and the same action, in a folder of the publisher's and without one."""
    name = f"no-{show}-{form}"
    decision = first(with_prompt(show, name))
    expected = render(first(with_prompt(show, None)), format=form)
    with caplog.at_level(logging.WARNING, "meter.prompts"):
        for folder in (None, tmp_path, None, tmp_path):
            said = render(decision, format=form, folder=folder)
            if form == "json":
                assert json.loads(expected)["call_to_action"]["href"].startswith("/")
                assert {**json.loads(said), "prompt": show} == json.loads(expected)
            else:
                assert said == expected
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        f"there is no prompt `{name}`: what ships for its `show` is used"
    ]


def test_a_countdown_stands_in_for_a_prompt_that_is_nowhere():
    """Also where the engine makes it the last free article."""
    plain = make_policy(limit=2)
    rules = [evolve(rule, prompt="fwe-left") if rule.spend else rule for rule in plain.rules]
    shown = zip(decisions(evolve(plain, rules=rules), 3), decisions(plain, 3), strict=True)
    for named, unnamed in shown:
        for form in ("html", "text"):
            assert render(named, format=form) == render(unnamed, format=form)


def test_an_article_has_nothing_that_stands_in():
    """Nothing ships for it: nothing is said, and nothing fails."""
    decision = first(with_prompt("article", "sponsered"), SPONSORED)
    assert [render(decision, format=form) for form in ("html", "text")] == ["", ""]
    assert json.loads(render(decision, format="json"))["prompt"] == "sponsered"


def test_the_text_of_a_prompt_with_a_page_alone_is_its_parts(tmp_path):
    """A publisher's prompt may have HTML and no text, but not the other way round."""
    (tmp_path / "sale.html.j2").write_text("<p>Sale</p>")
    (tmp_path / "note.txt.j2").write_text("Note")
    sale = first(with_prompt("subscription-wall", "sale"))
    assert render(sale, folder=tmp_path) == "<p>Sale</p>"
    assert "Subscribe" in render(sale, format="text", folder=tmp_path)
    note = first(with_prompt("subscription-wall", "note"))
    assert render(note, format="text", folder=tmp_path) == "Note"
    assert render(note, folder=tmp_path) == render(evolve(note, prompt="subscription-wall"))
