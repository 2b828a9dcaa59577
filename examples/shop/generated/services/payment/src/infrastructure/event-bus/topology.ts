/**
 * Who receives which events, from the system's model: the subscribers of our events, and ourselves, with the version that
 * all of their instances read.
 */
export const ROUTES: Readonly<Record<string, readonly string[]>> = {
  'order': ['shop.PlaceOrderAuthorizePaymentReply.v1', 'shop.PlaceOrderCapturePaymentReply.v1'],
  'payment': ['shop.PlaceOrderAuthorizePaymentCommand.v1', 'shop.PlaceOrderAuthorizePaymentCompensation.v1', 'shop.PlaceOrderCapturePaymentCommand.v1'],
};

/** Newer versions that we read too. */
export const NEWER: readonly string[] = [];

/** Versions that we may have read once, and read no more. */
export const RETIRED: readonly string[] = [];
