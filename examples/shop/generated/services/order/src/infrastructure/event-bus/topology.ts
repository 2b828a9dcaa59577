/**
 * Who receives which events, from the system's model: the subscribers of our events, and ourselves, with the version that
 * all of their instances read.
 */
export const ROUTES: Readonly<Record<string, readonly string[]>> = {
  'inventory': ['shop.PlaceOrderCommitStockCommand.v1', 'shop.PlaceOrderReserveStockCommand.v1', 'shop.PlaceOrderReserveStockCompensation.v1'],
  'notification': ['shop.OrderCancelled.v1', 'shop.OrderConfirmed.v1'],
  'order': ['shop.PlaceOrderAuthorizePaymentReply.v1', 'shop.PlaceOrderCapturePaymentReply.v1', 'shop.PlaceOrderCommitStockReply.v1', 'shop.PlaceOrderReserveStockReply.v1'],
  'payment': ['shop.PlaceOrderAuthorizePaymentCommand.v1', 'shop.PlaceOrderAuthorizePaymentCompensation.v1', 'shop.PlaceOrderCapturePaymentCommand.v1'],
};

/** Newer versions that we read too. */
export const NEWER: readonly string[] = [];

/** Versions that we may have read once, and read no more. */
export const RETIRED: readonly string[] = [];
