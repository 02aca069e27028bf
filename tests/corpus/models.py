"""Paywalls as policies, each with a journey that shows what it is about: `tests/corpus/models/`.

A policy opens with the sentence that describes it. Run as a module it prints what each takes to
say: `python -m tests.corpus.models`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click

from meter import Policy, load_policy

__all__ = ["MODELS", "Model"]

FOLDER = Path(__file__).parent / "models"
_JOURNEY = ".journey.toml"


class Model(NamedTuple):
    """One paywall: its name, the sentence it is described by, its policy and its journey."""

    name: str
    says: str
    policy_file: Path
    journey_file: Path

    def policy(self) -> Policy:
        """Return its policy."""
        return load_policy(self.policy_file)


def _model(path: Path) -> Model:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return Model(path.stem, first.removeprefix("# "), path, path.with_name(path.stem + _JOURNEY))


MODELS = tuple(
    _model(path) for path in sorted(FOLDER.glob("*.toml")) if not path.name.endswith(_JOURNEY)
)


def main() -> None:
    """Print how many rules each model takes, and how many things its policy looks at."""
    total = 0
    for model in MODELS:
        policy = model.policy()
        total += len(policy.rules)
        slots = len(policy.rulebook.vocabulary.slots)
        click.echo(f"{len(policy.rules):3} rules, {slots:3} facts  {model.name}: {model.says}")
    click.echo(f"{total:3} rules in {len(MODELS)} models")


if __name__ == "__main__":
    main()
