"""The HTTP operations on orders."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, Security

from order.domains.purchase_order.schemas import PlaceOrderRequest, PurchaseOrderPage, PurchaseOrderResponse, UpdateOrderNoteRequest
from order.domains.purchase_order.service import PurchaseOrderServiceDep
from order.infrastructure.idempotency import IdempotencyDep, KeyHeader, Reply
from order.infrastructure.rate_limit import rate_limit
from order.infrastructure.security import authenticate
from order.middleware.exception_handlers import problems
from order.middleware.preconditions import IfMatch, RequiredIfMatch, answer, etag, version_of

router = APIRouter(tags=["orders"])


@router.post(
    "/v1/orders",
    operation_id="placeOrder",
    summary="Place an order",
    status_code=201,
    response_model=PurchaseOrderResponse,
    responses=answer(201, "Location", "ETag") | problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["orders:write"]), Depends(rate_limit("placeOrder", "60/minute"))],
)
async def place_order(
    body: PlaceOrderRequest,
    service: PurchaseOrderServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
) -> Response:
    """Place an order."""

    async def work() -> Reply:
        purchase_order = await service.place_order(body)
        headers = {"ETag": etag(purchase_order.version), "Location": f"/v1/orders/{purchase_order.id}"}
        return Reply.of(PurchaseOrderResponse.of(purchase_order), status=201, headers=headers)

    return await idempotency.run("placeOrder", idempotency_key, work)


@router.get(
    "/v1/orders/{purchase_order_id}",
    operation_id="getOrder",
    summary="Read an order",
    status_code=200,
    response_model=PurchaseOrderResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["orders:read"]), Depends(rate_limit("getOrder", "600/minute"))],
)
async def get_order(
    purchase_order_id: UUID,
    service: PurchaseOrderServiceDep,
) -> Response:
    """Read an order."""
    purchase_order = await service.get_order(purchase_order_id)
    return Reply.of(PurchaseOrderResponse.of(purchase_order), headers={"ETag": etag(purchase_order.version)}).response()


@router.get(
    "/v1/orders",
    operation_id="listOrders",
    summary="List orders",
    status_code=200,
    response_model=PurchaseOrderPage,
    responses=problems(400, 401, 403, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["orders:read"]), Depends(rate_limit("listOrders", "600/minute"))],
)
async def list_orders(
    service: PurchaseOrderServiceDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: UUID | None = None,
    status: Literal["pending", "confirmed", "cancelled"] | None = None,
    customer_id: UUID | None = None,
) -> Response:
    """List orders."""
    found, next_cursor = await service.list_orders(limit=limit, cursor=cursor, filters={"status": status, "customer_id": customer_id})
    items = [PurchaseOrderResponse.of(purchase_order) for purchase_order in found]
    return Reply.of(PurchaseOrderPage(items=items, next_cursor=next_cursor)).response()


@router.post(
    "/v1/orders/{purchase_order_id}/cancel",
    operation_id="cancelOrder",
    summary="Cancel an order that is not confirmed yet",
    status_code=200,
    response_model=PurchaseOrderResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["orders:write"]), Depends(rate_limit("cancelOrder", "60/minute"))],
)
async def cancel_order(
    purchase_order_id: UUID,
    service: PurchaseOrderServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Cancel an order that is not confirmed yet."""

    async def work() -> Reply:
        purchase_order = await service.cancel_order(purchase_order_id, version=version_of(if_match))
        return Reply.of(PurchaseOrderResponse.of(purchase_order), headers={"ETag": etag(purchase_order.version)})

    return await idempotency.run("cancelOrder", idempotency_key, work)


@router.put(
    "/v1/orders/{purchase_order_id}",
    operation_id="updateOrderNote",
    summary="Change the note on an order",
    status_code=200,
    response_model=PurchaseOrderResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["orders:write"]), Depends(rate_limit("updateOrderNote", "60/minute"))],
)
async def update_order_note(
    purchase_order_id: UUID,
    body: UpdateOrderNoteRequest,
    service: PurchaseOrderServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: RequiredIfMatch,
) -> Response:
    """Change the note on an order."""

    async def work() -> Reply:
        purchase_order = await service.update_order_note(purchase_order_id, body, version=version_of(if_match))
        return Reply.of(PurchaseOrderResponse.of(purchase_order), headers={"ETag": etag(purchase_order.version)})

    return await idempotency.run("updateOrderNote", idempotency_key, work)
