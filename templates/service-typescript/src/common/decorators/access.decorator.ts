import { SetMetadata, type CustomDecorator } from '@nestjs/common';

import type { Limit, Period } from '../../infrastructure/rate-limit/limiter.js';

/** Metadata key of an operation's id. */
export const OPERATION_ID = 'service:operation';

/** Metadata key of the scopes that an operation needs. */
export const SCOPES = 'service:scopes';

/** Metadata key of an operation's rate limit. */
export const LIMIT = 'service:limit';

/** The caller must send a token, which must hold `scope` where one is named. Without it an operation is open to all. */
export function Authenticated(scope?: string): CustomDecorator {
  return SetMetadata(SCOPES, scope === undefined ? [] : [scope]);
}

/** Refuse a client who calls the operation more often. */
export function RateLimit(operation: string, requests: number, period: Period): CustomDecorator {
  const limit: Limit = { operation, requests, period };
  return SetMetadata(LIMIT, limit);
}
