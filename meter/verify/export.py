"""A counterexample kept as a journey test: it fails until the policy keeps its promise."""

from __future__ import annotations

import os
import re
from itertools import count
from typing import TYPE_CHECKING, Any

import tomli_w

from meter.journeys.journey import Journey
from meter.journeys.writing import reader_table, view_table
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from meter.verify.answers import ProofAnswer
    from meter.verify.counterexample import Counterexample
    from meter.view import PageView

__all__ = [
    "counterexample_text",
    "export_counterexamples",
    "journey_file_name",
    "journey_of",
    "seen_table",
]


def export_counterexamples(
    answers: Sequence[ProofAnswer], policy: Path, folder: Path
) -> dict[str, Path | None]:
    """Write each counterexample as a journey test; return the files by the name of the promise.

    `None` stands for a counterexample that is no journey of a new reader. What is written was run,
    and shows what the counterexample shows.
    """
    kept: dict[str, Path | None] = {}
    place = os.path.relpath(policy, folder).replace(os.sep, "/")
    for answer in answers:
        if answer.counterexample is None:
            continue
        kept[answer.name] = None
        text = counterexample_text(answer, place)
        if text is not None:
            folder.mkdir(parents=True, exist_ok=True)
            kept[answer.name] = file = _free(folder, answer.name, kept.values())
            file.write_text(text, encoding="utf-8")
    return kept


def counterexample_text(answer: ProofAnswer, place: str) -> str | None:
    """Return the text of a journey file that fails until a policy keeps a promise.

    `place` is the policy's file, as seen from where the journey will be. `None` stands for a
    promise without a counterexample, and for one that is no journey of a new reader. What is
    returned was run, and shows what the counterexample shows.
    """
    counterexample = answer.counterexample
    if counterexample is None or counterexample.before is not None:
        return None
    if counterexample.turned or not (counterexample.wanted or counterexample.prompt):
        return None
    title = f"{answer.name}: a test of this promise"
    text = tomli_w.dumps({"title": title, "policy": place, **journey_of(counterexample)})
    return text if _shows(text, counterexample) else None


def journey_file_name(name: str, number: int = 1) -> str:
    """Return what a journey file for a promise of this name is called, the second with a 2."""
    stem = re.sub(r"[\W_]+", "-", name.lower()).strip("-") or "counterexample"
    return f"{stem}.journey.toml" if number == 1 else f"{stem}-{number}.journey.toml"


def _shows(text: str, counterexample: Counterexample) -> bool:
    """Say whether a journey shows what a counterexample shows, step by step."""
    steps = Journey.loads(text).run(counterexample.policy)
    return [(step.decision.show, step.decision.prompt) for step in steps] == [
        (step.decision.show, step.decision.prompt) for step in counterexample.steps
    ]


def _free(folder: Path, name: str, taken: Collection[Path | None]) -> Path:
    """Return the file for a promise of this name, beside those of others."""
    files = (folder / journey_file_name(name, number) for number in count(1))
    return next(file for file in files if file not in taken)


def journey_of(counterexample: Counterexample) -> dict[str, Any]:
    """Return a counterexample as a journey's tables; the last step expects what was promised."""
    steps: list[dict[str, Any]] = [
        {"at": step.asked.now, "read": seen_table(step.asked.view)} for step in counterexample.steps
    ]
    steps[-1]["expect"] = _expected(counterexample)
    return {"reader": reader_table(counterexample.steps[0].asked.reader), "steps": steps}


def _expected(counterexample: Counterexample) -> dict[str, Any]:
    """Return what the promise wants, or what the rule that was expected would have shown."""
    if counterexample.wanted_prompt is not None:
        return {"prompt": counterexample.wanted_prompt}
    # A gate is what a promise may allow besides, and no journey has to meet one.
    wanted = counterexample.wanted - {Show.GATE} or counterexample.wanted
    if len(wanted) > 1:
        for access in Access:
            if wanted == frozenset(show for show in Show if show.access is access):
                return {"access": str(access)}
    return {"show": str(counterexample.expected.show or min(wanted))}


def seen_table(view: PageView) -> dict[str, Any]:
    """Return a page view as the table of a step; the device that a journey has anyway goes."""
    table = view_table(view)
    if view.device == "laptop":
        del table["device"]
    return table
