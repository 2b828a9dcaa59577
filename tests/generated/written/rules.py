"""Business rules of trips, as a person writes them: a trip needs a vehicle that the vehicle service knows."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from trip.domains.trip.models import Trip
from trip.infrastructure.clients import get_clients
from trip.infrastructure.http_client import DependencyError
from trip.infrastructure.resilience import BulkheadFullError, CircuitOpenError, DeadlineExceededError
from trip.middleware.exception_handlers import InvariantError, ProblemError

log = structlog.get_logger(__name__)


class VehicleUnknownError(ProblemError):
    """Nobody can say whether the vehicle may be sent."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "vehicle-unknown"


async def before_create(trip: Trip, _session: AsyncSession) -> None:
    """Called with each new trip."""
    try:
        vehicle = await get_clients().vehicle.get_vehicle(trip.vehicle_id)
    except DependencyError as error:
        if error.is_transient:
            raise VehicleUnknownError(str(error)) from error
        raise InvariantError("there is no such vehicle") from error
    except (BulkheadFullError, CircuitOpenError, DeadlineExceededError) as error:
        raise VehicleUnknownError(repr(error)) from error
    log.info("vehicle.seen", vehicle=vehicle)


async def before_update(trip: Trip, _session: AsyncSession) -> None:
    """Called with a trip whose fields have just been set to their new values."""


async def before_transition(trip: Trip, transition: str, _session: AsyncSession) -> None:
    """Called with a trip that may make the transition, and is about to."""


async def before_delete(trip: Trip, _session: AsyncSession) -> None:
    """Called with a trip that is about to be forgotten."""
