"""The HTTP operations on payments."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, Security

from payment.domains.payment.schemas import CapturePaymentRequest, DeclinePaymentRequest, PaymentPage, PaymentResponse
from payment.domains.payment.service import PaymentServiceDep
from payment.infrastructure.idempotency import IdempotencyDep, KeyHeader, Reply
from payment.infrastructure.rate_limit import rate_limit
from payment.infrastructure.security import authenticate
from payment.middleware.exception_handlers import problems
from payment.middleware.preconditions import IfMatch, answer, etag, version_of

router = APIRouter(tags=["payments"])


@router.get(
    "/v1/payments/{payment_id}",
    operation_id="getPayment",
    summary="Read a payment",
    status_code=200,
    response_model=PaymentResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["payments:read"]), Depends(rate_limit("getPayment", "600/minute"))],
)
async def get_payment(
    payment_id: UUID,
    service: PaymentServiceDep,
) -> Response:
    """Read a payment."""
    payment = await service.get_payment(payment_id)
    return Reply.of(PaymentResponse.of(payment), headers={"ETag": etag(payment.version)}).response()


@router.get(
    "/v1/payments",
    operation_id="listPayments",
    summary="List payments",
    status_code=200,
    response_model=PaymentPage,
    responses=problems(400, 401, 403, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["payments:read"]), Depends(rate_limit("listPayments", "600/minute"))],
)
async def list_payments(
    service: PaymentServiceDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: UUID | None = None,
    status: Literal["pending", "captured", "declined", "refunded"] | None = None,
    order_id: UUID | None = None,
) -> Response:
    """List payments."""
    found, next_cursor = await service.list_payments(limit=limit, cursor=cursor, filters={"status": status, "order_id": order_id})
    items = [PaymentResponse.of(payment) for payment in found]
    return Reply.of(PaymentPage(items=items, next_cursor=next_cursor)).response()


@router.post(
    "/v1/payments/{payment_id}/capture",
    operation_id="capturePayment",
    summary="Record that the provider took the money",
    status_code=200,
    response_model=PaymentResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["payments:write"]), Depends(rate_limit("capturePayment", "600/minute"))],
)
async def capture_payment(
    payment_id: UUID,
    body: CapturePaymentRequest,
    service: PaymentServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Record that the provider took the money."""

    async def work() -> Reply:
        payment = await service.capture_payment(payment_id, body, version=version_of(if_match))
        return Reply.of(PaymentResponse.of(payment), headers={"ETag": etag(payment.version)})

    return await idempotency.run("capturePayment", idempotency_key, work)


@router.post(
    "/v1/payments/{payment_id}/decline",
    operation_id="declinePayment",
    summary="Record that the provider refused",
    status_code=200,
    response_model=PaymentResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["payments:write"]), Depends(rate_limit("declinePayment", "600/minute"))],
)
async def decline_payment(
    payment_id: UUID,
    body: DeclinePaymentRequest,
    service: PaymentServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Record that the provider refused."""

    async def work() -> Reply:
        payment = await service.decline_payment(payment_id, body, version=version_of(if_match))
        return Reply.of(PaymentResponse.of(payment), headers={"ETag": etag(payment.version)})

    return await idempotency.run("declinePayment", idempotency_key, work)


@router.post(
    "/v1/payments/{payment_id}/refund",
    operation_id="refundPayment",
    summary="Give the money back",
    status_code=200,
    response_model=PaymentResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["payments:write"]), Depends(rate_limit("refundPayment", "60/minute"))],
)
async def refund_payment(
    payment_id: UUID,
    service: PaymentServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Give the money back."""

    async def work() -> Reply:
        payment = await service.refund_payment(payment_id, version=version_of(if_match))
        return Reply.of(PaymentResponse.of(payment), headers={"ETag": etag(payment.version)})

    return await idempotency.run("refundPayment", idempotency_key, work)
