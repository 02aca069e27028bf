"""A connection that is cut or falls silent at every byte of a check, in both directions.

Between the driver and a real server stands a proxy that lets so many bytes through and then closes
the connection, or keeps it open and says nothing more. Whatever the driver makes of it, the view is
decided, and it is counted once.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from meter import Paywall, StoreError, open_store
from meter.stores.redis import RedisStore
from tests.figures import figure

PATIENT = {"deadline": 20.0}


class Proxy:
    """A proxy between two Unix sockets, with one fault at a time."""

    def __init__(self, path, upstream):
        self.upstream = str(upstream)
        self.mode = None
        self.direction = None
        self.budget = 0
        self.passed = {"request": 0, "reply": 0}
        self.once = False
        self.lock = threading.Lock()
        self.open = []
        self.healed = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, mode, direction, budget):
        """Let `budget` bytes more through in one direction, and then use the fault.

        That is: `cut` the connection, or `swallow` or `delay` what follows.
        """
        with self.lock:
            self.healed.clear()
            self.passed = {"request": 0, "reply": 0}
            self.mode = mode
            self.direction = direction
            self.budget = budget

    def heal(self):
        """Let everything through, on new connections.

        What was delayed arrives now, what was swallowed never does.
        """
        with self.lock:
            self.mode = None
            self.healed.set()

    def close(self):
        """Close everything."""
        self.listener.close()
        for end in self.open:
            end.close()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.upstream)
            self.open += [near, far]
            silent = threading.Event()
            for source, target, direction in ((near, far, "request"), (far, near, "reply")):
                threading.Thread(
                    target=self._pump, args=(source, target, direction, silent), daemon=True
                ).start()

    def _pump(self, source, target, direction, silent):
        with suppress(OSError):
            while data := source.recv(65536):
                with self.lock:
                    rest = b""
                    if self.mode is not None and self.direction == direction:
                        end = max(self.budget, 0)
                        rest = data[end:]
                        data = data[:end]
                        self.budget -= len(data)
                    mode = self.mode
                    self.passed[direction] += len(data)
                if data and not silent.is_set():
                    target.sendall(data)
                if rest and mode == "cut":
                    if self.once:
                        self.heal()
                    break
                if rest and mode == "delay":
                    self.healed.wait()
                    target.sendall(rest)
                elif rest:
                    silent.set()
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def through(newsroom):
    """Read through a proxy, with a fault.

    Heal it, go on, and return what was shown and what is counted.
    """

    class Through:
        def __init__(self, proxy, url, direct_url, deadline, *, guesses=True):
            self.guesses = guesses
            self.proxy = proxy
            self.store = open_store(url)
            self.direct = open_store(direct_url)
            self.hasty = Paywall(newsroom.policy(3), self.store, deadline=deadline)
            self.patient = Paywall(newsroom.policy(3), self.store, **PATIENT)
            self.patient._recent = self.hasty._recent
            self.elsewhere = Paywall(newsroom.policy(3), self.direct, **PATIENT)

        def read(self, paywall, reader, article):
            # A check of a reader who is not known here takes two trips: a guess that fails, or a
            # load, and then a swap.
            for _ in range(3):
                self.hasty._recent.strangers.note(is_new=self.guesses)
            return paywall.check(newsroom.reader(reader), newsroom.view(article), now=newsroom.now)

        def conversation(self):
            """Return how many bytes a check takes each way.

            The least of several: on a busy machine a question may be asked twice.
            """
            passed = []
            for reader in "xyz":
                self.read(self.elsewhere, f"measured{self.guesses}{reader}", "a")
                self.read(self.patient, "warm", "up")
                self.proxy.arm(None, "request", 0)
                self.read(self.patient, f"measured{self.guesses}{reader}", "b")
                passed.append(dict(self.proxy.passed))
            return {way: min(each[way] for each in passed) for way in ("request", "reply")}

        def check(self, name, fault):
            """Return what a reader got during a fault and after it, and what is counted at last."""
            self.read(self.elsewhere, name, "a")
            self.read(self.patient, "warm", "up")  # so that a connection is there
            self.proxy.arm(*fault)
            during = self.read(self.hasty, name, "b")
            self.proxy.heal()
            after = [str(self.read(self.patient, name, article).show) for article in "cdb"]
            return str(during.access), after, self.counted(name)

        def join(self, name, fault):
            """Sign in during a fault, and again after it as at first; return what went wrong.

            In between the next person reads on the device.
            """
            account = f"{name}-account"
            for reader, article in ((name, "a"), (name, "b"), (account, "b")):
                self.read(self.elsewhere, reader, article)
            self.read(self.patient, "warm", "up")
            self.proxy.arm(*fault)
            raised = False
            try:
                self.hasty.join(name, account, now=newsroom.now)
            except StoreError:
                raised = True
            self.proxy.heal()
            during = self.counted(account)
            later = newsroom.now + timedelta(minutes=1)
            self.elsewhere.check(newsroom.reader(name), newsroom.view("c"), now=later)
            for _ in range(2):
                self.patient.join(name, account, now=newsroom.now)
            ends = self.counted(account), self.counted(name)
            fine = during == ["a", "b"] or (raised and during == ["b"])
            return [] if fine and ends == (["a", "b"], ["a", "b", "c"]) else [during, *ends]

        def counted(self, name):
            """Return the ids that the server holds of a reader."""
            ledger = self.elsewhere.ledger(name, now=newsroom.now)
            return sorted(read.id for read in ledger["monthly"].reads)

        def close(self):
            self.store.close()
            self.direct.close()
            self.proxy.close()

    return Through


EXPECTED = (
    "full",
    ["last-free-article", "subscription-wall", "last-free-article"],
    ["a", "b", "c"],
)

FELL_SILENT = {"cut": "was cut off", "swallow": "fell silent", "delay": "answered late"}


def faults(length, step, modes):
    """Return a fault at every `step`-th byte of a conversation."""
    return [
        (mode, way, offset)
        for mode in modes
        for way in ("request", "reply")
        for offset in range(0, length[way] + 1, step)
    ]


@pytest.mark.parametrize("guesses", [True, False])
def test_cut_at_every_byte_of_a_check_in_redis(through, valkey, tmp_path, guesses):
    """Every byte of what the driver sends and of what the server answers.

    0 counted twice, 0 lost, everybody answered.
    """
    proxy = Proxy(tmp_path / "s", valkey.socket)
    trial = through(proxy, f"unix://{tmp_path}/s", valkey.url, 5.0, guesses=guesses)
    length = trial.conversation()
    assert length["request"] > (300 if guesses else 200)
    assert length["reply"] > 20
    trials = faults(length, 1, ["cut"])
    if guesses:
        figure("bytes at which a connection to Redis was cut", len(trials))
    wrong = {
        fault: seen
        for number, fault in enumerate(trials)
        if (seen := trial.check(f"cut{number}{guesses}", fault)) != EXPECTED
    }
    trial.close()
    assert {} == wrong


@pytest.mark.parametrize("mode", ["swallow", "delay"])
def test_silence_at_every_byte_of_an_answer_in_redis(through, valkey, tmp_path, mode):
    """A reply that stops anywhere, and a request that stops at every 20th byte.

    Decided at the deadline, counted once.

    A delayed request reaches the server after the reader has been answered without it.
    """
    trial = through(Proxy(tmp_path / "s", valkey.socket), f"unix://{tmp_path}/s", valkey.url, 0.02)
    length = trial.conversation()
    trials = [
        fault for fault in faults(length, 1, [mode]) if fault[1] == "reply" or fault[2] % 20 == 0
    ]
    figure(f"bytes at which Redis {FELL_SILENT[mode]}", len(trials))
    wrong = {
        fault: seen
        for number, fault in enumerate(trials)
        if (seen := trial.check(f"{mode}{number}", fault)) != EXPECTED
    }
    trial.close()
    assert {} == wrong


@pytest.mark.parametrize("mode, deadline, step", [("cut", 5.0, 5), ("swallow", 0.01, 41)])
def test_a_sign_in_at_every_byte_of_a_fault_in_redis(
    through, valkey, tmp_path, mode, deadline, step
):
    """Joined or not, never a half; done again with its first time it has happened once."""
    trial = through(
        Proxy(tmp_path / "s", valkey.socket), f"unix://{tmp_path}/s", valkey.url, deadline
    )
    trials = faults(trial.conversation(), step, [mode])
    assert len(trials) > 5
    wrong = {
        fault: seen
        for number, fault in enumerate(trials)
        if (seen := trial.join(f"join-{mode}{number}", fault))
    }
    trial.close()
    assert {} == wrong


@pytest.mark.parametrize("mode, deadline, step", [("cut", 5.0, 29), ("swallow", 0.02, 97)])
def test_a_sign_in_during_faults_in_postgres(through, postgres, tmp_path, mode, deadline, step):
    """The same for PostgreSQL, at a sample of the bytes."""
    upstream = postgres.socket / ".s.PGSQL.5432"
    url = f"postgresql:///postgres?host={tmp_path}&user=postgres"
    trial = through(Proxy(tmp_path / ".s.PGSQL.5432", upstream), url, postgres.url, deadline)
    trials = faults(trial.conversation(), step, [mode])
    assert len(trials) > 3
    wrong = {
        fault: seen
        for number, fault in enumerate(trials)
        if (seen := trial.join(f"join-{mode}{number}", fault))
    }
    trial.close()
    assert {} == wrong


def test_a_driver_that_repeats_its_commands_counts_once(valkey, tmp_path):
    """With the driver's own retries on, a reply that is lost makes it send the swap again.

    One count, where `INCR` would make two.
    """
    proxy = Proxy(tmp_path / "s", valkey.socket)
    proxy.once = True
    client = redis.Redis(
        unix_socket_path=str(tmp_path / "s"), socket_timeout=5, retry=Retry(NoBackoff(), 3)
    )
    store = RedisStore(client)
    store.swap("warm", None, b"1", expires=None)
    proxy.arm("cut", "reply", 0)
    assert b"1" == store.swap("repeated", None, b"1", expires=None)
    client.incr("naive", 0)
    proxy.arm("cut", "reply", 0)
    counter = client.incr("naive")
    found = store.load("repeated")
    store.close()
    proxy.close()
    assert (b"1", 2) == (found, counter)


@pytest.mark.parametrize("guesses", [True, False])
@pytest.mark.parametrize("mode, deadline, step", [("cut", 5.0, 3), ("swallow", 0.05, 37)])
def test_faults_in_postgres(through, postgres, tmp_path, mode, deadline, step, guesses):
    """The same for PostgreSQL, at a sample of the bytes."""
    upstream = postgres.socket / ".s.PGSQL.5432"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        # Another test may have left the readers whose conversation is measured.
        connection.execute("DROP TABLE IF EXISTS meter_usage")
    trial = through(
        Proxy(tmp_path / ".s.PGSQL.5432", upstream),
        f"postgresql:///postgres?host={tmp_path}&user=postgres",
        postgres.url,
        deadline,
        guesses=guesses,
    )
    length = trial.conversation()
    assert length["request"] > 200
    trials = faults(length, step, [mode])
    if guesses:
        figure(f"bytes at which PostgreSQL {FELL_SILENT[mode]}", len(trials))
    wrong = {
        fault: seen
        for number, fault in enumerate(trials)
        if (seen := trial.check(f"{mode}{number}", fault)) != EXPECTED
    }
    trial.close()
    assert {} == wrong


def test_a_connection_being_made_in_a_silence_is_given_up(through, postgres, tmp_path):
    """The pool connects anew while the server says nothing; when it speaks again, so do we."""
    upstream = postgres.socket / ".s.PGSQL.5432"
    trial = through(
        Proxy(tmp_path / ".s.PGSQL.5432", upstream),
        f"postgresql:///postgres?host={tmp_path}&user=postgres",
        postgres.url,
        0.05,
    )
    trial.read(trial.patient, "warm", "up")
    trial.proxy.arm("swallow", "reply", 0)
    # The connection that fell silent, the one in its place, and the one more that the pool grows
    # by: until that one is made or given up it makes no other. Each has two ends here.
    while len(trial.proxy.open) < 6:
        trial.read(trial.hasty, "kept", "a")
    trial.proxy.heal()
    shown = [str(trial.read(trial.patient, "kept", article).show) for article in "bcd"]
    ids = trial.counted("kept")
    trial.close()
    assert ["countdown", "last-free-article", "subscription-wall"] == shown
    assert ["a", "b", "c"] == ids
