import type { Request, Response } from 'express';

import { getLogger } from '../infrastructure/observability/logger.js';
import { ANONYMOUS } from './request.js';

const log = getLogger('audit');
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Who asks: in whose name, and by which client of the issuer. */
export interface Actor {
  readonly subject: string;
  readonly client: string | undefined;
}

interface Audited {
  readonly operation: string | undefined;
  readonly actor: Actor | undefined;
}

/** What of a request and its answer an audit record is made of. */
type Asked = Pick<Request, 'method' | 'params'>;
type Answered = Pick<Response, 'getHeader'>;

const audited = new WeakMap<Asked, Audited>();

/** Say that a request asks for an operation that not everybody may do; by whom, where it is known. */
export function noteGuarded(request: Asked, operation: string | undefined, actor?: Actor): void {
  audited.set(request, { operation, actor });
}

/** Whoever is let in where no issuer is set. */
export const NOBODY: Actor = { subject: ANONYMOUS, client: undefined };

/**
 * The audit record of an answered request: who has changed what, or was denied what; never its content. What only reads
 * and is allowed leaves none, nor does what needs no token.
 */
export function audit(request: Asked, response: Answered, route: string, status: number): void {
  const found = audited.get(request);
  const isDenied = status === 401 || status === 403;
  if (found === undefined || (READING.has(request.method) && !isDenied)) {
    return;
  }
  log.info('audit', {
    operation: found.operation ?? `${request.method} ${route}`,
    entity_id: entityOf(request, response),
    outcome: isDenied ? 'denied' : outcomeOf(status),
    status,
    actor: found.actor?.subject ?? null,
    actor_client: found.actor?.client ?? null,
  });
}

function outcomeOf(status: number): string {
  if (status < 400) {
    return 'done';
  }
  return status < 500 ? 'refused' : 'failed';
}

/** What the path names, or what was made; only if it is an id of ours. */
function entityOf(request: Asked, response: Answered): string | null {
  const made = String(response.getHeader('Location') ?? '').split('/').at(-1) ?? '';
  const named = Object.values(request.params).flat();
  return [...named, made].find((each) => UUID.test(each)) ?? null;
}
