"""What a prompt promises of an account, and of coming back, holds whatever is unknown by then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from meter import Article, PageView, Reader, Usage, decide, loads_policy, render
from tests.prompts.kept_promises import measured
from tests.prompts.markup import read
from tests.prompts.staging import NOW, Stage


def lines(policy, count):
    """What a stranger is told at the article number `count`."""
    return read(render(Stage(policy).read(count, registered=False))).lines


SPENT_TOGETHER = """
[publication]
name = "H"

[meters.m]
window = {{ calendar = "month" }}
limit = {{ anonymous = 2, registered = {given} }}

[meters.n]
window = {{ {window} }}
limit = {other}

[[rules]]
name = "in"
spend = ["m", "n"]
show = "countdown"

[[rules]]
name = "out"
show = "registration-wall"
"""


@pytest.mark.parametrize(
    ("given", "window", "other", "told"),
    [
        ('"none"', "lifetime = true", 3, []),
        ("5", "lifetime = true", 9, []),
        ("5", 'calendar = "month"', 3, ["3 free articles a month instead of 2"]),
        ("5", 'calendar = "month"', 2, []),
        ("5", 'calendar = "day"', 5, ["5 free articles a month instead of 2"]),
        ("5", 'calendar = "day"', 4, []),
        ("5", 'calendar = "week"', 5, []),
    ],
)
def test_meters_that_are_spent_together_promise_what_the_least_gives(given, window, other, told):
    """And nothing where another may be used up before it, now or in a later window."""
    said = lines(loads_policy(SPENT_TOGETHER.format(given=given, window=window, other=other)), 3)
    assert said[0] == "Register to continue reading"
    assert [line for line in said if "instead of" in line or "Unlimited" in line] == told


SPENT_ELSEWHERE = """
[[rules]]
name = "sport"
when = {section = ["sport"]}
spend = "n"
show = "countdown"
"""


@pytest.mark.parametrize(("rule", "is_told"), [("", True), (SPENT_ELSEWHERE, False)])
def test_a_meter_that_another_rule_spends_may_be_used_up_before(rule, is_told):
    """Nobody knows how much of it is left for what is promised."""
    text = SPENT_TOGETHER.format(given=5, window='calendar = "month"', other=6)
    said = lines(loads_policy(text.replace("[[rules]]", f"{rule}\n[[rules]]", 1)), 3)
    assert ("5 free articles a month instead of 2" in said) == is_told


@pytest.mark.parametrize(("earlier", "is_told"), [(4, True), (5, False)])
def test_what_an_earlier_policy_has_counted_is_carried_over(earlier, is_told):
    """An account does not open a meter that is used up today, and whose limit stays."""
    text = SPENT_TOGETHER.format(given=5, window='calendar = "day"', other=5)
    policy = loads_policy(text)
    usage = Usage()
    for meter, count in (("n", earlier), ("m", 2)):
        before = loads_policy(text.replace('["m", "n"]', f'"{meter}"'))
        for number in range(count):
            view = PageView(article=Article(id=f"{meter}{number}"))
            _, usage = decide(before, Reader(id="r"), view, usage, NOW)
    view = PageView(article=Article(id="another"))
    decision, _ = decide(policy, Reader(id="r"), view, usage, NOW)
    assert "m" == decision.meter.name
    said = read(render(decision)).lines
    assert ("5 free articles a month instead of 2" in said) == is_told


YOUNG_ACCOUNTS = """
[publication]
name = "H"

[meters.m]
window = {{ calendar = "month" }}
limit = {{ anonymous = 2, registered = 5 }}

[[rules]]
name = "accounts of some age"
when = {{ reader = ["registered"], since = {{ registration = {{ {age} }} }} }}
show = "wall"

[[rules]]
name = "in"
spend = "m"
show = "countdown"

[[rules]]
name = "out"
show = "registration-wall"
"""


@pytest.mark.parametrize(
    ("age", "is_told"), [('at_most = "7 days"', False), ('above = "7 days"', True)]
)
def test_an_account_is_one_of_this_moment(age, is_told):
    """What young accounts do not get is promised to nobody."""
    said = lines(loads_policy(YOUNG_ACCOUNTS.format(age=age)), 3)
    assert ("5 free articles a month instead of 2" in said) == is_told


WHEN_ONE_RETURNS = """
[publication]
name = "H"

[meters.m]
window = {{ calendar = "month" }}
limit = 1

[[rules]]
name = "in"
when = {{ {reads} }}
spend = "m"
show = "countdown"

[[rules]]
name = "out"
show = "wall"
"""


@pytest.mark.parametrize(
    ("reads", "is_told"),
    [
        ('age = { at_most = "7 days" }', False),
        ("published = { from = 2026-06-01 }", True),
        ("hour = { at_least = 22, below = 10 }", False),
        ('weekday = ["wednesday", "thursday"]', True),
        ('weekday = ["thursday"]', False),
        ("dates = { until = 2026-07-01 }", True),
        ("dates = { until = 2026-06-30 }", False),
        ("dates = { until = 2026-07-01T12:00:00 }", False),
    ],
)
def test_a_return_is_told_where_it_holds_all_day(reads, is_told):
    """On 1 July, a Wednesday: at any hour, and however old the article is by then."""
    policy = loads_policy(WHEN_ONE_RETURNS.format(reads=reads))
    usage, thursday = Usage(), NOW + timedelta(days=1)
    for name in ("a", "b"):
        view = PageView(article=Article(id=name, published=NOW))
        decision, usage = decide(policy, Reader(id="r"), view, usage, thursday)
    assert decision.meter.left == 0
    assert ("Or come back on July 1st" in read(render(decision)).lines) == is_told


def test_what_is_promised_of_accounts_and_returns_happens():
    """Law, for random policies and readers: whoever registers, or comes back, reads."""
    found = measured(600)
    assert found["accounts"] > 20 < found["returns"]
    assert (found["broken accounts"], found["broken returns"]) == (0, 0)
