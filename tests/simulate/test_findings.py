"""Published findings against the simulator's own numbers, and the page that shows both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulate.findings import FINDINGS, Finding

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "findings.md"


@pytest.mark.parametrize(
    "finding", FINDINGS, ids=lambda finding: f"{finding.number} {finding.title}"
)
def test_a_published_finding_is_met_or_told_as_missed(finding: Finding) -> None:
    """Ours lies in the range beside the published number; where it does not, the page says so."""
    assert (finding.low <= finding.ours() <= finding.high) is not finding.missed


@pytest.mark.parametrize(
    "finding", FINDINGS, ids=lambda finding: f"{finding.number} {finding.title}"
)
def test_the_page_shows_what_is_found(finding: Finding) -> None:
    """The table in the documentation has each finding with our number, and the misses as misses."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    (shown,) = [cells for cells in rows if cells[2] == finding.title]
    assert [
        str(finding.number),
        finding.kind,
        finding.title,
        finding.published,
        finding.tolerance,
    ] == shown[:5]
    assert ("**missed**" if finding.missed else "met") == shown[6]
    assert finding.settings == shown[7]
    scale = 100 if finding.unit == "%" else 1
    told = float(shown[5].removesuffix("%").strip().replace("−", "-"))
    assert told == pytest.approx(finding.ours() * scale, rel=0.05, abs=0.06)
