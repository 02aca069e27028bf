"""Libraries and companies: readers who are known by the address they come from.

`keys` is the form of `institutions.toml`, `reading` reads it, `segments` finds an address in it,
and `files` keeps it in force on a running site.
"""

from meter.web.institutions.files import InstitutionsFile
from meter.web.institutions.institution import Institution, Institutions
from meter.web.institutions.reading import (
    InstitutionsError,
    check_institutions,
    load_institutions,
    loads_institutions,
)

__all__ = [
    "Institution",
    "Institutions",
    "InstitutionsError",
    "InstitutionsFile",
    "check_institutions",
    "load_institutions",
    "loads_institutions",
]
