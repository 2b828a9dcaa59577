"""What this process does to the machine, by Python's audit events (PEP 578): no code that runs in it goes around them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CHANGES = {
    "os.chmod": (0,),
    "os.link": (0, 1),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
}
"""Events that change the disk, and which of their arguments are paths."""
_FORBIDDEN = ("os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "pty.", "socket.bind", "socket.connect", "subprocess.")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


class Watch:
    """Records writes outside the folders that may be written, reads outside those that may be read, and processes and connections."""

    def __init__(self) -> None:
        self.writable: tuple[Path, ...] = ()
        self.readable: tuple[Path, ...] = ()
        self.seen: list[str] = []
        self.changes = 0
        self._on = False
        sys.addaudithook(self._hear)

    @contextmanager
    def on(self, *, writable: tuple[Path, ...], readable: tuple[Path, ...]) -> Iterator[None]:
        """Watch while this runs; hooks can't be taken away again."""
        self.writable, self.readable = writable, (*writable, *readable)
        self._on = True
        try:
            yield
        finally:
            self._on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event.startswith(_FORBIDDEN):
            self.seen.append(f"{event} {arguments!r}")
        elif event in _CHANGES:
            for index in _CHANGES[event]:
                self._note(event, arguments[index], self.writable)
            self.changes += 1
        elif event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & _WRITING != 0
            self._note("write" if writes else "read", path, self.writable if writes else self.readable)

    def _note(self, event: str, given: object, allowed: tuple[Path, ...]) -> None:
        if not isinstance(given, (str, bytes, os.PathLike)):
            return  # a descriptor, whose opening was heard
        self._on = False  # to resolve a path is to read it
        try:
            path = Path(os.fsdecode(given))
            place = path.parent.resolve() / path.name if event != "read" else path.resolve()
            if not any(place.is_relative_to(each) for each in allowed):
                self.seen.append(f"{event} {place}")
        finally:
            self._on = True
