"""Read a policy file into a `Policy`, and write one.

Every problem of form and of meaning is collected and located.
"""

from __future__ import annotations

from itertools import chain
from os import PathLike
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import tomli_w
from attrs import evolve

from meter.canonical import to_table
from meter.errors import PolicyError, Problem
from meter.errors.kinds import check_argument, instance
from meter.loading.files import folder_problem
from meter.loading.lints import lint
from meter.loading.lints.words import own_prompts
from meter.loading.problems import ProblemCollector
from meter.loading.schema import PART, POLICY
from meter.loading.together import Places, PolicyFile, PolicyFiles, files_of, read_files
from meter.loading.together.files import INCLUDE
from meter.loading.together.parts import put_together
from meter.policy import Copy, Policy
from meter.policy.faults.conditions import condition_faults
from meter.policy.faults.experiments import experiment_faults
from meter.policy.faults.frequency import frequency_faults
from meter.policy.faults.machines import machine_faults
from meter.policy.faults.meters import meter_faults
from meter.policy.faults.offers import offer_faults
from meter.policy.faults.promises import promise_faults
from meter.policy.faults.prompts import prompt_faults
from meter.policy.gifts import gift_faults
from meter.policy.languages import language_faults
from meter.policy.words import declared
from meter.resources import templates_folder
from meter.validation import find_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from meter.loading.lints import ExactLints

__all__ = ["check_text", "dumps_policy", "load_policy", "loads_policy", "read_placed"]


_EMPTY = {
    *("empty-condition", "empty-guarantee", "empty-list", "empty-quiet", "empty-range"),
    *("empty-table", "missing-plural"),
}
"""What is found empty, or not whole, where a part of it could not be read."""


_A_TEXT = instance(str, form="the text of a policy file; `load_policy` takes its path")
_A_PATH = instance(str, PathLike, form="the path of a policy file; `loads_policy` takes its text")


_READS_ELSEWHERE = {
    "idle-every": ("meters",),
    "idle-instead": ("prompts",),
    "seen-without-cap": ("prompts",),
    "gate-needs-prompt": ("prompts",),
    "unfilled-prompt": ("offers", "prompts"),
    "unknown-noun": ("copy",),
    "unknown-variant": ("experiments",),
}
"""The tables that may say what something lacks, were they read."""


_OTHER_FILES = {
    "steps": ("this is a journey, not a policy", "`meter journey` runs it"),
    "institutions": (
        "these are institutions, not a policy",
        "`meter check` the policy beside it: it reads the institutions too",
    ),
}
"""What a file is that has one of these keys and no rules, and the next step."""


def loads_policy(text: str, *, name: str = "policy.toml", folder: Path | None = None) -> Policy:
    """Read a policy from the text of a policy file, which messages call `name`.

    `folder` is where the files are that it includes; without it, a text that includes files is an
    error. Raises `PolicyError` with every problem there is, each with its line and column.

    >>> loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [[rules]]
    ... name = "everything is open"
    ... show = "article"
    ... ''').publication.name
    'The Harbour Review'
    """
    check_argument("text", text, _A_TEXT)
    return read_placed(files_of(text, name, folder))[0]


def load_policy(path: str | PathLike[str]) -> Policy:
    """Read a policy from a file, with the files beside it that it includes.

    Raises `PolicyError` with every problem there is, also when there is no such file.
    """
    check_argument("path", path, _A_PATH)
    return read_placed(read_files(path))[0]


def read_placed(files: PolicyFiles) -> tuple[Policy, Places]:
    """Return the policy of some files, and where each of its parts was written.

    Raises `PolicyError` with every problem there is, each in its own file.
    """
    parts, places = _read(files)
    if places.found:
        raise PolicyError(places.problems())
    return Policy(**parts), places


def check_text(
    text: str,
    name: str = "policy.toml",
    *,
    today: date | None = None,
    exact: ExactLints | None = None,
    templates: Path | None = None,
    folder: Path | None = None,
) -> tuple[Policy | None, tuple[Problem, ...]]:
    """Return the policy of a text, if it can be used, and everything to say about it.

    Errors or, where there are none, warnings. `today` is the date to look for offers that are over;
    without it nothing is said about them. `exact` gives further warnings about a policy, as
    `meter.verify.lints.lints` does. `templates` is the folder of the publisher's prompts; without
    it, the one that the policy names, from the folder of the file `name`. `folder` is where the
    files are that the text includes; without it, including any is an error.
    """
    try:
        parts, report = _read(files_of(text, name, folder))
    except PolicyError as error:
        return None, error.problems
    policy = None if report.found else Policy(**parts)
    if policy is not None:
        prompts = None
        if templates is None and policy.publication.templates is not None:
            templates = templates_folder(policy.publication.templates, Path(name).parent)
            missing = folder_problem(templates)
            if missing is not None:
                templates = None
                report.add_problem(evolve(missing, path=("publication", "templates")))
        if templates is not None:
            prompts = own_prompts(templates)
        for warning in lint(policy, today=today, exact=exact, prompts=prompts):
            report.add_problem(warning)
    return policy, report.problems()


def dumps_policy(policy: Policy) -> str:
    """Write a policy as the text of a policy file; reading it again gives an equal policy."""
    return tomli_w.dumps(to_table(policy))


def _read(files: PolicyFiles) -> tuple[dict[str, Any], Places]:
    """Return the parts of a policy as far as they could be read, and what is wrong with them.

    Raises `PolicyError` where it is none, or where a file that it includes cannot be read.
    """
    places = Places(files)
    _check_other_files(files.own)
    found = [_read_file(files, number, places) for number in range(len(files.all))]
    own = found[-1]
    for parts, report in zip(found, places.reports, strict=True):
        parts["copy"] = _copies(parts.get("copy", {}), own["publication"].locale, report)
    parts = put_together(found, places)
    if files.problems or places.dropped_under((INCLUDE,)):
        # What the missing ones would have said is missing everywhere.
        raise PolicyError(places.problems())
    for key in ("meters", "offers", "products", "prompts", "experiments"):
        named = parts.get(key, {})
        parts[key] = tuple(evolve(part, name=name) for name, part in named.items())
    parts["words"] = declared(parts.get("words", {}))
    parts.setdefault("switches", {})
    parts.setdefault("gifts", None)
    for fault in _faults(parts, places):
        places.add_problem(fault)
        if places.more:  # the rest would only be counted, and there may be thousands
            break
    return parts, places


def _read_file(files: PolicyFiles, number: int, places: Places) -> dict[str, Any]:
    """Return the parts of a policy that one of its files has."""
    file = files.all[number]
    shape = POLICY if file is files.own else PART
    parts, _ = shape.fields(file.table, (), places.reports[number])
    parts.pop(INCLUDE, None)
    return parts


def _check_other_files(file: PolicyFile) -> None:
    """Raise `PolicyError` for a file that is something else."""
    for key, (message, advice) in _OTHER_FILES.items():
        if key in file.table and "rules" not in file.table:
            problem = Problem(code="not-a-policy", message=message, help=advice, path=(key,))
            report = ProblemCollector()
            report.add_problem(problem, "key")
            raise PolicyError(report.problems(file.text, file.name))


def _copies(copies: dict[str, Copy], locale: str, report: ProblemCollector) -> dict[str, Copy]:
    """Return the publisher's words by locale; those without one are in the publication's own."""
    if "" in copies and locale in copies:
        message = f"the words in `{locale}` are given twice: it is the publication's own locale"
        other = "ja" if locale == "en" else "en"
        advice = f"keep them in `[copy]`, and words in another locale in its own: `[copy.{other}]`"
        report.add("duplicate-name", ("copy", locale), message, advice, at="key")
    return {known or locale: words for known, words in copies.items()}


def _faults(parts: Mapping[str, Any], report: Places) -> Iterator[Problem]:
    """Yield what is wrong, except what only follows from a value that could not be read."""
    policy = SimpleNamespace(**parts)
    checks = (
        find_faults,
        meter_faults,
        condition_faults,
        offer_faults,
        promise_faults,
        prompt_faults,
        language_faults,
        machine_faults,
        gift_faults,
        experiment_faults,
        frequency_faults,
    )
    for fault in chain.from_iterable(check(policy) for check in checks):
        follows = report.dropped_at(fault.path)
        if fault.code in _EMPTY:
            follows |= report.dropped_under(fault.path)
        elsewhere = {
            "machines-need-preview": (*fault.path[:-1], "show"),
            "idle-every": (*fault.path[:-1], "spend"),
            "show-needs-spend": (*fault.path[:-1], "spend"),
            "unfilled-prompt": (*fault.path[:-1], "spend"),
            "unknown-experiment": ("experiments",),
            "unknown-meter": ("meters",),
            "unknown-disjoint": ("offers",),
            "unknown-offer": ("offers",),
            "unknown-switch": ("switches",),
            "undeclared-word": ("words",),
        }
        if fault.code in elsewhere:
            follows |= report.dropped_at(elsewhere[fault.code])
        for table in _READS_ELSEWHERE.get(fault.code, ()):
            follows |= report.dropped_under((table,))
        if not follows:
            yield fault
