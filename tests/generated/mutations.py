"""A mechanism of the generated shop taken away at a time: what a proof by faults is worth shows where it goes red."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EVENT_BUS = "services/order/src/infrastructure/event-bus"


@dataclass(frozen=True)
class Mutation:
    """A text of a generated file that becomes another one."""

    mechanism: str
    path: str
    before: str
    after: str

    def apply(self, folder: Path) -> None:
        """Take the mechanism away."""
        file = folder / self.path
        text = file.read_text(encoding="utf-8")
        assert text.count(self.before) == 1, f"{self.path} has changed: {self.before!r} is there {text.count(self.before)} times"
        file.write_text(text.replace(self.before, self.after), encoding="utf-8")


MUTATIONS = (
    Mutation(
        "transactional outbox",
        f"{EVENT_BUS}/outbox-relay.ts",
        "    const outcomes = await Promise.all(",
        "    await this.table.settle(claimed); // forgotten before it is sent, as if it were published after the commit\n"
        "    const outcomes = await Promise.all(",
    ),
    Mutation(
        "publisher confirms",
        f"{EVENT_BUS}/rabbitmq-session.ts",
        "      channel.publish(this.topology.exchange, message.type, message.body, options, (error: unknown) => {",
        "      resolve();\n      channel.publish(this.topology.exchange, message.type, message.body, options, (error: unknown) => {",
    ),
    Mutation(
        "idempotency key",
        "services/order/src/infrastructure/idempotency/idempotency.ts",
        "      if (!(await this.claim(tx, claim))) {",
        "      if (Date.now() < 0 && !(await this.claim(tx, claim))) {",
    ),
    Mutation(
        "inbox",
        "services/notification/src/notification/infrastructure/inbox.py",
        "                if await claim(session, envelope.id, name):",
        "                if await claim(session, envelope.id, name) or True:",
    ),
    Mutation(
        "compensation",
        "services/inventory/src/inventory/infrastructure/saga_participant.py",
        '    if part.state == "done" and part.entity_id is not None:\n        try:\n            async with session.begin_nested():\n'
        "                await act(part.entity_id)",
        '    if part.state == "done" and part.entity_id is not None:\n        try:\n            async with session.begin_nested():\n'
        "                pass",
    ),
)
