"""The way between two processes: what each way of breaking it looks like at its ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from microservices_skill.chaos.links import Link, free_port

WAIT_S = 5.0


@contextmanager
def echo() -> Iterator[int]:
    """A server that sends back what it gets; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                while data := connection.recv(1000):
                    connection.sendall(data)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.fixture
def link() -> Iterator[Link]:
    with echo() as port:
        found = Link(f"http://127.0.0.1:{port}", 80)
        yield found
        found.cut()


def connect(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=WAIT_S)


def ask(connection: socket.socket, limit_s: float = WAIT_S) -> bytes:
    connection.settimeout(limit_s)
    connection.sendall(b"hello")
    return connection.recv(1000)


def test_what_is_sent_arrives(link: Link) -> None:
    with connect(link) as connection:
        assert [ask(connection), ask(connection)] == [b"hello", b"hello"]


def test_a_cut_breaks_connections_and_refuses_new_ones_until_it_is_restored(link: Link) -> None:
    with connect(link) as connection:
        ask(connection)
        link.cut()
        with suppress(OSError):
            assert ask(connection) == b""
        with pytest.raises(ConnectionRefusedError):
            connect(link)
        link.restore()
    with connect(link) as connection:
        assert ask(connection) == b"hello"


def test_a_slow_link_takes_its_time(link: Link) -> None:
    with connect(link) as connection:
        ask(connection)
        link.slow(0.3)
        began = time.monotonic()
        assert ask(connection) == b"hello"
        assert time.monotonic() - began >= 0.3
        link.restore()


def test_a_mute_link_answers_when_it_is_restored(link: Link) -> None:
    with connect(link) as connection:
        ask(connection)
        link.mute()
        with pytest.raises(TimeoutError):
            ask(connection, limit_s=0.3)
        link.restore()
        connection.settimeout(WAIT_S)
        assert connection.recv(1000) == b"hello"


def test_a_partition_loses_what_is_sent_and_breaks_the_connection_afterwards(link: Link) -> None:
    with connect(link) as connection:
        ask(connection)
        link.partition()
        with pytest.raises(TimeoutError):
            ask(connection, limit_s=0.3)
        link.restore()
        connection.settimeout(WAIT_S)
        with suppress(ConnectionError):
            assert connection.recv(1000) == b"", "what was lost never comes"
    with connect(link) as connection:
        assert ask(connection) == b"hello"


def test_a_server_that_is_away_is_found_again_once_it_is_back() -> None:
    port = free_port()
    link = Link(f"http://127.0.0.1:{port}", 80)
    with connect(link) as connection, suppress(ConnectionError):
        assert connection.recv(1) == b""
    with socket.create_server(("127.0.0.1", port)) as listener, connect(link) as connection, listener.accept()[0] as accepted:
        accepted.sendall(b"back")
        assert connection.recv(1000) == b"back"
    link.cut()


def test_credentials_stay_in_the_url() -> None:
    link = Link("postgresql://me:secret@127.0.0.1:1/shop", 5432)
    assert link.url == f"postgresql://me:secret@127.0.0.1:{link.port}/shop"
    link.cut()
