"""What a visit refuses: what the browser is told, and what the site's log is."""

from __future__ import annotations

import logging

import pytest

from meter.errors import (
    IdentityError,
    StoreSetupError,
    StoreUnavailableError,
    UnknownPromptError,
)
from meter.web import CrossSiteError
from meter.web.errors import refusal

TABLE = [
    (CrossSiteError("another site"), 403, None),
    (IdentityError("nobody"), 400, None),
    (UnknownPromptError("the policy has no prompt `giev`"), 400, None),
    (StoreUnavailableError("redis://:password@host\nFORGED"), 503, logging.WARNING),
    (StoreSetupError("a second event loop"), 503, logging.ERROR),
]


@pytest.mark.parametrize(
    ("error", "status", "level"), TABLE, ids=[type(row[0]).__name__ for row in TABLE]
)
def test_a_refusal_tells_the_log_what_it_does_not_tell_the_browser(error, status, level, caplog):
    """An outage is a warning, a mistake an error, on one line; what a reader did is no record."""
    with caplog.at_level(logging.INFO):
        answered, words = refusal(error)
    assert answered == status
    assert [record.levelno for record in caplog.records] == ([] if level is None else [level])
    assert not any("\n" in record.getMessage() for record in caplog.records)
    assert level is None or str(error) not in words
