"""`meter init --like`: the models of paywalls, listed, found by name, and as files to write."""

from __future__ import annotations

from typing import NamedTuple

import click

from meter.errors import MeterError, meant, quoted
from meter.resources import MODEL_POLICY, PaywallModel, paywall_models

__all__ = ["StartingFile", "known_model", "model_files"]

_README = """\
# A paywall to begin with

{says}

`policy.toml` says so for a fictitious publication. Change it, and see what readers see:

    meter check policy.toml                what is wrong in it, and where
    meter journey *.journey.toml           one reader's months, as a timeline and as a test
    meter prove policy.toml                what holds for every possible reader

| file | what |
|---|---|
| `policy.toml` | the meters, the offers, the rules in order |
| `{journey}` | a reader who meets what the paywall is about |
"""


class StartingFile(NamedTuple):
    """A file of a folder to start from: its name, what it is, and its text."""

    name: str
    what: str
    text: str


def model_files(model: PaywallModel) -> list[StartingFile]:
    """Return what `meter init` writes of a model."""
    readme = _README.format(says=model.says, journey=model.journey)
    return [
        StartingFile(MODEL_POLICY, model.says, model.text(MODEL_POLICY)),
        StartingFile(model.journey, "a reader who meets it", model.text(model.journey)),
        StartingFile("README.md", "what to try, in order", readme),
    ]


def known_model(
    ctx: click.Context, _param: click.Parameter, name: str | None
) -> PaywallModel | None:
    """Return the model of a name; without a name print all of them and end.

    Raises:
        MeterError: no model is called so.
    """
    if name is None or ctx.resilient_parsing:
        return None
    models = paywall_models()
    if name in models:
        return models[name]
    listing = _listing(models)
    if not name:
        click.echo(listing)
        ctx.exit()
    advice = meant(name, models, "these are the models there are")
    raise MeterError(f"there is no model {quoted(name)}; {advice}\n\n{listing}")


def _listing(models: dict[str, PaywallModel]) -> str:
    width = max(map(len, models))
    return "\n".join(f"{name:{width}}  {model.says}" for name, model in models.items())
