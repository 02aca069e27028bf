"""`meter prove` and `meter diff`: what they print, what they end with, and what they keep."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from meter.cli import main
from meter.journeys import Journey
from meter.loading import check_text, dumps_policy
from meter.verify import BUILT_IN, CODES, lints
from meter.verify.properties import OF_MACHINES
from tests.bench.bench_verify import narrow
from tests.verify.test_lints import ALLOWANCE, GOOD, HEAD, LAST, OVER, PAYING, rule

EVERY_PAYWALL = {code: words for code, words in BUILT_IN.items() if code not in OF_MACHINES}
SILENT = (
    HEAD
    + PAYING
    + OVER
    + rule("silent markets", '{ section = ["markets"], access = ["metered"] }', spend="monthly")
    + ALLOWANCE
    + LAST
)
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "lints.md"


@pytest.fixture
def meter(tmp_path, monkeypatch):
    """Return a command line in a fresh folder with a good, a broken and a mended policy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("good.toml").write_text(GOOD, encoding="utf-8")
    Path("silent.toml").write_text(SILENT, encoding="utf-8")
    Path("mended.toml").write_text(
        SILENT.replace('show = "article"\nspend', 'show = "countdown"\nspend'), encoding="utf-8"
    )

    def run(*words, given=None):
        return CliRunner().invoke(main, words, input=given)

    return run


def test_prove_ends_with_0_where_all_is_proved(meter):
    """Everything proved, and what was assumed, and nothing on stderr."""
    result = meter("prove", "good.toml")
    assert (0, "") == (result.exit_code, result.stderr)
    assert [f"✓ proved  {name}" for name in EVERY_PAYWALL.values()] == [
        line for line in result.stdout.splitlines() if line.startswith("✓")
    ]
    assert "7 proved" in result.stdout
    assert "a reader is one identity" in result.stdout


def test_prove_tells_a_story(meter):
    """What fails is told as a person's dated steps, with the rule that was expected."""
    result = meter("prove", "silent.toml")
    assert 0 == result.exit_code
    assert 1 == meter("prove", "--strict", "silent.toml").exit_code
    assert "An anonymous reader:" in result.stdout
    assert (
        "3. Mon 01 Jun 2026 09:20  opens a metered article in `markets` (`article-3`): `article` by"
        " rule" in result.stdout
    )
    assert "expected: rule `the allowance` would show `last-free-article`" in result.stdout
    assert all(line == line.rstrip() for line in result.stdout.splitlines())


def test_prove_prints_one_document(meter):
    """`--format json` holds every answer, and the steps of every story."""
    document = json.loads(meter("prove", "--format", "json", "silent.toml").stdout)
    answers = {answer["code"]: answer for answer in document["answers"]}
    assert set(EVERY_PAYWALL) == set(answers)
    story = answers["last-free-is-announced"]["story"]
    assert ["countdown", "countdown", "article"] == [step["show"] for step in story["steps"]]
    assert [2, 1, 0] == [step["left"] for step in story["steps"]]
    assert answers["premium-stays-closed"]["story"] is None


def test_prove_proves_nothing_where_there_is_no_time(meter, monkeypatch):
    """What every paywall promises is then open, and with `--strict` that is a no."""
    monkeypatch.setattr("meter.verify.budget.is_installed", lambda: False)
    Path("large.toml").write_text(dumps_policy(narrow(60, 40)), encoding="utf-8")
    result = meter("prove", "--budget", "0.01", "large.toml")
    assert 0 == result.exit_code
    assert 1 == meter("prove", "--strict", "--budget", "0.01", "large.toml").exit_code
    assert [f"? not decided  {name}" for name in EVERY_PAYWALL.values()] == [
        line for line in result.stdout.splitlines() if line.startswith("?")
    ]
    assert "7 not decided" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["prove", "nothing.toml"],
        ["prove", "--except", "sense", "good.toml"],
        ["diff", "good.toml", "none.toml"],
    ],
)
def test_ends_with_2_for_bad_input(meter, words):
    """A file that is not there and a word that is not known are told as such."""
    result = meter(*words)
    assert 2 == result.exit_code
    assert "there is no" in result.stderr


def test_keeps_a_counterexample_that_fails_until_the_policy_is_mended(meter):
    """The journey kept reproduces what was found, and passes with the policy as it should be."""
    assert 1 == meter("prove", "--strict", "--keep", "kept", "silent.toml").exit_code
    file = Path("kept/the-last-free-article-is-announced.journey.toml")
    steps = Journey.load(file).run()
    assert ["countdown", "countdown", "article"] == [str(step.decision.show) for step in steps]
    assert "expected `show = last-free-article`" in steps[-1].problem
    assert 1 == meter("journey", str(file)).exit_code
    assert 0 == meter("journey", "--policy", "mended.toml", str(file)).exit_code


def test_keeps_readers_with_everything_a_journey_can_say(meter):
    """A segment, a right that has ended, a gift link and tags are kept as they were found."""
    when = (
        '{ reader = ["subscription-expired"], segments = ["loyal"], tags = { all = ["a", "b"] },'
        ' gift = true, since = { expiry = { at_least = "30 days" } }, score = { above = 0.5 },'
        ' country = ["JP"], age = { at_least = "7 days" }, access = ["premium"], kind = ["essay"],'
        ' section = ["sea"], device = ["phone"], channel = ["app"], language = ["ja"], referrer ='
        ' ["example.com"] }'
    )
    own = f'[[guarantees]]\nname = "loyal readers"\nwhen = {when}\nalways = ["article"]\n'
    Path("own.toml").write_text(GOOD + own, encoding="utf-8")
    assert 1 == meter("prove", "--keep", ".", "own.toml").exit_code
    (step,) = Journey.load("loyal-readers.journey.toml").run()
    assert ("subscription-expired", "expected `show = article`") == (
        str(step.decision.show),
        step.problem.partition(",")[0],
    )


def test_does_not_keep_what_a_journey_cannot_tell(meter):
    """A count that the reader cannot come by alone has no journey.

    It is told, and nothing is written.
    """
    wall = rule(
        "old debts",
        '{ access = ["free"], left = { monthly = { at_most = 0 } } }',
        "subscription-wall",
    )
    own = (
        '[[guarantees]]\nname = "free is free"\nwhen = { access = ["free"], reader = ["registered"]'
        ' }\nalways = ["article"]\n'
    )
    spending = ALLOWANCE.replace(
        '{ access = ["free", "metered"] }', '{ reader = ["anonymous"], access = ["metered"] }'
    )
    Path("debts.toml").write_text(
        HEAD + PAYING + OVER + wall + spending + rule("free", '{ access = ["free"] }') + LAST + own,
        encoding="utf-8",
    )
    result = meter("prove", "--except", "free-stays-open", "--keep", "kept", "debts.toml")
    first = "A registered reader has been here before (5 counted by `monthly`), and:"
    assert first in result.stdout
    assert "not kept: it starts with a reader who has been here before" in result.stdout
    assert not Path("kept").exists()


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        ('never = ["trial-offer"]', {"show": "countdown"}),
        ('always = ["article", "countdown", "last-free-article"]', {"access": "full"}),
        ('always = ["registration-wall", "article"]', {"show": "article"}),
    ],
)
def test_keeps_what_the_promise_wants(meter, promise, expected):
    """The last step expects access, or what the rule that was expected would have shown."""
    own = (
        '[[guarantees]]\nname = "無料"\nwhen = { reader = ["anonymous"], access = ["metered"]'
        f" }}\n{promise}\n"
    )
    Path("own.toml").write_text(
        GOOD + own.replace('"metered"', '"premium"' if "full" in str(expected) else '"metered"'),
        encoding="utf-8",
    )
    meter("prove", "--keep", ".", "own.toml")
    steps = tomllib.loads(Path("無料.journey.toml").read_text(encoding="utf-8"))["steps"]
    assert expected == steps[-1]["expect"]


def test_keeps_each_of_two_promises_with_like_names(meter):
    """Names that make the same file name do not overwrite each other."""
    own = "".join(
        f'[[guarantees]]\nname = "{name}"\nwhen = {{ reader = ["staff"] }}\nnever = ["article"]\n'
        for name in ("no staff", "no staff!")
    )
    Path("own.toml").write_text(GOOD + own, encoding="utf-8")
    meter("prove", "--keep", ".", "own.toml")
    assert ["no-staff-2.journey.toml", "no-staff.journey.toml"] == sorted(
        path.name for path in Path().glob("*.journey.toml")
    )


def test_says_when_access_ended(meter):
    """The story of a reader whose access has expired says since when."""
    Path("own.toml").write_text(
        GOOD + '[[guarantees]]\nname = "over"\nwhen = { reader = ["trial-expired"] }\nalways ='
        ' ["article"]\n',
        encoding="utf-8",
    )
    assert (
        "A reader whose trial has expired (it ended on 31 May 2026):"
        in meter("prove", "own.toml").stdout
    )


def test_diff_ends_with_0_where_nothing_differs(meter):
    """Equal policies are equal, however they are written."""
    Path("renamed.toml").write_text(
        GOOD.replace('name = "paying"', 'name = "whoever pays"'), encoding="utf-8"
    )
    result = meter("diff", "good.toml", "renamed.toml")
    assert (
        0,
        (
            "nothing differs: every reader sees the same under both policies, and the same is"
            " counted\n\nwritten otherwise:\n"
            "  rule `whoever pays` added: renamed.toml:15\n"
            "  rule `paying` removed: good.toml:15\n"
        ),
    ) == (
        result.exit_code,
        result.stdout,
    )


def test_diff_of_an_idle_part_tells_that_it_was_written_otherwise(meter):
    """A prompt that no rule shows changes nothing for anybody, and is not told as the same file."""
    head, rules = GOOD.split("[[rules]]", 1)
    for times in (1, 2):
        cap = f'{{ times = {times}, window = {{ rolling = "1 day" }} }}'
        prompt = f'[prompts.give]\nheading = "Give"\nat_most = {cap}\n'
        text = f"{head}{prompt}\n[[rules]]{rules}"
        Path(f"{times}.toml").write_text(text, encoding="utf-8")
    result = meter("diff", "1.toml", "2.toml")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "  prompt `give` changed in `at_most`: 1.toml:15 → 2.toml:15"
    )
    document = json.loads(meter("diff", "1.toml", "2.toml", "--format", "json").stdout)
    assert document["equal"] is True
    assert [(one["what"], one["keys"]) for one in document["edits"]] == [
        ("prompt `give`", ["at_most"])
    ]


def test_diff_prints_who_before_and_after(meter):
    """Each line says who, what before, what after."""
    result = meter("diff", "silent.toml", "good.toml")
    assert 1 == result.exit_code
    assert ["who", "before", "after"] == result.stdout.split()[:3]
    assert re.search(
        r"metered articles in `markets`, while\s+`article`\s+`countdown`", result.stdout
    )


def test_diff_prints_one_document(meter):
    """`--format json` holds the same lines."""
    document = json.loads(meter("diff", "--format", "json", "silent.toml", "good.toml").stdout)
    assert (False, True) == (document["equal"], document["complete"])
    assert [
        {
            "about": "rules",
            "who": (
                "anonymous or registered readers, metered articles in `markets`, while `monthly`"
                " lasts"
            ),
            "before": "`article`",
            "after": "`countdown`",
        }
    ] == document["changes"]


EVENTS = "".join(
    json.dumps(
        {
            "at": f"2026-06-01T09:{minute:02}:00Z",
            "reader": {"id": reader},
            "article": {"id": f"a{minute}", "section": section},
        }
    )
    + "\n"
    for minute, (reader, section) in enumerate(
        [("r1", "markets"), ("r1", "sea"), ("r2", "markets"), ("r1", "markets"), ("r2", "sea")]
    )
)


@pytest.mark.parametrize("as_file", [True, False])
def test_diff_counts_the_decisions_of_a_log(meter, as_file):
    """Its page views are decided under both policies, each reader with their own counts."""
    Path("log.jsonl").write_text(EVENTS, encoding="utf-8")
    result = meter(
        "diff",
        "--format",
        "json",
        "silent.toml",
        "good.toml",
        "--log",
        "log.jsonl" if as_file else "-",
        given=EVENTS,
    )
    log = json.loads(result.stdout)["log"]
    assert (5, 3, 2) == (log["decisions"], log["changed"], log["readers"])
    assert [("`article`", "`countdown`", 2), ("`article`", "`last-free-article`", 1)] == [
        (change["before"], change["after"], change["decisions"]) for change in log["changes"]
    ]


def test_diff_says_what_share_of_a_log_changes(meter):
    """The number is told with its share and the readers it is about."""
    Path("log.jsonl").write_text(EVENTS, encoding="utf-8")
    assert (
        "of 5 decisions in `log.jsonl`, 3 (60.0%) would have changed, for 2 readers"
        in meter("diff", "silent.toml", "good.toml", "--log", "log.jsonl").stdout
    )


FENCE = re.compile(
    r"^```toml"
    r' title="broken/(?P<code>[a-z-]+)\.toml"\n(?P<policy>.*?)^```\n\n```text\n(?P<said>.*?)^```',
    re.MULTILINE | re.DOTALL,
)


def test_every_exact_lint_is_documented():
    """Each code has a section with an example that earns exactly what the page says."""
    text = PAGE.read_text(encoding="utf-8")
    head = text.partition('title="head.toml"\n')[2].partition("```")[0]
    said = {}
    for example in FENCE.finditer(text):
        name = f"broken/{example['code']}.toml"
        _, problems = check_text(f"{head}\n{example['policy']}", name, exact=lints)
        said[example["code"]] = (
            "\n".join(str(problem) for problem in problems if problem.code == example["code"])
            + "\n"
        )
        assert example["said"] == said[example["code"]]
    assert set(CODES) == {*said, "not-analysed"}
    assert list(CODES) == re.findall(r"^## `([a-z-]+)`$", text, re.MULTILINE)
