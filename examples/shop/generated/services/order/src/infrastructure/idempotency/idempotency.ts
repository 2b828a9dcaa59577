import { createHash } from 'node:crypto';

import type { Request } from 'express';
import { LessThan, type EntityManager } from 'typeorm';

import { IdempotencyConflictError, IdempotencyKeyReusedError } from '../../common/problems.js';
import { bodyOf, pathOf, principalOf, queryOf } from '../../common/request.js';
import { utcNow } from '../database/clock.js';
import { toMoment } from '../database/columns.js';
import { sql } from '../database/sql.js';
import { IdempotencyRecord } from '../database/tables/index.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import { Reply } from './reply.js';

export { Reply } from './reply.js';

const CLAIM_POSTGRESQL = `
WITH turn AS MATERIALIZED (
       SELECT pg_try_advisory_xact_lock(hashtextextended($1::text || chr(31) || $2::text, 0)) AS mine),
     claim AS (
       INSERT INTO idempotency_keys (scope, key, fingerprint, created_at)
       SELECT $1::text, $2::text, $3::text, $4::timestamptz FROM turn WHERE turn.mine
       ON CONFLICT DO NOTHING RETURNING 1)
SELECT turn.mine AS mine, EXISTS (SELECT 1 FROM claim) AS is_new FROM turn`;

const CLAIM_SQLITE = `
INSERT INTO idempotency_keys (scope, key, fingerprint, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING key`;

const STORE = 'UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE scope = $1 AND key = $2';

interface Claim {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated request gets the first one's answer. The key
 * is a row in the same transaction as the work and the stored answer, so a crash leaves either all of them or none.
 */
export class Idempotency {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly isPostgresql: boolean,
  ) {}

  /**
   * Do `work` and keep its answer, or give the answer that was kept. Throws IdempotencyConflictError while a request
   * with this key is in flight, and IdempotencyKeyReusedError where the key was used for another request.
   */
  run(operation: string, key: string, request: Request, work: (tx: EntityManager) => Promise<Reply>): Promise<Reply> {
    const claim = { scope: `${principalOf(request)} ${operation}`, key, fingerprint: fingerprintOf(request) };
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.claim(tx, claim))) {
        return await replay(tx, claim);
      }
      const reply = await work(tx);
      const { status, headers, body } = reply;
      await sql(tx, STORE, [claim.scope, key, status, JSON.stringify(headers), body]);
      return reply;
    });
  }

  /** Forget keys first used before a moment; returns how many. */
  async purge(before: Date): Promise<number> {
    const result = await this.unitOfWork.single((tx) => tx.delete(IdempotencyRecord, { created_at: LessThan(before) }));
    return result.affected ?? 0;
  }

  private async claim(tx: EntityManager, { scope, key, fingerprint }: Claim): Promise<boolean> {
    const statement = this.isPostgresql ? CLAIM_POSTGRESQL : CLAIM_SQLITE;
    const { rows } = await sql(tx, statement, [scope, key, fingerprint, toMoment(utcNow())]);
    if (!this.isPostgresql) {
      return rows.length > 0;
    }
    if (rows[0]?.['mine'] !== true) {
      throw new IdempotencyConflictError(key);
    }
    return rows[0]['is_new'] === true;
  }
}

async function replay(tx: EntityManager, { scope, key, fingerprint }: Claim): Promise<Reply> {
  const record = await tx.findOneByOrFail(IdempotencyRecord, { scope, key });
  if (record.fingerprint !== fingerprint) {
    throw new IdempotencyKeyReusedError(key);
  }
  return Reply.replay(record.status ?? 200, record.body, record.headers ?? {});
}

function fingerprintOf(request: Request): string {
  const digest = createHash('sha256').update(`${pathOf(request)}?${queryOf(request)}\0`);
  return digest
    .update(`${request.get('if-match') ?? ''}\0`)
    .update(bodyOf(request))
    .digest('hex');
}
