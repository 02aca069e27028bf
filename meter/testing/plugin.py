"""A pytest plugin: fixtures for a policy, journey files as tests, coverage of rules.

Switch it off with `-p no:meter`. It reaches the rest of `meter` through names that are imported
when a test asks for them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import pytest

from meter import testing
from meter.clock import ManualClock
from meter.errors import MeterError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from _pytest._code.code import TerminalRepr, TracebackStyle

    from meter.journeys import JourneyStep
    from meter.policy import Policy
    from meter.testing.handed_out import HandedOut
    from meter.testing.rule_coverage import RuleCoverage
    from meter.testing.story import RecordingAsyncPaywall, RecordingPaywall
    from meter.view import PageView, Reader

_STORY = pytest.StashKey[list[str]]()
_SEEN = "meter_coverage"
_COVERAGE: pytest.StashKey[RuleCoverage] = pytest.StashKey()
_MUTANT: pytest.StashKey[HandedOut] = pytest.StashKey()
_START = datetime(2026, 1, 15, 12, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and settings of the plugin."""
    group = parser.getgroup("meter", "paywall policies")
    group.addoption(
        "--meter-coverage",
        action="append",
        nargs="?",
        const="",
        metavar="POLICY",
        help=(
            "report which rules, sides of conditions and edges of limits of POLICY were exercised"
            " (default: the `meter_policy` setting)"
        ),
    )
    group.addoption(
        "--meter-min",
        type=float,
        metavar="PERCENT",
        help="fail if the coverage of any policy is below PERCENT; never rounded up",
    )
    group.addoption(
        "--meter-coverage-json",
        type=Path,
        metavar="FILE",
        help="write the coverage to FILE as JSON",
    )
    group.addoption(
        "--meter-mutant",
        type=Path,
        metavar="FILE",
        help="hand out this policy in place of the one that is tested (`meter mutate` does)",
    )
    parser.addini(
        "meter_policy",
        "the policy file the fixtures use, from the root of the project",
        default="policy.toml",
    )
    parser.addini(
        "meter_journeys", "collect `*.journey.toml` files as tests", type="bool", default=True
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start to watch the policies whose coverage is asked for."""
    mutant = config.getoption("--meter-mutant")
    if mutant is not None:
        config.stash[_MUTANT] = testing.HandedOut(_policy_path(config), mutant)
        return  # what a mistake leaves uncovered says nothing of the tests
    named = config.getoption("--meter-coverage")
    if named is not None:
        paths = [_policy_path(config, name) for name in named]
        coverage = testing.RuleCoverage({_shown(path, config.rootpath): path for path in paths})
        config.stash[_COVERAGE] = coverage
        coverage.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop watching."""
    if _COVERAGE in config.stash:
        config.stash[_COVERAGE].stop()


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _policy_path(config: pytest.Config, name: str = "") -> Path:
    return config.rootpath / (name or config.getini("meter_policy"))


@pytest.fixture(scope="session")
def meter_policy(pytestconfig: pytest.Config) -> Policy:
    """The policy under test: the file that the setting `meter_policy` names.

    Redefine it to test another.
    """
    return testing.load_policy(_policy_path(pytestconfig))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Return the policy with a mistake in it, where the tests ask for the one that it is made in.

    Also where the fixture is redefined, as long as that returns the same policy.
    """
    value = yield
    handed = request.config.stash.get(_MUTANT, None)
    if handed is None or fixturedef.argname != "meter_policy" or not handed.stands_for(value):
        return value
    mutant = handed.policy()
    if fixturedef.cached_result is not None:
        fixturedef.cached_result = (mutant, fixturedef.cached_result[1], None)
    return mutant


@pytest.fixture
def meter_override(meter_policy: Policy) -> Callable[[Mapping[str, object]], Policy]:
    """Return a copy of the policy with some tables changed.

    `meter_override({"meters": {"monthly": {"limit": 1}}})`.
    """
    return lambda changes: testing.overridden(meter_policy, changes)


@pytest.fixture
def meter_clock() -> ManualClock:
    """A clock that stands at noon UTC of 15 January 2026 until it is moved.

    `meter_clock.advance(days=2)`.
    """
    return ManualClock(_START)


@pytest.fixture
def meter_reader(meter_clock: ManualClock) -> Callable[..., Reader]:
    """Build readers by status: `meter_reader("trial-expired", segments=["students"])`.

    The status holds at the clock's time.
    """

    def build(status: str = "anonymous", *, product: str | None = None, **known: object) -> Reader:
        return testing.reader_with_status(status, meter_clock(), product=product, **known)

    return build


@pytest.fixture
def meter_view() -> Callable[..., PageView]:
    """Build page views by the article's id: `meter_view("a1", access="premium", device="mobile")`.

    Fields of `Article` and of `PageView` go together; the view's own id is `view_id`.
    """
    return testing.view_of


@pytest.fixture
def meter_paywall(
    meter_policy: Policy, meter_clock: ManualClock, request: pytest.FixtureRequest
) -> RecordingPaywall:
    """A `Paywall` over a real in-memory store and the manual clock.

    It takes what every `Paywall` takes. If the test fails, the report prints what it was asked.
    """
    story = request.node.stash.setdefault(_STORY, [])
    return testing.RecordingPaywall(meter_policy, clock=meter_clock, story=story)


@pytest.fixture
def meter_async_paywall(
    meter_policy: Policy, meter_clock: ManualClock, request: pytest.FixtureRequest
) -> RecordingAsyncPaywall:
    """An `AsyncPaywall` over a real in-memory store and the manual clock; see `meter_paywall`."""
    story = request.node.stash.setdefault(_STORY, [])
    return testing.RecordingAsyncPaywall(meter_policy, clock=meter_clock, story=story)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the story to the report of a test that failed."""
    report = yield
    story = item.stash.get(_STORY, None)
    if report.failed and story:
        report.sections.append(("the reader's journey", "\n".join(story)))
    return report


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> JourneyFile | None:
    """Collect `*.journey.toml` files."""
    if file_path.name.endswith(".journey.toml") and parent.config.getini("meter_journeys"):
        return JourneyFile.from_parent(parent, path=file_path)
    return None


class JourneyFile(pytest.File):
    """A journey file: one test."""

    def collect(self) -> Iterable[pytest.Item]:
        """Yield the journey."""
        yield JourneyItem.from_parent(self, name=self.path.name.removesuffix(".journey.toml"))


class JourneyItem(pytest.Item):
    """A journey and its expectations, run through the policy it names, or the setting's."""

    def runtest(self) -> None:
        """Run every step; the first broken expectation fails the test."""
        journey = testing.Journey.load(self.path)
        policy = None if journey.policy else testing.load_policy(_policy_path(self.config))
        steps = journey.run(policy)
        if any(step.problem for step in steps):
            raise BrokenJourneyError(steps)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | TerminalRepr:
        """Format the journey up to the step that broke, or the problems of the file."""
        if isinstance(excinfo.value, BrokenJourneyError):
            return testing.format_steps(excinfo.value.steps)
        if isinstance(excinfo.value, MeterError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the test by its file."""
        return self.path, 0, f"journey {self.name}"


class BrokenJourneyError(AssertionError):
    """A journey did not go as expected."""

    def __init__(self, steps: list[JourneyStep]) -> None:
        self.steps = steps
        super().__init__(next(step.problem for step in steps if step.problem))


class _TestWorker(Protocol):
    """What `pytest-xdist` gives a worker's configuration, and the controller's view of a worker."""

    config: pytest.Config
    workeroutput: dict[str, dict[str, list[str]]]


class _Workers:
    """Collects what the workers of `pytest-xdist` have seen."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: _TestWorker) -> None:
        coverage = node.config.stash.get(_COVERAGE, None)
        if coverage is not None:
            coverage.merge(node.workeroutput.get(_SEEN, {}))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to the workers, where there are any."""
    if _COVERAGE in session.config.stash and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Workers(), "meter-workers")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand what was seen to the controller, or hold it to `--meter-min`."""
    config = session.config
    if _COVERAGE not in config.stash:
        return
    coverage = config.stash[_COVERAGE]
    if hasattr(config, "workerinput"):
        worker = cast("_TestWorker", config)
        worker.workeroutput[_SEEN] = coverage.seen()
        return
    target = config.getoption("--meter-coverage-json")
    if target is not None:
        target.write_text(coverage.to_json(), encoding="utf-8")
    minimum = config.getoption("--meter-min")
    if minimum is not None and exitstatus == pytest.ExitCode.OK and coverage.below(minimum):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the coverage: what was never exercised, by name."""
    if _COVERAGE in config.stash:
        coverage = config.stash[_COVERAGE]
        minimum = config.getoption("--meter-min")
        terminalreporter.section("meter coverage")
        terminalreporter.write_line(coverage.report())
        if minimum is not None and coverage.below(minimum):
            terminalreporter.write_line(
                f"below the {minimum:g} % that --meter-min asks for", red=True
            )
