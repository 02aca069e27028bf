"""Every fenced block of the README and of the documentation does what it says.

Each page is run top to bottom in a folder of its own. A block with a title is written to that file;
`python` is run (and doctested where it has a prompt), `toml` is loaded, `console` is run by the
shell and its output compared; `text` and `sh` are for reading only.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from meter import loads_policy

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(
    r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?[^\n]*\n(?P<body>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_a_page_runs(page, tmp_path, monkeypatch):
    """What a page shows is what happens."""
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "docs"}
    for block in FENCE.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        _write(block, tmp_path)
        _run(block["kind"], block["title"], block["body"], names, f"{page.name}:{line}")


def _write(block: re.Match[str], folder: Path) -> None:
    if block["title"]:
        target = folder / block["title"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block["body"], encoding="utf-8")


def _run(kind: str, title: str | None, body: str, names: dict[str, object], where: str) -> None:
    if kind == "python" and not title:
        _run_python(body, names, where)
    elif kind == "toml":
        if "[publication]" in body and "[[rules]]" in body and "broken" not in (title or ""):
            _load(body, title or where)
        elif "broken" not in (title or ""):
            tomllib.loads(body)
    elif kind == "console":
        _run_console(body, where)


def _load(body: str, name: str) -> None:
    """Read a policy; the files that it includes may stand in blocks further down."""
    if not body.startswith("include"):
        loads_policy(body, name=name)
    else:
        tomllib.loads(body)


def _run_python(body: str, names: dict[str, object], where: str) -> None:
    if ">>>" not in body:
        exec(compile(body, where, "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(body, names, where, where, 0)
    said: list[str] = []
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(
        test, out=said.append, clear_globs=False
    )
    names.update(test.globs)
    assert results.failed == 0, "".join(said)


def _run_console(body: str, where: str) -> None:
    environment = {
        **os.environ,
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
        "PYTHONWARNINGS": "error",
    }
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for call in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, expected = re.sub(r"\\\n", "", call).partition("\n")
        done = subprocess.run(
            command,
            shell=True,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        output, _, code = expected.partition("[exit ")
        assert _matches(output, done.stdout), (
            f"{where}: `{command}` printed:\n{done.stdout}\ninstead of:\n{output}"
        )
        assert done.returncode == int(code.strip(" ]\n") or 0), (
            f"{where}: `{command}` exited {done.returncode}:\n{done.stdout}"
        )


def _matches(expected: str, said: str) -> bool:
    """Compare line by line, trailing blanks apart; a line `...` stands for any number of lines."""
    lines = [line.rstrip() for line in expected.strip().splitlines()]
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line == "..." else re.escape(line) + r"\n" for line in lines
    )
    return (
        re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in said.strip().splitlines()))
        is not None
    )


@pytest.mark.parametrize(
    ("expected", "said", "same"),
    [
        ("a\n...\nb\n", "a\n1\n2\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a  \n", "a\n", True),
        ("...\n", "", True),
        ("a\n", "", False),
    ],
)
def test_output_is_compared_line_by_line(expected, said, same):
    """The comparison itself can fail."""
    assert _matches(expected, said) is same
