"""Next steps where something else stands than the name of a time zone.

None is hours off: an abbreviation or an offset is answered by cities whose clocks show it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from meter.errors import closest, did_you_mean, listed

__all__ = ["unreal_zone_step", "zone_step"]

_USUAL = "zones are named after a city, such as `Europe/London` or `America/New_York`"
_CITIES = (
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Paris",
    "Europe/Athens",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Africa/Nairobi",
    "Asia/Jerusalem",
    "Asia/Dubai",
    "Asia/Tehran",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Jakarta",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Manila",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Perth",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Sydney",
    "Pacific/Noumea",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Halifax",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Atlantic/Azores",
)
"""Cities of newspapers, at least one for each offset that many people live at."""

_SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
_OF_ALL_YEAR = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "CEST": "Europe/Paris",
    "MEZ": "Europe/Berlin",
    "MESZ": "Europe/Berlin",
    "SGT": "Asia/Singapore",
    "GST": "Asia/Dubai",
    "BRT": "America/Sao_Paulo",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
}
"""Abbreviations in use that the time zone database has none for, or has for several cities alike.
"""
_AMERICAN = {
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
}
_OF_WINDOWS = re.compile(r"( standard| daylight)? time$", re.IGNORECASE)
"""What Windows and many people write behind the name of a city or a region."""
_NAMES_OF_UTC = ("UTC", "Z", "ZULU", "GMT", "UCT")
_OFFSET = re.compile(
    r"(?:UTC|GMT|Z)?\s*([+\u2212-])\s*([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE
)
_ABBREVIATION = re.compile(r"[A-Z]{1,5}|[A-Za-z]{1,4}")
_MOST = 3
_INVERTED = re.compile(r"Etc/GMT([+-])([1-9][0-9]?)")
_WITHOUT_SUMMER = {"EST": "America/New_York", "MST": "America/Denver"}
"""Zones of one time all year, though most who write their names have summer time."""
_LIKE_ENOUGH = 0.8
"""How alike a city and a word must be: `Tokio` is `Tokyo`, `Mars` is not `Paris`."""


def zone_step(name: str) -> str:
    """Return the next step for a name that is no time zone.

    >>> zone_step("JST"), zone_step("New York"), zone_step("Z")
    ('did you mean `Asia/Tokyo`?', 'did you mean `America/New_York`?', 'did you mean `UTC`?')
    """
    name = _OF_WINDOWS.sub("", name.strip())
    if name.upper() in _NAMES_OF_UTC:
        return did_you_mean("UTC")
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        return _offset_step(offset)
    cities = _cities_of(name.upper())
    if cities:  # before cities: `WEST` is Lisbon in summer, not `Australia/West`
        return _one_of(cities)
    city = _AMERICAN.get(name.casefold().removeprefix("us ")) or _city(name)
    if city is not None:
        return did_you_mean(city)
    if _ABBREVIATION.fullmatch(name):  # what is spelled alike is another zone
        return _USUAL
    return _alike(name) or _USUAL


def _offset_step(offset: re.Match[str]) -> str:
    """Return the next step for an offset, which knows no summer time."""
    sign, hours, minutes = offset.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if not ahead:
        return did_you_mean("UTC")
    if sign != "+":
        ahead = -ahead
    cities = _cities_at(ahead)
    if not cities:
        return _USUAL
    return f"an offset knows no summer time: name a city, such as {_listed(cities)}"


def _cities_at(ahead: timedelta) -> list[str]:
    """Return the cities at an offset from UTC: those that are all year, then the others."""
    cities = [city for city in _CITIES if _offsets(city) == {ahead}]
    return cities + [city for city in _CITIES if ahead in _offsets(city) and city not in cities]


def _offsets(zone: str) -> set[timedelta | None]:
    return {season.astimezone(ZoneInfo(zone)).utcoffset() for season in _SEASONS}


def _cities_of(abbreviation: str) -> list[str]:
    """Return the cities whose clocks go by an abbreviation."""
    if abbreviation in _OF_ALL_YEAR:
        return [_OF_ALL_YEAR[abbreviation]]
    return [
        city
        for city in _CITIES
        if abbreviation in {season.astimezone(ZoneInfo(city)).tzname() for season in _SEASONS}
    ]


def _one_of(cities: list[str]) -> str:
    if len(cities) == 1:
        return did_you_mean(cities[0])
    return f"several places go by it: write the city, such as {_listed(cities)}"


def _listed(cities: list[str]) -> str:
    return listed([f"`{city}`" for city in cities[:_MOST]], "or")


def _city(name: str) -> str | None:
    """Return the zone that is named after the same city."""
    city = name.partition(",")[0].rpartition("/")[2].strip().casefold().replace(" ", "_")
    same = sorted(
        zone for zone in available_timezones() if zone.rpartition("/")[2].casefold() == city
    )
    return next((zone for zone in same if "/" in zone and not zone.startswith("Etc/")), None)


def _alike(name: str) -> str | None:
    """Return the next step for a city that is misspelled."""
    zones = {zone for zone in available_timezones() if "/" in zone and "Etc/" not in zone}
    if "/" in name:
        close = closest(name.replace(" ", "_"), zones)
    else:
        cities = {zone.rpartition("/")[2]: zone for zone in sorted(zones, reverse=True)}
        close = cities.get(closest(name.replace(" ", "_"), cities, _LIKE_ENOUGH) or "")
    return None if close is None else did_you_mean(close)


def unreal_zone_step(name: str) -> tuple[str, str] | None:
    """Return what is odd about the name of a zone that there is, and the next step, if anything is.

    >>> unreal_zone_step("Etc/GMT+9")[0]
    '`Etc/GMT+9` is 9 hours behind UTC all year: its sign is the other way round'
    """
    inverted = _INVERTED.fullmatch(name)
    if inverted is not None:
        hours = timedelta(hours=int(inverted[2]))
        side = {"+": "behind", "-": "ahead of"}[inverted[1]]
        said = (
            f"`{name}` is {inverted[2]} hours {side} UTC all year: its sign is the other way round"
        )
        behind = [f"`{city}` ({inverted[2]} hours behind UTC)" for city in _cities_at(-hours)]
        ahead = [f"`{city}` ({inverted[2]} hours ahead of it)" for city in _cities_at(hours)]
        either = [*behind[:1], *ahead[:1]]
        return said, f"name a city, such as {listed(either, 'or')}" if either else _USUAL
    if name in _WITHOUT_SUMMER:
        said = f"`{name}` is one time all year, without summer time"
        return said, did_you_mean(_WITHOUT_SUMMER[name])
    return None
