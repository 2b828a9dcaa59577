"""Who receives which events, from the system's model: the queues that this service fills or drains."""

from __future__ import annotations

ROUTES: dict[str, tuple[str, ...]] = {
    "inventory": (
        "shop.OrderCancelled.v1",
        "shop.OrderConfirmed.v1",
        "shop.OrderPlaced.v1",
    ),
    "notification": (
        "shop.OrderCancelled.v1",
        "shop.OrderConfirmed.v1",
    ),
    "order": (
        "shop.PaymentCaptured.v1",
        "shop.PaymentDeclined.v1",
    ),
    "payment": (
        "shop.OrderPlaced.v1",
    ),
}
"""Subscriber to event types: the subscribers of our events, and ourselves."""
