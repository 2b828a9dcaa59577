"""An observer at the broker: it keeps a copy of every event, sends some a second time and late, and shuffles queues."""

from __future__ import annotations

import asyncio
import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from microservices_skill.deployment.chaos_plan import ChaosPlan

T = TypeVar("T")
M = TypeVar("M")

CALL_LIMIT_S = 30.0
RETRY_S = 0.3


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was published."""

    id: str
    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that a service has given up."""

    queue: str
    event: Event


class Observer(ABC, Generic[M]):
    """Sees every event from its start on; ``duplicates`` is the share of events that it sends again. ``M`` is a broker's message."""

    def __init__(self, url: str, plan: ChaosPlan, *, seed: int, duplicates: float) -> None:
        self._url = url
        self._plan = plan
        self._chance = random.Random(seed)  # noqa: S311 - to be repeatable is its purpose
        self._duplicates = duplicates
        self._is_meddling = True
        self._repeats: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._watching: asyncio.Task[None] | None = None
        self.events: dict[str, Event] = {}
        self.repeated = 0
        self.reordered = 0

    def start(self) -> None:
        """Watch; returns once no event can be missed."""
        self._thread.start()
        self._call(self._begin())

    def stop_meddling(self) -> None:
        """Send nothing again any more; what is on its way still comes."""
        self._is_meddling = False

    def close(self) -> None:
        """Stop watching."""
        if self._thread.is_alive():
            self._call(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def shuffle(self, queue: str) -> None:
        """Put what waits in a queue that nobody drains into another order; what cannot be done now is left."""
        with suppress(Exception):  # the broker may be down, too: then this fault does not happen
            self.reordered += self._call(self._shuffle(queue))

    def waiting(self, queues: list[str]) -> int:
        """How many messages wait in some queues."""
        return self._call(self._waiting(queues))

    def dead_letters(self, queues: list[str]) -> list[DeadLetter]:
        """What services gave up that drain some queues; it is left where it is."""
        return self._call(self._dead_letters(queues))

    @staticmethod
    @abstractmethod
    def forget(url: str, plan: ChaosPlan) -> None:
        """Delete what a system has declared at a broker that others use, too."""

    @abstractmethod
    async def _declare(self) -> None:
        """Make a queue of its own that gets everything."""

    @abstractmethod
    async def _watch(self) -> None:
        """Look at what arrives until the link is lost."""

    @abstractmethod
    async def _send_again(self, message: M) -> None:
        """Publish a message once more, byte for byte."""

    @abstractmethod
    async def _shuffle(self, queue: str) -> int:
        """Reorder a queue; gives how many messages have changed their place."""

    @abstractmethod
    async def _waiting(self, queues: list[str]) -> int:
        """Count."""

    @abstractmethod
    async def _dead_letters(self, queues: list[str]) -> list[DeadLetter]:
        """Look."""

    def _see(self, event: Event, message: M) -> None:
        """Keep an event, and decide by chance whether it comes again."""
        if event.id not in self.events and self._is_meddling and self._chance.random() < self._duplicates:
            repeat = asyncio.create_task(self._repeat(message, self._chance.uniform(0, 3)))
            self._repeats.add(repeat)
            repeat.add_done_callback(self._repeats.discard)
        self.events[event.id] = event

    async def _repeat(self, message: M, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        with suppress(Exception):  # the broker may be down: then this fault does not happen
            await self._send_again(message)
            self.repeated += 1

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_LIMIT_S)

    async def _begin(self) -> None:
        await self._declare()
        self._watching = asyncio.create_task(self._keep_watching())

    async def _keep_watching(self) -> None:
        """After a crash of the broker go on where it was."""
        while True:
            try:
                await self._watch()
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001 - whatever ended the link, a new one is needed
                await asyncio.sleep(RETRY_S)

    async def _end(self) -> None:
        tasks = [*self._repeats, *([self._watching] if self._watching is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
