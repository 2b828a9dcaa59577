"""The rules of stock item that need no database."""

from __future__ import annotations

from inventory.domains.stock_item.schemas import StockItemResponse


def test_a_response_always_says_which_version_it_shows() -> None:
    schema = StockItemResponse.model_json_schema(mode="serialization")
    assert {"id", "version", "created_at", "updated_at"} <= set(schema["required"])
