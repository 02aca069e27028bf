"""How long a policy of 150 rules in 14 files takes: to load, check, explain, compare and decide.

    python -m tests.bench.bench_big [RULES]

prints milliseconds, the median of five; nothing is asserted: a machine may be busy. Ratios are to
loading it. Each of twelve
sections has a file with a group of a dozen rules, as a large newsroom has them: no prompt in
the morning or on Saturdays, newsletters, the app, search, propensity, prices by country, returns.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from meter import Article, PageView, Reader, Usage, decide, explain, load_policy
from meter.loading import check_text
from meter.verify import ProofOutcome, UndecidedError, changes, guarantees
from meter.verify.lints import lints
from tests.bench.figures import Figure, Report, options_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meter.verify import ProofAnswer

TIMES = 5
SECTIONS = (
    "markets", "politics", "sport", "culture", "science", "travel",
    "food", "opinion", "technology", "regions", "world", "weekend",
)  # fmt: skip
METERS = """
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }

[meters.weekly]
window = { calendar = "week" }
limit = 1
"""
OFFERS = """
[offers.japan]
price = 900
currency = "JPY"
term = "1 month"
when = { country = ["JP"] }

[offers.world]
price = 9
currency = "USD"
term = "1 month"

[offers.return]
kind = "subscription"
price = 5
currency = "USD"
term = "3 months"
"""
SECTION = """
[[groups]]
name = "{section}"
when = {{ section = ["{section}"], entitled = false }}

{rules}
"""
RULES = (
    (
        'when = { hour = { at_least = 5, below = 9 }, access = ["metered"], channel = ["app"] }\n'
        'show = "article"'
    ),
    (
        'when = { weekday = ["saturday"], access = ["metered"], device = ["mobile"] }\n'
        'show = "article"'
    ),
    'when = { channel = ["newsletter"], access = ["metered"], account = true }\nshow = "article"',
    'when = { referrer = ["google.com"], account = false }\nspend = "weekly"\nshow = "countdown"',
    'when = { kind = ["breaking"], age = { below = "1 hour" } }\nshow = "article"',
    'when = { segments = ["student"], account = true }\nspend = "monthly"\nshow = "countdown"',
    'when = { score = { at_least = 0.8 }, account = false }\nshow = "wall"\noffer = "world"',
    (
        'when = { score = { at_least = 0.6 }, account = true }\nshow = "wall"\n'
        'offer = ["japan", "world"]'
    ),
    (
        'when = { since = { expiry = { below = "30 days" } }, country = ["DE"] }\nshow = "wall"\n'
        'offer = "return"'
    ),
    'when = { access = ["premium"], country = ["JP"] }\nshow = "wall"\noffer = "japan"',
    'when = { access = ["premium"] }\nshow = "wall"\noffer = "world"',
    'when = { access = ["metered"] }\nspend = "monthly"\nshow = "countdown"',
)
OWN = """
include = [{files}]

[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[[groups]]
name = "open to everybody"

[[groups.rules]]
name = "what a right covers"
when = {{ covered = true }}
show = "article"

[[groups.rules]]
name = "free and sponsored"
when = {{ any = [{{ access = ["free"] }}, {{ tags = ["sponsored"] }}] }}
show = "article"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
offer = ["japan", "world"]

[[guarantees]]
name = "who holds a right that covers the article never meets a wall"
when = {{ covered = true }}
always = ["article"]
"""
NOW = datetime(2026, 6, 3, 3, tzinfo=UTC)


def write_big_policy(folder: Path, rules: int = 150) -> Path:
    """Write a policy of so many rules, four or more, into a folder; return its own file.

    From sixteen rules on each section has a file, which makes 14 and its own.
    """
    files = {"meters.toml": METERS, "offers.toml": OFFERS}
    of_sections = rules - 4
    for number, section in enumerate(SECTIONS):
        count = (of_sections + number) // len(SECTIONS)
        written = [
            f'[[groups.rules]]\nname = "{section} {place + 1}"\n{_rule(place)}'
            for place in range(count)
        ]
        if written:
            text = SECTION.format(section=section, rules="\n\n".join(written))
            files[f"sections/{section}.toml"] = text
    own = OWN.format(files=", ".join(f'"{name}"' for name in files))
    for name, text in {**files, "policy.toml": own}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "policy.toml"


def _rule(place: int) -> str:
    if place < len(RULES):
        return RULES[place]
    return f'when = {{ tags = ["series{place}"], account = true }}\nshow = "article"'


def proved(answers: Sequence[ProofAnswer]) -> str:
    """Return how many promises were decided."""
    decided = sum(answer.outcome != ProofOutcome.NOT_DECIDED for answer in answers)
    return f"{decided} of {len(answers)} decided"


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Return the median of five runs in milliseconds, and what the last returned."""
    took = []
    result: object = None
    for _ in range(TIMES):
        started = perf_counter()
        try:
            result = work()
        except UndecidedError as error:
            result = error
        took.append(1000 * (perf_counter() - started))
    return median(took), result


def main() -> None:
    """Measure, and print."""
    parser = options_of(__doc__)
    parser.add_argument("rules", type=int, nargs="?", default=150)
    given = parser.parse_args()
    report = Report("big", given.format, TIMES)
    with TemporaryDirectory() as name:
        path = write_big_policy(Path(name), given.rules)
        policy = load_policy(path)
        text = path.read_text("utf-8")
        (path.parent / "meters.toml").write_text(METERS.replace("limit = 1", "limit = 2"), "utf-8")
        other = load_policy(path)
        (path.parent / "meters.toml").write_text(METERS, "utf-8")
        broken = text.replace("[[rules]]\n", '[[rules]]\nshw = "wall"\n', 1)
        view = PageView(article=Article(id="a", access="metered", section="gardening"))
        decision, _ = decide(policy, Reader(id="r"), view, Usage(), NOW)

        def checked(*, exact: bool) -> object:
            found = check_text(text, str(path), exact=lints if exact else None, folder=path.parent)
            return f"{len(found[1])} problems"

        def with_slip() -> object:
            return f"{len(check_text(broken, str(path), folder=path.parent)[1])} problems"

        works: dict[str, Callable[[], object]] = {
            "load": lambda: f"{len(load_policy(path).rules)} rules",
            "read again, first decision": lambda: (
                decide(load_policy(path), Reader(id="r"), view, Usage(), NOW)[0].show
            ),
            "check, without what holds for everybody": lambda: checked(exact=False),
            "check": lambda: checked(exact=True),
            "check, a slip in a key": with_slip,
            "decide, known": lambda: decide(policy, Reader(id="r"), view, Usage(), NOW)[0].show,
            "explain": lambda: f"{len(explain(decision).splitlines())} lines",
            "prove": lambda: proved(guarantees(policy)),
            "diff, one limit": lambda: f"{len(changes(policy, other).rows)} rows",
        }
        load = 0.0
        for what, work in works.items():
            milliseconds, said = timed(work)
            load = milliseconds if what == "load" else load
            figure = Figure(what, milliseconds, "ms", milliseconds / load, "load")
            report.line(f"{what:42} {milliseconds:9.2f} ms   {said}", figure)
    report.end()


if __name__ == "__main__":
    main()
