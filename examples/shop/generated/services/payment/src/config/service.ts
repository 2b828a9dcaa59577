/** Name of this service: source of its events, audience of its tokens, label of its logs. */
export const SERVICE_NAME = 'payment';

/** Name of the system that this service is part of. */
export const SYSTEM_NAME = 'shop';

/** What the API is called in its own description. */
export const TITLE = 'Payments';

/** What the service is for. */
export const DESCRIPTION =
  'Authorises, captures and refunds what customers pay, through the payment provider';

/** Seconds within which 99 of 100 requests are answered. */
export const LATENCY_PROMISE_S = 0.15;

/** Version of the API's description. */
export const API_VERSION = '1.0.0';

/** Keys whose values are masked wherever they appear in a log record. */
export const SENSITIVE_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'provider_reference',
]);
