"""Mistakes of judging what a log can say, each planted for the time of a test."""

from __future__ import annotations

from meter.replay import evidence, known, premises
from meter.replay.hidden import Kinds

_hidden_kinds = evidence.hidden_kinds
_known = known._known


def zone_left_out(recorded, asked):
    """Take windows of two zones for the same."""
    windows = {
        meter.timeline.window for columns in (recorded, asked) for meter in columns.rulebook.meters
    }
    calendar = all(not (window.rolling or window.fixed) for window in windows)
    return calendar and len(windows) <= 1


def kinds_of_the_log_alone(recorded, asked, _there, pairs):
    """Take it that nothing is lacking but what is there."""
    old = tuple(recorded.group(recorded.groups[one].values, prefetch=True) for one, _ in pairs)
    new = tuple(asked.group(asked.groups[one].values, prefetch=True) for _, one in pairs)
    kinds = _hidden_kinds(recorded, asked, (), pairs)
    return Kinds(recorded=old, asked=new, is_known=True, never_refused=kinds.never_refused)


def always(*_arguments):
    """Say that it is so."""
    return True


def never(*_arguments):
    """Say that it is not so."""
    return False


def never_cut(given, shard, cut, lets, *, complete):
    """Take every reader for one of whom nothing is lacking."""
    nowhere = cut * 0 + known._NEVER
    return _known(given, shard, nowhere, nowhere, complete=complete)


DAY = 'calendar = "day"'
ROLLING = 'rolling = "3 days"'


def policy(zone, *meters):
    """Return the parts of a policy with a meter for each section, and one for the rest."""
    names = [f"m{number}" for number in range(len(meters))]
    rules = [
        {"when": f'section = ["{section}"]', "spend": [name]}
        for name, section in zip(names[1:], ("news", "sport"), strict=False)
    ]
    parts = {
        name: {"window": window, "count": "articles", "limit": limit, "counts": False}
        for name, (window, limit) in zip(names, meters, strict=True)
    }
    return {
        "zone": zone,
        "meters": parts,
        "rules": [*rules, {"when": "", "spend": ["m0"]}],
        "last": "wall",
    }


PLANTED = (
    (
        "a zone is left out of a window",
        (premises, "_are_aligned", zone_left_out),
        (policy("Asia/Tokyo", (DAY, 1)), policy("UTC", (DAY, 1))),
    ),
    (
        "every window starts anew at once",
        (premises, "_are_aligned", always),
        (policy("UTC", ("lifetime = true", 1)), policy("UTC", (DAY, 1))),
    ),
    (
        "groups are judged alone, and more reading never undoes a stop",
        (premises, "_is_monotone", always),
        (policy("UTC", (DAY, 1)), policy("UTC", (ROLLING, 2), (ROLLING, 1))),
    ),
    (
        "only what the log shows may lack",
        (evidence, "hidden_kinds", kinds_of_the_log_alone),
        (policy("UTC", (DAY, 0), (DAY, 2)), policy("UTC", (DAY, 2))),
    ),
    (
        "nobody was let read nothing",
        (evidence, "may_refuse_at_once", never),
        (policy("UTC", (DAY, 0), (DAY, 9)), policy("UTC", (DAY, 0), (DAY, 9))),
    ),
    (
        "nothing is ever cut",
        (known, "_known", never_cut),
        (policy("UTC", (DAY, 2)), policy("UTC", (DAY, 2))),
    ),
)
"""What each is called, what it replaces, and two policies between which it tells."""
