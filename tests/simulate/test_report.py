"""The page for a meeting: complete, self-contained, and readable without scripts."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from attrs import evolve
from rich.console import Console

from meter.simulate.compare import Comparison, compare
from meter.simulate.limits import LimitSearch
from meter.simulate.optimise import choose
from meter.simulate.report.html import html_report
from meter.simulate.report.terminal import print_comparison
from tests.simulate.policies import metered, with_trials


class Page(HTMLParser):
    """What is in a page: tags with their attributes, and text outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.specs: list[dict[str, object]] = []
        self._inside: tuple[str, dict[str, str | None]] = ("", {})
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside = tag, dict(attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside[0]:
            self._inside = "", {}

    def handle_data(self, data: str) -> None:
        if self._inside[1].get("type") == "application/vnd.vega-lite+json":
            self.specs.append(json.loads(data))
        elif not self._inside[0]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Two policies, one of them with a name that HTML could stumble over."""
    return compare(
        [metered(5), with_trials()],
        names=["today", "</script><b>try"],
        readers=3000,
        months=3,
        draws=4,
    )


@pytest.fixture(scope="module")
def page(found: Comparison) -> Page:
    """The page about them."""
    return Page(html_report(found))


def test_a_page_needs_nothing_but_itself(found: Comparison) -> None:
    """No file, font, picture or script is asked for from anywhere."""
    page = Page(html_report(found))
    assert [] == [
        tag for tag, given in page.tags if given.get("src") or (tag == "link" and given.get("href"))
    ]
    assert not re.search(
        r"@import|url\(", html_report(found).split("<style>")[1].split("</style>")[0]
    )


def test_each_chart_has_its_numbers_as_a_table(page: Page) -> None:
    """As many tables beside charts as charts, each with rows."""
    tags = [tag for tag, _ in page.tags]
    assert tags.count("figure") == len(page.specs) == tags.count("details") - 2
    assert all(
        spec["$schema"] == "https://vega.github.io/schema/vega-lite/v5.json" for spec in page.specs
    )
    assert len(page.specs) == 6


def test_a_page_says_what_was_compared_and_how_to_repeat_it(found: Comparison, page: Page) -> None:
    """Policies with digests, seed, versions, every assumption with its source, every caution."""
    report = found.to_dict()
    for policy in report["policies"]:
        assert policy["digest"] in page.text
        assert policy["name"] in page.text
    assert f"seed {found.seed}" in page.text
    for name, version in report["versions"].items():
        assert f"{name} {version}" in page.text
    for row in report["assumptions"]:
        assert row["name"] in page.text
        assert " ".join(row["source"].split()) in page.text
    for caution in report["warnings"]:
        assert caution["code"] in page.text
        told = re.sub("`([^`]*)`", "“\\1”", caution["text"])
        assert told[1:] in page.text
        assert page.text.count("“") == page.text.count("”")
    assert report["closing"] in page.text
    assert '[publication] name = "The Harbour Review"' in page.text


def test_a_name_cannot_break_out_of_the_page(found: Comparison, page: Page) -> None:
    """Names and specifications are escaped where they stand."""
    assert "</script><b>try" not in html_report(found)
    assert any("</script><b>try" in json.dumps(spec) for spec in page.specs)


def test_a_name_cannot_turn_the_page_around(found: Comparison) -> None:
    """Marks that turn a line are shown as codes; the lines of the policies stay."""
    page = html_report(evolve(found, names=("to\u202eday", "b")))
    assert "\u202e" not in page
    assert r"to\u202Eday" in page
    assert r"\u000A" not in page


def test_a_page_is_for_light_dark_paper_and_phones(found: Comparison) -> None:
    """The style sheet speaks of all four, and the page of its language and width."""
    text = html_report(found)
    for words in (
        "prefers-color-scheme: dark",
        "@media print",
        "max-width: 40rem",
        '<html lang="en">',
        "width=device-width",
    ):
        assert words in text


def test_a_search_for_a_limit_is_in_the_page() -> None:
    """Every limit tried, with its own chart and the verdict."""
    choice = choose(
        metered(5), LimitSearch.parse("limit=2..5", metered(5)), readers=4000, months=1, sweep=False
    )
    page = Page(html_report(choice.comparison, choice=choice))
    told = re.sub("`([^`]*)`", "“\\1”", choice.verdict.sentence)
    assert told in page.text
    assert any("of the one selected" in json.dumps(spec) for spec in page.specs)


def test_a_notebook_shows_the_table(found: Comparison) -> None:
    """The object itself is the display."""
    cell = found._repr_html_()
    assert "Subscribers at the end" in cell
    assert "&lt;/script&gt;&lt;b&gt;try" in cell


def test_one_month_is_not_months() -> None:
    """One reader and one month are told as one, on the page, in a terminal and in the cautions."""
    found = compare([metered(5)], readers=1, months=1, draws=0, sweep=False)
    output = StringIO()
    print_comparison(found, Console(file=output, width=300))
    page = Page(html_report(found))
    whole = " ".join(
        [output.getvalue(), page.text, json.dumps(found.to_dict()), found._repr_html_()]
    )
    assert not re.search(r"\b1 (simulated )?(months|readers|subscribers|starts)\b", whole)
    assert "1 month is less than a year" in whole
    assert "1 simulated reader a month, 1 month" in whole
