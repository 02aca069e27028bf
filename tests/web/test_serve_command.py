"""What `meter serve` refuses to start with: exit code 2, and what to do instead."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from meter.cli import main
from tests.web.serving import KEYS, POLICY


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start it in a folder with a policy and keys; it must not come as far as to serve."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "keys.txt").write_text(KEYS)

    def run(line):
        result = CliRunner().invoke(main, ["serve", *line.split()], catch_exceptions=False)
        assert (result.exit_code, result.stdout) == (2, "")
        return result.stderr

    return run


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "`openssl rand -hex 32 > keys.txt`"),
        ("--host 0.0.0.0", "add `--key-file keys.txt`"),
        ("--no-key --host 0.0.0.0", "`0.0.0.0` is not a loopback address"),
        ("--no-key --host ::", "`::` is not a loopback address"),
        ("--no-key --host example.org", "`example.org` is not a loopback address"),
        ("--no-key --key-file keys.txt", "exclude each other"),
        ("--no-key --workers 2", "2 workers cannot share `memory://`"),
        ("--no-key --workers 2 --store MEMORY://", "2 workers cannot share `memory://`"),
        ("--key-file keys.txt --workers 0", "`--workers`: `0` is not a whole number from 1"),
        ("--key-file no.txt", "there is no file `no.txt`"),
        ("--no-key --port 70000", "`--port`: `70000` is not a whole number from 0 to 65535"),
    ],
)
def test_a_start_that_cannot_be_right_is_refused(start, line, says):
    """With the next step."""
    assert says in start(f"policy.toml --store memory:// {line}")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("", "the file holds no key"),
        ("# only words\n\n", "the file holds no key"),
        ("key clok\n", "did you mean `clock`?"),
        ("key clock more\n", "a line is `KEY` or `KEY clock`"),
        ("schlüssel\n", "a key is of printable ASCII"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_refused(start, tmp_path, keys, says):
    """With its line; no key is shown."""
    (tmp_path / "keys.txt").write_text(keys)
    said = start("policy.toml --store memory:// --key-file keys.txt")
    assert says in said
    assert "schlüssel" not in said


def test_a_policy_and_a_store_that_cannot_be_used_are_refused(start, tmp_path):
    """In the words of `check` and of `decide`."""
    assert "did you mean `sqlite://`" in start("policy.toml --store sqlit:///u.db --no-key")
    (tmp_path / "policy.toml").write_text("[publication")
    assert "error[toml-syntax]" in start("policy.toml --store memory:// --no-key")


def test_institutions_that_cannot_be_used_are_refused(start, tmp_path):
    """In the words of `check`, with their place."""
    (tmp_path / "institutions.toml").write_text(
        '[[institutions]]\nname = "one"\naddresses = ["192.0.2.1/24"]\n'
    )
    said = start("policy.toml --store memory:// --no-key")
    assert "institutions.toml:3:14: error[bad-address]" in said
    assert "did you mean the network `192.0.2.0/24`" in said


def test_a_port_that_is_taken_is_told(start):
    """Before anything is served."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = start(f"policy.toml --store memory:// --no-key --port {port}")
    assert f"cannot listen on port {port} of `127.0.0.1`: address already in use" in said
