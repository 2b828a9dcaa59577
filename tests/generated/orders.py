"""Orders, and what operators and databases show of the sagas that bring them to an end, whatever their style."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.generated.processes import Caller
from tests.generated.systems import in_trace
from tests.generated.target import Target

TOO_MANY_LINES, TOO_MUCH = 4, 100_001
"""What the stock and the payment service refuse."""

END_LIMIT_S = 90.0
"""Time for a run to end that goes on after a kill, a timeout and a redelivery."""


def order_of(lines: int = 1, amount: int = 5000) -> dict[str, Any]:
    """An order with so many lines, for so much money."""
    return {
        "customer": "ada@example.com",
        "lines": [{"sku": f"BIKE-{number}", "quantity": number + 1} for number in range(lines)],
        "total": {"minor_units": amount, "currency": "EUR"},
    }


def place(shop: dict[str, Target], body: dict[str, Any], trace: str = "") -> str:
    """Place an order; its id."""
    order = shop["order"]
    return str(order.create(order.creation, body=body, traceparent=in_trace(trace or uuid4().hex)).json["id"])


def operator(shop: dict[str, Target]) -> Caller:
    """Somebody who may look after sagas."""
    return shop["order"].caller("sagas:read sagas:operate", sub="olga")


def saga_of(shop: dict[str, Target], order: str) -> dict[str, Any]:
    """The run about an order, as operators see it."""
    caller = operator(shop)
    found = caller.get(f"/sagas?entity_id={order}").json
    assert len(found) == 1
    view: dict[str, Any] = caller.get(f"/sagas/{found[0]['id']}").json
    return view


def kept(shop: dict[str, Target], service: str, table: str, order: str) -> list[str]:
    """The states of what a service keeps for an order."""
    return [row[0] for row in shop[service].database.rows(f'SELECT status FROM "{table}" WHERE order_id::text = $1', order)]


def steps_of(view: dict[str, Any]) -> list[tuple[str | None, str]]:
    """What happened in a run, in order."""
    return [(entry["step"], entry["what"]) for entry in view["history"]]
