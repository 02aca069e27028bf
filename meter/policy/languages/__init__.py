"""The languages of a policy: texts of the publisher's own, and what is served where none are."""

from __future__ import annotations

from meter.policy.languages.catalogue import (
    CATEGORIES,
    COUNTED,
    fields_in,
    is_counted,
    is_form,
    known_fields,
)
from meter.policy.languages.faults import CODES, language_faults, text_faults

__all__ = [
    "CATEGORIES",
    "CODES",
    "COUNTED",
    "fields_in",
    "is_counted",
    "is_form",
    "known_fields",
    "language_faults",
    "text_faults",
]
