"""Coded cautions: what an answer about many readers cannot know, and what would tell.

The codes are stable: they are in every report and in its JSON. `caution(code, …)` fills in the
figures of one answer.
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

from attrs import frozen

from meter.loading.article_ids import SAME_PAGES

__all__ = ["CAUTIONS", "HEAVY_SHARE", "Caution", "caution", "holdout_size"]

CAUTIONS = {
    "W01": (
        "looser-than-recorded",
        (
            "the log was recorded under `{recorded}`, which stops some readers before `{policy}`"
            " would: what they would have read is not in it"
        ),
    ),
    "W02": (
        "recording-unknown",
        (
            "it is not known under which policy the log was recorded: if readers were stopped then,"
            " reading beyond that point is not in the log and the stops told here are too few; say"
            " which with `--recorded-under`"
        ),
    ),
    "W03": (
        "no-randomisation",
        "limits were not drawn at random, so nothing here says who would register, try or buy",
    ),
    "W05": (
        "reader-is-not-a-person",
        (
            "a reader is a device or a cookie here: clearing cookies makes a new one, which hides"
            " stops"
        ),
    ),
    "W06": (
        "mixed-statuses",
        (
            "readers of different statuses are in one log ({statuses}): look at each before"
            " trusting the sum"
        ),
    ),
    "W07": (
        "active-readers-only",
        (
            "no reader in the log has fewer than {least} views: it selects active readers, so its"
            " share of readers stopped is too high"
        ),
    ),
    "W08": (
        "log-begins-inside-a-window",
        (
            "the log covers {days} days and meter `{meter}` counts over {window}: what was read in"
            " the first one before the log began is not in it, so stops are too few"
        ),
    ),
    "W09": (
        "behaviour-held-still",
        (
            "readers are taken to read the same whatever they are shown; a counter or a wall"
            " changes what people read"
        ),
    ),
    "W15": (
        "one-stretch-of-news",
        "the log shows one stretch of news; another one brings other readers",
    ),
    "W16": (
        "heavy-tail",
        "the busiest 1 % of readers make {share:.0%} of the views: few people decide this answer",
    ),
    "W17": (
        "robots-unknown",
        "the log does not say which views are robots' or prefetches; they are counted as people's",
    ),
    SAME_PAGES: ("ids-are-addresses", "{pages}"),
    "W27": (
        "walls-not-in-log",
        (
            "the log holds nothing that `{recorded}` refused, though readers used up what it let"
            " them read: it seems to hold only what was opened, so numbers of stops are the least"
            " they can be; if it does hold walls and nobody met one, say so with `--walls kept`"
        ),
    ),
    "W35": (
        "visitors-not-in-log",
        (
            "experiment `{experiment}` goes by the visitor's id, which the log does not have:"
            " nobody is in a variant here; name the column with `--column reader.visitor=NAME`"
        ),
    ),
    "W36": (
        "closings-not-in-log",
        (
            "prompt `{prompt}` is quiet after it was closed, and the log says of no closing: here"
            " it is shown more often than in life"
        ),
    ),
}
"""Code: (name, words). A code is never given to something else."""
HEAVY_SHARE = 0.25
"""From this share of all on, the busiest 1 % of the readers are worth a caution."""


@frozen(kw_only=True)
class Caution:
    """One thing an answer cannot know."""

    code: str
    name: str
    text: str


def caution(code: str, **figures: object) -> Caution:
    """Return a caution with the figures of this answer."""
    name, words = CAUTIONS[code]
    return Caution(code=code, name=name, text=words.format(**figures))


def holdout_size(
    share: float, change: float = 0.1, *, error: float = 0.05, power: float = 0.8
) -> int | None:
    """Return how many readers each of two equal groups needs to show a change of a share.

    `change` is relative (0.1: a tenth more or less), `error` the two-sided chance of a false alarm,
    `power` the chance to see a change that is there. `None` where nothing can be planned: a share
    of 0 or 1.

    >>> holdout_size(0.05)
    31234
    """
    other = share * (1 + change)
    if other >= 1:
        other = share * (1 - change)
    if not 0 < share < 1 or share == other:
        return None
    # The usual formula for two proportions: the pooled variance under "nothing changed", the
    # variances of both groups under the change.
    mean = (share + other) / 2
    reach = NormalDist().inv_cdf(1 - error / 2) * sqrt(2 * mean * (1 - mean))
    reach += NormalDist().inv_cdf(power) * sqrt(share * (1 - share) + other * (1 - other))
    return ceil((reach / (other - share)) ** 2)
