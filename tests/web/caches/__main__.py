"""Six shared caches in front of the example: `python -m tests.web.caches [CACHE] [MODE]`."""

from __future__ import annotations

import sys

from tests.web.caches.command import main

raise SystemExit(main(sys.argv[1:]))
