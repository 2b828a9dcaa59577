import { z } from 'zod';

/** Longest reason that is kept and sent. */
export const REASON_LENGTH = 500;

/** What became of a step, or of its compensation. */
export const Outcome = z.enum(['done', 'refused', 'undone', 'not_undone']);
export type Outcome = z.infer<typeof Outcome>;

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

/** A reason, no longer than what is kept. */
export function shortened(reason: string): string {
  return reason.slice(0, REASON_LENGTH);
}
