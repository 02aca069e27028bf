"""A gate asks for something else than money: a preview that counts nothing and is no wall."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve

from meter import (
    Article,
    Entitlement,
    Meter,
    PageView,
    Policy,
    PolicyError,
    Reader,
    Rule,
    Show,
    Usage,
    Window,
    decide,
    explain,
    loads_policy,
)
from meter.loading import dumps_policy
from meter.policy import Guarantee, Prompt, Publication, When
from meter.policy.promised import OPEN, WALLS, Promised, promised, promised_words
from meter.verify import changes, guarantees

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
CHOSEN = Reader(id="r", segments=["consented"])
POLICY = Policy(
    publication=Publication(name="The Harbour Review"),
    meters=[Meter(name="monthly", window=Window(calendar="month"), limit=2)],
    prompts=[Prompt(name="consent", heading="Before you read on")],
    rules=[
        Rule(
            name="no choice yet",
            when=When(not_=When(segments=["consented"])),
            show="gate",
            prompt="consent",
        ),
        Rule(
            name="subscribers", when=When(reader=["subscriber", "trial", "staff"]), show="article"
        ),
        Rule(name="two a month", spend="monthly", show="countdown"),
        Rule(name="wall", show="subscription-wall"),
    ],
)


def with_guarantee(**words: object) -> Policy:
    when = When(not_=When(segments=["consented"]))
    return evolve(POLICY, guarantees=[Guarantee(name="g", when=when, **words)])


def outcome(policy: Policy, name: str = "g") -> str:
    """What `prove` says of one promise."""
    return next(
        str(answer.outcome) for answer in guarantees(policy) if name in (answer.name, answer.code)
    )


def test_a_gate_is_a_preview_that_counts_nothing():
    """Whoever is read, and whatever was read before."""
    usage = Usage()
    for number in range(3):
        view = PageView(article=Article(id=f"a{number}"))
        decision, after = decide(POLICY, Reader(id="r"), view, usage, NOW)
        assert ("gate", "preview", "consent", None) == (
            decision.show,
            decision.access,
            decision.prompt,
            decision.meter,
        )
        assert after is usage
    assert decide(POLICY, CHOSEN, view, usage, NOW)[0].show == "countdown"


def test_the_explanation_tells_what_a_gate_asks():
    """Its prompt is named, beside the rule."""
    view = PageView(article=Article(id="a"))
    said = explain(decide(POLICY, Reader(id="r"), view, Usage(), NOW)[0])
    assert "shows `gate` (a preview) by rule `no choice yet`" in said
    assert "says the prompt `consent`: Before you read on" in said


def test_a_prefetch_of_a_gate_is_a_gate():
    """It would have counted nothing, so it is served as always."""
    view = PageView(article=Article(id="a"), prefetch=True)
    decision = decide(POLICY, Reader(id="r"), view, Usage(), NOW)[0]
    assert ("gate", "consent", False) == (decision.show, decision.prompt, decision.speculative)


def test_every_show_is_open_or_a_wall_or_a_gate():
    """And a guarantee knows each of them, and the two words for several."""
    assert {*Show} == OPEN | WALLS | {Show.GATE}
    assert {*map(str, Promised)} == {*map(str, Show), "open", "wall"}


@pytest.mark.parametrize(
    ("words", "shows"),
    [
        (["wall"], WALLS),
        (["open"], OPEN),
        (["wall", "gate"], WALLS | {Show.GATE}),
        (["wall", "trial-offer"], WALLS),
        (["countdown"], {Show.COUNTDOWN}),
        ([], set()),
    ],
)
def test_a_word_of_a_guarantee_stands_for_all_it_means(words, shows):
    """However it is made, and written back in the fewest words."""
    assert frozenset(shows) == promised(words)
    assert promised(promised_words(shows)) == shows
    if words:
        policy = with_guarantee(never=words)
        assert policy == loads_policy(dumps_policy(policy))
        assert policy.digest == with_guarantee(never=[*shows]).digest


def test_a_word_that_no_guarantee_knows_is_refused():
    """With the words there are."""
    with pytest.raises(ValueError, match="did you mean `wall`"):
        Guarantee(name="g", never=["wal"])


def test_no_gate_breaks_a_promise_about_walls():
    """`wall` leaves gates out, `open` does not hold them, and both are proved."""
    assert "proved" == outcome(with_guarantee(never=["wall"]))
    assert "fails" == outcome(with_guarantee(never=["gate"]))
    assert "fails" == outcome(with_guarantee(always=["open"]))
    assert "proved" == outcome(with_guarantee(always=["open", "gate"]))


def test_a_subscriber_at_a_gate_met_no_wall():
    """The promises that every policy is held to look at walls; a wall still breaks them."""
    assert "proved" == outcome(POLICY, "subscriber-never-walled")
    assert "fails" == outcome(evolve(POLICY, rules=POLICY.rules[2:]), "subscriber-never-walled")


@pytest.mark.parametrize("kind", ["trial", "subscription"])
def test_who_lapsed_may_meet_a_gate(kind):
    """It greets nobody as a stranger."""
    over = Entitlement(kind=kind, ends=datetime(2026, 5, 1, tzinfo=UTC))
    reader = Reader(id="r", entitlements=[over])
    view = PageView(article=Article(id="a"))
    assert "gate" == decide(POLICY, reader, view, Usage(), NOW)[0].show
    gates = evolve(POLICY, rules=[evolve(POLICY.rules[0], when=When())])
    assert "proved" == outcome(gates, "right-wall-after-expiry")


def test_a_difference_tells_a_gate_and_its_words():
    """A gate for a wall, and other words of the same prompt."""
    walled = evolve(POLICY.rules[0], show="registration-wall")
    rows = changes(POLICY, evolve(POLICY, rules=[walled, *POLICY.rules[1:]])).rows
    assert [("`gate`", "`registration-wall`")] == [(row.before, row.after) for row in rows]
    prompts = [Prompt(name="consent", heading="A word before you read")]
    rows = changes(POLICY, evolve(POLICY, prompts=prompts)).rows
    assert ["whoever sees prompt `consent` in `en`"] == [row.who for row in rows]


@pytest.mark.parametrize("change", [{"prompt": None}, {"prompt": "nowhere"}, {"spend": "monthly"}])
def test_a_gate_needs_a_declared_prompt_and_spends_nothing(change):
    """A gate that asks for nothing, or would count an article, is refused at construction."""
    with pytest.raises(PolicyError) as caught:
        evolve(POLICY, rules=[evolve(POLICY.rules[0], **change), *POLICY.rules[1:]])
    (problem,) = caught.value.problems
    assert problem.code in ("gate-needs-prompt", "wall-spends")
    assert problem.path[:2] == ("rules", 0)
    assert problem.help
