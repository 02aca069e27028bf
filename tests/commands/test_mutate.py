"""`meter mutate`: its answers, its exit codes, and what it says of tests that are not there."""

from __future__ import annotations

import pytest

from tests.verify.test_mutants import SMALL

JOURNEY = """
policy = "policy.toml"

[[steps]]
at = 2026-06-01T09:00:00
read = "a"
expect = { show = "last-free-article" }
"""


@pytest.fixture
def policy(tmp_path):
    """The file of a small policy."""
    file = tmp_path / "small" / "policy.toml"
    file.parent.mkdir()
    file.write_text(SMALL, encoding="utf-8")
    return file


def test_tells_what_survives_with_a_journey(policy, meter):
    """Each survivor is told in words, with its line and a journey; some surviving is a no."""
    policy.with_name("a.journey.toml").write_text(JOURNEY, encoding="utf-8")
    result = meter("mutate", policy, "--format", "json")
    assert result.code == 1
    found = result.json
    assert found["mutants"] == found["equivalent"] + found["killed"] + found["survived"]
    for key in ("mutants", "equivalent", "killed", "survived"):
        assert found[key] == sum(kind[key] for kind in found["by_kind"].values())
    assert found["tests"]["journeys"] == [str(policy.with_name("a.journey.toml"))]
    noticed = {one["what"] for one in found["noticed"]}
    assert "meter `monthly`, limit of `anonymous`" in noticed
    dated = next(one for one in found["survivors"] if one["kind"] == "dates")
    assert SMALL.splitlines()[dated["line"] - 1].startswith("ends = ")
    assert "[[steps]]" in dated["journey"]


def test_kept_journeys_leave_nothing(policy, meter):
    """With what `--keep` writes none survives, and the exit code is 0."""
    folder = policy.parent / "kept"
    first = meter("mutate", policy, "--keep", folder)
    assert first.code == 1
    assert "which was written" in first.out
    result = meter("mutate", policy, folder)
    assert result.code == 0, result.err
    assert "surviving: 0" in result.out


def test_says_that_there_is_no_journey(policy, meter):
    """A sentence on stderr says so; the answer is the same as ever."""
    result = meter("mutate", policy)
    assert "there is no journey of this policy beside" in result.err
    assert result.code == 1


def test_leaves_journeys_of_other_policies_out(policy, meter):
    """And says which."""
    other = policy.with_name("b.journey.toml")
    other.write_text(JOURNEY.replace("policy.toml", "other.toml"), encoding="utf-8")
    result = meter("mutate", policy)
    assert f"{other}: left out, it is a journey of another policy" in result.err


def test_journeys_have_to_pass_first(policy, meter):
    """One that does not go as expected with the policy as it is says nothing of mistakes."""
    broken = policy.with_name("a.journey.toml")
    broken.write_text(JOURNEY.replace("last-free-article", "article"), encoding="utf-8")
    result = meter("mutate", policy)
    assert result.code == 2
    assert "a.journey.toml:4: error[broken-journey]: step 1" in result.err


def test_what_is_no_test_is_bad_usage(policy, meter):
    """A file that is neither a journey nor Python is refused by its name."""
    notes = policy.with_name("notes.txt")
    notes.write_text("?", encoding="utf-8")
    result = meter("mutate", policy, notes)
    assert result.code == 2
    assert "error[not-a-test]" in result.err
    assert meter("mutate", policy, policy.with_name("nowhere")).code == 2


def test_pytest_tests_get_the_mutant_by_the_fixture(policy, meter):
    """Also where the fixture is redefined; a test of another policy keeps that."""
    policy.write_text(
        '[publication]\nname = "Small"\n\n[meters.monthly]\nwindow = { lifetime = true }\n'
        'limit = 1\n\n[[rules]]\nname = "one"\nspend = "monthly"\nshow = "countdown"\n\n'
        '[[rules]]\nname = "everyone else"\nshow = "registration-wall"\n',
        encoding="utf-8",
    )
    tests = policy.parent / "checks"
    tests.mkdir()
    (tests / "test_one.py").write_text(
        "import pytest\nfrom meter import load_policy\n\n@pytest.fixture\ndef meter_policy():\n"
        f"    return load_policy({str(policy)!r})\n\n"
        "def test_limit(meter_paywall, meter_reader, meter_view):\n"
        "    shown = [meter_paywall.check(meter_reader(), meter_view(a)).show for a in 'ab']\n"
        "    assert shown == ['last-free-article', 'registration-wall']\n",
        encoding="utf-8",
    )
    result = meter("mutate", policy, tests, "--format", "json")
    found = result.json
    by = {one["what"] + one["new"]: one["by"] for one in found["noticed"]}
    assert by["meter `monthly`, limit2"] == "pytest"
    assert by["meter `monthly`, limit0"] == "pytest"
    assert "there is no journey of this policy in what was named" in result.err
