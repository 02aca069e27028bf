"""What is in the corpus.

Cases as data, `tests/corpus/*.toml`, for whoever decides page views (`from tests.corpus.cases
import CASES`).

A file has `[policies]`, texts of policy files by name, and `[[case]]`: `name`, a sentence (`says`),
the `policy` by name, a `reader`, and `steps`. A step is a page view with the field names of JSON
events (`at`, `article`, `referrer` …), may name another `policy` or `reader`, and says what to
`expect` of the decision: `show access rule offer prompt counted speculative meter used left limit
resets_at`, `remembered`
(how many articles), `text_has` and `text_lacks` (of the prompt). A case with `refused` instead
names the problem its policy has.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["CASES", "Case", "Step"]

FOLDER = Path(__file__).parent


class Step(NamedTuple):
    """One page view as a JSON event, the policy it is decided by, and what is expected."""

    policy: str
    event: dict[str, Any]
    expect: dict[str, Any]


class Case(NamedTuple):
    """One case; `name` is unique, `says` a sentence."""

    name: str
    says: str
    policy: str
    steps: tuple[Step, ...]
    refused: str | None


def _json(value: Any) -> Any:
    """Return a TOML value as JSON would hold it: times as text."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _cases(path: Path) -> list[Case]:
    table = tomllib.loads(path.read_text())
    texts, found = table["policies"], []
    for case in table["case"]:
        steps = []
        for step in case.get("steps", ()):
            event = {
                key: _json(value) for key, value in step.items() if key not in ("policy", "expect")
            }
            event["reader"] = (
                {"id": "reader"} | _json(case.get("reader", {})) | event.get("reader", {})
            )
            steps.append(Step(texts[step.get("policy", case["policy"])], event, step["expect"]))
        found.append(
            Case(
                case["name"], case["says"], texts[case["policy"]], tuple(steps), case.get("refused")
            )
        )
    return found


CASES = [case for path in sorted(FOLDER.glob("*.toml")) for case in _cases(path)]
