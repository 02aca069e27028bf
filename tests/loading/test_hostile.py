"""A hostile file costs little: it is refused before it is parsed, or parsed within bounds."""

import json
import subprocess
import sys

import pytest

from meter import PolicyError, load_policy, loads_policy
from meter.resources import MOST_BYTES

HEAD = '[publication]\nname = "x"\n'
LAST = '[[rules]]\nname = "z"\nshow = "article"\n'

HOSTILE = {
    "a dotted key of 20,000 parts": (".".join("a" * 20_000) + " = 1", "too-deep"),
    "a quoted dotted key": (".".join(['"a"'] * 16_000) + " = 1", "too-deep"),
    "a spaced dotted key": (" . ".join("a" * 15_000) + " = 1", "too-deep"),
    "a dotted heading": ("[" + ".".join("a" * 20_000) + "]", "too-deep"),
    "a thousand dotted keys": (
        "\n".join(f"a{n}.b.c.d.e.f.g = 1" for n in range(1100)),
        "unknown-key",
    ),
    "a thousand dotted headings": (
        "\n".join(f"[a{n}.b.c.d.e.f.g]" for n in range(1100)),
        "unknown-key",
    ),
    "a thousand lists of lists": ("[[a.b.c.d.e.f.g]]\n" * 1000, "unknown-key"),
    "thousands of dotted keys": (
        "\n".join(f"a{n}.b.c.d.e.f.g = 1" for n in range(2500)),
        "too-many",
    ),
    "lists never closed": ("a = " + "[" * 60_000, "too-deep"),
    "lists in lists": ("a = " + "[" * 30_000 + "]" * 30_000, "too-deep"),
    "tables in tables": ("a = " + "{a=" * 20_000, "too-deep"),
    "many lists": ("a = [" + "[]," * 3_900 + "]", "unknown-key"),
    "many tables": ("a = [" + "{b=1}," * 2_600 + "]", "unknown-key"),
    "too many lists": ("a = [" + "[]," * 20_000 + "]", "too-many"),
    "many empty lines": ("\n" * 65_000, "missing-key"),
    "many comments": ("#\n" * 32_000, "missing-key"),
    "many rules": (HEAD + "[[rules]]\n" * 6_000, "too-many"),
    "many bad rules": (
        HEAD + "[[rules]]\nspend='xa'\nshow='artcle'\nnmae='q'\noffer='o'\nwhn={}\n" * 499,
        "unknown-key",
    ),
    "many unknown meters": (
        HEAD
        + "".join(f"[meters.m{n}]\nwindow={{lifetime=true}}\nlimit=1\n" for n in range(50))
        + "".join(
            f"[[rules]]\nname='r{n}'\nspend='mm{n}'\noffer='o'\nshow='article'\n"
            for n in range(499)
        ),
        "unknown-meter",
    ),
    "many unknown keys": (HEAD + "".join(f"name{n}=1\n" for n in range(5_000)), "unknown-key"),
    "many locales": (HEAD + LAST + "".join(f"[copy.x{n}]\n" for n in range(4_000)), "too-many"),
    "a thousand and one words": (
        HEAD + LAST + "when={section=[" + "'a'," * 1001 + "]}",
        "too-many",
    ),
    "fifty-one meters": (HEAD + "".join(f"[meters.m{n}]\n" for n in range(51)) + LAST, "too-many"),
    "fifty-one locales": (HEAD + LAST + "".join(f"[copy.x{n}]\n" for n in range(51)), "too-many"),
    "a meter with a name of 65 letters": (
        HEAD + f"[meters.{'m' * 65}]\nlimit = 1\nwindow = {{ lifetime = true }}\n" + LAST,
        "bad-name",
    ),
    "many names that look alike": (
        HEAD + "".join(f"[[rules]]\nname='{'Aa'[n % 2]}'\nshow='article'\n" for n in range(490)),
        "look-alike-name",
    ),
    "many keys given twice": ("a = 1\n" * 7_000, "duplicate-key"),
    "many words": (HEAD + LAST + "when={section=[" + "'a'," * 16_000 + "]}", "too-many"),
    "a key of 60,000 letters": ("a" * 60_000 + " = 1", "unknown-key"),
    "a text of 60,000 letters": (HEAD.replace("x", "x" * 60_000) + LAST, "text-too-long"),
    "a number of 60,000 digits": ("a = " + "9" * 60_000, "bad-number"),
    "a number of 4,000 digits": (HEAD + LAST + "[offers.a]\nprice = " + "9" * 4_000, "bad-number"),
    "a float beyond all floats": (
        HEAD + LAST + "when = { score = { above = 1e999 } }",
        "wrong-type",
    ),
    "quotes": ('"' * 65_000, "toml-syntax"),
    "backslashes": ('a = "' + "\\" * 65_000, "toml-syntax"),
    "escaped quotes": ('a = """' + '\\"""' * 16_000, "toml-syntax"),
    "words without end": ("a " * 32_000, "toml-syntax"),
    "a carriage return": ("a = 1\ra = 2", "toml-syntax"),
    "a null character": ("a = '\0'", "control-character"),
    "an escape for the terminal": ("a = '\x1b[2J'", "control-character"),
    "half a character": ("a = '\ud800'", "control-character"),
    "one byte too much": ("#" * (MOST_BYTES + 1), "too-large"),
    "a zone out of its folder": (
        HEAD + "timezone = '" + "../" * 50 + "etc/passwd'\n" + LAST,
        "unknown-timezone",
    ),
    "nothing": ("", "missing-key"),
}


def test_a_text_and_a_file_that_are_too_large_are_refused_alike(tmp_path):
    """The same code, message and next step, whichever way the policy comes."""
    text = "#" * (MOST_BYTES + 1)
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(PolicyError) as of_text:
        loads_policy(text, name=str(path))
    with pytest.raises(PolicyError) as of_file:
        load_policy(path)

    assert of_text.value.problems == of_file.value.problems


@pytest.mark.parametrize(("text", "code"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_with_a_code(text, code):
    """Whatever the text is, it is a `PolicyError`, with few and short problems."""
    with pytest.raises(PolicyError) as caught:
        loads_policy(text)
    assert code in {problem.code for problem in caught.value.problems}
    assert all(problem.help for problem in caught.value.problems)
    assert len(str(caught.value)) < 32_000
    assert all(
        problem.line >= 1 and problem.column >= 1
        for problem in caught.value.problems
        if problem.code != "too-many-problems"
    )


_MEASURE = """
import json, resource, sys, time
from meter import PolicyError, loads_policy
from meter.loading.positions import Positions
Positions("a = 1")
try:
    loads_policy('publication.locale = "q"')
except PolicyError:
    pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
slowest = 0
for name, text in json.load(sys.stdin).items():
    start = time.perf_counter()
    try:
        loads_policy(text)
    except PolicyError:
        pass
    slowest = max(slowest, time.perf_counter() - start)
print(json.dumps([(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, slowest]))
"""


def test_all_hostile_texts_together_take_less_than_64_mebibytes(record_property):
    """One process reads them all and grows by less than 64 MiB.

    How long the slowest took is reported.
    """
    texts = {name: text for name, (text, _) in HOSTILE.items()}
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    grown, slowest = json.loads(run.stdout)
    record_property("slowest hostile text, milliseconds", round(slowest * 1000, 1))
    assert grown < 64
