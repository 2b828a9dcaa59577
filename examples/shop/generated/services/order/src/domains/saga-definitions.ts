import { keyOf } from '../infrastructure/sagas/saga-message.js';
import type { Saga } from '../infrastructure/sagas/saga.js';
import type { PurchaseOrder } from './purchase-order/entities/purchase-order.entity.js';
import {
  PlaceOrderAuthorizePaymentCommand,
  PlaceOrderAuthorizePaymentCompensation,
  PlaceOrderCapturePaymentCommand,
  PlaceOrderCommitStockCommand,
  PlaceOrderReserveStockCommand,
  PlaceOrderReserveStockCompensation,
} from './saga-messages.js';

/** An order is confirmed when its stock is kept and its payment captured, and cancelled otherwise. */
export const PLACE_ORDER_SAGA: Saga<PurchaseOrder> = {
  name: 'PlaceOrderSaga',
  timeoutMs: 300000,
  steps: [
    {
      name: 'reserve_stock',
      command: (sagaId, purchaseOrder) =>
        PlaceOrderReserveStockCommand.of(keyOf(sagaId), {
          saga_id: sagaId,
          order_id: purchaseOrder.id,
          lines: purchaseOrder.lines,
        }),
      compensation: (sagaId) => PlaceOrderReserveStockCompensation.of(keyOf(sagaId), { saga_id: sagaId }),
      timeoutMs: 10000,
      isPivot: false,
      isRetriable: false,
    },
    {
      name: 'authorize_payment',
      command: (sagaId, purchaseOrder) =>
        PlaceOrderAuthorizePaymentCommand.of(keyOf(sagaId), {
          saga_id: sagaId,
          order_id: purchaseOrder.id,
          amount: purchaseOrder.total,
        }),
      compensation: (sagaId) => PlaceOrderAuthorizePaymentCompensation.of(keyOf(sagaId), { saga_id: sagaId }),
      timeoutMs: 10000,
      isPivot: false,
      isRetriable: false,
    },
    {
      name: 'capture_payment',
      command: (sagaId) =>
        PlaceOrderCapturePaymentCommand.of(keyOf(sagaId), {
          saga_id: sagaId,
        }),
      timeoutMs: 10000,
      isPivot: true,
      isRetriable: false,
    },
    {
      name: 'commit_stock',
      command: (sagaId) =>
        PlaceOrderCommitStockCommand.of(keyOf(sagaId), {
          saga_id: sagaId,
        }),
      timeoutMs: 10000,
      isPivot: false,
      isRetriable: true,
    },
  ],
};
