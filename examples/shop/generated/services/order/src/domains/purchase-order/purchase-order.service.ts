import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { StateConflictError, VersionMismatchError } from '../../common/problems.js';
import { enqueue } from '../../infrastructure/event-bus/outbox.js';
import { LIFECYCLE_TRANSITIONS } from '../../infrastructure/observability/metrics.js';
import { begin, requireSettled } from '../../infrastructure/sagas/saga-runs.js';
import { PLACE_ORDER_SAGA } from '../saga-definitions.js';
import type { ListOrdersQuery, PlaceOrderRequest, UpdateOrderNoteRequest } from './dto/purchase-order.dto.js';
import { createPurchaseOrder, type PurchaseOrder, type PurchaseOrderTransition, TRANSITIONS } from './entities/purchase-order.entity.js';
import { EVENTS_OF_TRANSITION, orderPlaced, type PurchaseOrderEvent } from './events/purchase-order.events.js';
import { PurchaseOrderRepository } from './purchase-order.repository.js';
import { PurchaseOrderRules } from './purchase-order.rules.js';

/** The actions on orders: each is one business action within the caller's transaction. */
@Injectable()
export class PurchaseOrderService {
  constructor(
    private readonly repository: PurchaseOrderRepository,
    private readonly rules: PurchaseOrderRules,
  ) {}

  /** Place an order. */
  async placeOrder(tx: EntityManager, request: PlaceOrderRequest): Promise<PurchaseOrder> {
    const purchaseOrder = createPurchaseOrder({
      customer_id: request.customer_id,
      customer_email: request.customer_email,
      lines: request.lines,
      total: request.total,
      note: request.note ?? null,
    });
    await this.#create(tx, purchaseOrder, orderPlaced);
    await begin(tx, PLACE_ORDER_SAGA, purchaseOrder.id, purchaseOrder);
    return purchaseOrder;
  }

  /** Read an order. */
  async getOrder(tx: EntityManager, id: string): Promise<PurchaseOrder> {
    return await this.repository.get(tx, id);
  }

  /** List orders. The second item is the cursor of the next page, or null. */
  async listOrders(tx: EntityManager, query: ListOrdersQuery): Promise<[PurchaseOrder[], string | null]> {
    const { limit, cursor, ...filters } = query;
    return await this.repository.page(tx, limit, cursor ?? undefined, filters);
  }

  /** Change the note on an order. */
  async updateOrderNote(tx: EntityManager, id: string, request: UpdateOrderNoteRequest, version: number | undefined): Promise<PurchaseOrder> {
    const purchaseOrder = await this.#atVersion(tx, id, version);
    purchaseOrder.note = request.note ?? null;
    return await this.#update(tx, purchaseOrder);
  }

  /** Cancel an order that is not confirmed yet. */
  async cancelOrder(tx: EntityManager, id: string, version: number | undefined): Promise<PurchaseOrder> {
    const purchaseOrder = await this.#atVersion(tx, id, version);
    this.#require(purchaseOrder, 'cancel');
    await requireSettled(tx, id);
    return await this.transition(tx, purchaseOrder, 'cancel');
  }

  /**
   * Move a purchase order along its lifecycle and tell of it.
   *
   * @throws StateConflictError - it is not in a state that the transition starts from.
   */
  async transition(tx: EntityManager, purchaseOrder: PurchaseOrder, name: PurchaseOrderTransition): Promise<PurchaseOrder> {
    this.#require(purchaseOrder, name);
    await this.rules.beforeTransition(purchaseOrder, name, tx);
    purchaseOrder.status = TRANSITIONS[name].to;
    checkInvariants(purchaseOrder);
    await this.repository.update(tx, purchaseOrder);
    LIFECYCLE_TRANSITIONS.inc({ entity: 'purchase order', transition: name });
    await this.#publish(tx, purchaseOrder, ...(EVENTS_OF_TRANSITION[name] ?? []));
    return purchaseOrder;
  }

  async #create(tx: EntityManager, purchaseOrder: PurchaseOrder, ...publishes: PurchaseOrderEvent[]): Promise<PurchaseOrder> {
    await this.rules.beforeCreate(purchaseOrder, tx);
    checkInvariants(purchaseOrder);
    await this.repository.add(tx, purchaseOrder);
    await this.#publish(tx, purchaseOrder, ...publishes);
    return purchaseOrder;
  }

  async #update(tx: EntityManager, purchaseOrder: PurchaseOrder, ...publishes: PurchaseOrderEvent[]): Promise<PurchaseOrder> {
    await this.rules.beforeUpdate(purchaseOrder, tx);
    checkInvariants(purchaseOrder);
    await this.repository.update(tx, purchaseOrder);
    await this.#publish(tx, purchaseOrder, ...publishes);
    return purchaseOrder;
  }

  async #atVersion(tx: EntityManager, id: string, version: number | undefined): Promise<PurchaseOrder> {
    const purchaseOrder = await this.repository.get(tx, id, { forUpdate: true });
    if (version !== undefined && purchaseOrder.version !== version) {
      throw new VersionMismatchError('purchase order', purchaseOrder.version);
    }
    return purchaseOrder;
  }

  #require(purchaseOrder: PurchaseOrder, name: PurchaseOrderTransition): void {
    const { from } = TRANSITIONS[name];
    if (!from.includes(purchaseOrder.status)) {
      throw new StateConflictError('purchase order', purchaseOrder.status, name, from);
    }
  }

  async #publish(tx: EntityManager, purchaseOrder: PurchaseOrder, ...events: readonly PurchaseOrderEvent[]): Promise<void> {
    for (const event of events) await enqueue(tx, event(purchaseOrder));
  }
}

/**
 * Refuse a purchase order that breaks a rule which always holds.
 *
 * @throws InvariantError - naming the rule.
 */
export function checkInvariants(_purchaseOrder: PurchaseOrder): void {}
