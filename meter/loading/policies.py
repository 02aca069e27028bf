"""How does a policy file become a `Policy`, and how does a running site follow its changes?

Every problem of form and of meaning is collected and located. A file that is broken while a site
runs leaves the last good policy in force.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from meter.canonical import to_table
from meter.errors import PolicyError, Problem
from meter.loading.lints import lint
from meter.loading.problems import Report
from meter.loading.schema import POLICY
from meter.loading.toml import MOST_BYTES, parse_toml, read_text
from meter.policy import Copy, Guarantee, Links, Meter, Offer, Policy, Publication, Rule
from meter.validation import find_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from os import PathLike

__all__ = [
    "MOST_BYTES",
    "ReloadingPolicy",
    "check_text",
    "dumps_policy",
    "load_policy",
    "loads_policy",
]


_EMPTY = {"empty-condition", "empty-guarantee", "empty-list", "empty-range", "empty-table"}
"""What is found empty where a part of it could not be read."""


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
    draft, report = _draft(text, name)
    if report.found:
        raise PolicyError(report.problems(text, name))
    return draft.policy()


def load_policy(path: str | PathLike[str]) -> Policy:
    """Read a policy from a file.

    Raises `PolicyError` with every problem there is, also when there is no such file.
    """
    return loads_policy(read_text(path), name=str(path))


def check_text(
    text: str, name: str = "policy.toml", *, today: date | None = None
) -> tuple[Policy | None, tuple[Problem, ...]]:
    """Return the policy of a text, if it can be used, and everything to say about it.

    Errors or, where there are none, warnings.

    `today` is the date to look for offers that are over; without it nothing is said about them.
    """
    try:
        draft, report = _draft(text, name)
    except PolicyError as error:
        return None, error.problems
    policy = None if report.found else draft.policy()
    if policy is not None:
        for warning in lint(policy, today=today):
            report.add(warning)
    return policy, report.problems(text, name)


def dumps_policy(policy: Policy) -> str:
    """Write a policy as the text of a policy file; reading it again gives an equal policy."""
    import tomli_w

    return tomli_w.dumps(to_table(policy))


@frozen(kw_only=True)
class _Draft:
    """What could be read of a policy, whole or not."""

    publication: Publication
    rules: tuple[Rule, ...]
    meters: tuple[Meter, ...]
    offers: tuple[Offer, ...]
    guarantees: tuple[Guarantee, ...]
    copy: dict[str, Copy]
    links: Links

    def policy(self) -> Policy:
        """Return the policy this is the whole of."""
        return Policy(
            publication=self.publication,
            rules=self.rules,
            meters=self.meters,
            offers=self.offers,
            guarantees=self.guarantees,
            copy=self.copy,
            links=self.links,
        )


def _draft(text: str, name: str) -> tuple[_Draft, Report]:
    """Return what could be read, and what is wrong with it.

    Raises `PolicyError` if it is no TOML.
    """
    table, report = parse_toml(text, name), Report()
    if "steps" in table and "rules" not in table:
        problem = Problem(
            code="not-a-policy",
            message="this is a journey, not a policy",
            help="`meter journey` runs it",
            path=("steps",),
        )
        report.add(problem, "key")
        raise PolicyError(report.problems(text, name))
    given, _ = POLICY.fields(table, (), report)
    publication: Publication = given["publication"]
    draft = _Draft(
        publication=publication,
        rules=given["rules"],
        meters=tuple(evolve(meter, name=name) for name, meter in given.get("meters", {}).items()),
        offers=tuple(evolve(offer, name=name) for name, offer in given.get("offers", {}).items()),
        guarantees=given.get("guarantees", ()),
        copy=_copies(given.get("copy", {}), publication.locale, report),
        links=given.get("links", Links()),
    )
    for fault in _faults(draft, report):
        report.add(fault)
        if report.more:  # the rest would only be counted, and there may be thousands
            break
    return draft, report


def _copies(copies: dict[str, Copy], locale: str, report: Report) -> dict[str, Copy]:
    """Return the publisher's words by locale; those without one are in the publication's own."""
    if "" in copies and locale in copies:
        message = f"the words in `{locale}` are given twice: it is the publication's own locale"
        report("duplicate-name", ("copy", locale), message, "keep them in `[copy]`", at="key")
    return {known or locale: words for known, words in copies.items()}


def _faults(draft: _Draft, report: Report) -> Iterator[Problem]:
    """Yield what is wrong with a draft, except what only follows from a value that could not be
    read.
    """
    for fault in find_faults(draft):
        follows = report.dropped_at(fault.path)
        if fault.code in _EMPTY:
            follows |= report.dropped_under(fault.path)
        elsewhere = {
            "show-needs-spend": (*fault.path[:-1], "spend"),
            "unknown-meter": ("meters",),
            "unknown-offer": ("offers",),
        }
        if fault.code in elsewhere:
            follows |= report.dropped_at(elsewhere[fault.code])
        if not follows:
            yield fault


class ReloadingPolicy:
    """A policy file that may change while a site runs.

    A broken change leaves the last good policy in force.

    `policy` is the policy in force, `problems` what is wrong with the file as it is now (nothing
    when it is in force). The first reading must succeed: raises `PolicyError` otherwise.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.problems: tuple[Problem, ...] = ()
        self._seen = self._stamp()
        self.policy = load_policy(path)

    def refresh(self) -> bool:
        """Read the file again if its time, size or place on the disk has changed.

        Say whether another policy is in force now.
        """
        return self._stamp() != self._seen and self.reload()

    def reload(self) -> bool:
        """Read the file again; say whether another policy is in force now.

        Never raises for what the file holds, or for its absence.
        """
        self._seen = self._stamp()
        try:
            policy = load_policy(self.path)
        except PolicyError as error:
            self.problems = error.problems
            return False
        self.problems = ()
        if policy == self.policy:
            return False
        self.policy = policy
        return True

    def _stamp(self) -> tuple[Any, ...] | None:
        try:
            status = self.path.stat()
        except OSError:  # not there for the moment: that is a change as well
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
