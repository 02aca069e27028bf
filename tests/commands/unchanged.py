"""What the commands print for the sample, kept as files: `python -m tests.commands.unchanged`.

Each file under `golden/` holds one command's exit code, stdout and stderr. They were written by
the release before the modules moved into rooms, so that a change of shape is seen to change
nothing else. `--write` writes them anew: a commit that does so says which words it changed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.commands.sample import SAMPLE

GOLDEN = Path(__file__).parent / "golden"

COMMANDS = {
    "help": "--help",
    "demo": "demo",
    "check": "check policy.toml",
    "check-json": "check policy.toml --format json",
    "explain": "explain policy.toml events.jsonl",
    "journey": "journey months.journey.toml month-end.journey.toml two-devices.journey.toml",
    "decide": "decide policy.toml events.jsonl",
    "render": "render policy.toml events.jsonl --format html",
    "prove": "prove policy.toml",
    "prove-json": "prove policy.toml --format json",
    "diff": "diff policy.toml lower.toml",
    "diff-json": "diff policy.toml lower.toml --format json",
    "replay": "replay policy.toml log.csv",
    "replay-json": "replay policy.toml log.csv --format json",
    "simulate": "simulate policy.toml --seed 1 --readers 5000",
    "simulate-json": "simulate policy.toml --seed 1 --readers 5000 --draws 4 --format json",
    "compare": "compare policy.toml lower.toml --seed 1 --readers 5000 --draws 4",
    "compare-json": (
        "compare policy.toml lower.toml --seed 1 --readers 5000 --draws 4 --format json"
    ),
    "missing-file": "check no-such-policy.toml",
    "broken": "check broken.toml",
    "unknown-command": "chek policy.toml",
    "init-like": "init paywall --like ten-a-month",
    "init-unknown-model": "init other --like ten-a-mnth",
}


def fill(folder: Path) -> None:
    """Put the sample, a policy with lower limits, a broken one and a log into a folder."""
    for path in SAMPLE.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    policy = (SAMPLE / "policy.toml").read_text(encoding="utf-8")
    lower = policy.replace("anonymous = 3", "anonymous = 2")
    (folder / "lower.toml").write_text(lower, encoding="utf-8")
    broken = policy.replace("[[rules]]", "[[ruls]]", 1)
    (folder / "broken.toml").write_text(broken, encoding="utf-8")
    rows = ["reader,at,article,access,section"]
    for index in range(240):
        day, reader, article = 1 + index // 9, index % 7, index * 5 % 23
        access = ("metered", "metered", "free", "premium")[index % 4]
        section = ("markets", "politics", "")[index % 3]
        rows.append(f"r{reader},2026-06-{day:02}T0{index % 9}:00:00Z,a{article},{access},{section}")
    (folder / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def printed(words: str, folder: Path, meter: str | None = None) -> str:
    """Return what a command prints in a folder that was filled."""
    command = meter or str(Path(sys.executable).parent / "meter")
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [command, *words.split()],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"exit {done.returncode}\n--- stdout\n{done.stdout}--- stderr\n{done.stderr}"


def main(meter: str | None = None) -> int:
    """Compare, or write with `--write`; `meter` names another installation's command."""
    different = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        for key, words in COMMANDS.items():
            text = printed(words, folder, meter)
            path = GOLDEN / f"{key}.txt"
            if "--write" in sys.argv:
                path.write_text(text, encoding="utf-8")
            elif text != path.read_text(encoding="utf-8"):
                different.append(key)
    words = [f"{len(COMMANDS)} commands, {len(different)} print something else", *different]
    sys.stdout.write(" ".join(words) + "\n")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main(os.environ.get("METER_COMMAND")))
