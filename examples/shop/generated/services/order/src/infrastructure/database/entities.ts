import { PurchaseOrder } from '../../domains/purchase-order/entities/purchase-order.entity.js';
import { SagaEntry, SagaRun } from '../sagas/saga-run.entity.js';
import { TABLES } from './tables/index.js';

/** Every table of the service. */
export const ENTITIES = [PurchaseOrder, SagaRun, SagaEntry, ...TABLES];
