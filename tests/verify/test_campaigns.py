"""What is said of policies with caps, showings and experiments is what the engine does."""

from __future__ import annotations

from random import Random

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.engine import decide
from meter.facts import Vocabulary
from meter.policy import Cap, Guarantee
from meter.rulebook import Rulebook
from meter.testing.strategies import campaigns, journeys, windows, with_experiments
from meter.usage import Usage
from meter.verify import changes, guarantees, lints
from meter.verify.concretize import ConcreteView
from meter.verify.frequency.proof import kept_by_caps
from meter.verify.space import Space
from meter.verify.walk.symbolic import verdicts
from meter.windows import Timeline, instant

PROMPTS = ("give", "letter", "bar")


@st.composite
def promising(draw):
    """Draw a policy that caps prompts, asks how often they were shown, and tries variants.

    It promises of a prompt how often it is shown.
    """
    policy = draw(campaigns())
    if draw(st.booleans()):
        policy = draw(with_experiments(policy))
    own = [cap for prompt in policy.prompts for cap in prompt.at_most]
    drawn = st.builds(
        lambda times, window: Cap(times=times, window=window), st.integers(1, 4), windows()
    )
    guarantee = Guarantee(
        name="not too often",
        prompt=draw(st.sampled_from(PROMPTS)),
        at_most=[draw(st.sampled_from(own) | drawn if own else drawn)],
    )
    return evolve(policy, guarantees=(guarantee,))


def played(policy, steps):
    """Yield what a reader meets in a journey whose clock never goes back, and what is decided."""
    usage, now = Usage(), steps[0].now
    for step in steps:
        now = max(now, step.now)
        met = ConcreteView(reader=step.reader, view=step.view, usage=usage, now=now)
        decision, usage = decide(policy, step.reader, step.view, usage, now)
        yield met, decision


@given(st.data())
@settings(max_examples=60)
def test_takes_nothing_for_impossible_that_can_be_met(data):
    """Whatever a journey meets is a situation that can be, and its verdict is the decision."""
    policy = data.draw(promising())
    space = Space([Rulebook(policy, Vocabulary([policy]))])
    whole = verdicts(space)
    for met, decision in played(policy, data.draw(journeys(policy))):
        codes = space.codes(space.observe(met), known=space.knows(met))
        verdict = space.diagrams.at(whole, codes)
        assert space.diagrams.at(space.possible, codes) is True
        assert (decision.rule, decision.show, decision.offers) == (
            verdict.rule,
            verdict.show,
            verdict.offers,
        )


@given(promising(), st.integers(0, 1_000_000))
@settings(max_examples=40)
def test_what_can_be_is_somebody(policy, seed):
    """Of any situation that can be there is a reader with ids, a record and a page view."""
    space = Space([Rulebook(policy, Vocabulary([policy]))])
    random = Random(seed)
    sizes = [len(variable.domain) for variable in space.variables]
    drawn = [space.situation([random.randrange(size) for size in sizes]) for _ in range(60)]
    possible = [each for each in drawn if space.diagrams.at(space.possible, each.codes)]
    for situation in [*possible[:5], space.witness(space.possible)]:
        met = space.concretize(situation)
        assert space.facts(situation) == space.observe(met)
        assert situation.known[0] == space.knows(met)


@given(promising(), promising())
@settings(max_examples=6)
def test_answers_for_any_policy(policy, other):
    """Any policy gets lints, proofs and comparisons; the engine does what stories say."""
    assert [] == [warning for warning in lints(policy) if warning.code == "not-analysed"]
    assert changes(policy, other) is not None
    for answer in guarantees(policy):
        if answer.counterexample is not None:
            usage = answer.counterexample.steps[0].asked.usage
            for step in answer.counterexample.steps:
                asked = step.asked
                told = answer.counterexample.policy
                decision, usage = decide(told, asked.reader, asked.view, usage, asked.now)
                assert step.decision == decision


@given(st.data())
@settings(max_examples=60)
def test_nobody_is_shown_more_than_is_proved(data):
    """Whatever is read, and when, and however often a view is sent."""
    policy = data.draw(promising())
    (guarantee,) = policy.guarantees
    (cap,) = guarantee.at_most
    if kept_by_caps(policy.rulebook, guarantee) is None:
        return
    timeline = Timeline(cap.window, policy.zone)
    for _ in range(3):
        shown: dict[str, int] = {}
        for met, decision in played(policy, data.draw(journeys(policy, max_size=24))):
            if decision.prompt == guarantee.prompt and met.reader.id is not None:
                at = instant(met.now)
                key = met.view.view_key(at)
                if key not in shown or timeline.inside((shown[key],), at):
                    shown[key] = at
                ats = sorted(shown.values())
                assert len(ats) - timeline.inside(ats, at) <= cap.times
