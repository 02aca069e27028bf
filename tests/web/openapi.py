"""What schemathesis finds when it asks everything that `/openapi.json` describes: nothing.

`python -m tests.web.openapi` asks a little, `--whole` asks for minutes, in every phase; both exit 1
if something is found. It asks as a client that may set the clock, as one that may not, and without
keys. All checks of schemathesis are on.

One thing is not sent, since JSON Schema cannot say it (`openapi_hooks`): a right with both `starts`
and `ends`, which is refused with 400 where they are the wrong way round.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.web.serving import CLOCK_KEY, KEY, KEYS, ROOT, Server

CLIENTS = {"clock": (KEYS, CLOCK_KEY), "plain": (KEYS, KEY), "without keys": (None, None)}
LITTLE = ("--phases", "examples,fuzzing", "--max-examples", "2", "--seed", "1")
LITTLE += ("--include-path-regex", "render|join|readers|gifts")
WHOLE = ("--phases", "examples,coverage,fuzzing", "--max-examples", "200")


def ask(client, folder, *options, seconds=3600):
    """Ask as one client; return whether something is found, and what is said of it."""
    keys, key = CLIENTS[client]
    server = Server(folder, keys=keys)
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis as st; st()", "run"]
    command += [f"{server.url}/openapi.json", "--no-color", *options]
    if key is not None:
        command += ["--header", f"Authorization: Bearer {key}"]
    with (folder / "said.txt").open("w+") as said:
        try:
            code = subprocess.run(
                command,
                cwd=folder,
                env=os.environ
                | {"SCHEMATHESIS_HOOKS": "tests.web.openapi_hooks", "PYTHONPATH": str(ROOT)},
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=seconds,
            ).returncode
        finally:
            server.stop()
        said.seek(0)
        lines = [line[:500] for line in said.read().splitlines() if line.strip()]
    failed = "Traceback" in server.log or " 500 " in server.log
    return code != 0 or failed, "\n".join(lines[-60:])


def main():
    """Ask, print what is found, and exit 1 if that is anything."""
    options = WHOLE if "--whole" in sys.argv else LITTLE
    failed = False
    for client in CLIENTS:
        with tempfile.TemporaryDirectory() as folder:
            found, said = ask(client, Path(folder), *options)
        failed |= found
        verdict = "something is found" if found else "nothing is found"
        sys.stdout.write(f"{client}: {verdict}\n{said}\n\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
