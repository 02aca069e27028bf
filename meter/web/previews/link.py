"""What a preview link says: which reader looks, when, under which policy, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.errors import Problem, ProblemsError, meant, quoted
from meter.errors.kinds import ID, ZONED, choice, maybe, table, whole_number
from meter.errors.values import Fault, InvalidValueError, check_fields
from meter.forms import country_code, length_text
from meter.loading.codes import place_step
from meter.validation import MOST_LIMIT, YEARS
from meter.vocabulary import Status
from meter.vocabulary import status as status_word

if TYPE_CHECKING:
    from meter.policy import Policy
    from meter.web.signed import SignedValue

__all__ = [
    "LONGEST_LIFE",
    "USUAL_LIFE",
    "PreviewError",
    "PreviewLink",
    "link_problem",
    "most_read",
    "problems_of",
]

USUAL_LIFE = timedelta(days=1)
LONGEST_LIFE = timedelta(days=30)
_DRAFT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PAGES = "all"
"""What a link is valid for: all pages of the site."""
_NAME = "preview link"


class PreviewError(ProblemsError):
    """A preview link cannot be made. `problems` holds every problem, never just the first."""


def _draft_name(value: object, what: str) -> Fault | None:
    """Say what is wrong with the name of a draft: it is a bare word, never a path."""
    if isinstance(value, str) and _DRAFT.fullmatch(value):
        return None
    message = f"{what} is the bare name of a draft, not {quoted(value)}"
    return Fault("bad-name", message, "write `spring` for the file `spring.toml`")


def _country(code: str | None) -> str | None:
    return country_code(code) if isinstance(code, str) else code


def _counts(used: Mapping[str, int] | Iterable[tuple[str, int]]) -> dict[str, int]:
    return dict(used)


_FIELDS = {
    "status": choice(Status),
    "used": table(ID, whole_number("3", 0, MOST_LIMIT), "{ monthly = 3 }"),
    "country": maybe(ID),
    "at": maybe(ZONED),
    "draft": maybe(_draft_name),
    "ends": ZONED,
}


@frozen(kw_only=True)
class PreviewLink:
    """What a preview link says.

    `status` is the reader's, `used` how many articles each meter has counted for them, `country`
    where they are (`None`: not known). `at` is the time of the page view, with a zone (`None`: when
    the page is opened), `draft` the name of a policy that is not in force yet. The link holds up to
    `ends`, a time with a zone, and is valid for all pages of the site.
    """

    status: Status = field(default=Status.ANONYMOUS, converter=status_word)
    used: Mapping[str, int] = field(factory=dict, converter=_counts)
    country: str | None = field(default=None, converter=_country)
    at: datetime | None = None
    draft: str | None = None
    ends: datetime

    def __attrs_post_init__(self) -> None:
        check_fields(self, _FIELDS)

    @classmethod
    def asked(
        cls,
        ends: datetime,
        *,
        status: str = Status.ANONYMOUS,
        used: Mapping[str, int] | None = None,
        country: str | None = None,
        at: datetime | None = None,
        draft: str | None = None,
    ) -> PreviewLink:
        """Return the link that somebody asks for.

        Raises `PreviewError` for what no link says, whatever the policy.
        """
        try:
            return cls(
                ends=ends, status=status, used=used or {}, country=country, at=at, draft=draft
            )
        except InvalidValueError as error:
            fault = error.fault
            raise PreviewError([link_problem(fault.code, fault.message, fault.advice)]) from None

    def payload(self) -> dict[str, SignedValue]:
        """Return what is signed."""
        said: dict[str, SignedValue] = {
            "pages": _PAGES,
            "as": str(self.status),
            "used": dict(self.used),
            "ends": _written(self.ends),
        }
        if self.country is not None:
            said["country"] = self.country
        if self.at is not None:
            said["at"] = _written(self.at)
        if self.draft is not None:
            said["draft"] = self.draft
        return said

    @classmethod
    def read(cls, said: Mapping[str, object]) -> PreviewLink | None:
        """Return the link of what was signed; `None` for that of another release."""
        match said:
            case {"pages": pages, "as": str(status), "used": dict(used), "ends": str(ends)}:
                if pages != _PAGES:
                    return None
            case _:
                return None
        at, country, draft = (said.get(name) for name in ("at", "country", "draft"))
        if not all(isinstance(word, str | None) for word in (at, country, draft)):
            return None
        try:
            return cls(
                status=status,
                used=used,
                country=None if country is None else str(country),
                at=None if at is None else datetime.fromisoformat(str(at)),
                draft=None if draft is None else str(draft),
                ends=datetime.fromisoformat(ends),
            )
        except ValueError:
            return None


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def most_read(policy: Policy, meter: str, status: Status) -> int:
    """Return how many articles a meter may have counted for a reader of a status at most.

    A reader with an account may have had any status before; one without has had no other.
    """
    statuses = (status,) if status == Status.ANONYMOUS else tuple(Status)
    rulebook = policy.rulebook
    unknown = range(1, len(rulebook.vocabulary.slots))
    limits = {
        limit
        for each in statuses
        for limit in rulebook.possible_limits(meter, (each, *(None for _ in unknown)), unknown)
    }
    known = [limit for limit in limits if limit is not None]
    return max(known) if len(known) == len(limits) else MOST_LIMIT


def problems_of(link: PreviewLink, policy: Policy, now: datetime) -> list[Problem]:
    """Return what is wrong with a link made at `now` for the policy that it stands for."""
    return [*_of_life(link, now), *_of_reader(link, policy)]


def link_problem(code: str, message: str, advice: str | None) -> Problem:
    """Return what is wrong with a link as a problem."""
    return Problem(code=code, message=message, help=advice, name=_NAME)


def _of_life(link: PreviewLink, now: datetime) -> Iterator[Problem]:
    life = link.ends - now
    if not timedelta() < life <= LONGEST_LIFE:
        most = length_text(LONGEST_LIFE)
        message = f"a preview link lasts longer than nothing and at most {most}"
        yield link_problem("bad-length", message, f"write a length such as `1 day`, up to `{most}`")


def _of_reader(link: PreviewLink, policy: Policy) -> Iterator[Problem]:
    names = [meter.name for meter in policy.meters]
    for name, count in link.used.items():
        if name not in names:
            message = f"there is no meter {quoted(name)} in the policy"
            yield link_problem("unknown-meter", message, meant(name, names))
            continue
        most = most_read(policy, name, link.status)
        if count > most:
            message = (
                f"nobody who is `{link.status}` can have read {count} on `{name}`: the policy gives"
                f" at most {most}"
            )
            yield link_problem("bad-number", message, f"write a number from 0 to {most}")
    step = None if link.country is None else place_step(link.country)
    if step is not None:
        message = f"{quoted(link.country)} is not the code of a country"
        yield link_problem("unknown-code", message, step)
    if link.at is not None and link.at.year not in YEARS:
        at = quoted(link.at.isoformat())
        message = f"the year of {at} is not between {YEARS[0]} and {YEARS[-1]}"
        yield link_problem("bad-date", message, "check the year")
