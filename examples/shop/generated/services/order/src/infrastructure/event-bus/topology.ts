/** Who receives which events, from the system's model: subscriber to event types, of our events and for ourselves. */
export const ROUTES: Readonly<Record<string, readonly string[]>> = {
  'inventory': ['shop.OrderCancelled.v1', 'shop.OrderConfirmed.v1', 'shop.OrderPlaced.v1'],
  'notification': ['shop.OrderCancelled.v1', 'shop.OrderConfirmed.v1'],
  'order': ['shop.PaymentCaptured.v1', 'shop.PaymentDeclined.v1'],
  'payment': ['shop.OrderPlaced.v1'],
};
