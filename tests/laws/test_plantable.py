"""Every planted bug can still be planted: the text it replaces is where it says."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import meter
from tests.planted import FILES

TRIED_BY_COMMANDS = ("tests/simulate/planted.py",)
PACKAGE = Path(meter.__file__).parent


def bugs_in(value):
    """Yield what is a planted bug in a list, a table or a parameter of a test."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if hasattr(value, "right") and isinstance(getattr(value, "module", None), str):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from bugs_in(each)


def test_every_bug_is_one_replacement_away():
    """The suite plants an eighth of them; of all of them the text is there."""
    found, lost = 0, []
    for file in (*FILES, *TRIED_BY_COMMANDS):
        module = import_module(file.removesuffix(".py").replace("/", "."))
        for bug in bugs_in({k: v for k, v in vars(module).items() if k.isupper()}):
            found += 1
            if bug.right not in (PACKAGE / bug.module).read_text(encoding="utf-8"):
                lost.append((file, bug.name))
    assert lost == []
    assert found > 150
