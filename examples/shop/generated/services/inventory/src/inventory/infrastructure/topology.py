"""Who receives which events, from the system's model: the queues that this service fills or drains."""

from __future__ import annotations

ROUTES: dict[str, tuple[str, ...]] = {
    "inventory": (
        "shop.PlaceOrderCommitStockCommand.v1",
        "shop.PlaceOrderReserveStockCommand.v1",
        "shop.PlaceOrderReserveStockCompensation.v1",
    ),
    "order": (
        "shop.PlaceOrderCommitStockReply.v1",
        "shop.PlaceOrderReserveStockReply.v1",
    ),
}
"""Subscriber to event types: the subscribers of our events, and ourselves, with the version that all of their instances read."""

NEWER: tuple[str, ...] = ()
"""Newer versions that we read too."""

RETIRED: tuple[str, ...] = ()
"""Versions that we may have read once, and read no more."""
