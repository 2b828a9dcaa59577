"""What callers send and receive."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from notification.domains.customer_notice.models import CustomerNotice
from notification.domains.values import Email, Moment


class RequestBody(BaseModel):
    """Base of requests: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MarkNoticeFailedRequest(RequestBody):
    """Record that the mail server refused."""

    failure: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None = None


class CustomerNoticeData(BaseModel):
    """What a customer notice is made from when an event makes it: checked like a request."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order_id: UUID
    customer_email: Email
    failure: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None = None


class CustomerNoticeResponse(BaseModel):
    """A message to a customer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    order_id: UUID
    customer_email: Email
    failure: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None
    status: Literal["queued", "sent", "failed"]
    version: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, customer_notice: CustomerNotice) -> Self:
        """The customer notice as callers see it."""
        return cls.model_validate(customer_notice)


class CustomerNoticePage(BaseModel):
    """Some customer notices, and where to go on."""

    items: list[CustomerNoticeResponse]
    next_cursor: UUID | None
