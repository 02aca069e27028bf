"""Every bench says what it understands and prints in one way; nothing is timed here."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from pathlib import Path

import pytest

from tests.bench.figures import Figure, Report, options_of

FOLDER = Path(__file__).parent
BENCHES = [*sorted(path.stem for path in FOLDER.glob("bench_*.py")), "growth"]
PRINTING = {"print", "echo", "dump", "sys.stdout.write", "json.dump", "click.echo"}


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_tells_its_options(name, monkeypatch, capsys):
    """Each understands `--help` and has both forms of figures."""
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"tests.bench.{name}").main()
    assert (ended.value.code, "--format {text,json}" in capsys.readouterr().out) == (0, True)


@pytest.mark.parametrize("name", BENCHES)
def test_no_bench_prints_by_itself(name):
    """What is printed goes through `figures`, so that every figure is in the document too."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls & PRINTING == set()


def test_lines_are_printed_as_they_come(capsys):
    """People read each line when it is measured, and no document after it."""
    report = Report("sample", "text", 5)
    report.line("decide 2.0 µs", Figure("decide", 2.0, "µs", 1.5, "by hand"))
    first = capsys.readouterr().out
    report.end()
    assert (first, capsys.readouterr().out) == ("decide 2.0 µs\n", "")


def test_the_document_has_every_figure(capsys):
    """Programs read one document; a figure that was measured less often says so."""
    report = Report("sample", "json", 5)
    report.line("two", Figure("a", 2.0, "µs", 1.5, "by hand"), Figure("b", 7, "MiB", rounds=1))
    report.end()
    figures = [
        {"name": "a", "value": 2.0, "unit": "µs", "ratio": 1.5, "baseline": "by hand", "rounds": 5},
        {"name": "b", "value": 7, "unit": "MiB", "ratio": None, "baseline": None, "rounds": 1},
    ]
    assert {"bench": "sample", "figures": figures} == json.loads(capsys.readouterr().out)


def test_rounds_are_an_option_where_a_bench_has_them():
    """A bench that measures once has no number to give."""
    assert options_of("A bench.", 15).parse_args(["--rounds", "3"]).rounds == 3
    assert not hasattr(options_of("A bench.").parse_args([]), "rounds")
