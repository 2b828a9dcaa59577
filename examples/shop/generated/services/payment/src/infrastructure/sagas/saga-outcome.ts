import { z } from 'zod';

/** Longest reason that is kept and sent. */
export const REASON_LENGTH = 500;

/** What became of a step, or of its compensation. */
export const Outcome = z.enum(['done', 'refused', 'undone', 'not_undone']);
export type Outcome = z.infer<typeof Outcome>;

/** A reason, no longer than what is kept. */
export function shortened(reason: string): string {
  return reason.slice(0, REASON_LENGTH);
}
