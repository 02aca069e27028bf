"""The pytest plugin as a publisher's engineer meets it: in a project of their own."""

from __future__ import annotations

import json
import re
import shutil
from inspect import signature
from pathlib import Path

import pytest

from meter import AsyncPaywall, Paywall
from meter.testing import plugin
from meter.testing.rule_coverage import _percent
from meter.testing.story import RecordingAsyncPaywall, RecordingPaywall

pytest_plugins = "pytester"
ROOT = Path(__file__).parents[2]

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 2, registered = 3 }

[[rules]]
name = "subscribers read everything"
when = { reader = ["subscriber", "trial", "staff"] }
show = "article"

[[rules]]
name = "within the allowance"
when = { access = ["metered"] }
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""

JOURNEY = """
policy = "policy.toml"
start = 2026-06-01T09:00:00

[[steps]]
read = "a1"
expect = { show = "countdown", left = 1 }

[[steps]]
after = "1 day"
read = "a2"
expect = { show = "last-free-article" }

[[steps]]
after = "1 day"
read = "a3"
expect = { show = "EXPECTED" }
"""

EVERY_POINT = """
from meter import Article, PageView

def test_everybody(meter_paywall, meter_reader, meter_view):
    premium = PageView(article=Article(id="p", access="premium"))
    limits = {"anonymous": 2, "registered": 3, "subscription-expired": 3, "trial-expired": 3}
    for status, limit in limits.items():
        reader = meter_reader(status)
        shown = [meter_paywall.check(reader, meter_view(f"a{n}")).show for n in range(limit + 1)]
        assert shown[-2:] == ["last-free-article", "subscription-wall"]
        assert meter_paywall.check(reader, premium).show == "subscription-wall"
    assert meter_paywall.check(meter_reader("subscriber"), meter_view("a")).show == "article"
"""


@pytest.fixture
def project(pytester):
    """A publisher's project with a policy."""
    pytester.makefile(".toml", policy=POLICY)
    pytester.makeini("[pytest]\n")
    return pytester


def run(project, *args):
    """Run pytest in a process of its own.

    The plugin comes by its entry point, as it does for a user.
    """
    return project.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", *args)


def test_fixtures_give_a_paywall_a_clock_and_readers(project):
    """A first test of an offer needs no set-up at all."""
    project.makepyfile("""
        from datetime import timedelta

        def test_allowance_is_back_in_a_month(meter_paywall, meter_clock, meter_reader, meter_view):
            reader, views = meter_reader(), [meter_view(name) for name in ("a", "b", "c")]
            assert [meter_paywall.check(reader, view).show for view in views] == [
                "countdown", "last-free-article", "subscription-wall"]
            meter_clock.advance(days=31)
            assert meter_paywall.check(reader, meter_view("c")).show == "countdown"

        def test_statuses_are_what_they_say(meter_clock, meter_reader):
            for status in (
                "anonymous", "registered", "trial", "subscriber", "trial-expired",
                "subscription-expired", "staff",
            ):
                assert meter_reader(status).status(meter_clock()) == status

        def test_overrides_change_only_what_they_name(meter_override, meter_policy):
            changed = meter_override({
                "meters": {"monthly": {"limit": 1}},
                "rules": {"everyone else": {"show": "registration-wall"}},
            })
            assert changed.meter("monthly").limit == 1
            shown = [rule.show for rule in changed.rules]
            assert shown == ["article", "countdown", "registration-wall"]
            assert changed.publication == meter_policy.publication
    """)
    run(project).assert_outcomes(passed=3)


@pytest.mark.parametrize("name", ["check", "peek"])
def test_the_fixtures_take_what_a_paywall_takes(name):
    """No more and no less: what passes with them passes on the site."""
    for recording, real in (
        (RecordingPaywall, Paywall),
        (RecordingAsyncPaywall, AsyncPaywall),
    ):
        assert signature(getattr(recording, name)) == signature(getattr(real, name))


def test_the_paywall_that_is_awaited_is_a_fixture_too(project):
    """On the same clock, and with the same story in the report."""
    project.makepyfile("""
        import asyncio
        import pytest
        from meter import Article

        def test_awaited(meter_async_paywall, meter_reader, meter_view):
            async def read():
                views = [meter_view(name) for name in ("a", "b", "c")]
                return [(await meter_async_paywall.check(meter_reader(), view)) for view in views]

            shown = [decision.show for decision in asyncio.run(read())]
            assert shown == ["countdown", "last-free-article", "subscription-wall"]

        def test_only_views_are_taken(meter_paywall, meter_reader):
            with pytest.raises(TypeError, match="`view` is a `PageView`"):
                meter_paywall.check(meter_reader(), Article(id="a"))

        def test_fields_go_where_they_belong(meter_view):
            view = meter_view("a", view_id="v", access="premium", device="mobile")
            assert (view.id, view.article.access, view.device) == ("v", "premium", "mobile")

        def test_a_word_that_is_no_status(meter_reader):
            with pytest.raises(ValueError, match="`paid`; did you mean `subscriber`"):
                meter_reader("paid")

        def test_that_fails(meter_async_paywall, meter_reader, meter_view):
            asyncio.run(meter_async_paywall.check(meter_reader(), meter_view("a9")))
            assert False
    """)
    result = run(project)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["*the reader's journey*", "1. * opens `a9`"])


def test_failure_tells_the_journey(project):
    """The report says what was opened and shown, which rule decided and why the others not."""
    project.makepyfile("""
        def test_third_is_free(meter_paywall, meter_reader, meter_view):
            for name in ("a1", "a2", "a3"):
                decision = meter_paywall.check(meter_reader(), meter_view(name))
            assert decision.show == "countdown"
    """)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*the reader's journey*",
            "1. 2026-01-15 12:00 anonymous reader `anonymous-reader` opens `a1`",
            "*meter `monthly`: 1 of 2 used, 1 left; this view counted one*",
            "3. 2026-01-15 12:00 anonymous reader `anonymous-reader` opens `a3`",
            "   shows `subscription-wall` (a preview) by rule `everyone else`",
            "*not rule 2 `within the allowance`: nothing is left of `monthly`",
        ]
    )


def test_journey_files_are_tests(project):
    """`*.journey.toml` files are collected; one that breaks tells its story and its line."""
    project.path.joinpath("good.journey.toml").write_text(
        JOURNEY.replace("EXPECTED", "subscription-wall")
    )
    project.path.joinpath("bad.journey.toml").write_text(JOURNEY.replace("EXPECTED", "countdown"))
    project.path.joinpath("ugly.journey.toml").write_text(JOURNEY.replace("read =", "raed ="))
    result = run(project)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["*broken expectation in step 3*", "*nothing is left of `monthly`*"]
    )
    result.stdout.fnmatch_lines(["*ugly.journey.toml:6:*unknown-key*"])


def test_journey_files_can_be_left_alone(project):
    """The setting `meter_journeys` switches the collection off."""
    project.path.joinpath("good.journey.toml").write_text(
        JOURNEY.replace("EXPECTED", "subscription-wall")
    )
    assert run(project, "-o", "meter_journeys=false").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_plugin_can_be_switched_off(project):
    """`-p no:meter` leaves nothing behind."""
    project.makepyfile("def test_it(meter_policy): pass")
    run(project, "-p", "no:meter").assert_outcomes(errors=1)


def test_coverage_names_what_was_never_exercised(project):
    """Rules, sides and edges that no test met are listed, and the percentage is rounded down."""
    project.makepyfile(
        "def test_one(meter_paywall, meter_reader, meter_view):"
        " meter_paywall.check(meter_reader(), meter_view('a'))"
    )
    result = run(project, "--meter-coverage", "--meter-min", "50")
    result.stdout.fnmatch_lines(
        [
            "*meter coverage*",
            "policy.toml: 20.00 % (3 of 15)",
            "  never: rule `subscribers read everything`: decides",
            "  never: meter `monthly`, limit 2 where *: one too many",
            "below the 50 % that --meter-min asks for",
        ]
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_full_coverage_passes_a_minimum_of_hundred(project, workers):
    """Everything exercised is 100 %, also when two processes shared the work."""
    first, second = EVERY_POINT.split('    assert meter_paywall.check(meter_reader("subscriber")')
    project.makepyfile(
        test_one=first,
        test_two=(
            "def test_subscriber(meter_paywall, meter_reader, meter_view):\n    assert"
            ' meter_paywall.check(meter_reader("subscriber")'
        )
        + second,
    )
    result = run(
        project,
        *workers,
        "--meter-coverage=policy.toml",
        "--meter-min=100",
        "--meter-coverage-json=coverage.json",
    )
    assert result.ret == pytest.ExitCode.OK
    table = json.loads(project.path.joinpath("coverage.json").read_text())
    assert [(row["percent"], row["missing"]) for row in table["policies"]] == [(100.0, [])]


def test_sample_policy_is_covered_by_its_own_journeys(project):
    """The project is its own first user.

    Every rule, side and edge of the sample that anybody can meet is met by a journey.
    """
    shutil.copytree(ROOT / "templates" / "sample", project.path / "sample")
    result = run(project, "sample", "--meter-coverage=sample/policy.toml", "--meter-min=100")
    result.stdout.fnmatch_lines(["sample/policy.toml: 100.00 % (*"])
    assert result.ret == pytest.ExitCode.OK


def test_what_nobody_can_exercise_is_not_asked_for(project):
    """An allowance of expired readers is not missed once a rule of their own answers them."""
    rule = (
        '[[rules]]\nname = "over"\nwhen = { reader = ["trial-expired", "subscription-expired"]'
        ' }\nshow = "trial-expired"\n\n'
    )
    project.makefile(".toml", policy=POLICY.replace("[[rules]]", rule + "[[rules]]", 1))
    project.makepyfile(
        "def test_one(meter_paywall, meter_reader, meter_view):"
        " meter_paywall.check(meter_reader(), meter_view('a'))"
    )
    said = run(project, "--meter-coverage").stdout.str()
    assert "limit 3 where the reader's status is `registered`: one too many" in said
    assert "limit 3 where the reader's status is `trial-expired`" not in said


def test_percentage_is_never_rounded_up():
    """One of 20,000 missing is not 100 %."""
    assert _percent(["x"] * 20_000, ["x"]) == "99.99"


def test_plugin_imports_little(pytester):
    """A run that asks for nothing loads no Jinja2 and no TOML grammar through the plugin."""
    pytester.makepyfile("""
        import sys
        def test_it():
            heavy = {"jinja2", "tree_sitter", "cattrs", "babel", "rich", "numpy"}
            assert heavy & set(sys.modules) == set()
    """)
    result = run(pytester, "-p", "no:hypothesispytest")
    assert re.search(r"1 passed", result.stdout.str())


REFERENCE = ROOT / "docs" / "reference" / "pytest.md"


def test_every_fixture_option_and_setting_is_documented():
    """What the plugin offers is in the reference."""
    text = REFERENCE.read_text(encoding="utf-8")
    fixtures = {name for name in vars(plugin) if name.startswith("meter_")}
    options = {
        "--meter-coverage",
        "--meter-min",
        "--meter-coverage-json",
        "--meter-mutant",
        "meter_policy",
        "meter_journeys",
    }
    assert fixtures == {
        "meter_async_paywall",
        "meter_clock",
        "meter_override",
        "meter_paywall",
        "meter_policy",
        "meter_reader",
        "meter_view",
    }
    assert {name for name in fixtures | options if f"`{name}" not in text} == set()
