"""The tests of paywalls and stores catch what is easily got wrong, each planted in a copy."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with, run_suite
from tests.planted import some


class Planted(NamedTuple):
    """A bug, and the tests that have to see it."""

    bug: Bug
    tests: tuple[str, ...]


FORGETTING = "paywall/test_forgetting.py"
PENDING = "paywall/test_pending.py"
SCHEDULES = "paywall/test_schedules.py"
SECRETS = "paywall/test_secrets.py"
LOG = "stores/test_postgres_log.py"
POOLER = "stores/test_pgbouncer.py"
STATEMENTS = "stores/test_postgres_statements.py"
TOGETHER = "stores/test_postgres_together.py"
CHANGES = "stores/test_postgres_changes.py"
FORGET = "stores/test_sqlite_forget.py"
BROKEN = "paywall/test_broken_records.py"
MISTAKES = "paywall/test_mistakes.py"
LINES = "paywall/test_json_lines.py"
SHADOW = "paywall/test_shadow.py"
TELEMETRY = "paywall/test_telemetry.py"
TURNS = "stores/test_turns.py"
LINE = "stores/test_line.py"
REPLIES = "stores/test_replies.py"
CLUSTER = "stores/test_cluster.py"
PROMPTS = "paywall/test_prompts.py"
AT_ONCE = "paywall/test_at_once.py"

PLANTED = [
    Planted(Bug(name, module, right, wrong), tests)
    for name, module, right, wrong, *tests in (
        (
            "what has arrived stays pending",
            "paywall/recent.py",
            "if self._pending.get(key) is pending:",
            "if self._pending.get(key) is not pending:",
            PENDING,
        ),
        (
            "a peek strikes out what is pending",
            "paywall/transactions.py",
            "if writes and brought.found:",
            "if writes or brought.found:",
            PENDING,
        ),
        (
            "one attempt too many",
            "paywall/transactions.py",
            "if retries >= attempts:",
            "if retries > attempts:",
            PENDING,
        ),
        (
            "a forget has the time of a check",
            "paywall/configured.py",
            "deadline(self._deadline * deadlines, self._queue)",
            "deadline(self._deadline, self._queue)",
            PENDING,
        ),
        (
            "an awaited store may take its time",
            "paywall/awaited.py",
            "async with AnswerTime(seconds):",
            "async with AnswerTime(None):",
            PENDING,
        ),
        (
            "a deadline outlives its call",
            "stores/deadline.py",
            "_LIMITS.reset(self._token)",
            "self._token",
            PENDING,
        ),
        (
            "a mistake is an outage",
            "paywall/base.py",
            "        except StoreSetupError:\n            raise",
            "        except ZeroDivisionError:\n            raise",
            MISTAKES,
        ),
        (
            "what a store's own code gets wrong is an outage",
            "paywall/shell.py",
            "except (StoreError, *MISTAKES):",
            "except StoreError:",
            MISTAKES,
        ),
        (
            "a peek is told as a read",
            "paywall/telemetry.py",
            "return ViewKind.PEEK",
            "return ViewKind.READ",
            TELEMETRY,
        ),
        (
            "every answer ends an outage that comes and goes",
            "paywall/outages.py",
            "if not self._is_out or (self._is_again and now - self._last < _SETTLED):",
            "if not self._is_out:",
            TELEMETRY,
        ),
        (
            "an answer to another question is silence",
            "stores/deadline.py",
            "self._silent += heard == self._heard",
            "self._silent += 1",
            TURNS,
        ),
        (
            "the first slice of silence is the last",
            "stores/deadline.py",
            "self._silent >= self._most",
            "self._silent >= 1",
            TURNS,
        ),
        (
            "a turn is lost with the task that was given it",
            "stores/turns.py",
            "if waiting.done() and not waiting.cancelled() and waiting.result():",
            "if False:",
            TURNS,
        ),
        (
            "whoever waits for a turn is not told of an outage",
            "stores/turns.py",
            "waiting.set_result(not self.out)",
            "waiting.set_result(True)",
            TURNS,
        ),
        (
            "waiting for a turn takes from the time for an answer",
            "stores/deadline.py",
            "until = turn_by if queue is None else turn_by + seconds",
            "until = turn_by",
            TURNS,
        ),
        (
            "an answer goes past whoever was cancelled",
            "stores/redis/line.py",
            "        return self.asked.popleft()",
            "        return next(each for each in self.asked if not each.answer.done())",
            f"{LINE}::test_a_task_that_is_cancelled_costs_no_other_its_answer",
        ),
        (
            "the deadline of whoever asked first is that of all",
            "stores/redis/line.py",
            "self._pass, context=self._context)",
            "self._pass)",
            f"{LINE}::test_whoever_has_to_end_first_ends_alone",
        ),
        (
            "a round whose first question was given up waits for ever",
            "stores/redis/line.py",
            "        if not self._open:  # the first",
            "        if not self._asked:  # the first",
            f"{LINE}::test_a_round_whose_first_question_was_given_up_still_ends",
        ),
        (
            "what is lost with a connection is not sent again",
            "stores/redis/line.py",
            "elif asked.once or not isinstance(error, _CUT):",
            "elif True:",
            f"{LINE}::test_a_connection_that_is_cut_costs_nobody_anything",
        ),
        (
            "an answer to no command of ours is taken for one",
            "stores/redis/replies.py",
            "if type(reply) not in _KINDS and not isinstance(reply, Exception):",
            "if False:",
            REPLIES,
        ),
        (
            "more than one answer to one question is taken",
            "stores/redis/connections.py",
            "if len(found) > 1:",
            "if False:",
            f"{REPLIES}::test_what_is_no_answer_is_a_mistake",
        ),
        (
            "of the nodes in a URL only the first is asked",
            "stores/redis/cluster.py",
            "for node in others]",
            "for node in []]",
            f"{CLUSTER}::test_a_cluster_of_a_url_is_used_by_threads_and_a_forked_process",
        ),
        (
            "the database of a cluster is passed by",
            "stores/redis/cluster.py",
            'if settings.pop("db", 0):',
            'if settings.pop("db", 0) is None:',
            MISTAKES,
        ),
        (
            "a silent connection stays in use",
            "stores/redis/line.py",
            "self._is_suspect = self._is_suspect or self._heard == asked.heard",
            "self._is_suspect = False",
            f"{LINE}::test_a_silent_connection_is_left_although_nobody_waited_to_the_end",
        ),
        (
            "what another process held is paid in after a forget",
            "paywall/brought.py",
            "    if (yield from is_forgotten(keys, recent)):\n        if writes:",
            "    if False:\n        if writes:",
            FORGETTING,
        ),
        (
            "the mark is not looked at again",
            "paywall/brought.py",
            "if brought.usage != Usage() and (yield from is_forgotten(keys, recent)):",
            "if False:",
            FORGETTING,
        ),
        (
            "an old debt is paid",
            "paywall/recent.py",
            " if abs(clock - when) < PAID_WITHIN), at",
            "), at",
            FORGETTING,
        ),
        (
            "a forget leaves no mark",
            "paywall/forgetting.py",
            "    if marks:",
            "    if False:",
            FORGETTING,
        ),
        (
            "a record is carried over and left",
            "paywall/brought.py",
            "if (yield Swap(key, record.raw, None)) is not None:",
            "if record.raw is None:",
            SECRETS,
        ),
        (
            "a transaction whose commit fails is taken for made",
            "stores/postgres/questions.py",
            "    for result in results:\n        _last([result])\n",
            "    for result in results[: len(queries)]:\n        _last([result])\n",
            f"{CHANGES}::test_a_change_that_is_refused_fails_for_its_own_task",
        ),
        (
            "a change together that comes too late is taken for made",
            "stores/postgres/statements.py",
            "        elif result.rows:\n",
            "        elif change.new:\n",
            f"{CHANGES}::test_changes_together_answer_as_each_would",
        ),
        (
            "the second change of a key has the answer of the first",
            "stores/postgres/statements.py",
            "if key in kept and _is_settled(kept[key], old, new) else None",
            "if key in kept else None",
            f"{CHANGES}::test_changes_of_one_key_follow_each_other",
        ),
        (
            "rows are changed in the order of the tasks",
            "stores/postgres/statements.py",
            "_made(sorted(first.values()), seconds)",
            "_made(list(first.values()), seconds)",
            f"{CHANGES}::test_rows_are_changed_in_the_order_of_their_keys",
        ),
        (
            "who is refused with others is not asked alone",
            "stores/postgres/statements.py",
            "        if error.sqlstate is None:  # there was no answer",
            "        if True:  # there was no answer",
            f"{CHANGES}::test_a_row_that_another_holds_delays_its_own_task_alone",
        ),
        (
            "each row that is held may take the time of all",
            "stores/postgres/statements.py",
            "if number % _SAID_FOR else",
            "if number else",
            f"{CHANGES}::test_rows_that_are_held_one_after_the_other_delay_no_other_task",
        ),
        (
            "who has waited takes the others of a round down",
            "stores/postgres/together.py",
            "            and isclose(queue, self.queue, rel_tol=_NEARLY, abs_tol=_AT_ONCE)\n",
            "",
            f"{TOGETHER}::test_a_task_that_has_waited_takes_no_fresh_one_down",
        ),
        (
            "bytes that were loaded first are not decided on",
            "paywall/transactions.py",
            "        record = recent.read(key, (yield Load(key)))\n",
            "        recent.read(key, (yield Load(key)))\n",
            f"{SCHEDULES}::test_a_peek_sees_what_the_store_holds",
        ),
        (
            "an earlier secret is not read",
            "paywall/transactions.py",
            "old=record.raw is None, writes=writes",
            "old=False, writes=writes",
            SECRETS,
        ),
        (
            "an empty secret is taken",
            "stores/keys.py",
            "if secret is not None and not secret:",
            "if False:",
            SECRETS,
        ),
        (
            "a busy checkpoint is taken for done",
            "stores/sqlite.py",
            "return bool(row[0] == 0)",
            "return True",
            FORGET,
        ),
        (
            "values are put into the statement",
            "stores/postgres/statements.py",
            "Query(_LOAD, (key.encode(),))",
            "Query(SqlStatement(f\"SELECT bytes FROM meter_usage WHERE key = '{key}'\"))",
            LOG,
        ),
        (
            "a statement is prepared behind every pooler",
            "stores/postgres/questions.py",
            "if process == pgconn.backend_pid:",
            "if process:",
            f"{POOLER}::test_statements_are_prepared_where_they_are_carried_along",
        ),
        (
            "a pooler that keeps the name of a statement is taken for one that carries it",
            "stores/postgres/questions.py",
            "        if carried:",
            "        if True:",
            f"{POOLER}::test_statements_are_prepared_where_they_are_carried_along",
        ),
        (
            "a lost statement is an outage",
            "stores/postgres/questions.py",
            "except _REFUSED:\n            connection.prepared = None",
            "except _REFUSED:\n            raise",
            f"{STATEMENTS}::test_a_statement_that_is_lost_is_asked_in_full",
        ),
        (
            "statements with as many values have one name",
            "stores/postgres/statements.py",
            "sha256(self.text)",
            "sha256(repr(types).encode())",
            f"{STATEMENTS}::test_each_statement_has_a_name_of_its_own",
        ),
        (
            "the answers of a round are given to others",
            "stores/postgres/together.py",
            "zip(futures, answers, strict=True)",
            "zip(futures, sorted(answers, key=str), strict=True)",
            f"{TOGETHER}::test_loads_together_answer_as_each_would",
        ),
        (
            "a task that is cancelled takes the answers of the others with it",
            "stores/postgres/together.py",
            "                if not future.done():\n                    future.set_result(answer)",
            "                future.set_result(answer)",
            f"{TOGETHER}::test_a_task_that_is_cancelled_takes_no_answer_from_the_others",
        ),
        (
            "what cannot be decided on is an error of Python's",
            "paywall/transactions.py",
            "        recent.distrust(key)\n",
            "        raise\n",
            f"{BROKEN}::test_a_usage_that_nothing_can_be_made_of_is_corrupt",
        ),
        (
            "an answer of any kind is taken",
            "paywall/operations.py",
            "if answer is None or isinstance(answer, bytes):",
            "if True:",
            f"{BROKEN}::test_a_store_of_ones_own_that_answers_with_something_else",
        ),
        (
            "a usage is read loosely",
            "usage/__init__.py",
            "if usage.to_bytes() == raw:",
            "if True:",
            "core/test_usage_bytes.py",
        ),
        (
            "a last id that looks like the end of the ids is",
            "usage/written.py",
            'raw.rindex(b"],[")',
            'raw.index(b"],[")',
            "core/test_usage_bytes.py",
        ),
        (
            "whatever a meter has dropped stays in the bytes",
            "usage/__init__.py",
            "and tally.ids[:-1] == earlier.ids",
            "and earlier.ids",
            "core/test_usage_bytes.py",
        ),
        (
            "a view at once is counted whatever came between",
            "paywall/at_once.py",
            "if found == new:",
            "if found:",
            f"{AT_ONCE}::test_a_view_that_comes_between_is_counted_first",
        ),
        (
            "a view at once brings a forgotten reader back",
            "paywall/at_once.py",
            "        if found is None:\n",
            "        if False:\n",
            f"{AT_ONCE}::test_who_is_forgotten_meanwhile_stays_forgotten",
        ),
        (
            "a peek at once counts",
            "paywall/at_once.py",
            "if after is usage or not counts:",
            "if after is usage:",
            f"{AT_ONCE}::test_a_peek_counts_nothing_and_says_so",
        ),
        (
            "a peek at once says that it counted",
            "paywall/at_once.py",
            "            return _uncounted(decision), usage\n        new",
            "            return decision, usage\n        new",
            f"{AT_ONCE}::test_a_peek_counts_nothing_and_says_so",
        ),
        (
            "a read far ahead is not told at once",
            "paywall/at_once.py",
            "if is_ahead or self._recent",
            "if self._recent",
            f"{AT_ONCE}::test_a_read_far_ahead_is_told",
        ),
        (
            "what is pending is not brought in at once",
            "paywall/at_once.py",
            "if is_ahead or self._recent.is_pending(key):",
            "if is_ahead:",
            f"{AT_ONCE}::test_who_has_something_pending_is_decided_by_a_transaction",
        ),
        (
            "a record at once is dropped with its window",
            "paywall/metered_view.py",
            "_moment(ends + _MARGIN)",
            "_moment(ends)",
            f"{AT_ONCE}::test_a_record_lasts_as_long_as_by_a_transaction",
        ),
        (
            "what was counted at once is not remembered",
            "paywall/at_once.py",
            "self._recent.keep(key, Record(new, after))",
            "pass",
            f"{AT_ONCE}::test_what_was_counted_holds_on_where_a_record_is_spoiled",
        ),
        (
            "what a shadow counts is stored",
            "paywall/base.py",
            "counts, observed.decide)",
            "counts, observe(self._shadow or policy, reader, view, now).decide)",
            f"{SHADOW}::test_the_store_holds_what_the_policy_in_force_counts",
        ),
        (
            "a shadow decides on another record",
            "paywall/shadow.py",
            "Usage() if decided.usage is None else decided.usage",
            "Usage()",
            f"{SHADOW}::test_only_differences_are_told_each_with_both_decisions",
        ),
        (
            "a showing is written outside the swap",
            "paywall/transactions.py",
            "or after == record.usage:",
            "or after.tallies == record.usage.tallies:",
            f"{PROMPTS}::test_no_order_shows_a_prompt_once_more_than_its_caps_say",
        ),
        (
            "a sign-in keeps what was shown to the account alone",
            "engine/records.py",
            "shown, closed = join_prompts(",
            "_, closed = join_prompts(",
            f"{PROMPTS}::test_threads_that_sign_in_are_forgotten_and_cut_off_are_never_over",
        ),
        (
            "what is shown once is dropped with the day",
            "engine/keeping.py",
            "first = timeline.inside(ats, when)\n",
            "first = len(ats) if ats and ats[0] + 43_200_000_000 <= when else 0\n",
            f"{PROMPTS}::test_threads_that_sign_in_are_forgotten_and_cut_off_are_never_over",
        ),
        (
            "a retried swap shows what another has shown",
            "paywall/transactions.py",
            "usage = record.usage.union(brought.usage, at) if brought.found else record.usage",
            "usage = Usage() if retries else record.usage",
            f"{PROMPTS}::test_no_order_shows_a_prompt_once_more_than_its_caps_say",
        ),
        (
            "a peek is replayed as a view",
            "replay/logs/peeks.py",
            '_UNREAD = ("peek", "speculative")',
            '_UNREAD = ("speculative",)',
            f"{LINES}::test_peeks_and_speculative_views_are_no_reads",
        ),
    )
]


@pytest.mark.parametrize("planted", some(PLANTED), ids=lambda planted: planted.bug.name)
def test_a_planted_bug_is_caught(planted, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, planted.bug), planted.tests, only="test")
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]
