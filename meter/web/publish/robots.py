"""`robots.txt`: rules of RFC 9309, the licence of RSL and the preferences of AIPREF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, frozen

from meter.errors import Problem, quoted
from meter.web.gate.terms import licence_of
from meter.web.publish.places import differs
from meter.web.publish.statements import MADE, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.policy.machines import MachinesTable
    from meter.web.publish.places import SitePlace

__all__ = ["OWN_LINES", "contradictions", "own_lines", "read_robots", "write_robots"]

OWN_LINES = "# Lines of your own may stand below this one: `meter publish` keeps them."
_HEAD = (
    f"# {MADE} from the policy of the paywall: change that one, and publish again.\n"
    "# `meter prove POLICY --published DIR` names the lines that have become untrue.\n"
)
_COMMAND = "`meter "
"""What the comments that this project writes name, and no other."""
_USAGE, _LICENCE = "Content-Usage", "License"
_OURS = {"user-agent": ("*",), "allow": ("/",)}
"""The keys of lines that only look like ours with one of these values."""


def write_robots(machines: MachinesTable, among: Sequence[SitePlace]) -> str:
    """Return the text of the file."""
    root = among[0]
    lines = ["User-agent: *", f"Allow: {root.path}", f"{_LICENCE}: {licence_of(machines)}"]
    for place in among:
        if place.usage.header and differs(place, among, lambda one: one.usage):
            path = "" if place.path == "/" else f"{place.path} "
            lines.append(f"{_USAGE}: {path}{place.usage.header}")
    return _HEAD + "".join(f"{line}\n" for line in lines) + f"{OWN_LINES}\n"


def own_lines(text: str) -> tuple[str, str | None]:
    """Return the lines of a file that are the publisher's, and one that would be lost, if any.

    Kept is what stands below the line that says so, and above it comments and sitemaps.
    """
    made, _, own = text.partition(f"{OWN_LINES}\n")
    rules = {rule.line: rule for rule in _rules(made)}
    above = []
    lost = None
    for number, line in enumerate(made.splitlines(), 1):
        rule = rules.get(number)
        is_comment = line.lstrip().startswith("#")
        if (rule and rule.key == "sitemap") or (is_comment and _COMMAND not in line):
            above.append(f"{line}\n")
        elif line.strip() and not is_comment and not (rule and _is_ours(rule)):
            lost = lost or line
    return "".join(above) + own, lost


@frozen
class _Rule:
    """One line of the file: a key in lower case, its value, and how it is written."""

    key: str
    value: str
    source: str
    line: int


@frozen
class _RobotsGroup:
    """The rules for some crawlers: a crawler obeys its own group, else that of `*`."""

    agents: list[str] = Factory(list)
    rules: list[_Rule] = Factory(list)


def _is_ours(rule: _Rule) -> bool:
    """Say whether a line may be one that was published before."""
    if rule.key in ("license", "content-usage"):
        return True
    return rule.value in _OURS.get(rule.key, ())


def _rules(text: str) -> Iterator[_Rule]:
    for number, line in enumerate(text.splitlines(), 1):
        key, mark, value = line.partition("#")[0].partition(":")
        if mark:
            yield _Rule(key.strip().lower(), value.strip(), line.strip(), number)


def _groups(text: str) -> list[_RobotsGroup]:
    """Return the groups of a file. Lines about a licence or a sitemap belong to none."""
    groups: list[_RobotsGroup] = []
    for rule in _rules(text):
        if rule.key == "user-agent":
            if not groups or any(one.key != "user-agent" for one in groups[-1].rules):
                groups.append(_RobotsGroup())
            groups[-1].agents.append(rule.value)
            groups[-1].rules.append(rule)
        elif rule.key not in ("license", "sitemap") and groups:
            groups[-1].rules.append(rule)
    return groups


def read_robots(text: str) -> Iterator[Statement]:
    """Yield what a file says of machines at large: the licence, and the group of `*`."""
    for rule in _rules(text):
        if rule.key == "license":
            yield Statement(
                path="", about=_LICENCE, words=rule.value, source=rule.source, line=rule.line
            )
    for group in _groups(text):
        if "*" in group.agents:
            yield from _usages(group)


def _usages(group: _RobotsGroup) -> Iterator[Statement]:
    """Yield the preferences of a group; without a path they are for the whole site."""
    for rule in group.rules:
        if rule.key == "content-usage":
            path, _, rest = rule.value.partition(" ")
            if not path.startswith("/"):
                path, rest = "/", rule.value
            members = sorted(part.strip() for part in rest.split(","))
            yield Statement(
                path=path,
                about=_USAGE,
                words=", ".join(members),
                source=rule.source,
                line=rule.line,
            )


def contradictions(name: str, text: str, true: Sequence[Statement]) -> Iterator[Problem]:
    """Yield a problem for each rule of the publisher's own that contradicts what is true.

    One that shuts out of a place what may be used there, and a group for one crawler that leaves
    out what holds for it as for all: a crawler with a group of its own reads no other.
    """
    usages = [each for each in true if each.about == _USAGE]
    for group in _groups(text):
        is_for_all = "*" in group.agents
        shut = [rule for rule in group.rules if rule.key == "disallow" and rule.value]
        for rule in shut if is_for_all else ():
            closed = [each for each in usages if "=y" in each.words and _shuts(rule, group, each)]
            if closed:
                message = f"{quoted(rule.source)} shuts out what {quoted(closed[0].source)} allows"
                yield _problem(name, rule.line, message, "remove one of the two")
        if is_for_all:
            continue
        said = {each.path: each for each in _usages(group)}
        for each in usages:
            if any(_shuts(rule, group, each) for rule in shut):
                continue
            own = said.get(each.path)
            if own is None or own.words != each.words:
                message = (
                    f"the group of {quoted(group.agents[0])} does not say {quoted(each.source)}: a"
                    " crawler with a group of its own reads no other"
                )
                line = own.line if own else group.rules[0].line
                yield _problem(name, line, message, f"add {quoted(each.source)} to the group")


def _shuts(rule: _Rule, group: _RobotsGroup, statement: Statement) -> bool:
    """Say whether a rule of a group shuts a whole place; the longest rule wins (RFC 9309)."""
    if not _covers(rule.value, statement.path):
        return False
    opening = [one.value for one in group.rules if one.key == "allow" and one.value]
    return all(len(value) <= len(rule.value) for value in opening if _covers(value, statement.path))


def _covers(pattern: str, path: str) -> bool:
    """Say whether a path of a rule covers every page below a path: `*` is anything, `$` the end.

    >>> _covers("/news/", "/news/markets/"), _covers("/*/markets/", "/news/markets/")
    (True, True)
    >>> _covers("/$", "/"), _covers("/*$", "/news/")
    (False, True)
    """
    if pattern.endswith("$"):
        # Where it has to end, only what ends anywhere covers all that is below.
        return pattern.endswith("*$") and _covers(pattern[:-1], path)
    first, *others = pattern.split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for part in others:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _problem(name: str, line: int, message: str, advice: str) -> Problem:
    return Problem(code="published-untrue", message=message, name=name, line=line, help=advice)
