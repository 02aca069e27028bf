"""Every key of `institutions.toml`, in one table: the file is read by it, and its schema made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.errors.values import InvalidValueError
from meter.loading.fields import REFUSED, Key, List, Table, Text
from meter.loading.fields.shape import refused, wrong
from meter.web.addresses import FORM, address_fault, address_of, parse_range
from meter.web.institutions.institution import Institution, Institutions

if TYPE_CHECKING:
    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector

__all__ = ["INSTITUTIONS", "RANGE", "ReaderAddress", "institutions_schema"]

_LONGEST = 120
_MOST_RANGES = 50_000
_MOST_INSTITUTIONS = 10_000
_TEXT = Text(form=FORM, longest=_LONGEST)


@frozen
class _Range:
    """A range of addresses, as `parse_range` reads it."""

    form = FORM

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the range, or report."""
        if type(value) is not str:
            return wrong(self, value, path, report)
        text = _TEXT.read(value, path, report)
        if not isinstance(text, str):
            return REFUSED
        try:
            return parse_range(text)
        except InvalidValueError as error:
            return refused(error.fault, path, report)

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return _TEXT.schema()


RANGE = _Range()


@frozen
class ReaderAddress:
    """The address of one reader, as a text."""

    form = 'an address such as `"192.0.2.7"`'

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the address, or report."""
        if type(value) is not str:
            return wrong(self, value, path, report)
        if address_of(value) is not None:
            return value
        otherwise = "send the address that the reader's browser came from, and nothing else"
        return refused(address_fault(value, otherwise), path, report)

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"anyOf": [{"type": "string", "format": form} for form in ("ipv4", "ipv6")]}


INSTITUTION = Table(
    noun="an institution",
    make=Institution,
    example='{ name = "Harbour Library", addresses = ["192.0.2.0/24"] }',
    keys={
        "name": Key(
            shape=Text(form='a name in quotes such as `"Harbour Library"`', longest=_LONGEST),
            says="a name of its own, which messages use",
            required=True,
            filler="unnamed",
        ),
        "product": Key(
            shape=Text(form='the name of a product such as `"digital"`'),
            says="the product of the policy that its readers may read; without it everything",
        ),
        "addresses": Key(
            shape=List(item=RANGE, most=_MOST_RANGES, example='["192.0.2.0/24"]'),
            says=(
                "where its readers come from: addresses, networks (`192.0.2.0/24`), ranges"
                " (`192.0.2.10-192.0.2.40`), each IPv4 or IPv6"
            ),
            required=True,
            filler=(),
        ),
    },
)
INSTITUTIONS = Table(
    noun="the file",
    make=Institutions,
    keys={
        "institutions": Key(
            shape=List(item=INSTITUTION, most=_MOST_INSTITUTIONS, least=0),
            says="the institutions, each below a heading `[[institutions]]`",
            required=True,
            filler=(),
        )
    },
)


def institutions_schema() -> dict[str, Any]:
    """Return the JSON Schema of `institutions.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Institutions of meter",
        **INSTITUTIONS.definition(),
    }
