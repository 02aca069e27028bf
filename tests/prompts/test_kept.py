"""A prompt that is looked up or filled in is the one that is laid out anew, byte for byte."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, nodes

from meter import Article, PageView, PromptError, Reader, Usage, Window, decide, render
from meter.policy import Copy
from meter.prompts import rendering
from meter.prompts.laid import kept
from meter.prompts.laid.drafts import PromptDraft
from meter.prompts.parts.ahead import has_enough
from meter.prompts.variables import COUNTED, COUNTS
from meter.resources import template_root
from meter.testing.strategies import campaigns, journeys, policies
from tests.prompts.staging import LANGUAGES, NOW, every_state, make_offer, make_policy

LAYOUTS = ("wide", "narrow", "bar")
FORMATS = ("html", "text", "json")
WINDOWS = {
    "calendar": Window(calendar="month"),
    "rolling": Window(rolling="30 days"),
    "hours": Window(rolling="36 hours"),
    "fixed": Window(fixed="2 days"),
    "lifetime": Window(lifetime=True),
}
HOSTILE = Copy(headline='<b title="%s">&', pitch="100 % of\x07 %(left)s \ue000left\ue000")
LOUD = Copy(headline="100 %", pitch="%(heading)s and {{ left }} <i>")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Return a publisher's folder without a file: with one nothing is looked up or filled in."""
    return tmp_path_factory.mktemp("empty")


def made_by(decision, **wanted):
    """Return a prompt as it is made here, or why it cannot be."""
    try:
        return render(decision, **wanted)
    except PromptError as error:
        return str(error)


def by_counts(policy, limit):
    """Yield decisions of one reader after another, at every count of an allowance and beyond."""
    usage = Usage()
    for number in range(limit + 2):
        view = PageView(article=Article(id=f"a{number}"))
        now = NOW + timedelta(hours=7 * number, minutes=number)
        decision, usage = decide(policy, Reader(id="r", registered=True), view, usage, now)
        yield decision


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_that_ships_is_as_it_is_laid_out(language, empty):
    """In every layout, format and language, and the second time as the first."""
    policy = make_policy(offer=make_offer(), copy=LOUD)
    for decision in every_state(policy).values():
        for layout in LAYOUTS:
            for form in FORMATS:
                wanted = {"locale": language, "layout": layout, "format": form, "place": "below"}
                expected = render(decision, folder=empty, **wanted)
                assert [render(decision, **wanted) for _ in range(2)] == [expected, expected]


@pytest.mark.parametrize("copy", [HOSTILE, LOUD], ids=["with a mark", "without"])
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("locale", ["en", "pl", "ar", "ja-JP, en;q=0.5"])
def test_every_count_is_as_it_is_laid_out(locale, window, copy, empty):
    """A draft that one count made is filled in with the others; what is unsafe is escaped."""
    policy = make_policy(offer=make_offer(), copy=copy, window=window, limit=24)
    for decision in by_counts(policy, 24):
        for form in ("html", "text"):
            wanted = {"locale": locale, "format": form}
            assert render(decision, **wanted) == render(decision, folder=empty, **wanted)
    assert "<i>" not in render(decision)
    assert "<b " not in render(decision)


def test_words_of_a_count_are_escaped_in_a_draft(empty):
    """A publisher's own sentence is a text, whatever it looks like."""
    loud = Copy(texts={"left": {"one": "<b>{n}</b>", "other": "<b>{n}</b> & {period} \x07%s"}})
    policy = make_policy(copy=loud, limit=9)
    for decision in by_counts(policy, 9):
        for form in ("html", "text"):
            assert render(decision, format=form) == render(decision, format=form, folder=empty)
        assert "<b>" not in render(decision)


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_as_much_is_left_of_another_limit(window, empty):
    """Where the words tell it, they tell that limit."""
    first = decided(make_policy(window=window, limit=9), 0)
    for limit in (9, 7, 8):
        decision = evolve(first, meter=evolve(first.meter, limit=limit, left=4, used=limit - 4))
        assert render(decision) == render(decision, folder=empty)


@given(data=st.data(), policy=policies() | campaigns())
def test_any_decision_of_any_policy_is_as_it_is_laid_out(data, policy, empty):
    """Whatever was asked before of the same policy."""
    usage = Usage()
    for reader, view, now in data.draw(journeys(policy, max_size=6)):
        decision, usage = decide(policy, reader, view, usage, now)
        wanted = {
            "locale": data.draw(st.sampled_from([None, "de", "ar"])),
            "layout": data.draw(st.sampled_from(LAYOUTS)),
            "format": data.draw(st.sampled_from(FORMATS)),
        }
        assert made_by(decision, **wanted) == made_by(decision, folder=empty, **wanted)


def decided(policy, number, minutes=0):
    """Return what a reader of its own gets for the first article."""
    view = PageView(article=Article(id=f"a{number}"))
    now = NOW + timedelta(minutes=minutes)
    return decide(policy, Reader(id=f"r{number}", registered=True), view, Usage(), now)[0]


def test_readers_who_were_decided_alike_are_told_by_one_text():
    """Whoever they are, whatever they read, and at whatever time of the day."""
    policy = make_policy(offer=make_offer())
    said = [render(decided(policy, number, number)) for number in range(20)]
    assert all(text is said[0] for text in said)


def test_a_text_that_one_reader_has_is_not_kept():
    """A window that rolls resets each at a moment of its own; its draft serves them all."""
    policy = make_policy(window=Window(rolling="30 days"))
    said = {render(decided(policy, number, number)) for number in range(20)}
    assert len(said) == 1
    assert policy.rulebook.said == {}
    assert len(policy.rulebook.drafted) == 1


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_words_of_a_moment_that_one_reader_has_are_not_kept(window, monkeypatch):
    """At the walls of a window that rolls, or that began with a read, they would pile up."""
    room = {}
    monkeypatch.setattr(rendering, "words_room", lambda *_alike: room)
    policy = make_policy(window=window, limit=13)
    *_, wall = by_counts(policy, 13)
    for seconds in range(20):
        reading = wall.meter
        if window.calendar is None and reading.resets_at is not None:
            reading = evolve(reading, resets_at=reading.resets_at + timedelta(seconds=seconds))
        assert render(evolve(wall, meter=reading))
    assert len(room) <= 1


def test_no_more_is_kept_than_a_bound(monkeypatch):
    """Of texts and of drafts; the words that are told stay right."""
    monkeypatch.setattr(kept, "_MOST_TEXTS", 8)
    monkeypatch.setattr(kept, "_MOST_DRAFTS", 3)
    policy = make_policy(limit=40)
    first = decided(policy, 0)
    for day in range(6):
        for left in range(2, 30):
            reading = evolve(first.meter, left=left, used=40 - left)
            decision = evolve(first, at=NOW + timedelta(days=day), meter=reading)
            assert f"You have {left} free articles left" in render(decision)
            assert len(policy.rulebook.said) <= 8
            assert len(policy.rulebook.drafted) <= 3


def test_what_anybody_sends_is_not_kept():
    """A header longer than a browser's is answered, and forgotten."""
    policy = make_policy()
    header = "de," + ", ".join(f"xx-{number}" for number in range(200))
    assert 'lang="de"' in render(decided(policy, 0), locale=header)
    assert policy.rulebook.said == {}


def test_what_has_no_hash_is_refused_in_the_words_for_it():
    """As any other layout that there is not."""
    with pytest.raises(ValueError, match="is not a layout"):
        render(decided(make_policy(), 0), layout=["wide"])


def test_many_threads_are_told_the_same():
    """All of them fill the same tables at once."""
    policy = make_policy(offer=make_offer(), limit=40)
    decisions = list(by_counts(policy, 40)) * 5
    expected = [
        render(decision) for decision in by_counts(make_policy(limit=40, offer=make_offer()), 40)
    ] * 5
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(render, decisions)) == expected


TEMPLATES = sorted((template_root() / "prompts").glob("*.j2"))
FILLED = {*COUNTED, *COUNTS, "id"}


def faults_of(source: str) -> list[str]:
    """Return the variables of a draft that a template does anything with but print or ask for."""
    tree = Environment(autoescape=True).parse(source)
    fine = set()
    for output in tree.find_all(nodes.Output):
        fine |= {id(node) for node in output.nodes}
    for branch in tree.find_all(nodes.If):
        is_defined = [test.node for test in branch.test.find_all(nodes.Test)]
        fine |= {id(node) for node in is_defined}
        if getattr(branch.test, "name", None) in COUNTED:
            fine.add(id(branch.test))
    for test in tree.find_all(nodes.Test):
        assert test.name == "defined"
    names = tree.find_all(nodes.Name)
    return [node.name for node in names if node.name in FILLED and id(node) not in fine]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_our_templates_print_what_is_counted_as_it_is(template):
    """So that a mark can stand for it in a draft."""
    assert faults_of(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ heading|upper }}", "heading"),
        ("{% if left == 1 %}a{% endif %}", "left"),
        ("{% if left %}a{% endif %}", "left"),
        ("{{ noun ~ period }}", "noun"),
        ("{% if id and text %}a{% endif %}", "id"),
    ],
)
def test_a_template_that_does_more_is_found(source, name):
    """The check above fails for it."""
    assert name in faults_of(source)


def test_a_draft_serves_one_day_of_the_zone(empty):
    """What ends tomorrow, and what today is called, is of the day in Tokyo."""
    policy = make_policy(offer=make_offer(ends=date(2026, 6, 11)))
    first = decided(policy, 0)
    for minutes in (0, 359, 361, 1440):
        decision = evolve(
            first, at=datetime(2026, 6, 9, 9, tzinfo=UTC) + timedelta(minutes=minutes)
        )
        for form in ("html", "text", "json"):
            assert render(decision, format=form) == render(decision, format=form, folder=empty)
    midnight = datetime(2026, 6, 9, 15, tzinfo=UTC)
    said = [render(evolve(first, at=midnight + timedelta(microseconds=more))) for more in (-1, 0)]
    assert {key[kept.DAY] for key in policy.rulebook.drafted} >= {
        date(2026, 6, 9),
        date(2026, 6, 10),
    }
    assert said[0] != said[1]


def test_a_draft_is_only_of_a_prompt_that_says_nothing_of_what_lies_ahead():
    """What an account gives hangs on the count: with one left it is told."""
    policy = make_policy(limit=3)
    for decision in by_counts(policy, 3):
        render(decision)
        assert (decision.meter.left > 1 and decision.access == "full") is has_enough(decision)
    assert all(isinstance(draft, PromptDraft) for draft in policy.rulebook.drafted.values())
    assert {key[0][3] for key in policy.rulebook.drafted} == {"countdown"}
    assert isinstance(next(iter(policy.rulebook.drafted))[1], date)
