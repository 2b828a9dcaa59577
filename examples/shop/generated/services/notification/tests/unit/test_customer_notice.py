"""The rules of customer notice that need no database."""

from __future__ import annotations

import typing

from notification.domains.customer_notice.events import EVENTS_OF_TRANSITION
from notification.domains.customer_notice.models import TRANSITIONS, CustomerNoticeStatus
from notification.domains.customer_notice.schemas import CustomerNoticeResponse


def test_the_lifecycle_speaks_of_its_own_states_only() -> None:
    states = set(typing.get_args(CustomerNoticeStatus))
    for sources, target in TRANSITIONS.values():
        assert {*sources, target} <= states
    assert set(EVENTS_OF_TRANSITION) <= set(TRANSITIONS)


def test_a_response_always_says_which_version_it_shows() -> None:
    schema = CustomerNoticeResponse.model_json_schema(mode="serialization")
    assert {"id", "version", "created_at", "updated_at"} <= set(schema["required"])
