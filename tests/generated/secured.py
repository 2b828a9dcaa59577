"""Servers that take encrypted connections alone: a PostgreSQL cluster of the tests' own, and what ends TLS before the shared broker."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.generated.certificates import Authority, Certificates
from tests.generated.clusters import ACCOUNT, Cluster, cluster

from microservices_skill.chaos.links import free_port

USER = "ada"
"""Comes in with a certificate of this name, and with nothing else."""

_ACCESS = f"local all all trust\nhostssl all {USER} 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 trust\n"
_SETTINGS = {"ssl": "on", "ssl_cert_file": "'tls.crt'", "ssl_key_file": "'tls.key'", "ssl_ca_file": "'ca.crt'"}


@dataclass(frozen=True)
class SecurePostgres(Cluster):
    """A cluster that nobody reaches in the clear but over its socket."""

    def url(self, query: str, *, user: str = USER, host: str = "localhost") -> str:
        """Where a service finds it; its certificate says ``localhost``."""
        return f"postgresql://{user}:{UNSEEN}@{host}:{self.port}/postgres?{query}"

    def show(self, authority: Authority, *others: Authority) -> None:
        """Show a certificate of this authority from the next connection on, and trust it and these others alone."""
        _certify(self.folder, authority, *others)
        self.database.rows("SELECT pg_reload_conf()")

    def issuers(self) -> set[str | None]:
        """Who signed the certificates that are shown by those who are connected over the network; nothing where a link is plain."""
        return {issuer for (issuer,) in self.database.rows(_ISSUERS, USER)}

    def drop_connections(self) -> None:
        """End all that a service has."""
        self.database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", USER)


UNSEEN = "between-us"
"""A password that nobody asks for: it must not be seen in what a service says."""

_ISSUERS = "SELECT CASE WHEN ssl THEN issuer_dn END FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = $1"


@contextmanager
def secure_postgres(authority: Authority) -> Iterator[SecurePostgres]:
    """A cluster for as long as it is needed."""
    with cluster(_SETTINGS, access=_ACCESS, prepare=lambda folder: _certify(folder, authority)) as found:
        found.database.run(f"CREATE USER {USER} SUPERUSER")
        yield SecurePostgres(found.folder, found.port)


def _certify(folder: Path, authority: Authority, *others: Authority) -> None:
    found = authority.issue(folder, "localhost", *others)
    found.key.chmod(0o600)
    if os.geteuid() == 0:
        for path in (found.authority, found.certificate, found.key):
            shutil.chown(path, ACCOUNT, ACCOUNT)


@dataclass
class Terminator:
    """Ends TLS before a broker, for those who show a certificate; it runs until the process ends."""

    url: str
    port: int = field(default_factory=free_port)
    _certificates: Certificates | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None

    def start(self, certificates: Certificates) -> None:
        """Listen, in a thread of its own."""
        self._certificates = certificates
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._listen())

    def renew(self) -> None:
        """Take the certificates as they are now, and end every connection."""
        self._do(self._close())
        self._do(self._listen())

    def address(self, query: str, *, host: str = "localhost") -> str:
        """Where a service finds the broker; the certificate says ``localhost``."""
        parts = urlsplit(self.url)
        return f"amqps://{parts.username}:{parts.password}@{host}:{self.port}{parts.path}?{query}"

    def _do(self, work: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        assert self._certificates is not None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self._certificates.authority)
        context.load_cert_chain(self._certificates.certificate, self._certificates.key)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port, ssl=context)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for each in list(self._open):
            each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(self.url)
        self._open.add(writer)
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port or 5672)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        self._open.discard(writer)
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
