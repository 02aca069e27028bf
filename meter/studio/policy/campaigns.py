"""The fields of a campaign: how often declared prompts are shown, and who is in which variant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from meter.forms import span_text
from meter.studio.policy.field import Field, FieldGroup, made, window_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import DeclaredExperiment, Policy, Prompt

__all__ = ["campaign_groups"]

_SILENCES = {
    "closed": "Quiet after it was closed",
    "purchase": "Quiet after a purchase",
    "shown": "Quiet after it was shown",
}
_EMPTY = "such as 7 days; empty: not at all"


def campaign_groups(policy: Policy, table: Mapping[str, object]) -> Iterator[FieldGroup]:
    """Yield the fields of each experiment and declared prompt; `table` is the file."""
    for experiment in policy.experiments:
        fields = tuple(_experiment(experiment))
        yield FieldGroup(title=f"Experiment “{experiment.name}”", fields=fields)
    for prompt in policy.prompts:
        is_list = not isinstance(_caps(table, prompt.name), Mapping)
        fields = tuple(_prompt(prompt, is_list=is_list))
        yield FieldGroup(title=f"Prompt “{prompt.name}”", fields=fields)


def _caps(table: Mapping[str, object], prompt: str) -> object:
    """Return what the file says of the caps of a prompt: one table, or a list of them."""
    found: object = table
    for key in ("prompts", prompt, "at_most"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _experiment(experiment: DeclaredExperiment) -> Iterator[Field]:
    path = ("experiments", experiment.name)
    for name, weight in experiment.variants:
        hint = "the share of all ids, such as 0.5"
        yield made((*path, "variants", name), f"Variant `{name}`", f"{weight:g}", "share", hint)
    hint = "the part of each share that takes part, such as 0.2; 1 is all of it"
    yield made((*path, "coverage"), "Coverage", f"{experiment.coverage:g}", "share", hint)


def _prompt(prompt: Prompt, *, is_list: bool) -> Iterator[Field]:
    path: tuple[str | int, ...] = ("prompts", prompt.name)
    yield made((*path, "heading"), "Heading", prompt.heading, "words")
    yield made((*path, "text"), "Text", prompt.text, "words", "the sentences below it")
    yield made((*path, "action"), "Button", prompt.action, "words", "the words on it")
    for number, cap in enumerate(prompt.at_most):
        where = (*path, "at_most", number) if is_list else (*path, "at_most")
        which = "Cap" if len(prompt.at_most) == 1 else f"Cap {number + 1}"
        label = f"{which}: at most"
        yield made((*where, "times"), label, cap.times, "number", "times in the window")
        yield from window_fields(
            (*where, "window"), cap.window, f"{which}: window", f"{which}: length"
        )
    if prompt.every is not None:
        label = f"At each so many views of `{prompt.every.meter}`"
        yield made((*path, "every", "views"), label, prompt.every.views, "number", "such as 5")
    for key, label in _SILENCES.items():
        length = getattr(prompt.quiet_after, key, None)
        said = None if length is None else span_text(length)
        yield made((*path, "quiet_after", key), label, said, "text", _EMPTY)
