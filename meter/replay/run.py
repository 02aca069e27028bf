"""Run a log through a policy: every view is decided as it came.

Readers are taken to read on unchanged. A log says nothing of reading that its own policy prevented,
nor of who would have registered or paid: see `censoring`, `cautions`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import evolve

from meter.errors import raise_missing_extra

try:
    import pyarrow as pa
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

from meter.columns.cautions import holdout_size
from meter.columns.decide import Columns
from meter.loading.article_ids import ArticleIds
from meter.loading.article_ids import article_ids as compared_by
from meter.policy.faults.frequency import known_prompts
from meter.replay.cautions import find_cautions
from meter.replay.decision_rows import Decisions
from meter.replay.evidence import Evidence
from meter.replay.gathering import ASKED, RECORDED, ShardBuilder, ShardedLog
from meter.replay.logs.log import BadRows, Log, LogError
from meter.replay.logs.remembered import CLOSED, STARTED, ToldRows
from meter.replay.logs.time_forms import checked_form
from meter.replay.logs.times import Times
from meter.replay.measures import ReplayNumber
from meter.replay.preparation import prepare
from meter.replay.question import ReplayQuestion
from meter.replay.readers import READER_COLUMNS, reader_rows
from meter.replay.result import Bounds, Replay
from meter.replay.sums import Sums
from meter.vocabulary import Show
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from meter.loading.article_ids import ArticleIdsWord
    from meter.policy import Policy
    from meter.replay.logs.log import ArrowStream, ArrowTable

__all__ = ["Bounds", "Replay", "replay"]

_BUDGET = 1 << 30


def replay(
    policy: Policy,
    log: str | PathLike[str] | ArrowStream | ArrowTable | Log,
    *,
    columns: Mapping[str, str] | None = None,
    recorded_under: Policy | str | None = None,
    zone: str | None = None,
    clock: bool = True,
    decisions: bool = False,
    by_reader: bool = False,
    workers: int = 1,
    memory: int = _BUDGET,
    article_ids: ArticleIds | ArticleIdsWord = ArticleIds.EXACT,
    walls: bool | None = None,
    time_format: str | None = None,
    names: tuple[str, str] | None = None,
) -> Replay:
    """Run a log of page views through a policy.

    `log` is a path or Arrow data (see `Log`), `columns` maps our names to the log's, such as
    `{"reader": "user_id"}`. Times without a zone are read in `zone`, by default the publication's;
    `clock=False` takes a log without times in its order, as one day. `recorded_under` is the policy
    that was in force when the log was written, or `"none"` if nobody was stopped then; what a log
    cut off by it cannot say is bounded or refused (see `Replay.measures`). `walls` says whether the
    log holds the views that were refused then; by default it does if there is one. `decisions` and
    `by_reader` ask for these tables. More than `memory` bytes of columns go through temporary
    files. `workers` is the number of threads. `article_ids="path"` compares ids of articles as
    addresses of pages (see `Paywall`). `time_format` is how times are written where they are not
    in ISO 8601, such as `%d/%m/%Y %H:%M:%S`; `names` is what the warnings call the policy and the
    recorded one, by default their digests.

    Raises `LogError` for a log that cannot be read, or of which no view can, and `ValueError` for
    another word than `exact` and `path`.
    """
    source = log if isinstance(log, Log) else Log(log, columns, clock=clock)
    question = _question(
        policy, source, recorded_under, zone, compared_by(article_ids), time_format, names
    )
    asked = question.asked
    recorded = question.recorded
    bad = BadRows()
    sums = Sums()
    readers: list[pa.Table] = []
    gathering = _builder(question, memory, wants_rows=decisions or by_reader)
    _refuse_seen(question)
    try:
        gathered = _gather(question, gathering, bad)
        results = Decisions(gathered, question.asked) if decisions else None
        evidence = None
        if recorded is not None:
            evidence = Evidence.about(recorded, asked, gathered, walls=walls)
        for shard in gathered.shards:
            views = shard.views[ASKED]
            wanted = decisions or evidence is not None
            decided = asked.decide(views, by_view=wanted, workers=workers)
            sums.add(decided)
            if question.tells_by_instant and not len(views.key):
                sums.add_alike(views)
            if recorded is not None and evidence is not None:
                before = recorded.at_once(shard.views[RECORDED], workers=workers)
                evidence.add((views, shard.views[RECORDED]), (decided, before))
            if by_reader:
                readers.append(reader_rows(shard, decided, policy.zone))
            if results is not None:
                results.keep(shard, decided)
    finally:
        gathering.close()
    return evolve(
        _answer(question, gathered, sums, bad, evidence),
        by_reader=_in_order(readers) if by_reader else None,
        decisions=None if results is None else results.tables(source, asked, policy.zone),
    )


def _question(
    policy: Policy,
    source: Log,
    recorded_under: Policy | str | None,
    zone: str | None,
    article_ids: ArticleIds,
    time_format: str | None,
    names: tuple[str, str] | None,
) -> ReplayQuestion:
    recorded = None
    if recorded_under is not None and not isinstance(recorded_under, str):
        recorded = recorded_under
    return ReplayQuestion(
        policy=policy,
        source=source,
        times=Times(
            ZoneInfo(zone) if zone else policy.zone,
            None if time_format is None else checked_form(time_format),
        ),
        zone=zone,
        asked=Columns(policy),
        recorded=None if recorded is None else Columns(recorded),
        recorded_policy=recorded,
        knows_recording=recorded_under is not None,
        closed=ToldRows(CLOSED, known_prompts(policy)),
        started=ToldRows(STARTED, frozenset(offer.name for offer in policy.offers)),
        article_ids=article_ids,
        names=names or (policy.digest, "" if recorded is None else recorded.digest),
    )


def _builder(question: ReplayQuestion, memory: int, *, wants_rows: bool) -> ShardBuilder:
    """Return what gathers the log; what it says besides views has its place among their rows."""
    asked = question.asked
    besides = asked.has_campaigns or bool(asked.rulebook.vocabulary.once)
    return ShardBuilder(
        memory,
        wants_rows=wants_rows or besides,
        closed=question.closed,
        started=question.started,
        rights=question.rights,
    )


def _refuse_seen(question: ReplayQuestion) -> None:
    """Raise `LogError` where what is not in a log may have changed what prompts were seen."""
    recorded = question.recorded
    if recorded is None:
        return
    if any(columns.rulebook.vocabulary.seen for columns in (question.asked, recorded)):
        raise LogError(
            "not replayed yet: with `--recorded-under POLICY`, a condition on what was `seen`: what"
            " readers would have seen beyond the log is not known, and no bounds of it; leave such"
            " conditions out, or say `--recorded-under none` if nobody was stopped then"
        )


def _gather(question: ReplayQuestion, gathering: ShardBuilder, bad: BadRows) -> ShardedLog:
    """Read the whole log; raise `LogError` if it has no view."""
    source = question.source
    for piece in source.pieces(bad):
        gathering.add(prepare(piece, question.reading, bad))
    gathered = gathering.finish()
    nothing = gathered.last_at < gathered.first_at
    if nothing and source.kind != "table":  # a table may be a part of a log
        raise source.nothing_read(bad, question.times.likely_forms)
    return gathered


def _answer(
    question: ReplayQuestion,
    gathered: ShardedLog,
    sums: Sums,
    bad: BadRows,
    evidence: Evidence | None,
) -> Replay:
    """Return the summary, with bounds in place of what the recorded policy has cut off."""
    policy = question.policy
    source = question.source
    asked = question.asked
    measures = _exact(sums) if evidence is None else evidence.measures(sums)
    stopped = measures["readers_stopped"].value
    is_whole = evidence is None or evidence.exact_tables
    has_curve = evidence is None or evidence.exact_curve
    meters = {name: sums.meters[place] for place, name in enumerate(asked.meters)}
    asks_prompts = policy.rulebook.looks_at_prompts
    clocked = bool(sums.views) and source.clock
    return Replay(
        policy=policy.digest,
        log=source.name,
        readers=sums.readers,
        views=sums.views,
        views_counted=measures["views_counted"].value,
        views_speculative=sums.speculative,
        readers_stopped=stopped,
        views_blocked=measures["views_blocked"].value,
        first_stop_curve=_first_stops(sums) if has_curve else {},
        prompts_shown=_prompts(asked, sums) if is_whole else {},
        rules=_rules(policy, asked, sums) if is_whole else {},
        prompts=sums.campaigns.prompts(policy) if is_whole and asks_prompts else {},
        experiments=sums.campaigns.experiments(policy) if is_whole else {},
        meters=meters if is_whole else {},
        first_view=moment(gathered.first_at, policy.zone) if clocked else None,
        last_view=moment(gathered.last_at, policy.zone) if clocked else None,
        rows_left_out=bad,
        notes=tuple(question.notes(gathered.columns, sums.taken_for_one)),
        cautions=tuple(
            find_cautions(
                question,
                gathered,
                sums,
                looser=evidence is not None and evidence.lets_on,
                lacks_walls=evidence is not None and evidence.lacks_walls,
            )
        ),
        refused=None if evidence is None else evidence.refused,
        measures=measures,
        tables={
            "first_stop_curve": has_curve,
            "prompts_shown": is_whole,
            "rules": is_whole,
            "meters": is_whole,
            **({"prompts": is_whole} if asks_prompts else {}),
            **({"experiments": is_whole} if policy.rulebook.experiments else {}),
        },
        holdout=holdout_size(stopped / sums.readers)
        if sums.readers and stopped is not None
        else None,
        engine_calls=asked.judged,
    )


def _exact(sums: Sums) -> dict[str, ReplayNumber]:
    """Return the numbers of a log that lacks nothing."""
    return {
        "readers": ReplayNumber.exact(sums.readers),
        "views": ReplayNumber.exact(sums.views),
        "readers_stopped": ReplayNumber.exact(sums.stopped),
        "views_blocked": ReplayNumber.exact(sums.blocked),
        "views_counted": ReplayNumber.exact(sums.counted),
    }


def _in_order(rows: Sequence[pa.Table]) -> pa.Table:
    """Return the readers in the order in which the log first names them."""
    if not rows:
        return pa.table({name: [] for name in READER_COLUMNS})
    return pa.concat_tables(rows).sort_by("row").drop_columns(["row"])


def _first_stops(sums: Sums) -> dict[int, int]:
    """Return how many readers were first stopped at which of their views."""
    return {view: sums.first_stops[view] for view in sorted(sums.first_stops) if view}


def _prompts(asked: Columns, sums: Sums) -> dict[Show, int]:
    """Return how many views were shown what, in the order of `Show`."""
    prompts = Counter(dict.fromkeys(Show, 0))
    for number, views in sums.verdicts.items():
        prompts[asked.verdicts[number].show] += views
    return {show: views for show, views in prompts.items() if views}


def _rules(policy: Policy, asked: Columns, sums: Sums) -> dict[str, int]:
    """Return how many views each rule decided."""
    rules = Counter({rule.name: 0 for rule in policy.rules})
    for number, views in sums.verdicts.items():
        rules[asked.verdicts[number].rule] += views
    return dict(rules)
