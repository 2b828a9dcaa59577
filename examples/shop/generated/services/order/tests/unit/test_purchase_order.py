"""The rules of purchase order that need no database."""

from __future__ import annotations

import typing

from order.domains.purchase_order.events import EVENTS_OF_TRANSITION
from order.domains.purchase_order.models import TRANSITIONS, PurchaseOrderStatus
from order.domains.purchase_order.schemas import PurchaseOrderResponse


def test_the_lifecycle_speaks_of_its_own_states_only() -> None:
    states = set(typing.get_args(PurchaseOrderStatus))
    for sources, target in TRANSITIONS.values():
        assert {*sources, target} <= states
    assert set(EVENTS_OF_TRANSITION) <= set(TRANSITIONS)


def test_a_response_always_says_which_version_it_shows() -> None:
    schema = PurchaseOrderResponse.model_json_schema(mode="serialization")
    assert {"id", "version", "created_at", "updated_at"} <= set(schema["required"])
