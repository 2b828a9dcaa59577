"""What stands before a Kafka broker in production: TLS, and SASL/PLAIN before anything else is let through."""

from __future__ import annotations

import asyncio
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 17, 18, 36
FLEXIBLE_SINCE = 2
NO_ERROR, AUTHENTICATION_FAILED = 0, 58


@dataclass
class Guard:
    """A way to a broker for those who say the user and the password; it runs until the process ends."""

    port: int
    broker_port: int
    certificate: Path
    key: Path
    user: str
    password: str
    admitted: int = 0
    refused: int = 0
    _ready: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Listen, in a thread of its own."""
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        async with await asyncio.start_server(self._admit, "127.0.0.1", self.port, ssl=context) as server:
            self._ready.set()
            await server.serve_forever()

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.broker_port)
            try:
                if await self._is_known(reader, writer, far_reader, far_writer):
                    await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            finally:
                far_writer.close()
        writer.close()

    async def _is_known(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> bool:
        """Answer what may be asked before somebody is known; anything else ends the connection."""
        while True:
            frame = await _frame(reader)
            api, version, correlation, length = struct.unpack_from(">hhih", frame)
            body = frame[10 + max(length, 0) :]
            if api == API_VERSIONS:
                _send(far_writer, frame)
                _send(writer, await _frame(far_reader))
            elif api == SASL_HANDSHAKE:
                _send(writer, struct.pack(">ihih", correlation, NO_ERROR, 1, 5) + b"PLAIN")
            elif api == SASL_AUTHENTICATE:
                is_known = f"\0{self.user}\0{self.password}".encode() in body
                _send(writer, _answer(version, correlation, is_known=is_known))
                self.admitted, self.refused = self.admitted + is_known, self.refused + (not is_known)
                return is_known
            else:
                return False


def _answer(version: int, correlation: int, *, is_known: bool) -> bytes:
    error = NO_ERROR if is_known else AUTHENTICATION_FAILED
    if version >= FLEXIBLE_SINCE:
        return struct.pack(">ibhbbqb", correlation, 0, error, 0, 1, 0, 0)
    lifetime = struct.pack(">q", 0) if version else b""
    return struct.pack(">ihhi", correlation, error, -1, 0) + lifetime


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(struct.pack(">i", len(frame)) + frame)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
