"""What a reader and a product team get, in a real browser.

Prompts on a phone and a desk, and the report of a comparison.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from attrs import evolve

from meter import Article, Entitlement, PageView, Reader, Usage, decide, load_policy, render
from meter.prompts import stylesheet
from meter.resources import template_root

NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
PAGE = (
    '<!doctype html><html lang="en"><meta'
    ' charset="utf-8"><title>page</title><style>{css}</style><body style="margin:0">{prompt}'
)

MEASURE = """
const sections = [...page.querySelectorAll("section")].map(section => {
  const link = section.querySelector("a.meter-prompt__action");
  const box = link.getBoundingClientRect();
  const colours = view.getComputedStyle(link);
  return {
    named: page.getElementById(section.getAttribute("aria-labelledby")).textContent.trim(),
    heading: section.querySelector("h2").textContent.trim(),
    link: link.textContent.trim(),
    inside: box.left >= 0 && box.right <= view.innerWidth && box.height >= 24,
    styled: colours.backgroundColor !== "rgba(0, 0, 0, 0)" || colours.borderTopWidth !== "0px",
  };
});
return {overflow: page.documentElement.scrollWidth > view.innerWidth, sections};
"""


@pytest.fixture(scope="module")
def policy():
    """The policy that ships."""
    return load_policy(template_root() / "sample" / "policy.toml")


def decided(policy, state):
    """A decision of each state in the sample."""
    expired = datetime(2026, 6, 1, tzinfo=UTC)
    readers = {
        "trial-expired": Reader(id="r", entitlements=[Entitlement(kind="trial", ends=expired)]),
        "subscription-expired": Reader(
            id="r", entitlements=[Entitlement(kind="subscription", ends=expired)]
        ),
    }
    usage, decision = Usage(), None
    for number in range(
        {"countdown": 1, "last-free-article": 3, "registration-wall": 4}.get(state, 1)
    ):
        decision, usage = decide(
            policy,
            readers.get(state, Reader(id="r")),
            PageView(article=Article(id=f"a{number}")),
            usage,
            NOW,
        )
    assert state == decision.show
    return decision


STATES = (
    "countdown",
    "last-free-article",
    "registration-wall",
    "trial-expired",
    "subscription-expired",
)


@pytest.mark.parametrize(("layout", "width"), [("narrow", 360), ("narrow", 390), ("wide", 1280)])
@pytest.mark.parametrize("locale", ["en", "ja", "ar"])
def test_prompts_fit_and_can_be_pressed(look, policy, layout, width, locale):
    """Nothing sticks out, the landmark is named by the heading, the button is in reach."""
    prompts = "".join(
        render(decided(policy, state), policy, locale=locale, layout=layout) for state in STATES
    )
    seen = look(PAGE.format(css=stylesheet(), prompt=prompts), MEASURE, width)
    assert not seen["overflow"]
    assert len(STATES) == len(seen["sections"])
    for section in seen["sections"]:
        assert (True, True) == (section["inside"], section["styled"]), section
        assert section["named"] == section["heading"] != ""
        assert section["link"]


def test_a_name_with_markup_is_only_text(look, policy):
    """A hostile headline is shown, letter by letter, and runs nothing."""
    hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    changed = evolve(policy, copy={"en": evolve(policy.copy["en"], headline=hostile)})
    prompt = render(decided(changed, "countdown"), changed)
    seen = look(
        PAGE.format(css=stylesheet(), prompt=prompt),
        "return [page.title, page.querySelectorAll('img').length, page.body.textContent]",
    )
    assert ["page", 0] == seen[:2]
    assert hostile in seen[2]


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """A report on two policies, as the command writes it."""
    folder = tmp_path_factory.mktemp("report")
    sample = template_root() / "sample" / "policy.toml"
    lower = folder / "lower.toml"
    lower.write_text(sample.read_text(encoding="utf-8").replace("anonymous = 3", "anonymous = 2"))
    few = [
        "--readers",
        "2000",
        "--months",
        "2",
        "--draws",
        "4",
        "--my-readers",
        "500000",
        "--optimise",
        "limit=2..4",
    ]
    meter = Path(sys.executable).with_name("meter")
    page = folder / "report.html"
    subprocess.run(
        [meter, "compare", str(sample), str(lower), *few, "--html", str(page)],
        check=True,
        capture_output=True,
    )
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_draws_its_charts_and_asks_for_nothing(look, report, width):
    """Every chart is drawn from what the page itself holds, and the page fits a phone."""
    asked = "page.defaultView.performance.getEntriesByType('resource').map(entry => entry.name)"
    drawn = (
        "[...page.querySelectorAll('figure')].map(figure => figure.querySelectorAll('svg,"
        " canvas').length > 0)"
    )
    seen = look(
        report,
        f"return {{asked: {asked}, drawn: {drawn}, overflow: page.documentElement.scrollWidth >"
        " view.innerWidth};",
        width,
    )
    assert {"asked": [], "drawn": [True] * len(seen["drawn"]), "overflow": False} == seen
    assert len(seen["drawn"]) > 2


AXE = """
<script>
{axe}
addEventListener("load", () => setTimeout(() => {{
  for (const closed of document.querySelectorAll("details")) closed.open = true;
  axe.run().then((found) => {{ window.found = found.violations; }});
}}, 300));
</script>"""
VIOLATIONS = (
    "return view.found === undefined ? null : view.found.map(rule => rule.id + ': ' +"
    " rule.nodes.map(node => node.target).join(' '));"
)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light")])
def test_axe_finds_nothing_in_the_report_with_its_tables_open(look, report, width, scheme):
    """Whatever axe looks for: names, contrast, what scrolls and cannot be reached."""
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    page = report.replace("</body>", AXE.format(axe=axe) + "</body>")
    if scheme == "dark":
        page = page.replace("(prefers-color-scheme: dark)", "all")
    assert [] == look(page, VIOLATIONS, width)


def test_axe_finds_what_it_should(look):
    """A button without a name is found, so that finding nothing means something."""
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    page = "<!doctype html><html lang='en'><title>t</title><body><main><h1>h</h1><button></button>"
    found = look(f"{page}</main>{AXE.format(axe=axe)}</body></html>", VIOLATIONS)
    assert [rule for rule in found if rule.startswith("button-name")]
