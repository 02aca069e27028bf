"""`meter init` writes a folder that works, and overwrites nothing."""

from __future__ import annotations

import pytest

from meter.resources import MODEL_POLICY, paywall_models


def test_init_writes_a_folder_that_works(meter, folder):
    """Everything it says to try next does what it should."""
    assert meter("init", "paywall").code == 0
    written = sorted(path.name for path in (folder / "paywall").iterdir())
    assert written == sorted(path.name for path in folder.iterdir() if path.is_file())
    assert (
        meter("check", "paywall/policy.toml", "--today", "2026-06-01").out
        == "paywall/policy.toml: nothing wrong (7 rules, 1 meter, 3 offers)\n"
    )
    assert meter("journey", *(folder / "paywall").glob("*.journey.toml")).code == 0
    assert len(meter("decide", "paywall/policy.toml", "paywall/events.jsonl").lines) == 12
    told = (folder / "paywall" / "README.md").read_text()
    assert [name for name in written if name != "README.md" and name not in told] == []


def test_init_overwrites_nothing(meter, folder):
    """Not even when only one of the files is there."""
    (folder / "paywall").mkdir()
    (folder / "paywall" / "events.jsonl").write_text("mine")
    answer = meter("init", "paywall")
    assert (answer.code, answer.out) == (2, "")
    assert "`paywall/events.jsonl` is there already and is not overwritten" in answer.err
    assert [path.name for path in (folder / "paywall").iterdir()] == ["events.jsonl"]


@pytest.mark.parametrize("today", ["2024-02-29", "2026-06-30", "2026-07-01", "2031-12-31"])
def test_no_date_that_init_writes_is_over(meter, folder, today):
    """The policy has no offer that is over on that day, and its journeys go as they say."""
    assert meter("init", "later", "--today", today).code == 0
    checked = meter("check", "--strict", "later/policy.toml", "--today", today)
    assert (checked.code, checked.out.count("warning")) == (0, 0)
    assert meter("journey", *(folder / "later").glob("*.journey.toml")).code == 0


def test_the_dates_of_every_model_are_moved_together(meter, folder):
    """Journeys still go as they say, wherever a model has dates."""
    dated = [
        name
        for name, model in paywall_models().items()
        if "20" in model.text(MODEL_POLICY) and "dates" in model.text(MODEL_POLICY)
    ]
    assert dated
    for name in dated:
        assert meter("init", name, "--like", name, "--today", "2029-01-01").code == 0
        assert "20" in (folder / name / "policy.toml").read_text()
        assert "2026" not in (folder / name / "policy.toml").read_text()
        assert meter("journey", *(folder / name).glob("*.journey.toml")).code == 0
