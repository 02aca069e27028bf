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
from meter.loading.schema import POLICY
from meter.loading.toml import parse_toml, read_text
from meter.policy import Copy, Policy
from meter.policy.condition_faults import condition_faults
from meter.policy.frequency_faults import frequency_faults
from meter.policy.meter_faults import meter_faults
from meter.policy.offer_faults import offer_faults
from meter.policy.promise_faults import promise_faults
from meter.policy.prompt_faults import prompt_faults
from meter.policy.words import declared
from meter.resources import templates_folder
from meter.validation import find_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from meter.loading.lints import ExactLints

__all__ = ["check_text", "dumps_policy", "load_policy", "loads_policy"]


_EMPTY = {
    "empty-condition",
    "empty-guarantee",
    "empty-list",
    "empty-quiet",
    "empty-range",
    "empty-table",
}
"""What is found empty where a part of it could not be read."""


_A_TEXT = instance(str, form="the text of a policy file; `load_policy` takes its path")
_A_PATH = instance(str, PathLike, form="the path of a policy file; `loads_policy` takes its text")


_READS_ELSEWHERE = {
    "idle-every": ("meters",),
    "idle-instead": ("prompts",),
    "seen-without-cap": ("prompts",),
    "gate-needs-prompt": ("prompts",),
    "unfilled-prompt": ("offers", "prompts"),
    "unknown-noun": ("copy",),
}
"""The tables that may say what something lacks, were they read."""


def loads_policy(text: str, *, name: str = "policy.toml") -> Policy:
    """Read a policy from the text of a policy file, which messages call `name`.

    Raises `PolicyError` with every problem there is, each with its line and column.

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
    parts, report = _read(text, name)
    if report.found:
        raise PolicyError(report.problems(text, name))
    return Policy(**parts)


def load_policy(path: str | PathLike[str]) -> Policy:
    """Read a policy from a file.

    Raises `PolicyError` with every problem there is, also when there is no such file.
    """
    check_argument("path", path, _A_PATH)
    return loads_policy(read_text(path), name=str(path))


def check_text(
    text: str,
    name: str = "policy.toml",
    *,
    today: date | None = None,
    exact: ExactLints | None = None,
    templates: Path | None = None,
) -> tuple[Policy | None, tuple[Problem, ...]]:
    """Return the policy of a text, if it can be used, and everything to say about it.

    Errors or, where there are none, warnings. `today` is the date to look for offers that are over;
    without it nothing is said about them. `exact` gives further warnings about a policy, as
    `meter.verify.lints.lints` does. `templates` is the folder of the publisher's prompts; without
    it, the one that the policy names, from the folder of the file `name`.
    """
    try:
        parts, report = _read(text, name)
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
        table = parse_toml(text, name)
        for warning in lint(policy, today=today, exact=exact, prompts=prompts):
            report.add_problem(_as_written(warning, table))
    return policy, report.problems(text, name)


def dumps_policy(policy: Policy) -> str:
    """Write a policy as the text of a policy file; reading it again gives an equal policy."""
    return tomli_w.dumps(to_table(policy))


def _read(text: str, name: str) -> tuple[dict[str, Any], ProblemCollector]:
    """Return the parts of a policy as far as they could be read, and what is wrong with them.

    Raises `PolicyError` if it is no TOML.
    """
    table = parse_toml(text, name)
    report = ProblemCollector()
    if "steps" in table and "rules" not in table:
        problem = Problem(
            code="not-a-policy",
            message="this is a journey, not a policy",
            help="`meter journey` runs it",
            path=("steps",),
        )
        report.add_problem(problem, "key")
        raise PolicyError(report.problems(text, name))
    parts, _ = POLICY.fields(table, (), report)
    for key in ("meters", "offers", "products", "prompts"):
        named = parts.get(key, {})
        parts[key] = tuple(evolve(part, name=name) for name, part in named.items())
    parts.setdefault("guarantees", ())
    parts["words"] = declared(parts.get("words", {}))
    parts.setdefault("switches", {})
    parts["copy"] = _copies(parts.get("copy", {}), parts["publication"].locale, report)
    for fault in _faults(parts, report):
        report.add_problem(_as_written(fault, table))
        if report.more:  # the rest would only be counted, and there may be thousands
            break
    return parts, report


def _as_written(problem: Problem, table: Mapping[str, Any]) -> Problem:
    """Return a problem at the place of its words: those in the publication's locale need no name.

    It is `[copy]` then, and not `[copy.en]`.
    """
    copy = table.get("copy")
    if problem.path[:1] == ("copy",) and isinstance(copy, dict) and problem.path[1] not in copy:
        return evolve(problem, path=("copy", *problem.path[2:]))
    return problem


def _copies(copies: dict[str, Copy], locale: str, report: ProblemCollector) -> dict[str, Copy]:
    """Return the publisher's words by locale; those without one are in the publication's own."""
    if "" in copies and locale in copies:
        message = f"the words in `{locale}` are given twice: it is the publication's own locale"
        other = "ja" if locale == "en" else "en"
        advice = f"keep them in `[copy]`, and words in another locale in its own: `[copy.{other}]`"
        report.add("duplicate-name", ("copy", locale), message, advice, at="key")
    return {known or locale: words for known, words in copies.items()}


def _faults(parts: Mapping[str, Any], report: ProblemCollector) -> Iterator[Problem]:
    """Yield what is wrong, except what only follows from a value that could not be read."""
    policy = SimpleNamespace(**parts)
    checks = (
        find_faults,
        meter_faults,
        condition_faults,
        offer_faults,
        promise_faults,
        prompt_faults,
        frequency_faults,
    )
    for fault in chain.from_iterable(check(policy) for check in checks):
        follows = report.dropped_at(fault.path)
        if fault.code in _EMPTY:
            follows |= report.dropped_under(fault.path)
        elsewhere = {
            "idle-every": (*fault.path[:-1], "spend"),
            "show-needs-spend": (*fault.path[:-1], "spend"),
            "unfilled-prompt": (*fault.path[:-1], "spend"),
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
