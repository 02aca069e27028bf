"""The documentation site: `python -m sphinx -W -n -b html docs OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings

settings.configure()  # without settings nobody may look at what imports Django's

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE / "_ext"))

project = "meter"
author = "the authors of meter"
extensions = ["myst_parser", "sphinx.ext.autodoc", "api_pages", "api_signatures", "titled_fences"]
exclude_patterns = ["examples"]

html_theme = "furo"
html_title = "meter"
html_copy_source = False
html_show_sphinx = False

autodoc_typehints_format = "short"
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

# Every link of a page to a heading is checked, down to this level.
myst_heading_anchors = 3

# What other projects document is not on this site, and a build asks no network for it. A name of
# `meter` that is not found is an error.
OTHERS = {
    *sys.stdlib_module_names,
    "_pytest",
    "attr",
    "attrs",
    "babel",
    "click",
    "cryptography",
    "distributed",
    "django",
    "fastapi",
    "flask",
    "hiredis",
    "http_message_signatures",
    "hypothesis",
    "itsdangerous",
    "jinja2",
    "markupsafe",
    "numpy",
    "opentelemetry",
    "psycopg",
    "psycopg_pool",
    "pyarrow",
    "pytest",
    "redis",
    "rich",
    "starlette",
    "werkzeug",
    "z3",
}
nitpick_ignore_regex = [("py:.*", rf"({'|'.join(sorted(OTHERS))})\..*")]
# As the settings of a paywall name it, which are read from another module's annotations, and a type
# variable of what a paywall is asked.
# What psycopg's own connections say of themselves, by bare names.
nitpick_ignore = [
    ("py:class", name)
    for name in ("datetime", "T", "PGconn", "AsyncRowFactory", "RowFactory", "PQGen", "RV")
]
