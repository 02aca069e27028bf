"""Random comparisons, each told in every form, and held to the numbers beside the sentences.

`python -m tests.simulate.verdicts` makes 20 of them, `--whole` makes 200; it ends with 1 where a
sentence says more than its numbers.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from io import StringIO
from random import Random
from typing import TYPE_CHECKING, Any

from attrs import evolve
from rich.console import Console

from meter.simulate.compare import Comparison, compare
from meter.simulate.limits import LimitSearch
from meter.simulate.optimise import choose
from meter.simulate.report.html import html_report, notebook_html
from meter.simulate.report.summary import report_table
from meter.simulate.report.terminal import print_comparison
from tests.simulate.policies import free_for_all, hard_wall, metered, with_trials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter import Policy
    from meter.simulate.limits import LimitChoice

SOME, ALL = 6, 200
NAMES = ("five", "three", "q3a", "spring sale", "<b>bold</b>", "a & b", "limit 3")
EARNS = re.compile(
    r"with (your|\S+ simulated)([\d, ]*) readers? a month, `([^`]+)` earns"
    r" (as much as|([\d,]+) USD (more|less) than) `([^`]+)`"
)
STOPS = re.compile(
    r"stops (as many|([\d,]+) (?:more|fewer)) readers? and brings"
    r" (as many|([\d,]+) (?:more|fewer)) starts?"
)
SUM = re.compile(r"\b[\d,]+ USD\b|\bstops [\d,]+|\b[\d,]+ (?:is|are) (?:a )?subscribers?\b")
POPULATION = re.compile(r"(?:your [\d,]+|[\d,]+ simulated) readers? a month")
SHARE = re.compile(r"`([^`]+)` (?:comes first )?in ([\d.]+)%")
BLOCKS = ("table", "tr", "td", "th", "p", "li", "div", "small", "h1", "h2", "h3", "summary", "br")


class _Text(HTMLParser):
    """The words of a page, without scripts and styles, and how many cells have a colour."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.colours = 0
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")
        self.parts.append(" " if tag in BLOCKS else "")
        self.colours += dict(attrs).get("class") in ("up", "down")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def plain(text: str) -> str:
    """Return a text in one line, whatever its quotation marks are."""
    return " ".join(re.sub("[“”]", "`", text).split())


def in_html(page: str) -> str:
    """Return the words of a page in one line."""
    return plain("".join(_Text(page).parts))


def in_terminal(found: Comparison, choice: LimitChoice | None = None) -> str:
    """Return what a terminal shows, in one line."""
    output = StringIO()
    print_comparison(found, Console(file=output, width=2000), choice)
    return plain(output.getvalue())


def random_comparison(seed: int) -> tuple[Comparison, LimitChoice | None]:
    """Return a comparison of two to four random policies, or, one time in five, after a search."""
    draw = Random(seed)
    names = draw.sample(NAMES, draw.randint(2, 4))
    size: dict[str, Any] = {
        "readers": draw.choice((1, 60, 400, 400, 400)),
        "months": draw.choice((1, 2)),
        "seed": seed,
        "draws": draw.choice((0, 0, 5, 19, 20, 25)),
        "sweep": draw.random() < 0.2,
        "by": draw.choice(("net", "net", "net_lifetime")),
        "workers": 1,
    }
    policies = [_policy(draw) for _ in names]
    if draw.random() < 0.2:
        policies[-1] = policies[0]
    mine = draw.choice((None, 777, 500_000))
    found = evolve(compare(policies, names=names, **size), my_readers=mine)
    if draw.random() < 0.8:
        return found, None
    search = LimitSearch.parse("limit=1..3", metered(2))
    return found, choose(metered(2), search, **size)


def _policy(draw: Random) -> Policy:
    kind = draw.random()
    if kind < 0.1:
        return free_for_all()
    if kind < 0.2:
        return hard_wall()
    if kind < 0.4:
        return with_trials()
    return metered(draw.randint(0, 8))


def faults(found: Comparison, choice: LimitChoice | None) -> Iterator[str]:
    """Yield what any form of a comparison says and its numbers do not."""
    report = json.loads(json.dumps(report_table(found, choice)))
    forms = {
        "terminal": in_terminal(found, choice),
        "page": in_html(html_report(found, choice=choice)),
        "notebook": in_html(notebook_html(found)),
    }
    yield from _of_the_verdict(report, found.names)
    told = [report["headline"], *(caution["text"] for caution in report["warnings"])]
    yield from _of_the_populations(told)
    for form, text in forms.items():
        yield from _of_the_numbers(report, text, form)
        if plain(report["headline"]) not in text:
            yield f"{form}: the first paragraph is another one"
        if plain(report["verdict"]) not in text:
            yield f"{form}: the verdict is another one"
        if "money in USD" not in text:
            yield f"{form}: money without a currency"
        if not report["draws"] and not report["tornado"] and _of_ranges(text):
            yield f"{form}: ranges without a draw: {_of_ranges(text)}"
    if _Text(html_report(found)).colours != _coloured(report):
        yield "page: a colour where an interval holds 0, or none where none does"
    if choice is not None:
        yield from _of_the_search(report, choice, forms)


def _of_the_verdict(told: dict[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    sentence = told["verdict"]
    shares = told["shares"]
    draws = told["draws"]
    best = told["best"]
    for name in names:
        if f"`{name}`" not in sentence:
            yield f"`{name}` is not mentioned"
    if re.search(r"\b(it|its|they|this one)\b", sentence):
        yield "a pronoun stands for a policy"
    if bool(shares) != bool(draws) or (shares and abs(sum(shares.values()) - 1) > 1e-9):
        yield "the shares are not shares of the draws"
    agreed = [name for name, share in shares.items() if draws >= 20 and share >= 0.9]
    alike = "gave every simulated reader the same" in sentence
    if best is not None and best not in agreed:
        yield "a best that the draws do not agree on"
    if best is None and agreed and not alike:
        yield "no best where the draws agree"
    named = re.findall("`([^`]+)` is best", sentence)
    if named != [name for name in [best] if name is not None]:
        yield "the sentence and `best` differ"
    for name, percent in SHARE.findall(sentence):
        if abs(100 * shares[name] - float(percent)) > 0.51:
            yield f"`{name}` in {percent}%, but it came first in {shares[name]:.3f}"
    if shares and not alike and f"{draws} draw" not in sentence:
        yield "shares without the number of draws"


def _of_the_populations(told: list[str]) -> Iterator[str]:
    """Yield each sentence with a sum in it that does not say of how many readers that is."""
    for sentence in (part for text in told for part in re.split(r"(?<=[.;]) ", text)):
        if SUM.search(sentence) and not POPULATION.search(sentence):
            yield f"a sum of nobody knows how many readers: {sentence}"


def _of_the_numbers(report: dict[str, Any], text: str, form: str) -> Iterator[str]:
    by_name = {policy["name"]: policy for policy in report["policies"]}
    for policy in report["policies"]:
        for measure, found in policy["summary"].items():
            if min(found["value"], *found["sampling"], *(found["assumptions"] or [0])) < 0:
                yield f"{measure} below 0"
        if policy["first_in"].get("draws", 0) != report["shares"].get(policy["name"], 0):
            yield "the table and the verdict have other shares"
    told = list(zip(EARNS.findall(text), STOPS.findall(text), strict=True))
    if len(told) != len(by_name) - 1:
        yield f"{form}: a policy whose difference is not told"
    mine = report["my_readers"]
    times = 1 if mine is None else mine / report["readers"]
    readers = ("your", f" {mine:,}") if mine else (f"{report['readers']:,} simulated", "")
    for (*whose, name, _, money, more, first), (_, stopped, _, starts) in told:
        change = by_name[name]["difference"]
        gain = times * change[report["by"]]["value"]
        if tuple(whose) != readers:
            yield f"{form}: `{name}` is told of other readers: {whose}"
        if (_digits(gain), first) != (money, report["policies"][0]["name"]):
            yield f"{form}: `{name}` earns something else"
        if money and (gain > 0) != (more == "more"):
            yield f"{form}: `{name}` earns more for less"
        stops = times * change["readers_stopped"]["value"]
        if (_digits(stops), _digits(change["starts_per_million"]["value"])) != (stopped, starts):
            yield f"{form}: `{name}` stops or starts something else"


def _digits(value: float) -> str:
    """Return how a number is told; nothing for what rounds to 0."""
    return f"{abs(value):,.0f}" if round(value) else ""


def _of_ranges(text: str) -> str:
    """Return a sentence that speaks of what the ranges of the assumptions leave open, if any."""
    found = re.search(r"[^.]*(?:ranges leave open|stated range|best|chance to be)[^.]*\.", text)
    return "" if found is None or "the best of several" in found[0] else found[0]


def _coloured(report: dict[str, Any]) -> int:
    """Return how many differences of money lie wholly on one side of 0."""
    sides = 0
    for policy in report["policies"][1:]:
        for name in ("net", "net_lifetime"):
            found = policy["difference"][name]
            ends = [*found["sampling"], *(found["assumptions"] or [0])]
            sides += (min(ends) > 0) or (max(ends) < 0)
    return sides


def _of_the_search(
    report: dict[str, Any], choice: LimitChoice, forms: dict[str, str]
) -> Iterator[str]:
    told = report["optimise"]
    yield from _of_the_verdict(told, choice.names)
    limit = None if told["best"] is None else int(told["best"].removeprefix("limit "))
    if told["recommended"] != limit:
        yield "the limit recommended is not the best"
    at_edge = told["best"] in (choice.names[0], choice.names[-1])
    if at_edge and "at the edge of what was tried" not in told["verdict"]:
        yield "a best at the edge that is not told to be there"
    for form in ("terminal", "page"):
        if plain(told["verdict"]) not in forms[form]:
            yield f"{form}: the verdict on the limits is another one"


def main(number: int) -> int:
    """Make so many comparisons, print what was found, and return the exit code."""
    wrong = 0
    seen: Counter[str] = Counter()
    for seed in range(number):
        found, choice = random_comparison(seed)
        seen["with a best"] += found.best is not None
        seen["cannot be told apart"] += "cannot be told apart" in found.verdict.sentence
        seen["too few draws"] += "Too few draws" in found.verdict.sentence
        seen["no draws"] += not len(found.drawn)
        seen["alike"] += "the same" in found.verdict.sentence
        seen["searches"] += choice is not None
        for fault in faults(found, choice):
            wrong += 1
            sys.stdout.write(f"comparison {seed}: {fault}\n")
    listed = ", ".join(f"{word} {count}" for word, count in seen.items())
    sys.stdout.write(f"{number} random comparisons in every form: {wrong} faults ({listed})\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(ALL if "--whole" in sys.argv else SOME))
