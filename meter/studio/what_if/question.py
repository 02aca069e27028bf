"""What is asked on a page of *What if*: in an address, and as what is to be computed.

Today's policy is the file. It is compared with the draft that is open, if one is, and with the
branches that cards made; the desk's switches may be turned in all of them.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.errors import MeterError
from meter.loading.today import first_day
from meter.simulate.setting import settled
from meter.studio.desk import FILE, Version
from meter.studio.edits import set_value
from meter.studio.names import file_argument, plain_name
from meter.studio.what_if.answer import Task
from meter.studio.what_if.asked import DRAFT, TypedQuestion, free_name
from meter.studio.what_if.fields import ASSUMPTIONS_FILE
from meter.studio.what_if.publisher import Publisher, read_publisher
from meter.studio.what_if.settings import SimulationSettings, read_settings
from meter.verify.switches import asked_switches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy
    from meter.studio.desk import Desk

__all__ = ["NamedVersion", "Question", "command_line", "run_key"]


@frozen
class NamedVersion:
    """A policy of a comparison: its name there, and its text."""

    name: str
    version: Version


@frozen(kw_only=True)
class Question:
    """A question with its policies, today's first, and its numbers read.

    `task` is `None` while there are `faults` (by field), a `problem` of the whole, or nothing to
    compare with.
    """

    asked: TypedQuestion
    versions: tuple[NamedVersion, ...]
    switches: Mapping[str, bool]
    publisher: Publisher
    settings: SimulationSettings
    currency: str | None
    start: date | None
    problem: str | None
    task: Task | None

    @property
    def faults(self) -> Mapping[str, str]:
        """What cannot be used, by field."""
        return {**self.publisher.faults, **self.settings.faults}

    @classmethod
    def of(cls, asked: TypedQuestion, desk: Desk) -> Question:
        """Return what is asked, with the versions that the desk keeps.

        Raises `UnknownVersionError` for a draft that is not kept.
        """
        today = plain_name(desk.path.stem)
        asked = asked.apart_from(today)
        versions = tuple(_versions(asked, desk, today))
        policies = [one.version.policy for one in versions]
        usable = [policy for policy in policies if policy is not None]
        settings = read_settings(asked.texts)
        currency = _currency(usable)
        publisher = read_publisher(asked.texts, currency)
        problem = None
        if len(usable) < len(versions):
            names = [one.name for one in versions if one.version.policy is None]
            problem = f"`{names[0]}` cannot be used as it is; mend it in Policy first"
        else:
            problem = _refusal(usable, publisher, settings)
        start = settings.start or (first_day(usable) if usable else None)
        question = cls(
            asked=asked,
            versions=versions,
            switches=_switches(versions),
            publisher=publisher,
            settings=settings,
            currency=currency,
            start=start,
            problem=problem,
            task=None,
        )
        if problem or question.faults or len(versions) == 1 or start is None:
            return question
        return evolve(question, task=_task(question, start))


def run_key(task: Task) -> str:
    """Return what a run is called: the same question has the same key."""
    parts = {
        **{name: getattr(task, name) for name in ("names", "texts", "readers", "months", "seed")},
        **{name: getattr(task, name) for name in ("draws", "sweep", "by", "known")},
        "assumptions": task.assumptions_text,
        "today": task.today.isoformat(),
    }
    return sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def command_line(task: Task) -> str:
    """Return the command that gives the same numbers, with the files of the run beside it."""
    words = ["meter", "compare", *(file_argument(f"{name}.toml") for name in task.names)]
    for name in ("readers", "months", "seed", "draws"):
        words += [f"--{name}", str(getattr(task, name))]
    if not task.sweep:
        words.append("--no-sweep")
    words += ["--by", task.by, "--today", task.today.isoformat()]
    if task.known is not None:
        words += ["--known", task.known]
    if task.assumptions_text is not None:
        words += ["--assumptions", ASSUMPTIONS_FILE]
    return shlex.join([*words, "--format", "json"])


def _versions(asked: TypedQuestion, desk: Desk, today: str) -> Iterator[NamedVersion]:
    """Yield today's policy, the draft that is open, and the branches."""
    pairs = [(today, FILE)]
    if asked.open_key != FILE:
        pairs.append((free_name(DRAFT, [*pairs, *asked.branches]), asked.open_key))
    pairs += asked.branches
    for name, key in pairs:
        yield NamedVersion(name, _turned(desk.version(key), asked.turned, desk))


def _turned(version: Version, turned: tuple[str, ...], desk: Desk) -> Version:
    """Return a version with switches turned, as far as it has them."""
    text = version.whole_text.replace("\r\n", "\n").removeprefix("\ufeff")
    for name in turned:
        if version.policy is not None and name in version.policy.switches:
            text = set_value(text, ("switches", name), not version.policy.switches[name])
    return desk.keep(text, base=version.base, after=version) if turned else version


def _switches(versions: tuple[NamedVersion, ...]) -> dict[str, bool]:
    """Return the switches that some policy asks for, and how each stands in the first of these."""
    found: dict[str, bool] = {}
    for one in versions:
        policy = one.version.policy
        if policy is not None:
            for name in asked_switches(policy):
                found.setdefault(name, policy.switches[name])
    return found


def _currency(policies: list[Policy]) -> str | None:
    return next((offer.currency for policy in policies for offer in policy.offers), None)


def _refusal(
    policies: list[Policy], publisher: Publisher, settings: SimulationSettings
) -> str | None:
    """Return why these policies cannot be compared at all, such as prices in two currencies."""
    if publisher.faults:
        return None
    try:
        settled(policies, publisher.assumptions, settings.start)
    except MeterError as error:
        return str(error)
    return None


def _task(question: Question, start: date) -> Task:
    settings = question.settings
    return Task(
        names=tuple(one.name for one in question.versions),
        texts=tuple(one.version.whole_text for one in question.versions),
        readers=settings.readers,
        months=settings.months,
        seed=settings.seed,
        draws=settings.draws,
        sweep=settings.sweep,
        by=settings.by,
        today=start,
        known=question.publisher.known,
        assumptions_text=question.publisher.assumptions_text,
    )
