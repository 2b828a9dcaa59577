"""A small but complete system for tests that need one of everything."""

from __future__ import annotations

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture

SHOP = """\
apiVersion: microservices-skill/v1
kind: Architecture
system:
  name: shop
  domain: e-commerce
  requirements: {users: 20000, latencyP99: 800ms, availability: 99.5}
teams:
  - {name: sales, size: 6, languages: [python]}
  - {name: money, size: 5, languages: [python]}
stores:
  - {name: order-db, replication: sync, backupInterval: 15m}
  - {name: payment-db, replication: sync, backupInterval: 15m}
services:
  - name: order
    responsibility: Takes orders and follows them until they are delivered.
    owners: [sales]
    language: python
    exposure: public
    slo: {availability: 99.5, p99: 600ms}
    replicas: 3
    stores: [order-db]
    valueTypes:
      - name: OrderLine
        description: "One product, and how many: \\"naïve\\" {{7*7}}"
        fields:
          - {name: sku, type: string, maxLength: 40, pattern: "^[A-Z0-9-]+$"}
          - {name: quantity, type: integer, minimum: 1, maximum: 999}
          - {name: note, type: text, required: false}
          - {name: unit_price, type: money, minimum: 0}
    entities:
      - name: Order
        fields:
          - {name: customer_id, type: uuid}
          - {name: contact, type: email, classification: personal, required: false}
          - {name: lines, type: list, items: {type: object, object: OrderLine}, minItems: 1, maxItems: 50}
          - {name: total, type: money, minimum: 0}
          - {name: discount, type: decimal, precision: 5, scale: 2, minimum: 0, required: false}
          - {name: weight, type: number, minimum: 0, required: false}
          - {name: gift, type: boolean}
          - {name: channel, type: enum, values: [web, app]}
          - {name: wanted_on, type: date, required: false}
          - {name: placed_at, type: datetime, required: false}
        lifecycle:
          initial: placed
          states: [placed, confirmed, cancelled]
          transitions:
            - {name: confirm, from: [placed], to: confirmed, publishes: [OrderConfirmed]}
            - {name: cancel, from: [placed], to: cancelled}
    endpoints:
      - {operation: placeOrder, action: create, entity: Order, scope: "orders:write", rateLimit: {requests: 100}, publishes: [OrderPlaced]}
      - {operation: getOrder, action: get, entity: Order, scope: "orders:read", rateLimit: {requests: 600}}
      - operation: listOrders
        action: list
        entity: Order
        filters: [status, customer_id]
        scope: "orders:read"
        rateLimit: {requests: 600}
      - {operation: changeOrder, action: update, entity: Order, scope: "orders:write", rateLimit: {requests: 100}}
      - {operation: cancelOrder, action: transition, transition: cancel, entity: Order, scope: "orders:write", rateLimit: {requests: 100}}
      - {operation: deleteOrder, action: delete, entity: Order, scope: "orders:write", rateLimit: {requests: 100}}
    subscriptions:
      - event: PaymentCaptured
        entity: Order
        action: transition
        transition: confirm
        match: {field: id, source: order_id}
  - name: payment
    responsibility: Captures the money for orders and gives it back.
    owners: [money]
    language: python
    slo: {availability: 99.5, p99: 600ms}
    replicas: 3
    stores: [payment-db]
    entities:
      - name: Payment
        fields:
          - {name: order_id, type: uuid, unique: true}
          - {name: amount, type: money}
    endpoints:
      - {operation: getPayment, action: get, entity: Payment, scope: "payments:read", rateLimit: {requests: 600}}
    subscriptions:
      - event: OrderPlaced
        entity: Payment
        action: create
        set: [{field: order_id, source: order_id}, {field: amount, source: total}]
        publishes: [PaymentCaptured]
events:
  - name: OrderPlaced
    version: 1
    publisher: order
    entity: Order
    orderingKey: order_id
    payload:
      - {name: order_id, type: uuid, source: id}
      - {name: total, type: money, minimum: 0}
  - name: OrderPlaced
    version: 2
    publisher: order
    entity: Order
    description: Somebody wants something
    orderingKey: order_id
    payload:
      - {name: order_id, type: uuid, source: id}
      - {name: total, type: money, minimum: 0}
      - {name: lines, type: list, items: {type: object, object: OrderLine}}
  - name: OrderConfirmed
    publisher: order
    entity: Order
    orderingKey: order_id
    payload: [{name: order_id, type: uuid, source: id}]
    externalConsumers: [The warehouse's own system]
  - name: PaymentCaptured
    publisher: payment
    entity: Payment
    orderingKey: order_id
    payload: [{name: order_id, type: uuid}, {name: amount, type: money}]
"""


def shop() -> Architecture:
    """The sample as a model."""
    return read_architecture(SHOP)[0]
