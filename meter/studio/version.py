"""One text of the policy, the file's or a draft: what it comes to, and why it is not to be had."""

from __future__ import annotations

from attrs import frozen

from meter.errors import MeterError, Problem
from meter.loading import dumps_policy
from meter.loading.together.files import INCLUDE
from meter.loading.toml import parse_toml
from meter.policy import Policy

__all__ = ["FILE", "ConflictError", "NotSavedError", "UnknownVersionError", "Version"]

FILE = "file"
"""The key of the version that is the file as it is now."""

_IN_ONE = "# The whole policy in one file: its groups and its other files are written out.\n\n"


class UnknownVersionError(MeterError):
    """A draft that this studio does not keep: it is of an earlier start, or too long ago."""


class ConflictError(MeterError):
    """The file is not what it was when the text to save was begun."""


class NotSavedError(MeterError):
    """The file cannot be written. What was to be saved is kept: `draft` is its key."""

    def __init__(self, message: str, draft: str) -> None:
        super().__init__(message)
        self.draft = draft


@frozen(kw_only=True)
class Version:
    """One text of the policy, and what it comes to.

    `policy` is `None` where the text is no usable policy, and then `problems` say why; a usable
    policy may have warnings there.
    """

    key: str
    text: str
    digest: str
    """The digest of the bytes: what a later *Save* must still find in the file."""
    policy: Policy | None
    problems: tuple[Problem, ...] = ()
    base: str
    """The digest of the file that this was made from: a *Save* must find it there still."""
    began: str
    """The digest of the file that the edit began with: another one where others saved since."""
    good: Policy | None = None
    """The policy in force while this text is broken: of the draft or the file it was made from."""

    @property
    def has_other_files(self) -> bool:
        """Whether the policy is this text together with files that it includes."""
        return self.policy is not None and INCLUDE in parse_toml(self.text, "policy.toml")

    @property
    def whole_text(self) -> str:
        """The policy as one text, without groups: its own one where it is written so."""
        if self.policy is None:
            return self.text
        grouped = any(rule.group is not None for rule in self.policy.rules)
        if not (grouped or self.has_other_files):
            return self.text
        return f"{_IN_ONE}{dumps_policy(self.policy)}"

    @property
    def is_file(self) -> bool:
        """Whether this is the file as it is on disk."""
        return self.key == FILE
