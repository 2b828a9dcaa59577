import { Payment } from '../../domains/payment/entities/payment.entity.js';
import { SagaParticipation } from '../sagas/saga-participation.entity.js';
import { TABLES } from './tables/index.js';

/** Every table of the service. */
export const ENTITIES = [Payment, SagaParticipation, ...TABLES];
