"""Draws the picture of `architecture.md` from its Mermaid source: run it when the source changes.

The page shows the source, which some viewers of Markdown draw by themselves; the site shows the
picture, so that it loads no script. A test compares the two. It needs Node and chromium:

python docs/explanation/picture.py
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

PAGE = Path(__file__).with_name("architecture.md")
PICTURE = PAGE.with_suffix(".svg")
LOOK = {"theme": "neutral", "htmlLabels": False, "flowchart": {"htmlLabels": False}}


def source() -> str:
    """Return the Mermaid source on the page."""
    (text,) = re.findall(
        r"^```mermaid\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return text


def digest() -> str:
    """Return the comment by which the picture says what it was drawn from."""
    return f"<!-- {sha256(source().encode()).hexdigest()} -->"


def draw() -> str:
    """Return the picture as SVG, drawn by `mermaid-cli` with the chromium that is installed."""
    browser = {"executablePath": shutil.which("chromium"), "args": ["--no-sandbox"]}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "in.mmd").write_text(source(), encoding="utf-8")
        (here / "look.json").write_text(json.dumps(LOOK), encoding="utf-8")
        (here / "browser.json").write_text(json.dumps(browser), encoding="utf-8")
        command = "npx --yes @mermaid-js/mermaid-cli -i in.mmd -o out.svg -b white"
        options = ["-c", "look.json", "-p", "browser.json"]
        subprocess.run([*command.split(), *options], cwd=here, check=True)  # noqa: S603 (a command of our own)
        return (here / "out.svg").read_text(encoding="utf-8")


if __name__ == "__main__":
    PICTURE.write_text(f"{draw()}\n{digest()}\n", encoding="utf-8")
