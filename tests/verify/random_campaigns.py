"""Random policies with prompts that are not shown every time, with `seen`, and with experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.experiments import Filter, Hash
from meter.policy import (
    Cap,
    DeclaredExperiment,
    DeclaredHoldout,
    Every,
    Policy,
    Prompt,
    Quiet,
    Rule,
    When,
)
from meter.vocabulary import Access, ArticleAccess, Range, Status
from meter.windows import Window
from tests.verify.random_policies import random_policy

if TYPE_CHECKING:
    from random import Random

__all__ = ["random_campaign"]

PROMPTS = ("give", "letter", "bar")
LENGTHS = ("1 hour", "1 day", "7 days")
WINDOWS = [
    Window(calendar="day"),
    Window(calendar="day"),
    Window(calendar="week", starts="sunday"),
    Window(calendar="month"),
    Window(rolling="1 day"),
    Window(rolling="30 days"),
    Window(fixed="2 days"),
    Window(lifetime=True),
]
HASHES = (Hash.GROWTHBOOK_2, Hash.UNLEASH, Hash.OPTIMIZELY, Hash.LAUNCHDARKLY)
VARIANTS = (
    {"control": 0.5, "nine": 0.5},
    {"control": 0.4, "nine": 0.3, "ten": 0.2},
    {"nine": 0.0, "control": 1.0},
)


def random_campaign(random: Random, rules: int | None = None) -> Policy:
    """Return a random policy with caps, most of the time with conditions on them, or experiments.

    Prompts have caps of every kind, groups and stand-ins. Rules, offers and limits ask for variants
    of one to three experiments, some of which exclude each other.
    """
    policy = random_policy(random, rules)
    counting = [meter.name for meter in policy.meters if meter.counts is not None]
    prompts = [_prompt(random, number, counting) for number in range(len(PROMPTS))]
    asked = [prompt.name for prompt in prompts if prompt.at_most]
    shown = [_shown(random, rule, asked) for rule in policy.rules[:-1]]
    if random.random() < 0.4:
        shown.insert(0, _open(random, "asked", random.choice(PROMPTS)))
    policy = evolve(policy, prompts=[*policy.prompts, *prompts], rules=[*shown, policy.rules[-1]])
    return _tried(random, policy) if random.random() < 0.7 else policy


def _prompt(random: Random, number: int, counting: list[str]) -> Prompt:
    """Return a prompt that may give way to the next one."""
    quiet = {key: random.choice(LENGTHS) for key in ("closed", "purchase", "shown")}
    kept = random.sample(list(quiet), random.choice([0, 0, 1, 2]))
    every = None
    if counting and random.random() < 0.25:
        every = Every(meter=random.choice(counting), views=random.randint(1, 3))
    prompt = Prompt(
        name=PROMPTS[number],
        heading="Give what you like",
        at_most=[_cap(random) for _ in range(random.choice([0, 1, 1, 2]))],
        every=every,
        quiet_after=Quiet(**{key: quiet[key] for key in kept}) if kept else None,
        once=random.random() < 0.1,
        group="asks" if random.random() < 0.5 else None,
    )
    stand_in = PROMPTS[number + 1 : number + 2]
    if prompt.is_capped and stand_in and random.random() < 0.5:
        return evolve(prompt, instead=stand_in[0])
    return prompt


def _cap(random: Random) -> Cap:
    return Cap(times=random.choice([1, 1, 2, 3]), window=random.choice(WINDOWS))


def _shown(random: Random, rule: Rule, asked: list[str]) -> Rule:
    """Return a rule that shows a prompt where it opens, and may ask how often one was shown."""
    if rule.show.access is Access.PREVIEW:
        return rule
    when = rule.when
    if asked and random.random() < 0.4:
        bounds = {random.choice(["at_least", "at_most", "equals"]): random.randint(0, 2)}
        when = _also(random, when, When(seen={random.choice(asked): Range(**bounds)}))
    prompt = random.choice([*PROMPTS, PROMPTS[0], None])
    return evolve(rule, when=when, prompt=prompt)


def _open(random: Random, name: str, prompt: str | None) -> Rule:
    """Return a rule that opens everything to some readers."""
    when = When(reader=random.sample(list(Status), 4))
    return Rule(name=name, when=when, show="article", prompt=prompt)


def _also(random: Random, when: When, asked: When) -> When:
    """Return a condition that asks for more, or for the opposite of it."""
    if random.random() < 0.25:
        asked = When(not_=asked)
    return asked if when == When() else When(any=[when], not_=When(not_=asked))


def _tried(random: Random, policy: Policy) -> Policy:
    """Return a policy with experiments, of which rules, offers and limits ask."""
    names = ["price", "layout", "gift"][: random.choice([1, 1, 2, 3])]
    experiments = [_experiment(random, name) for name in names]

    def also(when: When) -> When:
        return _also(random, when, _variant(random, experiments)) if random.random() < 0.4 else when

    rules = [evolve(rule, when=also(rule.when)) for rule in policy.rules[:-1]]
    tried = Rule(
        name="tried",
        when=_variant(random, experiments),
        show=random.choice(["article", "wall"]),
    )
    if tried.show == "article":
        tried = evolve(tried, prompt=random.choice([None, *PROMPTS]))
    place = random.choice([0, len(rules)])
    rules.insert(place, tried)
    if random.random() < 0.4:
        rules.insert(place + 1, _open(random, "not tried", random.choice([None, *PROMPTS])))
    return evolve(
        policy,
        rules=[*rules, policy.rules[-1]],
        offers=[evolve(offer, when=also(offer.when)) for offer in policy.offers],
        meters=[
            evolve(
                meter,
                limits=[
                    *(evolve(each, when=also(each.when)) for each in meter.limits[:-1]),
                    *meter.limits[-1:],
                ],
            )
            for meter in policy.meters
        ],
        experiments=experiments,
        holdout=random.choice([None, None, DeclaredHoldout(seed="nobody", share=0.3)]),
    )


def _experiment(random: Random, name: str) -> DeclaredExperiment:
    ranges = random.choice([[(0, 0.6)], [(0.4, 1)], [(0, 0.3), (0.6, 0.9)]])
    filters = [Filter(seed="slots", ranges=ranges)] if random.random() < 0.4 else []
    whens = [When(reader=random.sample(list(Status), 3)), When(access=[ArticleAccess.METERED])]
    return DeclaredExperiment(
        name=name,
        seed=f"{name}-{random.randint(1, 8)}",
        hash=random.choice(HASHES),
        variants=random.choice(VARIANTS),
        coverage=random.choice([1, 1, 0.7]),
        filters=filters,
        unit=random.choice(["visitor", "visitor", "reader"]),
        when=random.choice([When(), When(), *whens]),
    )


def _variant(random: Random, experiments: list[DeclaredExperiment]) -> When:
    """Return a condition on one experiment, or on several."""
    some = random.sample(experiments, random.choice([1, 1, len(experiments)]))
    asked = {each.name: [random.choice([name for name, _ in each.variants])] for each in some}
    return When(experiment=asked)
