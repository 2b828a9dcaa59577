/**
 * Who receives which events, from the system's model: the subscribers of our events with the version that each surely reads,
 * and ourselves with all.
 */
export const ROUTES: Readonly<Record<string, readonly string[]>> = {
  'order': ['shop.PlaceOrderAuthorizePaymentReply.v1', 'shop.PlaceOrderCapturePaymentReply.v1'],
  'payment': ['shop.PlaceOrderAuthorizePaymentCommand.v1', 'shop.PlaceOrderAuthorizePaymentCompensation.v1', 'shop.PlaceOrderCapturePaymentCommand.v1'],
};

/** Versions that we may have read once, and read no more. */
export const RETIRED: readonly string[] = [];
