"""`meter demo`: one reader's months through the policy that ships."""

from __future__ import annotations

from rich.panel import Panel
from rich.text import Text

from meter.commands.console import open_console
from meter.commands.help import command
from meter.commands.init import sample
from meter.commands.locales import locale_option
from meter.commands.timeline import WIDEST, print_timeline, summary_parts
from meter.journeys import Journey
from meter.loading import loads_policy

__all__ = ["demo"]


@command(
    "meter demo",
    "meter demo --locale ja",
)
@locale_option
def demo(locale: str | None) -> None:
    """See what readers see, month after month.

    Run one reader through the sample policy: the allowance, the turn of the month, an offer, a
    trial, a subscription and its end. A prompt that comes up for the first time is shown whole, as
    a page shows it.
    """
    policy = loads_policy(sample("policy.toml"))
    journey = Journey.loads(sample("months.journey.toml"))
    steps = journey.run(policy)
    console = open_console(widest=WIDEST)
    console.print(_title(policy.publication.name))
    print_timeline(console, policy, steps, locale=locale, cards=True)
    console.print()
    console.rule(characters="─", style="dim")
    console.print(_next(", ".join(summary_parts(steps))))


def _title(publication: str) -> Panel:
    words = Text.assemble(
        (f"A reader's months with {publication}\n", "bold"),
        "Three articles a month are free, five for whoever registers. Every line is a\n"
        "decision of the engine, every prompt the words that the page would show.",
    )
    return Panel(words, border_style="blue", padding=(0, 1))


def _next(counted: str) -> Text:
    rows = (
        ("meter init paywall", "this policy and journey, yours to change"),
        ("meter check paywall/policy.toml", "what is wrong in it, and where"),
        ("meter journey paywall/*.journey.toml", "what a reader sees, step by step"),
        ("meter demo --locale ja", "the same months in Japanese"),
    )
    lines = [Text.assemble((f"  {command:<38}", "bold cyan"), what) for command, what in rows]
    return Text("\n").join([Text(counted), Text(), Text("Try next", style="bold"), *lines])
