"""Measure what an evaluation by OFREP costs `meter serve`, beside the same question by `/v1/peek`.

Run it: `python tests/bench/bench_ofrep.py`. The application of one worker is asked in this
process, over memory and without a socket, so what is measured is its own work. The calls take turns
and the smallest of the turns counts.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter

from tests.bench.figures import Figure, Report, options_of
from tests.web.in_process import Worker

CALLS, TURNS = 300, 7
FLAGS = "/ofrep/v1/evaluate/flags"
READER = {"targetingKey": "r1", "reader": {"registered": True}}
PEEK = {"reader": {"id": "r1", "registered": True}, "article": {"id": "a1"}}
MANY = [f"a{number}" for number in range(20)]


async def measured():
    """Return the microseconds of each call."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(Path(folder))
        one, all_of = {"context": READER}, {"context": {**READER, "articles": MANY}}
        tag = (await worker.ask(f"{FLAGS}/a1", one)).headers["etag"]
        calls = {
            "`/v1/peek`": ("/v1/peek", PEEK, {}),
            "one article": (f"{FLAGS}/a1", one, {}),
            "one article, 304": (f"{FLAGS}/a1", one, {"if_none_match": tag}),
            "20 articles": (FLAGS, all_of, {}),
        }
        best = dict.fromkeys(calls, float("inf"))
        for _ in range(TURNS):
            for name, (path, body, headers) in calls.items():
                began = perf_counter()
                for _ in range(CALLS):
                    await worker.ask(path, body, **headers)
                best[name] = min(best[name], (perf_counter() - began) / CALLS * 1e6)
        await worker.service.close()
    return best


def main():
    """Print the microseconds, and how many times a peek each is."""
    report = Report("ofrep", options_of(__doc__).parse_args().format, TURNS)
    found = asyncio.run(measured())
    for name, took in found.items():
        ratio = took / found["`/v1/peek`"]
        figure = Figure(name, took, "µs", ratio, "`/v1/peek`")
        report.line(f"{name:18} {took:7.0f} µs  {ratio:5.2f} × a peek", figure)
    report.end()


if __name__ == "__main__":
    main()
