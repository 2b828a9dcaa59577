"""Exact values: no floats, no naive times, no surprises at the edges."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from notification.domains.values import Amount, Day, DecimalText, Moment, Money
from notification.infrastructure.identifiers import uuid7
from notification.infrastructure.logger import mask_sensitive

PRICE: TypeAdapter[Decimal] = TypeAdapter(Annotated[Decimal, DecimalText(6, 2)])
MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


def test_a_decimal_is_text_with_a_fixed_scale() -> None:
    assert PRICE.dump_json(PRICE.validate_json('"1.5"')) == b'"1.50"'
    assert PRICE.validate_json('"-9999.99"') == Decimal("-9999.99")


@pytest.mark.parametrize("text", ["1.5", '"1e3"', '"NaN"', '"1.234"', '"10000"', '"01"', '" 1"', '"1\\n"', "true", '"Infinity"'])
def test_what_is_not_such_a_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        PRICE.validate_json(text)


def test_money_is_whole_minor_units() -> None:
    assert Money.model_validate_json('{"minor_units": -5, "currency": "EUR"}').minor_units == -5
    for text in ('{"minor_units": 1.5, "currency": "EUR"}', '{"minor_units": "5", "currency": "EUR"}', '{"minor_units": 5, "currency": "eur"}'):
        with pytest.raises(ValidationError):
            Money.model_validate_json(text)
    with pytest.raises(ValidationError):
        Amount.model_validate_json('{"minor_units": -5, "currency": "EUR"}')


def test_a_moment_needs_a_zone_and_is_kept_in_utc() -> None:
    assert MOMENT.validate_json('"2026-01-01T10:00:00+02:00"') == datetime(2026, 1, 1, 8, tzinfo=UTC)
    for text in ('"2026-01-01T10:00:00"', "0", '"1700000000"', '"0001-01-01T00:00:00+14:00"', '"2026-01-01"'):
        with pytest.raises(ValidationError):
            MOMENT.validate_json(text)


def test_a_day_is_written_year_month_day() -> None:
    for text in ("0", '"20260101"', '"2026-01-01T00:00:00Z"', '"2026-02-30"'):
        with pytest.raises(ValidationError):
            TypeAdapter(Day).validate_json(text)


def test_ids_are_ordered_by_time_and_never_repeat() -> None:
    ids = [uuid7() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}
    assert ids[0].int >> 80 <= ids[-1].int >> 80


def test_sensitive_values_are_masked_at_any_depth() -> None:
    masked = mask_sensitive(None, "info", {"event": "x", "password": "p", "inner": {"Token": "t", "list": [{"secret": "s"}]}})
    assert masked == {"event": "x", "password": "***", "inner": {"Token": "***", "list": [{"secret": "***"}]}}
