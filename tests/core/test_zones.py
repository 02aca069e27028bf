"""The next step for what is no time zone is never hours off."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from meter.errors.zones import unreal_zone_step, zone_step
from meter.loading import check_text

SEASONS = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7)]
NAMED = re.compile(r"`([^`]+)`")
USUAL = "zones are named after a city, such as `Europe/London` or `America/New_York`"
ABBREVIATIONS = sorted(
    {
        name
        for zone in available_timezones()
        for season in SEASONS
        if (name := season.astimezone(ZoneInfo(zone)).tzname()).isalpha() and name != "UTC"
    }
)


def advised(step: str) -> list[str]:
    """Return the zones that a step advises; none of them are those of the usual example."""
    return [] if step == USUAL else NAMED.findall(step)


def test_an_abbreviation_is_answered_by_places_that_go_by_it():
    """Whatever abbreviation a clock of any zone shows, no place is advised that shows another."""
    answered = 0
    for name in ABBREVIATIONS:
        for zone in advised(zone_step(name)):
            shown = {season.astimezone(ZoneInfo(zone)).tzname() for season in SEASONS}
            assert name in shown or (name, zone) == ("GMT", "UTC")
            answered += 1
    assert answered >= 30


@pytest.mark.parametrize("minutes", range(-12 * 60, 14 * 60 + 1, 30))
@pytest.mark.parametrize("form", ["GMT{}", "UTC{}", "{}", "utc {}"])
def test_an_offset_is_answered_by_places_that_are_at_it(minutes, form):
    """`GMT+9` is nine hours ahead of UTC, whatever `Etc/GMT+9` is."""
    sign = "+" if minutes >= 0 else "-"
    hours, rest = divmod(abs(minutes), 60)
    written = [f"{sign}{hours:02}:{rest:02}", f"{sign}{hours:02}{rest:02}"]
    if not rest:
        written.append(f"{sign}{hours}")
    for offset in written:
        for zone in advised(zone_step(form.format(offset))):
            shown = {season.astimezone(ZoneInfo(zone)).utcoffset() for season in SEASONS}
            assert timedelta(minutes=minutes) in shown


@pytest.mark.parametrize(
    ("written", "step"),
    [
        ("Z", "did you mean `UTC`?"),
        ("JST", "did you mean `Asia/Tokyo`?"),
        (
            "GMT+9",
            "an offset knows no summer time: name a city, such as `Asia/Tokyo` or `Asia/Seoul`",
        ),
        ("CEST", "did you mean `Europe/Paris`?"),
        (
            "PST",
            (
                "several places go by it: write the city, such as `Asia/Manila` or"
                " `America/Los_Angeles`"
            ),
        ),
        ("XYZ", USUAL),
        ("Tokio", "did you mean `Asia/Tokyo`?"),
        ("Asia/Tokio", "did you mean `Asia/Tokyo`?"),
        ("new york", "did you mean `America/New_York`?"),
        ("Berlin, Germany", "did you mean `Europe/Berlin`?"),
        ("Tokyo Standard Time", "did you mean `Asia/Tokyo`?"),
        ("Eastern Time", "did you mean `America/New_York`?"),
        ("+24:00", USUAL),
    ],
)
def test_what_is_no_zone_is_answered_by_meaning(written, step):
    """Whoever writes a zone in another way learns its name."""
    head = f'[publication]\nname = "a"\ntimezone = "{written}"\n'
    text = f'{head}[[rules]]\nname = "b"\nshow = "article"'
    _, (problem,) = check_text(text)
    assert ("unknown-timezone", step, 3) == (problem.code, problem.help, problem.line)


def test_every_zone_but_the_odd_ones_passes():
    """Odd are those whose sign is the other way round, and two that keep no summer time."""
    odd = {zone for zone in available_timezones() if unreal_zone_step(zone)}
    turned = {f"Etc/GMT{sign}{hours}" for sign in "+-" for hours in range(1, 15)}
    assert odd == (turned & available_timezones()) | {"EST", "MST"}
