"""The HTTP operations on stock items."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, Security
from pydantic import Field

from inventory.domains.stock_item.schemas import AddStockItemRequest, AdjustStockItemRequest, StockItemPage, StockItemResponse
from inventory.domains.stock_item.service import StockItemServiceDep
from inventory.infrastructure.idempotency import IdempotencyDep, KeyHeader, Reply
from inventory.infrastructure.rate_limit import rate_limit
from inventory.infrastructure.security import authenticate
from inventory.middleware.exception_handlers import problems
from inventory.middleware.preconditions import RequiredIfMatch, answer, etag, version_of

router = APIRouter(tags=["stock-items"])


@router.post(
    "/v1/stock-items",
    operation_id="addStockItem",
    summary="Take an article into stock",
    status_code=201,
    response_model=StockItemResponse,
    responses=answer(201, "Location", "ETag") | problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:write"]), Depends(rate_limit("addStockItem", "600/minute"))],
)
async def add_stock_item(
    body: AddStockItemRequest,
    service: StockItemServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
) -> Response:
    """Take an article into stock."""

    async def work() -> Reply:
        stock_item = await service.add_stock_item(body)
        headers = {"ETag": etag(stock_item.version), "Location": f"/v1/stock-items/{stock_item.id}"}
        return Reply.of(StockItemResponse.of(stock_item), status=201, headers=headers)

    return await idempotency.run("addStockItem", idempotency_key, work)


@router.get(
    "/v1/stock-items/{stock_item_id}",
    operation_id="getStockItem",
    summary="Read what there is of an article",
    status_code=200,
    response_model=StockItemResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:read"]), Depends(rate_limit("getStockItem", "6000/minute"))],
)
async def get_stock_item(
    stock_item_id: UUID,
    service: StockItemServiceDep,
) -> Response:
    """Read what there is of an article."""
    stock_item = await service.get_stock_item(stock_item_id)
    return Reply.of(StockItemResponse.of(stock_item), headers={"ETag": etag(stock_item.version)}).response()


@router.get(
    "/v1/stock-items",
    operation_id="listStockItems",
    summary="List articles",
    status_code=200,
    response_model=StockItemPage,
    responses=problems(400, 401, 403, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:read"]), Depends(rate_limit("listStockItems", "600/minute"))],
)
async def list_stock_items(
    service: StockItemServiceDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: UUID | None = None,
    sku: Annotated[str, Field(max_length=40, pattern="^[A-Z0-9-]{1,40}$")] | None = None,
) -> Response:
    """List articles."""
    found, next_cursor = await service.list_stock_items(limit=limit, cursor=cursor, filters={"sku": sku})
    items = [StockItemResponse.of(stock_item) for stock_item in found]
    return Reply.of(StockItemPage(items=items, next_cursor=next_cursor)).response()


@router.put(
    "/v1/stock-items/{stock_item_id}",
    operation_id="adjustStockItem",
    summary="Correct what there is of an article",
    status_code=200,
    response_model=StockItemResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:write"]), Depends(rate_limit("adjustStockItem", "600/minute"))],
)
async def adjust_stock_item(
    stock_item_id: UUID,
    body: AdjustStockItemRequest,
    service: StockItemServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: RequiredIfMatch,
) -> Response:
    """Correct what there is of an article."""

    async def work() -> Reply:
        stock_item = await service.adjust_stock_item(stock_item_id, body, version=version_of(if_match))
        return Reply.of(StockItemResponse.of(stock_item), headers={"ETag": etag(stock_item.version)})

    return await idempotency.run("adjustStockItem", idempotency_key, work)
