"""What `python -m tests.web.caches [CACHE] [MODE]` does: six caches in front of the example.

`--whole` sends 100,000 reads through nginx in the mode `preflight`, or through what is named.
`--planted` makes mistakes in the printed files, one at a time: 1 if one is not noticed.
"""

from __future__ import annotations

import signal
import sys

from tests.web.caches.configurations import CACHES, MODES
from tests.web.caches.planted import try_mistakes
from tests.web.caches.printing import headings, row
from tests.web.caches.trial import WHOLE, try_cache

EXCHANGES = 600


def planted():
    """Make each mistake; return 1 if one made no leak that was seen."""
    missed = 0
    for mistake, leaks in try_mistakes():
        sys.stdout.write(f"{leaks:5,} found  {mistake}\n")
        sys.stdout.flush()
        missed += leaks == 0
    return int(missed > 0)


def main(words):
    """Try what is named, or everything; return 1 if anything leaked or could not be tried."""
    whole = "--whole" in words
    names = [word for word in words if word in CACHES] or (["nginx"] if whole else list(CACHES))
    modes = [word for word in words if word in MODES] or (["preflight"] if whole else MODES)
    unknown = set(words) - set(CACHES) - set(MODES) - {"--whole", "--planted"}
    if unknown:
        sys.stderr.write(f"`{unknown.pop()}` is none of {', '.join([*CACHES, *MODES])}\n")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # and no cache stays behind
    if "--planted" in words:
        return planted()
    leaked = False
    sys.stdout.write(headings() + "\n")
    for mode in modes:
        for name in names:
            found = try_cache(name, mode, WHOLE if whole else EXCHANGES, lines=4 if whole else 1)
            sys.stdout.write(row(found) + "\n")
            sys.stdout.flush()
            leaked = leaked or bool(found.leaks or found.cannot)
    return int(leaked)
