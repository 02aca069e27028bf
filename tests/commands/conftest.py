"""A folder with the sample in it, and a command line to try there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen
from click.testing import CliRunner

from meter.cli import main
from tests.commands.sample import SAMPLE


@frozen
class Answer:
    """What a command gave back: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """Return the one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self):
        """Return the JSON documents on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Be in a fresh folder with the sample in it."""
    for path in SAMPLE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def meter(folder):
    """Run `meter` in this process."""

    def run(*arguments, given=None):
        result = CliRunner().invoke(
            main, [str(argument) for argument in arguments], input=given, catch_exceptions=False
        )
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def shell(folder):
    """Run a line of shell in a process of its own, with `meter` on the path."""

    def run(line, **environment):
        given = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **environment,
        }
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=given, capture_output=True, text=True, check=False
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run
