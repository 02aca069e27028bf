"""A policy ready to be judged by, and which of its rules decides.

`book` holds the rules and meters of a policy as formulas over facts, `effects` what a single rule
does to a view, `frequency` how often a prompt is shown, `verdicts` which rule decides and what it
says.
"""

from meter.rulebook.book import JudgedMeter, Rulebook
from meter.rulebook.effects import SPENDING, Effect, Fit, JudgedRule, Refusals, also_refused
from meter.rulebook.frequency import (
    MAY,
    NOT_NOW,
    SHOWN,
    AskedWindow,
    Frequencies,
    JudgedPrompt,
    PromptGroup,
)
from meter.rulebook.verdicts import Verdict, first_match, possible_rules, verdict_of

__all__ = [
    "MAY",
    "NOT_NOW",
    "SHOWN",
    "SPENDING",
    "AskedWindow",
    "Effect",
    "Fit",
    "Frequencies",
    "JudgedMeter",
    "JudgedPrompt",
    "JudgedRule",
    "PromptGroup",
    "Refusals",
    "Rulebook",
    "Verdict",
    "also_refused",
    "first_match",
    "possible_rules",
    "verdict_of",
]
