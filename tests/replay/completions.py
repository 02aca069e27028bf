"""The bounds of a replay are those of every way in which a log that was cut can be completed.

Run it: `python -m tests.replay.completions [--whole]`, 1,000 logs with `--whole`, else a tenth.

Logs of one to three readers are cut to what a small policy lets through. Every completion is tried:
at each hour of a grid a few views of old and new articles are put in that the recorded policy would
have refused. The rules of the policies are written here anew, and share no code with `meter`. The
least and the most readers stopped are compared with the bounds that a replay tells. Exit code 1 if
one of them leaves a completion out.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from random import Random

import pyarrow as pa

from meter import loads_policy
from meter.replay.run import replay

WHOLE = 1_000
START = 1_767_225_600_000_000
HOUR = 3_600_000_000
SPAN = 72
STEP = 6
MOST = 5
"""How many views are put in at most."""
OFFSETS = {"UTC": 0, "Asia/Tokyo": 9}
WINDOWS = {
    "day": 'calendar = "day"',
    "month": 'calendar = "month"',
    "rolling": 'rolling = "2 days"',
}
ROLLING = 48
NEW = tuple((f"new {section} {n}", section) for n in range(3) for section in ("news", "sport"))


def draw_policy(draw):
    """Return a zone, the meters by section (`*`: any other) and what the meters are."""
    own = draw.random() < 0.4
    meters = {"m": (draw.choice(tuple(WINDOWS)), draw.randint(1, 2))}
    if own:
        meters["s"] = (draw.choice(tuple(WINDOWS)), draw.randint(1, 2))
    return (draw.choice(tuple(OFFSETS)), tuple(sorted(meters.items())), own)


def loaded(policy):
    """Return a policy that can be asked."""
    zone, meters, own = policy
    lines = ["[publication]", 'name = "The Harbour Review"', f'timezone = "{zone}"']
    for name, (window, limit) in meters:
        lines += [f"[meters.{name}]", f"window = {{ {WINDOWS[window]} }}", f"limit = {limit}"]
    if own:
        lines += ["[[rules]]", 'name = "sport"', 'when = { section = ["sport"] }']
        lines += ['spend = "s"', 'show = "countdown"']
    lines += ["[[rules]]", 'name = "any"', 'spend = "m"', 'show = "countdown"']
    lines += ["[[rules]]", 'name = "rest"', 'show = "subscription-wall"']
    return loads_policy("\n".join(lines))


def _runs(window, offset, counted, now):
    """Say whether what was counted at one hour still counts at another."""
    if window == "rolling":
        return now - counted < ROLLING
    return window == "month" or (counted + offset) // 24 == (now + offset) // 24


def read(policy, counted, view):
    """Return what is counted after a view, or nothing where it is refused."""
    zone, meters, own = policy
    hour, article, section = view
    by_name = dict(meters)
    kept = frozenset(
        one for one in counted if _runs(by_name[one[0]][0], OFFSETS[zone], one[2], hour)
    )
    if any(name == article for _, name, _ in kept):
        return kept
    spent = ("s", "m") if own and section == "sport" else ("m",)
    for meter in spent:
        if sum(one[0] == meter for one in kept) < by_name[meter][1]:
            return kept | {(meter, article, hour)}
    return None


def outcomes(recorded, asked, views):
    """Return whether a reader is stopped, in every completion of a log of his views."""
    articles = sorted({(article, section) for _, article, section in views} | set(NEW))
    grid = set(range(0, SPAN, STEP)) | {hour for hour, _, _ in views}
    hours = sorted(grid)

    def logged(hour):
        return [view for view in views if view[0] == hour]

    @cache
    def after(place, before, then, left):
        if place == len(hours):
            return frozenset({False})
        hour = hours[place]
        found = set()
        # First what the log has at this hour, then some of what it may lack.
        for view in logged(hour):
            before = read(recorded, before, view)
            assert before is not None
            now = read(asked, then, view)
            if now is None:
                return frozenset({True})
            then = now
        return found | _lacking(hour, place, before, then, left)

    def _lacking(hour, place, before, then, left):
        found = set(after(place + 1, before, then, left))
        if not left:
            return frozenset(found)
        for article, section in articles:
            view = (hour, article, section)
            if read(recorded, before, view) is None:
                now = read(asked, then, view)
                found |= {True} if now is None else _lacking(hour, place, before, now, left - 1)
                if found == {True, False}:
                    break
        return frozenset(found)

    return after(0, frozenset(), frozenset(), MOST)


def draw_views(draw):
    """Return what a reader would read, by hour."""
    views = []
    for _ in range(draw.randint(1, 6)):
        number = draw.randrange(5)
        views.append((draw.randrange(SPAN), f"a{number}", ("news", "sport")[number % 2]))
    return sorted(views, key=lambda view: view[0])


def cut(recorded, views):
    """Return what a policy lets through."""
    counted = frozenset()
    kept = []
    for view in views:
        after = read(recorded, counted, view)
        if after is not None:
            kept.append(view)
            counted = after
    return kept


def try_log(seed):
    """Return the bounds of a replay, and the least and the most of all completions."""
    draw = Random(seed)
    recorded, asked = draw_policy(draw), draw_policy(draw)
    if draw.random() < 0.3:
        asked = recorded
    people = [cut(recorded, draw_views(draw)) for _ in range(draw.randint(1, 3))]
    rows = [(reader, *view) for reader, views in enumerate(people) for view in views]
    log = pa.table(
        {
            "reader": [row[0] for row in rows],
            "time": pa.array([START + row[1] * HOUR for row in rows], pa.timestamp("us", "UTC")),
            "article": [row[2] for row in rows],
            "section": [row[3] for row in rows],
        }
    )
    found = replay(loaded(asked), log, recorded_under=loaded(recorded), walls=False)
    told = found.measures["readers_stopped"]
    possible = [outcomes(recorded, asked, tuple(views)) for views in people]
    least = sum(min(one) for one in possible)
    most = sum(max(one) for one in possible)
    return (told.low, told.high), (least, most), (recorded, asked, people)


def main(arguments):
    """Print how many bounds are those of the completions."""
    logs = WHOLE if "--whole" in arguments else WHOLE // 10
    tally = Counter()
    for seed in range(logs):
        told, true, what = try_log(seed)
        is_sound = told[0] <= true[0] and (told[1] is None or true[1] <= told[1])
        kind = "wider" if is_sound else "wrong"
        tally["equal" if told == true else kind] += 1
        if told != true and (not is_sound or "--show" in arguments):
            sys.stdout.write(f"log {seed}: {kind}: told {told}, completions {true}: {what}\n")
    sys.stdout.write(
        f"{logs:,} logs: bounds equal to those of all completions {tally['equal']:,},"
        f" wider {tally['wider']:,}, wrong {tally['wrong']:,}\n"
    )
    return 1 if tally["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
