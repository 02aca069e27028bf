"""What does `import meter` load, and what does asking for a name load?"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import meter
from meter.resources import template_root

HEAVY = {
    "asyncio",
    "babel",
    "cattrs",
    "click",
    "django",
    "fastapi",
    "flask",
    "hiredis",
    "hypothesis",
    "jinja2",
    "multiprocessing",
    "numba",
    "numpy",
    "opentelemetry",
    "pandas",
    "psycopg",
    "pyarrow",
    "pytest",
    "redis",
    "rich",
    "sqlite3",
    "starlette",
    "tomllib",
    "tree_sitter",
    "urllib.request",
    "z3",
}
CORE = {"meter"} | {
    f"meter.{name}"
    for name in [
        "clock",
        "decision",
        "decision.counts",
        "decision.decided",
        "decision.readings",
        "decision.words",
        "engine",
        "engine.calls",
        "engine.counting",
        "engine.deadlines",
        "engine.exposures",
        "engine.keeping",
        "engine.records",
        "engine.showings",
        "errors",
        "errors.kinds",
        "errors.meanings",
        "errors.values",
        "errors.zones",
        "experiments",
        "experiments.assignment",
        "experiments.experiment",
        "experiments.hashes",
        "experiments.ranges",
        "facts",
        "facts.asked",
        "facts.attributes",
        "facts.meters",
        "facts.slots",
        "forms",
        "formulas",
        "formulas.offers",
        "formulas.translation",
        "memo",
        "memo.compiled",
        "memo.memory",
        "memo.showings",
        "policy",
        "policy.conditions",
        "policy.experiments",
        "policy.faults",
        "policy.faults.conditions",
        "policy.faults.experiments",
        "policy.faults.frequency",
        "policy.faults.machines",
        "policy.faults.meters",
        "policy.faults.offers",
        "policy.faults.promises",
        "policy.faults.prompt_words",
        "policy.faults.prompts",
        "policy.gifts",
        "policy.groups",
        "policy.guarantees",
        "policy.languages",
        "policy.languages.catalogue",
        "policy.languages.faults",
        "policy.machines",
        "policy.meters",
        "policy.offers",
        "policy.placeholders",
        "policy.promised",
        "policy.promises",
        "policy.prompts",
        "policy.publication",
        "policy.times",
        "policy.words",
        "rulebook",
        "rulebook.book",
        "rulebook.effects",
        "rulebook.frequency",
        "rulebook.verdicts",
        "usage",
        "usage.tally",
        "usage.written",
        "validation",
        "view",
        "view.rights",
        "vocabulary",
        "vocabulary.bounds",
        "vocabulary.machine_terms",
        "windows",
    ]
}


def loaded(statement: str) -> set[str]:
    """Return the modules a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(found.stdout.splitlines()[-1]))


ENGINE = "meter.ManualClock, meter.PageView, meter.Policy, meter.Reader, meter.Usage, meter.decide"


def of_meter(modules: set[str]) -> set[str]:
    """Return those of some modules that are ours."""
    return {name for name in modules if name.split(".")[0] == "meter"}


def test_importing_meter_loads_nothing_until_a_name_is_asked_for():
    """The help of the command line, and a shell that completes it, need no engine."""
    modules = loaded("import meter")
    assert set() == {*HEAVY, "attrs"} & modules
    assert of_meter(modules) == {"meter"}


def test_asking_for_the_engine_loads_no_framework_driver_or_template_engine():
    """Whoever only decides pays for nothing else."""
    modules = loaded(f"import meter\n{ENGINE}")
    assert set() == HEAVY & modules
    assert of_meter(modules) == CORE


def test_a_name_is_looked_for_once():
    """`meter.decide` at every view costs no more than any function of a module."""
    code = "import meter\nmeter.decide\nassert vars(meter)['decide'] is meter.decide"
    assert "meter.memo" in loaded(code)


def test_help_loads_no_engine():
    """`meter --help` lists the commands by a table."""
    modules = loaded("from meter.cli import main\nmain(['--help'], standalone_mode=False)")
    assert "click" in modules
    assert set() == {"meter.policy", "meter.engine", "rich", "jinja2", "babel"} & modules


def test_checking_a_policy_loads_no_template_engine_and_no_network():
    """Both are for whoever has prompts of their own, and asks for the keys of agents."""
    sample = template_root() / "sample" / "policy.toml"
    modules = loaded(
        f"from meter.cli import main\nmain(['check', {str(sample)!r}], standalone_mode=False)"
    )
    assert "meter.verify.lints" in modules
    assert set() == {"jinja2", "http.client", "ssl", "numpy", "meter.prompts.rendering"} & modules


def test_deciding_loads_nothing_more_than_importing():
    """A policy built in Python decides without a file format, a template or a zone package."""
    statement = """
import datetime, meter
from meter.policy import Publication
rules = [meter.Rule(name="all", show="article")]
policy = meter.Policy(publication=Publication(name="The Harbour Review"), rules=rules)
view = meter.PageView(article=meter.Article(id="a"))
meter.decide(policy, meter.Reader(id="r"), view, meter.Usage(), datetime.datetime.now(datetime.UTC))
"""
    assert set() == HEAVY & loaded(statement)


@pytest.mark.parametrize("name", meter.__all__)
def test_every_public_name_is_there(name):
    """Also those that are imported when first asked for."""
    assert getattr(meter, name) is not None
    assert name in dir(meter)


@pytest.mark.parametrize("room", ["errors", "policy", "paywall", "windows"])
def test_a_room_is_there_without_an_import_of_its_own(room):
    """`meter.errors.MeterError` needs no more than `import meter`, in a fresh interpreter."""
    program = f"import meter; print(meter.{room}.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"meter.{room}\n"


def test_an_unknown_name_is_an_attribute_error():
    """As in any module."""
    with pytest.raises(AttributeError, match="module `meter` has no attribute `metre`"):
        _ = meter.metre
