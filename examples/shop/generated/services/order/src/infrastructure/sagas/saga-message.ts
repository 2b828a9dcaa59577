import type { Outcome } from './saga-outcome.js';

/** A participant's answer. */
export interface SagaReply {
  readonly saga_id: string;
  readonly outcome: Outcome;
  readonly reason?: string | null | undefined;
}

/** All messages of one run share an ordering key, so they arrive in order. */
export function keyOf(sagaId: string): string {
  return `saga/${sagaId}`;
}
