"""Random pairs of policies, and random logs of what people would read if nobody stopped them."""

from __future__ import annotations

import pyarrow as pa

from meter import loads_policy

ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Europe/Oslo")
WINDOWS = (
    'calendar = "day"',
    'calendar = "week"',
    'calendar = "month"',
    'rolling = "3 days"',
    'fixed = "2 days"',
    "lifetime = true",
)
SECTIONS = ("news", "sport", "art")
SHOWN = {"article": "article", "wall": "subscription-wall"}
STATUSES = ("anonymous", "registered", "subscriber")
HOUR = 3_600_000_000
START = 1_767_225_600_000_000 + 26 * 24 * HOUR  # five days before the end of a month


def draw_meter(draw):
    """Return the parts of a meter."""
    return {
        "window": draw.choice(WINDOWS),
        "count": draw.choice(("articles", "articles", "views")),
        "limit": _limit(draw),
        "counts": draw.random() < 0.08,
    }


def _limit(draw):
    kind = draw.random()
    if kind < 0.65:
        return draw.randint(0, 4) if draw.random() < 0.2 else draw.randint(1, 4)
    if kind < 0.85:
        return {"anonymous": draw.randint(0, 3), "registered": draw.randint(1, 5)}
    return [(draw.choice(SECTIONS), draw.randint(1, 5)), draw.randint(1, 4)]


def draw_policy(draw):
    """Return the parts of a policy: a zone, meters and rules."""
    names = ("m1", "m2", "m3")[: draw.choice((1, 1, 2, 2, 3))]
    meters = {name: draw_meter(draw) for name in names}
    rules = []
    if draw.random() < 0.3:
        rules.append({"when": 'reader = ["subscriber"]', "show": "article"})
    if draw.random() < 0.15:
        rules.append({"when": f'section = ["{draw.choice(SECTIONS)}"]', "show": "wall"})
    if draw.random() < 0.1:
        rules.append({"when": f'exhausted = ["{draw.choice(names)}"]', "show": "wall"})
    if draw.random() < 0.1:
        bounds = f"{{ {draw.choice(('at_least', 'at_most'))} = {draw.randint(1, 3)} }}"
        asked = draw.choice(("left", "used"))
        rules.append({"when": f"{asked} = {{ {names[0]} = {bounds} }}", "show": "wall"})
    rules += [
        {"when": f'section = ["{draw.choice(SECTIONS)}"]', "spend": [name]} for name in names[1:]
    ]
    if len(names) > 1 and draw.random() < 0.4:
        rules.append({"when": "", "spend": list(names[:2])})
    else:
        rules.append({"when": "", "spend": [names[0]]})
    show = "article" if draw.random() < 0.05 else "wall"
    return {"zone": draw.choice(ZONES), "meters": meters, "rules": rules, "last": show}


def edited(draw, policy):
    """Return a policy with one or two changes."""
    zone, meters, last = policy["zone"], dict(policy["meters"]), policy["last"]
    rules = [dict(rule) for rule in policy["rules"]]
    for _ in range(draw.choice((1, 1, 2))):
        name = draw.choice(list(meters))
        change = draw.randrange(8)
        if change == 0:
            zone = draw.choice(ZONES)
        elif change == 1:
            meters[name] = {**meters[name], "window": draw.choice(WINDOWS)}
        elif change == 2:
            meters[name] = {**meters[name], "count": draw.choice(("articles", "views"))}
        elif change in (3, 4):
            meters[name] = {**meters[name], "limit": _limit(draw)}
        elif change == 5:
            meters = {**meters, "extra": {**meters[name]}}
            rule = {"when": f'section = ["{draw.choice(SECTIONS)}"]', "spend": ["extra"]}
            rules.insert(draw.randrange(len(rules)), rule)
        elif change == 6 and len(rules) > 1:
            rules.pop(draw.randrange(len(rules) - 1))
        else:
            when = f'section = ["{draw.choice(SECTIONS)}"]'
            rules.insert(0, {"when": when, "show": draw.choice(("wall", "article"))})
    return {"zone": zone, "meters": meters, "rules": rules, "last": last}


def stricter(draw, policy):
    """Return a policy with lower limits, or the same."""

    def lower(limit):
        if isinstance(limit, int):
            return max(0, limit - draw.randint(0, 2))
        if isinstance(limit, dict):
            return {status: lower(number) for status, number in limit.items()}
        return [(limit[0][0], lower(limit[0][1])), lower(limit[1])]

    meters = {
        name: {**meter, "limit": lower(meter["limit"])} for name, meter in policy["meters"].items()
    }
    return {**policy, "meters": meters}


def text_of(policy):
    """Return a policy as TOML."""
    spent = {name for rule in policy["rules"] for name in rule.get("spend", ())}
    asked = " ".join(rule["when"] for rule in policy["rules"])
    lines = ["[publication]", 'name = "The Harbour Review"', f'timezone = "{policy["zone"]}"']
    for name, meter in policy["meters"].items():
        if name in spent or name in asked:
            lines += [f"[meters.{name}]", f"window = {{ {meter['window']} }}"]
            lines += [f'count = "{meter["count"]}"', *_limit_lines(meter["limit"])]
            if meter["counts"]:
                lines.append('counts = { access = ["metered"] }')
    for number, rule in enumerate(policy["rules"]):
        lines += ["[[rules]]", f'name = "rule {number}"']
        if rule["when"]:
            lines.append(f"when = {{ {rule['when']} }}")
        if "spend" in rule:
            spent = rule["spend"] if len(rule["spend"]) > 1 else rule["spend"][0]
            lines += [f"spend = {spent!r}".replace("'", '"'), 'show = "countdown"']
        else:
            lines.append(f'show = "{SHOWN[rule["show"]]}"')
    lines += ["[[rules]]", 'name = "everyone else"', f'show = "{SHOWN[policy["last"]]}"']
    return "\n".join(lines) + "\n"


def _limit_lines(limit):
    if isinstance(limit, int):
        return [f"limit = {limit}"]
    if isinstance(limit, dict):
        named = ", ".join(f"{status} = {number}" for status, number in limit.items())
        return [f"limit = {{ {named}, subscriber = 9, staff = 9, trial = 9 }}"]
    (section, first), rest = limit
    when = f'{{ when = {{ section = ["{section}"] }}, limit = {first} }}'
    return [f"limits = [{when}, {{ limit = {rest} }}]"]


def policy_of(policy):
    """Return a policy that can be asked."""
    return loads_policy(text_of(policy))


def draw_log(draw, readers):
    """Return what readers would read within nine days if nobody stopped them."""
    columns = {"section"} if draw.random() < 0.7 else set()
    if draw.random() < 0.3:
        columns.add("status")
    if draw.random() < 0.15:
        columns.add("access")
    articles = draw.choice((4, 9, 30))
    rows = []
    for reader in range(readers):
        status = draw.choice(STATUSES)
        for _ in range(min(int(draw.paretovariate(0.9)), 14)):
            if draw.random() < 0.15:
                status = draw.choice(STATUSES)
            article = draw.randrange(articles)
            row = {
                "reader": reader,
                "time": START + draw.randrange(9 * 24) * HOUR,
                "article": article,
                "section": SECTIONS[article % 3],
                "status": status,
                "access": "premium" if article % 5 == 4 else "metered",
            }
            rows.append(row)
    draw.shuffle(rows)
    kept = ("reader", "time", "article", *sorted(columns))
    arrays = {name: pa.array([row[name] for row in rows]) for name in kept}
    arrays["time"] = arrays["time"].cast(pa.timestamp("us", "UTC"))
    arrays["id"] = pa.array([str(number) for number in range(len(rows))])
    return pa.table(arrays)
