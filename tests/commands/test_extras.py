"""Where a module is not installed, every user of it says the same: which, and what to install."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from meter.errors import EXTRAS, MissingExtraError

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
TAKEN_FROM = {
    "crawleruseragents": "crawler-user-agents",
    "http_message_signatures": "http-message-signatures",
    "http_sf": "http-sf",
    "psycopg_pool": "psycopg-pool",
    "vl_convert": "vl-convert-python",
    "z3": "z3-solver",
}

COMMANDS = {
    "hiredis": "decide policy.toml events.jsonl --store redis://localhost:1/0",
    "redis": "decide policy.toml events.jsonl --store redis://localhost:1/0",
    "psycopg": "decide policy.toml events.jsonl --store postgresql://localhost:1/x",
    "psycopg_pool": "decide policy.toml events.jsonl --store postgresql://localhost:1/x",
    "numpy": "replay policy.toml log.csv",
    "numba": "simulate policy.toml",
    "pyarrow": "replay policy.toml log.csv",
    "starlette": "serve policy.toml --store memory:// --no-key",
    "uvicorn": "serve policy.toml --store memory:// --no-key",
    "vl_convert": "simulate policy.toml --readers 50 --draws 0 --no-sweep --charts charts",
}
PROGRAMS = {
    "hiredis": "meter.open_store('redis://localhost/0')",
    "redis": "meter.open_store('redis://localhost/0')",
    "psycopg": "meter.open_store('postgresql://localhost/x')",
    "numpy": "import meter.columns.decide",
    "numba": "import meter.columns.decide",
    "pyarrow": "import meter.replay.run",
    "z3": "from meter.verify.budget import open_solver; open_solver([], 'too large')",
    "crawleruseragents": "from meter.web import Gate",
    "html5lib": "import meter.web.teaser",
    "itsdangerous": "from meter.web import Gate",
    "cryptography": "from meter.web.machines import Machines",
    "http_message_signatures": "from meter.web.machines import Machines",
    "http_sf": "from meter.web.machines import Machines",
    "hypothesis": "import meter.testing; meter.testing.check_store",
}


def without(module, folder, program):
    """Run a program where a module is not installed."""
    hidden = f"import sys; sys.modules[{module!r}] = None\nimport meter\n{program}"
    return subprocess.run(
        [sys.executable, "-c", hidden], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("module", EXTRAS)
def test_the_extra_installs_the_module(module):
    """As `pyproject.toml` has it."""
    installed = PROJECT["project"]["optional-dependencies"][EXTRAS[module]]
    name = TAKEN_FROM.get(module, module)
    assert any(line.split(">=")[0].split("[")[0] == name for line in installed)


def test_every_module_of_an_extra_is_tried():
    """By a command, or in Python where no command needs it."""
    assert set(COMMANDS) | set(PROGRAMS) == set(EXTRAS)


@pytest.mark.parametrize("module", COMMANDS)
def test_a_command_names_the_extra(folder, module):
    """On stderr, and ends in 2."""
    (folder / "log.csv").write_text("reader,at,article\nr,2026-06-01T00:00:00Z,a\n")
    done = without(module, folder, f"from meter.cli import main; main({COMMANDS[module].split()})")
    assert done.stderr.splitlines()[-1] == f"error: {MissingExtraError(module)}"
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


@pytest.mark.parametrize("module", PROGRAMS)
def test_a_program_is_told_the_same(folder, module):
    """By an error whose words are the command's."""
    done = without(module, folder, PROGRAMS[module])
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(str(MissingExtraError(module)))


def test_a_module_that_no_extra_brings_is_no_extra(folder):
    """It is the environment that is broken: the error is Python's."""
    done = without("attrs", folder, "import attrs")
    assert "ModuleNotFoundError" in done.stderr
