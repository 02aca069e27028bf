"""The name of something that the policy has, in a message to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.errors import meant, quoted
from meter.loading.fields import REFUSED, Text

if TYPE_CHECKING:
    from meter.loading.problems import ProblemCollector

__all__ = ["NameInPolicy"]


@frozen
class NameInPolicy:
    """A name of the policy: of an offer or a prompt."""

    names: tuple[str, ...]
    noun: str
    example: str

    @property
    def form(self) -> str:
        return f'the name of {self.noun} such as `"{self.example}"`'

    def read(self, value: object, path: tuple[str | int, ...], report: ProblemCollector) -> object:
        """Return the name, or report."""
        name = Text(form=self.form).read(value, path, report)
        if name is REFUSED or name in self.names:
            return name
        message = f"{quoted(name)} is not {self.noun} of the policy"
        report.add(f"unknown-{path[-1]}", path, message, meant(str(name), self.names))
        return REFUSED

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"enum": list(self.names)} if self.names else Text().schema()
