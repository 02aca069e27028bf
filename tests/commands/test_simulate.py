"""`meter simulate` and `meter compare` at a prompt."""

from __future__ import annotations

import json
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from meter.cli import main
from meter.commands.simulation import Simulation
from meter.loading import dumps_policy
from meter.simulate.assumptions import published_assumptions
from meter.simulate.report.summary import headline
from meter.simulate.scenario import SimulationPlan, significant
from tests.simulate.policies import metered, with_trials

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--readers", "1500", "--months", "2", "--draws", "2", "--no-sweep")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two policies, and the shell in it."""
    (tmp_path / "today.toml").write_text(dumps_policy(metered(5)), encoding="utf-8")
    (tmp_path / "spring.toml").write_text(dumps_policy(with_trials()), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def meter(*words: str) -> Result:
    """Run the command line."""
    return CliRunner().invoke(main, words)


@pytest.mark.usefixtures("folder")
def test_simulate_prints_one_json_document() -> None:
    """And nothing else on stdout."""
    result = meter("simulate", "today.toml", *SMALL, "--format", "json")
    assert 0 == result.exit_code
    report = json.loads(result.stdout)
    assert (1500, 2, 1) == (report["readers"], report["months"], report["seed"])
    assert 0 < report["policies"][0]["summary"]["stop_rate"]["value"] < 1


@pytest.mark.usefixtures("folder")
def test_the_same_seed_prints_the_same_whatever_the_workers() -> None:
    """To the last character."""
    one, two = (
        meter(
            "compare", "today.toml", "spring.toml", *SMALL, "--format", "json", "--workers", n
        ).stdout
        for n in ("1", "2")
    )
    assert one == two != ""


@pytest.mark.usefixtures("folder")
def test_compare_prints_tables_doubts_assumptions_and_the_last_word() -> None:
    """For a person, in the order of a report."""
    result = meter("compare", "today.toml", "spring.toml", *SMALL)
    assert 0 == result.exit_code
    for words in (
        "Starts per million",
        "against today: net, cash",
        "W11",
        "first by net cash, in 2 draws",
        "`--assumptions-used`",
        "What no simulation can know",
        "holdout",
    ):
        assert words in result.stdout


def test_html_is_written_and_said_on_stderr(folder: Path) -> None:
    """Data on stdout, messages on stderr."""
    result = meter(
        "compare", "today.toml", "spring.toml", *SMALL, "--format", "json", "--html", "report.html"
    )
    assert "wrote report.html\n" == result.stderr
    assert "</html>" in (folder / "report.html").read_text(encoding="utf-8")
    json.loads(result.stdout)


def test_charts_are_written_as_pictures(folder: Path) -> None:
    """Each as SVG and PNG, where the extra is installed."""
    pytest.importorskip("vl_convert", reason="`vl_convert` is not installed: no pictures")
    result = meter("simulate", "today.toml", *SMALL, "--format", "json", "--charts", "pictures")
    assert "wrote 8 files into pictures\n" == result.stderr
    assert b"\x89PNG" == (folder / "pictures" / "net.png").read_bytes()[:4]
    assert "<svg" in (folder / "pictures" / "curve.svg").read_text(encoding="utf-8")[:400]


def test_assumptions_of_a_file_are_used_and_told(folder: Path) -> None:
    """With where they come from."""
    (folder / "ours.toml").write_text("[articles]\nfree = 1.0\n", encoding="utf-8")
    report = json.loads(
        meter(
            "simulate", "today.toml", *SMALL, "--assumptions", "ours.toml", "--format", "json"
        ).stdout
    )
    assert 0 == report["policies"][0]["summary"]["readers_stopped"]["value"]
    assert ["ours.toml"] == [
        row["source"] for row in report["assumptions"] if row["basis"] == "yours"
    ]


def test_a_mistake_in_the_assumptions_is_located(folder: Path) -> None:
    """Exit code 2, file, line, help."""
    (folder / "ours.toml").write_text("[walls]\nleve = 0.2\n", encoding="utf-8")
    result = meter("simulate", "today.toml", "--assumptions", "ours.toml")
    assert 2 == result.exit_code
    assert "ours.toml:2:1: error[unknown-assumption]" in result.stderr
    assert "did you mean `leave`?" in result.stderr
    assert "" == result.stdout


@pytest.mark.usefixtures("folder")
def test_the_list_of_assumptions_is_a_file_of_assumptions() -> None:
    """It needs no policy."""
    result = meter("simulate", "--list-assumptions")
    assert 0 == result.exit_code
    assert "[walls]\n" in result.stdout


@pytest.mark.usefixtures("folder")
def test_known_numbers_are_fitted_and_shown() -> None:
    """Beside what the simulation makes of them."""
    report = json.loads(
        meter(
            "simulate",
            "today.toml",
            *SMALL,
            "--known",
            "split=60/28/12, churn=3%",
            "--format",
            "json",
        ).stdout
    )
    assert [
        "read one article",
        "read two to five",
        "read more than five",
        "subscribers lost a month",
    ] == [row["name"] for row in report["calibration"]]
    assert all(row["fits"] for row in report["calibration"])


@pytest.mark.usefixtures("folder")
def test_limits_are_tried_and_the_best_compared_with_today() -> None:
    """One policy is enough then."""
    report = json.loads(
        meter(
            "compare", "today.toml", "--optimise", "limit=2..4", *SMALL, "--format", "json"
        ).stdout
    )
    assert [2, 3, 4] == [tried["limit"] for tried in report["optimise"]["tried"]]
    assert ["today", f"limit {report['optimise']['selected']}"] == [
        policy["name"] for policy in report["policies"]
    ]
    assert report["optimise"]["selected"] in report["optimise"]["not_distinguishable"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("compare", "today.toml"), "one policy is nothing to compare"),
        (("compare", "today.toml", "--optimise", "limt=1..3"), "did you mean `limit`"),
        (("simulate", "toady.toml"), "did you mean `today.toml`"),
        (("simulate", "today.toml", "--known", "starts=3"), "needs `uniques`"),
        (("compare", "today.toml", "spring.toml", "--by", "money"), "net_lifetime"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_next_step(words: tuple[str, ...], message: str) -> None:
    """On stderr, without a traceback."""
    result = meter(*words)
    assert 2 == result.exit_code
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("folder")
def test_the_same_file_twice_is_told_apart() -> None:
    """And differs from itself by nothing."""
    report = json.loads(
        meter("compare", "today.toml", "today.toml", *SMALL, "--format", "json").stdout
    )
    assert ["today.toml (1)", "today.toml (2)"] == [policy["name"] for policy in report["policies"]]
    assert 0 == report["policies"][1]["difference"]["net"]["value"]


class Terminal(StringIO):
    """A text that looks like a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(("patience", "says"), [(0.0, True), (1e9, False)])
def test_who_waits_at_a_terminal_gets_the_first_answer_before_the_last(
    monkeypatch: pytest.MonkeyPatch, *, patience: float, says: bool
) -> None:
    """In the sentences of the last one, on as many readers; who need not wait gets one answer."""
    plan = SimulationPlan(
        assumptions=published_assumptions(),
        readers=300,
        months=1,
        draws=1,
        sweep=False,
        my_readers=777,
    )
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    simulation = Simulation(plan, patience=patience)
    found = simulation.compare([metered(5), metered(2)], ["five", "two"], title="comparing")
    said = " ".join(terminal.getvalue().split())
    assert says == ("First answer, before other assumptions are tried" in said)
    told = headline(found)
    central = told[told.index("At the central assumptions, with your 777 readers a month") :]
    assert says == (central in said)


def test_figures_have_the_digits_that_every_processor_agrees_on() -> None:
    """The last digits of a sum depend on how a processor adds: JSON keeps twelve."""
    table = {"net": [2027.6834140034848, 3], "rate": 1e-9 / 3, "name": "five", "none": None}
    assert significant(table) == {
        "net": [2027.683414, 3],
        "rate": 3.33333333333e-10,
        "name": "five",
        "none": None,
    }
