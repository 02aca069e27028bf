"""Turn the evidence of a comparison into its leading sentence: the one place that names a best.

A policy is *best* only where at least `LEAST_DRAWS` draws were made and it came first in at least
`AGREEMENT` of them. Otherwise the sentence says what was seen, and names none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.simulate.report.words import counted, listed, share_text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AGREEMENT",
    "LEAST_DRAWS",
    "ComparisonVerdict",
    "DrawnEvidence",
    "direction",
    "verdict",
]

LEAST_DRAWS = 20
"""With fewer draws none is called best."""
AGREEMENT = 0.9
"""The share of the draws in which the best comes first, at least."""
_TINY = 1e-9


@frozen(kw_only=True)
class DrawnEvidence:
    """What was computed about several policies.

    `names` are all that were compared and `values` what each has of `what` (a measure in words) at
    the central assumptions. A draw takes other readers and, where `moved` assumptions have a range,
    other assumptions; `shares` says in which share of the `draws` each policy comes first, where
    those that are equal share. `alike` names the policies that gave every simulated reader the
    same, if there are such, and `edges` the first and the last of what was tried, in a search.
    """

    names: tuple[str, ...]
    what: str
    values: tuple[float, ...]
    shares: tuple[float, ...] = ()
    draws: int = 0
    moved: int = 0
    alike: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


@frozen(kw_only=True)
class ComparisonVerdict:
    """The leading sentence, and what it rests on.

    `best` is a name, or `None` where none is called best. `shares` gives by name in which share of
    the `draws` each came first; it is empty where nothing was drawn.
    """

    sentence: str
    best: str | None
    shares: dict[str, float]
    draws: int


def verdict(evidence: DrawnEvidence) -> ComparisonVerdict:
    """Return what the evidence supports, and no more.

    >>> pair = {"names": ("five", "three"), "what": "net cash", "values": (900.0, 700.0)}
    >>> verdict(DrawnEvidence(**pair)).best is None
    True
    >>> drawn = verdict(DrawnEvidence(**pair, shares=(0.75, 0.25), draws=32, moved=40))
    >>> drawn.best, drawn.sentence  # doctest: +NORMALIZE_WHITESPACE
    (None, '`five` and `three` cannot be told apart by net cash: `five` comes first in 75% and
    `three` in 25% of 32 draws of readers and assumptions.')
    """
    shares = dict(zip(evidence.names, evidence.shares, strict=True)) if evidence.draws else {}
    best = _best(evidence, shares)
    return ComparisonVerdict(
        sentence=" ".join(_sentences(evidence, shares, best)),
        best=best,
        shares=shares,
        draws=evidence.draws,
    )


def direction(low: float, high: float, least: float | None, most: float | None) -> int:
    """Return 1 or -1 where both intervals of a difference lie on one side of 0, else 0.

    `low` to `high` is what sampling leaves open, `least` to `most` what the assumptions do; where
    those were not drawn nothing is sure enough for a colour.
    """
    if least is None or most is None:
        return 0
    if min(low, least) > 0:
        return 1
    return -1 if max(high, most) < 0 else 0


def _best(evidence: DrawnEvidence, shares: dict[str, float]) -> str | None:
    """Return the policy that the draws agree on."""
    if evidence.draws < LEAST_DRAWS or len(evidence.names) == 1:
        return None
    first = max(shares, key=shares.__getitem__)
    agreed = shares[first] >= AGREEMENT - _TINY
    return first if agreed and first not in evidence.alike else None


def _sentences(evidence: DrawnEvidence, shares: dict[str, float], best: str | None) -> list[str]:
    names = _names(evidence.names)
    ahead = _ahead(evidence)
    if len(evidence.alike) == len(evidence.names):
        same = f"{names} gave every simulated reader the same"
        return [f"{same}: there is nothing to choose between them by {evidence.what}."]
    said = []
    if not evidence.draws:
        said.append(
            f"Which of {names} is the better one by {evidence.what} is not told, for nothing was"
            f" drawn. At the central assumptions {_first_there(ahead)}."
        )
    elif evidence.draws < LEAST_DRAWS:
        said.append(
            f"Too few draws to tell {names} apart by {evidence.what}: {_shares(evidence, shares)}."
            f" At least {LEAST_DRAWS} are needed."
        )
    elif best is None:
        said.append(
            f"{names} cannot be told apart by {evidence.what}: {_shares(evidence, shares)}."
        )
    else:
        said.append(f"`{best}` is best by {evidence.what}: {_shares(evidence, shares)}.")
    if best is not None and [best] != ahead:
        said.append(f"At the central assumptions {_first_there(ahead)}.")
    if evidence.alike:
        said.append(f"{_names(evidence.alike)} gave every simulated reader the same.")
    said += [
        f"`{name}` is at the edge of what was tried: a better one may lie beyond."
        for name in evidence.edges
        if name == best or (best is None and [name] == ahead)
    ]
    return said


def _ahead(evidence: DrawnEvidence) -> list[str]:
    """Return who has most at the central assumptions: several where they are equal."""
    most = max(evidence.values)
    room = _TINY * max(1.0, abs(most))
    pairs = zip(evidence.names, evidence.values, strict=True)
    return [name for name, value in pairs if value >= most - room]


def _first_there(ahead: Sequence[str]) -> str:
    if len(ahead) == 1:
        return f"`{ahead[0]}` has the most"
    return f"{_names(ahead)} have the same"


def _shares(evidence: DrawnEvidence, shares: dict[str, float]) -> str:
    """Say in which share of the draws each policy comes first, the most often first."""
    falling = sorted(shares.items(), key=lambda pair: -pair[1])
    met = [(name, share) for name, share in falling if share > 0]
    never = [name for name, share in falling if not share > 0]
    parts = [f"`{name}` in {share_text(share)}" for name, share in met[1:]]
    parts.insert(0, f"`{met[0][0]}` comes first in {share_text(met[0][1])}")
    words = f"{listed(parts)} of {_draws(evidence)}"
    if never:
        words += f", {_names(never)} in none"
    return words


def _draws(evidence: DrawnEvidence) -> str:
    if evidence.moved:
        return f"{counted(evidence.draws, 'draw')} of readers and assumptions"
    return f"{counted(evidence.draws, 'draw')} of readers (no assumption was moved)"


def _names(names: Sequence[str]) -> str:
    return listed([f"`{name}`" for name in names])
