"""Values that requests, events and entities share: exact money and decimals, moments in UTC, and the service's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.functional_validators import AfterValidator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

MAX_SAFE_INTEGER = 2**53 - 1
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$")


def _date_text(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise ValueError("must be a date such as 2026-01-31")


def _moment_text(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.match(value)):
        return value
    raise ValueError("must be a date and time with a zone such as 2026-01-31T09:30:00Z")


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years 1 to 9999 in UTC") from error


Day = Annotated[date, BeforeValidator(_date_text)]
"""A calendar date, written YYYY-MM-DD."""

Moment = Annotated[AwareDatetime, BeforeValidator(_moment_text), AfterValidator(_to_utc)]
"""A point in time, kept in UTC; RFC 3339 with a zone."""

Email = Annotated[str, Field(max_length=320, pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
"""An e-mail address."""


@dataclass(frozen=True, slots=True)
class DecimalText:
    """An exact decimal, written as text: JSON numbers are floats in too many languages."""

    precision: int
    scale: int
    minimum: int | None = None
    maximum: int | None = None

    @property
    def pattern(self) -> str:
        """The regular expression of its text."""
        sign = "" if self.minimum is not None and self.minimum >= 0 else "-?"
        digits = self.precision - self.scale
        whole = f"(0|[1-9][0-9]{{0,{digits - 1}}})" if digits > 0 else "0"
        fraction = rf"(\.[0-9]{{1,{self.scale}}})?" if self.scale else ""
        return f"^{sign}{whole}{fraction}$"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._parse, serialization=core_schema.plain_serializer_function_ser_schema(self._format, when_used="json")
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": self.pattern}

    def _parse(self, value: Any) -> Decimal:
        if not isinstance(value, Decimal):
            if not isinstance(value, str) or not re.fullmatch(self.pattern[1:-1], value, re.ASCII):
                raise ValueError(f"must be a decimal written as text with at most {self.scale} places, such as {self._example()}")
            return self._bounded(Decimal(value))
        return self._bounded(value)

    def _bounded(self, value: Decimal) -> Decimal:
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"must be at least {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            raise ValueError(f"must be at most {self.maximum}")
        return value.quantize(Decimal(1).scaleb(-self.scale))

    def _format(self, value: Decimal) -> str:
        return f"{value:.{self.scale}f}"

    def _example(self) -> str:
        return f"{Decimal(1):.{self.scale}f}"


class Value(BaseModel):
    """Base of values without identity."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Value):
    """An amount in the smallest unit of its currency (ISO 4217): never a float."""

    minor_units: Annotated[int, Field(strict=True, ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    def __composite_values__(self) -> tuple[int, str]:
        return self.minor_units, self.currency


class Amount(Money):
    """Money that is not negative."""

    minor_units: Annotated[int, Field(strict=True, ge=0, le=MAX_SAFE_INTEGER)]
