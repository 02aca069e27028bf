"""A policy in several files, and rules in groups: read, put together, every problem in its file."""

from __future__ import annotations

from meter.loading.together.files import PolicyFile, PolicyFiles, files_of, read_files, resolved
from meter.loading.together.groups import WrittenGroup
from meter.loading.together.places import Places

__all__ = [
    "Places",
    "PolicyFile",
    "PolicyFiles",
    "WrittenGroup",
    "files_of",
    "read_files",
    "resolved",
]
