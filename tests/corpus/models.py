"""Paywalls as policies, each with a journey that shows what it is about: `templates/models/`.

A policy opens with the sentence that describes it. Run as a module it prints what each takes to
say: `python -m tests.corpus.models`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click

from meter import Policy, load_policy
from meter.resources import MODEL_POLICY, PaywallModel, paywall_models

__all__ = ["MODELS", "Model"]


class Model(NamedTuple):
    """One paywall: its name, the sentence it is described by, its policy and its journey."""

    name: str
    says: str
    policy_file: Path
    journey_file: Path

    def policy(self) -> Policy:
        """Return its policy."""
        return load_policy(self.policy_file)


def _model(shipped: PaywallModel) -> Model:
    folder = Path(str(shipped.folder))
    return Model(shipped.name, shipped.says, folder / MODEL_POLICY, folder / shipped.journey)


MODELS = tuple(_model(shipped) for shipped in paywall_models().values())


def main() -> None:
    """Print how many rules each model takes, and how many things its policy looks at."""
    rules = 0
    facts = 0
    for model in MODELS:
        policy = model.policy()
        slots = len(policy.rulebook.vocabulary.slots)
        rules += len(policy.rules)
        facts += slots
        click.echo(f"{len(policy.rules):3} rules, {slots:3} facts  {model.name}: {model.says}")
    count = len(MODELS)
    click.echo(
        f"{rules:3} rules in {count} models: {rules / count:.1f} rules and"
        f" {facts / count:.1f} facts a model"
    )


if __name__ == "__main__":
    main()
