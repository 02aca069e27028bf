"""How a log is read: what the form says, and the command line that says the same."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import frozen

from meter.errors.zones import zone_step
from meter.loading.article_ids import ArticleIds
from meter.replay.logs.columns import NAMES, REQUIRED, LogError, known_columns
from meter.replay.logs.time_forms import checked_form
from meter.studio.names import file_argument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.studio.log.preview import LogPreview

__all__ = ["COLUMN", "NOBODY", "LogReading"]

COLUMN = "c."
"""What the fields of columns begin with, in an address."""
NOBODY = "none"
"""What stands for a log in whose time nobody was stopped."""
_WALLS = {"kept": True, "cut": False}


@frozen(kw_only=True)
class LogReading:
    """Which column is what, how times are written, and under which policy the log was written.

    `columns` are all that are known, by our names; `mapping` those of them that have to be said.
    `recorded` is a file of a policy, `none`, or empty where nobody knows.
    """

    columns: tuple[tuple[str, str], ...]
    mapping: tuple[tuple[str, str], ...]
    zone: str = ""
    time_format: str = ""
    has_clock: bool = True
    recorded: str = ""
    walls: str = ""
    by_path: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str], preview: LogPreview) -> LogReading:
        """Return what an address says of a log."""
        said = {name: query.get(COLUMN + name, "") for name in NAMES}
        chosen = preview.found | {name: column for name, column in said.items() if column}
        has_clock = not query.get("no-clock")
        if not has_clock:
            chosen.pop("at", None)
        form = query.get("time-format", "").strip()
        at, likely = chosen.get("at"), preview.suggested.get("at")
        if at != likely and form in preview.time_forms(likely):
            form = ""  # filled in for the other column
        forms = preview.time_forms(at)
        if not form and len(forms) == 1:
            form = forms[0]
        return cls(
            columns=tuple(chosen.items()),
            mapping=tuple(_least(chosen, preview, has_clock=has_clock).items()),
            zone=query.get("zone", "").strip(),
            time_format=form,
            has_clock=has_clock,
            recorded=query.get("recorded", ""),
            walls=query.get("walls", "") if query.get("walls") in _WALLS else "",
            by_path=bool(query.get("paths")),
        )

    @property
    def keeps_walls(self) -> bool | None:
        """Whether the log holds the views that were refused; `None` where that is to be seen."""
        return _WALLS.get(self.walls)

    @property
    def article_ids(self) -> ArticleIds:
        """How ids of articles are compared."""
        return ArticleIds.PATH if self.by_path else ArticleIds.EXACT

    def problems(self, preview: LogPreview) -> dict[str, str]:
        """Return what cannot be read so, by the field that says it."""
        return dict(self._problems(preview))

    def _problems(self, preview: LogPreview) -> Iterator[tuple[str, str]]:
        chosen = dict(self.columns)
        for name, column in chosen.items():
            if column not in preview.columns:
                yield COLUMN + name, f"the log has no column `{column}`"
        for name, words in REQUIRED.items():
            if name not in chosen and (self.has_clock or name != "at"):
                yield COLUMN + name, f"say which column is the {words[0]}"
        if self.zone and not _is_zone(self.zone):
            yield "zone", f"`{self.zone}` is not a time zone; {zone_step(self.zone)}"
        forms = () if self.time_format else preview.time_forms(chosen.get("at"))
        if forms:
            ways = " or ".join(f"`{form}`" for form in forms)
            said = f"these times may be {ways}: look whether the form filled in is right"
            yield "time-format", f"{said}, and replay again"
        if self.time_format:
            try:
                checked_form(self.time_format)
            except LogError as error:
                yield "time-format", str(error)

    def command(self, policy: str, log: str) -> str:
        """Return the command line that answers the same."""
        words = ["meter", "replay", file_argument(policy), file_argument(log)]
        for name, column in self.mapping:
            words += ["--column", f"{REQUIRED.get(name, (name,))[0]}={column}"]
        options = {
            "--recorded-under": file_argument(self.recorded),
            "--zone": self.zone,
            "--time-format": self.time_format if self.has_clock else "",
            "--walls": self.walls,
            "--article-ids": "path" if self.by_path else "",
        }
        for option, value in options.items():
            words += [option, value] if value else []
        return shlex.join([*words, *([] if self.has_clock else ["--no-clock"])])


def _least(chosen: Mapping[str, str], preview: LogPreview, *, has_clock: bool) -> dict[str, str]:
    """Return the columns that have to be said, so that all those chosen are known."""
    least = {name: column for name, column in chosen.items() if preview.found.get(name) != column}
    try:
        is_enough = known_columns(least, preview.columns, clock=has_clock) == chosen
    except LogError:
        is_enough = True  # told as a problem of its field
    return least if is_enough else dict(chosen)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True
