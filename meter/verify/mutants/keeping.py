"""The journeys that notice what survived, as few as do, written as files."""

from __future__ import annotations

import os
import re
from itertools import count
from typing import TYPE_CHECKING

from attrs import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from meter.verify.mutants.edit import Mutant
    from meter.verify.mutants.results import MutationResult, Survivor
    from meter.verify.mutants.telling import ToldJourney

__all__ = ["keep", "needed"]

_Expectation = tuple[int, str]
"""The place of a journey, and a key that its last step expects."""

_FIRST_TO_GO = (
    "access",
    "counted",
    "prompt",
    "resets_at",
    "used",
    "left",
    "offers",
    "offer",
    "says",
    "show",
)
"""What is left out first, where it is not needed: what says least to who reads the file."""
_LONGEST_NAME = 60


def needed(told: Sequence[ToldJourney], mutants: Sequence[Mutant]) -> list[frozenset[str]]:
    """Return what each journey has to expect, so that together they notice all they can.

    No expectation is there that could be taken away: each is the only one to notice some mistake.
    """
    noticing: list[set[_Expectation]] = []
    for mutant in mutants:
        found = {(place, key) for place, one in enumerate(told) for key in one.keys(mutant.policy)}
        if found:
            noticing.append(found)
    kept = {(place, key) for place, one in enumerate(told) for key in one.expect}
    for expectation in sorted(kept, key=_least_telling):
        if all(found & kept != {expectation} for found in noticing):
            kept.discard(expectation)
    return [frozenset(key for place, key in kept if place == own) for own in range(len(told))]


def _least_telling(expectation: _Expectation) -> tuple[int, int]:
    place, key = expectation
    return _FIRST_TO_GO.index(key), -place


def keep(
    result: MutationResult, told: Sequence[ToldJourney], policy: Path, folder: Path
) -> MutationResult:
    """Write journeys that notice what survived, and say of each survivor which file does.

    What is in `folder` already stays as it is.
    """
    mutants = [survivor.mutant for survivor in result.survivors]
    expecting = [
        one.expecting(keys) if keys else None
        for one, keys in zip(told, needed(told, mutants), strict=True)
    ]
    files: dict[int, Path] = {}
    survivors = []
    place = os.path.relpath(policy, folder).replace(os.sep, "/")
    for survivor in result.survivors:
        noticing = _noticing(expecting, survivor.mutant)
        if noticing is None:
            survivors.append(survivor)
            continue
        number, one = noticing
        if number not in files:
            files[number] = _written(folder, one, survivor, place)
        survivors.append(evolve(survivor, kept=files[number]))
    return evolve(result, survivors=tuple(survivors))


def _noticing(told: Iterable[ToldJourney | None], mutant: Mutant) -> tuple[int, ToldJourney] | None:
    for number, one in enumerate(told):
        if one is not None and one.keys(mutant.policy):
            return number, one
    return None


def _written(folder: Path, told: ToldJourney, survivor: Survivor, policy: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = _free(folder, survivor.mutant)
    title = f"notices {survivor.mutant.words}"
    text = told.text(frozenset(told.expect), title=title, policy=policy)
    file.write_text(text, encoding="utf-8")
    return file


def _free(folder: Path, mutant: Mutant) -> Path:
    """Return a file that is not there yet, named after what is changed."""
    name = re.sub(r"[\W_]+", "-", mutant.what.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    for number in count(1):
        suffix = "" if number == 1 else f"-{number}"
        file = folder / f"{name or 'mistake'}{suffix}.journey.toml"
        if not file.exists():
            break
    return file
