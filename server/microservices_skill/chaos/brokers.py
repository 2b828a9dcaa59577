"""Which observer and which server a system's broker needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from microservices_skill.chaos.observer import Observer
from microservices_skill.chaos.servers import Nats, RabbitMq, Server
from microservices_skill.deployment.chaos_plan import ChaosPlan
from microservices_skill.model.system import BrokerKind

DRIVERS = {BrokerKind.RABBITMQ: "aio_pika", BrokerKind.NATS: "nats"}
"""The package that looks into each broker."""


def observer(plan: ChaosPlan) -> type[Observer[Any]]:
    """Who watches the events of a system; needs the driver."""
    if plan.broker is BrokerKind.NATS:
        from microservices_skill.chaos.jetstream import JetStreamObserver  # noqa: PLC0415 - loaded only where it is used

        return JetStreamObserver
    from microservices_skill.chaos.rabbitmq import RabbitObserver  # noqa: PLC0415 - as above

    return RabbitObserver


def own_server(broker: BrokerKind, folder: Path) -> Server:
    """A broker that may be killed."""
    return Nats(folder) if broker is BrokerKind.NATS else RabbitMq(folder)
