"""The rules of payment that need no database."""

from __future__ import annotations

import typing

from payment.domains.payment.events import EVENTS_OF_TRANSITION
from payment.domains.payment.models import TRANSITIONS, PaymentStatus
from payment.domains.payment.schemas import PaymentResponse


def test_the_lifecycle_speaks_of_its_own_states_only() -> None:
    states = set(typing.get_args(PaymentStatus))
    for sources, target in TRANSITIONS.values():
        assert {*sources, target} <= states
    assert set(EVENTS_OF_TRANSITION) <= set(TRANSITIONS)


def test_a_response_always_says_which_version_it_shows() -> None:
    schema = PaymentResponse.model_json_schema(mode="serialization")
    assert {"id", "version", "created_at", "updated_at"} <= set(schema["required"])
