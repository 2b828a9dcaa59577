import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { InvariantError, ProblemError } from '../../common/problems.js';
import { VehicleClient } from '../../infrastructure/http-client/clients.js';
import { DependencyError } from '../../infrastructure/http-client/dependency-client.js';
import { getLogger } from '../../infrastructure/observability/logger.js';
import type { Trip, TripTransition } from './entities/trip.entity.js';

const log = getLogger('rules');

/** Business rules of trips, as a person writes them: a trip needs a vehicle that the vehicle service knows. */
@Injectable()
export class TripRules {
  constructor(@Inject(VehicleClient) private readonly vehicles: VehicleClient) {}

  /** Called with each new trip. */
  async beforeCreate(trip: Trip, _tx: EntityManager): Promise<void> {
    let vehicle: unknown;
    try {
      vehicle = await this.vehicles.getVehicle(trip.vehicle_id);
    } catch (error) {
      if (error instanceof DependencyError && !error.isTransient) {
        throw new InvariantError('there is no such vehicle');
      }
      throw new ProblemError(503, 'vehicle-unknown', String(error));
    }
    log.info('vehicle.seen', { vehicle });
  }

  /** Called with a trip whose fields have just been set to their new values. */
  async beforeUpdate(_trip: Trip, _tx: EntityManager): Promise<void> {}

  /** Called with a trip that may make the transition, and is about to. */
  async beforeTransition(_trip: Trip, _transition: TripTransition, _tx: EntityManager): Promise<void> {}

  /** Called with a trip that is about to be forgotten. */
  async beforeDelete(_trip: Trip, _tx: EntityManager): Promise<void> {}
}
