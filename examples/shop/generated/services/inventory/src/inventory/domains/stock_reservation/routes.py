"""The HTTP operations on stock reservations."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Response, Security

from inventory.domains.stock_reservation.schemas import ReserveStockRequest, StockReservationResponse
from inventory.domains.stock_reservation.service import StockReservationServiceDep
from inventory.infrastructure.idempotency import IdempotencyDep, KeyHeader, Reply
from inventory.infrastructure.rate_limit import rate_limit
from inventory.infrastructure.security import authenticate
from inventory.middleware.exception_handlers import problems
from inventory.middleware.preconditions import IfMatch, answer, etag, version_of

router = APIRouter(tags=["stock-reservations"])


@router.post(
    "/v1/stock-reservations",
    operation_id="reserveStock",
    summary="Keep stock aside for an order",
    status_code=201,
    response_model=StockReservationResponse,
    responses=answer(201, "Location", "ETag") | problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:write"]), Depends(rate_limit("reserveStock", "600/minute"))],
)
async def reserve_stock(
    body: ReserveStockRequest,
    service: StockReservationServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
) -> Response:
    """Keep stock aside for an order."""

    async def work() -> Reply:
        stock_reservation = await service.reserve_stock(body)
        headers = {"ETag": etag(stock_reservation.version), "Location": f"/v1/stock-reservations/{stock_reservation.id}"}
        return Reply.of(StockReservationResponse.of(stock_reservation), status=201, headers=headers)

    return await idempotency.run("reserveStock", idempotency_key, work)


@router.get(
    "/v1/stock-reservations/{stock_reservation_id}",
    operation_id="getStockReservation",
    summary="Read what is kept for an order",
    status_code=200,
    response_model=StockReservationResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:read"]), Depends(rate_limit("getStockReservation", "600/minute"))],
)
async def get_stock_reservation(
    stock_reservation_id: UUID,
    service: StockReservationServiceDep,
) -> Response:
    """Read what is kept for an order."""
    stock_reservation = await service.get_stock_reservation(stock_reservation_id)
    return Reply.of(StockReservationResponse.of(stock_reservation), headers={"ETag": etag(stock_reservation.version)}).response()


@router.post(
    "/v1/stock-reservations/{stock_reservation_id}/commit",
    operation_id="commitStock",
    summary="Take what was kept for an order out of the stock",
    status_code=200,
    response_model=StockReservationResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:write"]), Depends(rate_limit("commitStock", "600/minute"))],
)
async def commit_stock(
    stock_reservation_id: UUID,
    service: StockReservationServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Take what was kept for an order out of the stock."""

    async def work() -> Reply:
        stock_reservation = await service.commit_stock(stock_reservation_id, version=version_of(if_match))
        return Reply.of(StockReservationResponse.of(stock_reservation), headers={"ETag": etag(stock_reservation.version)})

    return await idempotency.run("commitStock", idempotency_key, work)


@router.post(
    "/v1/stock-reservations/{stock_reservation_id}/release",
    operation_id="releaseStock",
    summary="Give back what was kept for an order",
    status_code=200,
    response_model=StockReservationResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["inventory:write"]), Depends(rate_limit("releaseStock", "600/minute"))],
)
async def release_stock(
    stock_reservation_id: UUID,
    service: StockReservationServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Give back what was kept for an order."""

    async def work() -> Reply:
        stock_reservation = await service.release_stock(stock_reservation_id, version=version_of(if_match))
        return Reply.of(StockReservationResponse.of(stock_reservation), headers={"ETag": etag(stock_reservation.version)})

    return await idempotency.run("releaseStock", idempotency_key, work)
