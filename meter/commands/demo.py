"""`meter demo`: two readers' months through the policy that ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.text import Text

from meter.commands.console import open_console
from meter.commands.help import command
from meter.commands.init import sample
from meter.commands.locales import locale_option
from meter.commands.timeline import WIDEST, print_timeline, summary_parts
from meter.journeys import Journey
from meter.loading import loads_policy

if TYPE_CHECKING:
    from meter.journeys import JourneyStep

__all__ = ["demo"]

_JOURNEYS = ("months.journey.toml", "campaign.journey.toml")
_CAMPAIGN = Text.assemble(
    ("Another reader, and a campaign\n", "bold"),
    "Free articles ask for an address: once a day, four times in 30 days, and not\n"
    "for two weeks after it was closed. Half of all visitors are offered a month\n"
    "for a dollar, and whoever left a month ago is asked back.",
)


@command(
    "meter demo",
    "meter demo --locale ja",
)
@locale_option
def demo(locale: str | None) -> None:
    """See what readers see, month after month.

    Run two readers through the sample policy. One meets the allowance, the turn of the month, an
    offer, a trial, a subscription and its end; the other the campaign: a prompt that is shown now
    and then, a variant of an experiment, and an offer to come back. A prompt that comes up for the
    first time is shown whole, as a page shows it.
    """
    policy = loads_policy(sample("policy.toml"))
    console = open_console(widest=WIDEST)
    console.print(_title(policy.publication.name))
    played: list[JourneyStep] = []
    for name in _JOURNEYS:
        journey = Journey.loads(sample(name))
        steps = journey.run(policy)
        if played:
            console.print()
            console.print(Panel(_CAMPAIGN, border_style="blue", padding=(0, 1)))
        print_timeline(console, policy, steps, locale=locale, cards=True)
        played += steps
    console.print()
    console.rule(characters="─", style="dim")
    console.print(_next(", ".join(summary_parts(played))))


def _title(publication: str) -> Panel:
    words = Text.assemble(
        (f"A reader's months with {publication}\n", "bold"),
        "Three articles a month are free, five for whoever registers. Every line is a\n"
        "decision of the engine, every prompt the words that the page would show.",
    )
    return Panel(words, border_style="blue", padding=(0, 1))


def _next(counted: str) -> Text:
    rows = (
        ("meter init paywall", "this policy and its journeys, yours to change"),
        ("meter check paywall/policy.toml", "what is wrong in it, and where"),
        ("meter journey paywall/*.journey.toml", "what a reader sees, step by step"),
        ("meter demo --locale ja", "the same months in Japanese"),
    )
    lines = [Text.assemble((f"  {command:<38}", "bold cyan"), what) for command, what in rows]
    return Text("\n").join([Text(counted), Text(), Text("Try next", style="bold"), *lines])
