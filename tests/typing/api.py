"""The public interface as a type checker sees it; checked by `test_api.py`, never run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_type

from meter import (
    Access,
    Article,
    Deadline,
    Decision,
    Exposure,
    PageView,
    Policy,
    Reader,
    Show,
    Usage,
    decide,
    explain,
    load_policy,
    loads_policy,
    render,
)

policy = load_policy("policy.toml")
assert_type(policy, Policy)
assert_type(loads_policy("", name="x"), Policy)
decision, usage = decide(
    policy,
    Reader(id="r"),
    PageView(article=Article(id="a", access="metered")),
    Usage(),
    datetime.now(UTC),
)
assert_type(decision, Decision)
assert_type(usage, Usage)
assert_type(decision.show, Show)
assert_type(decision.access, Access)
assert_type(decision.exposures, tuple[Exposure, ...])
assert_type(decision.deadlines, tuple[Deadline, ...])
assert_type(explain(decision), str)
assert_type(render(decision, policy, locale="ja", layout="narrow", format="text"), str)
assert_type(usage.to_bytes(), bytes)
