"""The codes of the cautions about simulated people, beside those they share with a log's."""

from __future__ import annotations

from typing import TypedDict

from meter.columns.cautions import CAUTIONS, Caution

__all__ = ["CODES", "CautionRow", "caution_row", "coded"]

_NAMES = {
    "W10": "registered-is-selected",
    "W11": "short-horizon",
    "W12": "inside-noise",
    "W13": "turns-round",
    "W14": "cash-and-lifetime",
    "W18": "no-contagion",
    "W19": "many-comparisons",
    "W20": "rule-never-reached",
    "W21": "nobody-like-that",
    "W22": "corner",
    "W23": "price-does-nothing",
    "W24": "not-sold",
    "W26": "gates-not-simulated",
    "W28": "trial-length",
    "W29": "nobody-subscribes-yet",
    "W30": "does-not-fit",
    "W33": "deadlines-not-simulated",
    "W37": "prompts-not-simulated",
}


CODES = ("W03", "W05", "W09", "W15", "W16", *_NAMES)
"""Every code that a comparison can have."""


class CautionRow(TypedDict):
    """A caution as JSON."""

    code: str
    name: str
    text: str


def coded(code: str, text: str) -> Caution:
    """Return a caution in words about simulated people; the name is the code's."""
    name = CAUTIONS[code][0] if code in CAUTIONS else _NAMES[code]
    return Caution(code=code, name=name, text=text)


def caution_row(caution: Caution) -> CautionRow:
    """Return a caution as plain texts."""
    return {"code": caution.code, "name": caution.name, "text": caution.text}
