"""The rules of stock reservation that need no database."""

from __future__ import annotations

import typing

from inventory.domains.stock_reservation.events import EVENTS_OF_TRANSITION
from inventory.domains.stock_reservation.models import TRANSITIONS, StockReservationStatus
from inventory.domains.stock_reservation.schemas import StockReservationResponse


def test_the_lifecycle_speaks_of_its_own_states_only() -> None:
    states = set(typing.get_args(StockReservationStatus))
    for sources, target in TRANSITIONS.values():
        assert {*sources, target} <= states
    assert set(EVENTS_OF_TRANSITION) <= set(TRANSITIONS)


def test_a_response_always_says_which_version_it_shows() -> None:
    schema = StockReservationResponse.model_json_schema(mode="serialization")
    assert {"id", "version", "created_at", "updated_at"} <= set(schema["required"])
