/** Who receives which events, from the system's model: subscriber to event types, of our events and for ourselves. */
export const ROUTES: Readonly<Record<string, readonly string[]>> = {
  'order': ['shop.PlaceOrderAuthorizePaymentReply.v1', 'shop.PlaceOrderCapturePaymentReply.v1'],
  'payment': ['shop.PlaceOrderAuthorizePaymentCommand.v1', 'shop.PlaceOrderAuthorizePaymentCompensation.v1', 'shop.PlaceOrderCapturePaymentCommand.v1'],
};
