"""What every bench prints: its lines as they are measured, or one JSON document at the end.

`--format json` gives `{"bench": NAME, "figures": [...]}`. A figure has `name`, `value` with its
`unit`, `ratio` to the `baseline` (the name of what was measured in the same run) or null for both,
and `rounds`, of which the value is the median. Imports nothing that a bench measures the memory of.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import NamedTuple


class Figure(NamedTuple):
    """One number that was measured, and how many times its baseline that is."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    baseline: str | None = None
    rounds: int | None = None


class Report:
    """Prints what a bench finds, in the form that is asked for.

    Lines are for people and are printed at once; figures are for programs and wait for `end`.
    """

    def __init__(self, bench, form, rounds):
        self.bench = bench
        self.form = form
        self.rounds = rounds
        self.figures = []

    def line(self, text, *figures):
        """Print a line, or keep the figures that it tells of."""
        for figure in figures:
            self.figures.append(figure._replace(rounds=figure.rounds or self.rounds)._asdict())
        if self.form == "text":
            _write(text)

    def end(self):
        """Print the document, where one is asked for."""
        if self.form == "json":
            _write(json.dumps({"bench": self.bench, "figures": self.figures}, indent=1))


def options_of(doc, rounds=None):
    """Return a parser of what every bench understands; `rounds` is how many it makes by itself."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=doc, formatter_class=form)
    help_text = "how to print the figures (text)"
    parser.add_argument("--format", choices=("text", "json"), default="text", help=help_text)
    if rounds is not None:
        help_text = f"how often everything is measured ({rounds})"
        parser.add_argument("--rounds", type=int, default=rounds, help=help_text)
    return parser


def hand_over(found):
    """Give what a process has measured to the bench that started it, which reads it as JSON."""
    _write(json.dumps(found))


def _write(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
