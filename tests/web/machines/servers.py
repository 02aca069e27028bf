"""A name server and a directory of keys on this machine: they answer, lie, hang or talk rubbish."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import trustme
from dnslib import AAAA, PTR, QTYPE, RR, A, DNSError, DNSRecord

PATIENCE = 20.0
"""How many seconds what hangs may hang at most, should a test fail to let it go."""


class NameServer:
    """A name server over UDP: `names` by address, `addresses` by name.

    With `holds` set it answers nothing until `goes_on` is; with `rubbish` it answers bytes that are
    no answer. `asked` are the names that it was asked for.
    """

    def __init__(self, names=None, addresses=None):
        self.names = names or {}
        self.addresses = addresses or {}
        self.asked = []
        self.holds = False
        self.rubbish = False
        self.goes_on = Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                raw, peer = self._socket.recvfrom(4096)
            except OSError:  # closed
                return
            Thread(target=self._answer, args=(raw, peer), daemon=True).start()

    def _answer(self, raw, peer):
        record = DNSRecord.parse(raw)
        name = str(record.q.qname).rstrip(".")
        self.asked.append(name)
        if self.holds:
            self.goes_on.wait(PATIENCE)
        reply = b"rubbish" if self.rubbish else self._reply(record, name).pack()
        try:
            self._socket.sendto(reply, peer)
        except OSError:  # closed
            return

    def _reply(self, record, name):
        reply = record.reply()
        kind = QTYPE[record.q.qtype]
        found = self.names.get(name, ()) if kind == "PTR" else self.addresses.get(name, ())
        for value in found:
            data = PTR(value) if kind == "PTR" else (AAAA if ":" in value else A)(value)
            if kind in ("PTR", QTYPE[data_type(value)]):
                reply.add_answer(RR(name, record.q.qtype, rdata=data))
        return reply

    def close(self):
        """Let go of whoever waits, and answer no more."""
        self.goes_on.set()
        self._socket.close()


def data_type(value):
    """Return the type of a record that holds an address."""
    return QTYPE.AAAA if ":" in value else QTYPE.A


class ServerResolver:
    """Asks one name server, as a site does that has one of its own."""

    def __init__(self, server):
        self._port = server.port

    def names(self, address):
        """Return the names of an address of IPv4."""
        reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        return self._ask(reverse, "PTR")

    def addresses(self, name):
        """Return all addresses of a name."""
        return [*self._ask(name, "A"), *self._ask(name, "AAAA")]

    def _ask(self, name, kind):
        raw = DNSRecord.question(name, kind).send("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            return [str(answer.rdata) for answer in DNSRecord.parse(raw).rr]
        except DNSError:
            raise OSError("no answer") from None


@contextmanager
def name_server(names=None, addresses=None):
    """Give a name server, and close it."""
    server = NameServer(names, addresses)
    try:
        yield server
    finally:
        server.close()


class KeyServer:
    """A server over https for `localhost`, with an answer by path.

    An answer is a status, headers and a list of parts; between two parts it waits for `goes_on`.
    """

    def __init__(self, answers):
        self.asked = []
        self.goes_on = Event()
        self._authority = trustme.CA()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answers))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert("localhost").configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}).start()

    @property
    def address(self):
        """The address of the site whose keys are here."""
        return f"https://localhost:{self.port}"

    def context(self):
        """Return what trusts this server's certificate."""
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    def _handler(self, answers):
        asked, goes_on = self.asked, self.goes_on

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                status, headers, parts = answers[self.path]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for number, part in enumerate(parts):
                    if number:
                        goes_on.wait(PATIENCE)
                    self.wfile.write(part)

            def log_message(self, *_):
                """Say nothing."""

        return Handler

    def close(self):
        """Let go of whoever waits, and answer no more."""
        self.goes_on.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def key_server(answers):
    """Give a server of keys, and close it."""
    server = KeyServer(answers)
    try:
        yield server
    finally:
        server.close()
