"""The HTTP operations on customer notices."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, Security

from notification.domains.customer_notice.schemas import CustomerNoticePage, CustomerNoticeResponse, MarkNoticeFailedRequest
from notification.domains.customer_notice.service import CustomerNoticeServiceDep
from notification.infrastructure.idempotency import IdempotencyDep, KeyHeader, Reply
from notification.infrastructure.rate_limit import rate_limit
from notification.infrastructure.security import authenticate
from notification.middleware.exception_handlers import problems
from notification.middleware.preconditions import IfMatch, answer, etag, version_of

router = APIRouter(tags=["customer-notices"])


@router.get(
    "/v1/customer-notices/{customer_notice_id}",
    operation_id="getNotice",
    summary="Read a message",
    status_code=200,
    response_model=CustomerNoticeResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["notices:read"]), Depends(rate_limit("getNotice", "600/minute"))],
)
async def get_notice(
    customer_notice_id: UUID,
    service: CustomerNoticeServiceDep,
) -> Response:
    """Read a message."""
    customer_notice = await service.get_notice(customer_notice_id)
    return Reply.of(CustomerNoticeResponse.of(customer_notice), headers={"ETag": etag(customer_notice.version)}).response()


@router.get(
    "/v1/customer-notices",
    operation_id="listNotices",
    summary="List messages",
    status_code=200,
    response_model=CustomerNoticePage,
    responses=problems(400, 401, 403, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["notices:read"]), Depends(rate_limit("listNotices", "600/minute"))],
)
async def list_notices(
    service: CustomerNoticeServiceDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: UUID | None = None,
    status: Literal["queued", "sent", "failed"] | None = None,
    order_id: UUID | None = None,
) -> Response:
    """List messages."""
    found, next_cursor = await service.list_notices(limit=limit, cursor=cursor, filters={"status": status, "order_id": order_id})
    items = [CustomerNoticeResponse.of(customer_notice) for customer_notice in found]
    return Reply.of(CustomerNoticePage(items=items, next_cursor=next_cursor)).response()


@router.post(
    "/v1/customer-notices/{customer_notice_id}/send",
    operation_id="markNoticeSent",
    summary="Record that the mail server took the message",
    status_code=200,
    response_model=CustomerNoticeResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["notices:write"]), Depends(rate_limit("markNoticeSent", "600/minute"))],
)
async def mark_notice_sent(
    customer_notice_id: UUID,
    service: CustomerNoticeServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Record that the mail server took the message."""

    async def work() -> Reply:
        customer_notice = await service.mark_notice_sent(customer_notice_id, version=version_of(if_match))
        return Reply.of(CustomerNoticeResponse.of(customer_notice), headers={"ETag": etag(customer_notice.version)})

    return await idempotency.run("markNoticeSent", idempotency_key, work)


@router.post(
    "/v1/customer-notices/{customer_notice_id}/fail",
    operation_id="markNoticeFailed",
    summary="Record that the mail server refused",
    status_code=200,
    response_model=CustomerNoticeResponse,
    responses=answer(200, "ETag") | problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503),
    dependencies=[Security(authenticate, scopes=["notices:write"]), Depends(rate_limit("markNoticeFailed", "600/minute"))],
)
async def mark_notice_failed(
    customer_notice_id: UUID,
    body: MarkNoticeFailedRequest,
    service: CustomerNoticeServiceDep,
    idempotency: IdempotencyDep,
    idempotency_key: KeyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Record that the mail server refused."""

    async def work() -> Reply:
        customer_notice = await service.mark_notice_failed(customer_notice_id, body, version=version_of(if_match))
        return Reply.of(CustomerNoticeResponse.of(customer_notice), headers={"ETag": etag(customer_notice.version)})

    return await idempotency.run("markNoticeFailed", idempotency_key, work)
