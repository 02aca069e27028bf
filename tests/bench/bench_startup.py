"""How long does it take to start?

`python -m tests.bench.bench_startup [--rounds 15]` prints the processor time of a fresh
interpreter for each job, what that is above a bare one (`python -c pass`), and the ratio to it:
medians of interleaved rounds. Compiled modules are kept in a folder of this run, made before
anything is timed, as an installed package has them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from meter.resources import template_root
from tests.bench.figures import Figure, Report, options_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMMAND = "import sys; from meter.cli import main; sys.exit(main())"
_NAMES = "from meter import Article, PageView, Policy, Reader, Usage, decide"


def jobs() -> dict[str, list[str]]:
    """Return what an interpreter is started with, by name; the first is the bare one."""
    sample = str(template_root() / "sample" / "policy.toml")
    return {
        "bare": ["-c", "pass"],
        "attrs": ["-c", "import attrs"],
        "import meter": ["-c", "import meter"],
        "all of a decision": ["-c", _NAMES],
        "meter --help": ["-c", _COMMAND, "--help"],
        "meter check": ["-c", _COMMAND, "check", sample],
    }


def processor_time(arguments: list[str], environment: Mapping[str, str]) -> float:
    """Return the seconds of processor time that an interpreter takes, whoever waits for it."""
    before = getrusage(RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(rounds: int) -> dict[str, float]:
    """Return the median of each job in seconds."""
    asked = jobs()
    times: dict[str, list[float]] = {name: [] for name in asked}
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        for arguments in asked.values():
            processor_time(arguments, environment)
        for _ in range(rounds):
            for name, arguments in asked.items():
                times[name].append(processor_time(arguments, environment))
    return {name: median(taken) for name, taken in times.items()}


def main() -> None:
    """Measure, and print a table or JSON."""
    options = options_of(__doc__, rounds=15).parse_args()
    report = Report("startup", options.format, options.rounds)
    times = measure(options.rounds)
    bare = times["bare"]
    for name, time in times.items():
        more = f"{time - bare:.3f} s more"
        figure = Figure(name, time, "s", time / bare, "bare")
        report.line(f"{name:<20}{time:7.3f} s{more:>16}{time / bare:7.1f} x", figure)
    report.end()


if __name__ == "__main__":
    main()
