"""`meter init --like` starts from a model of a paywall, lists them, and knows what was meant."""

from __future__ import annotations

import pytest

from meter.resources import paywall_models

MODELS = paywall_models()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_written_and_works(meter, folder, name):
    """Its policy, its journey and what to try, and nothing else."""
    answer = meter("init", "paywall", "--like", name)
    assert (0, "") == (answer.code, answer.err)
    written = sorted(path.name for path in (folder / "paywall").iterdir())
    assert sorted(["README.md", "policy.toml", f"{name}.journey.toml"]) == written
    readme = (folder / "paywall" / "README.md").read_text(encoding="utf-8")
    assert MODELS[name].says in readme
    assert f"next: meter check paywall/policy.toml && meter journey paywall/{name}" in answer.out
    told = meter("journey", f"paywall/{name}.journey.toml")
    assert told.code == 0, told.err


def test_without_a_name_all_are_listed(meter):
    """A line each, the name and its sentence, on stdout."""
    answer = meter("init", "--like")
    assert (0, "") == (answer.code, answer.err)
    lines = answer.out.splitlines()
    assert [(name, model.says) for name, model in MODELS.items()] == [
        (line.split()[0], line.split(maxsplit=1)[1]) for line in lines
    ]


def test_a_name_that_is_nearly_one(meter, folder):
    """The one meant, then all of them; nothing is written."""
    answer = meter("init", "paywall", "--like", "ten_a_mnth")
    assert (2, "") == (answer.code, answer.out)
    assert "there is no model `ten_a_mnth`; did you mean `ten-a-month`?" in answer.err
    assert all(model.says in answer.err for model in MODELS.values())
    assert not (folder / "paywall").exists()


def test_a_name_that_is_like_none(meter):
    """The list alone says what there is."""
    answer = meter("init", "paywall", "--like", "xyzzy")
    assert answer.code == 2
    assert "there is no model `xyzzy`; these are the models there are" in answer.err
    assert "did you mean" not in answer.err
    assert all(model.says in answer.err for model in MODELS.values())


def test_a_model_overwrites_nothing(meter, folder):
    """A policy that is there already stays what it is, and nothing is written beside it."""
    (folder / "paywall").mkdir()
    (folder / "paywall" / "policy.toml").write_text("mine")
    answer = meter("init", "paywall", "--like", "ten-a-month")
    assert (2, "") == (answer.code, answer.out)
    assert "`paywall/policy.toml` is there already and is not overwritten" in answer.err
    assert ["policy.toml"] == [path.name for path in (folder / "paywall").iterdir()]


def test_a_folder_is_still_needed(meter):
    """A model without a folder to write it to is told as for any other command."""
    answer = meter("init", "--like", "ten-a-month")
    assert answer.code == 2
    assert "`DIR` is missing; write it as in `meter init paywall`" in answer.err
