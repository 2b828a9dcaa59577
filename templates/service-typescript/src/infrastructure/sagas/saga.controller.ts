import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';

import { Authenticated } from '../../common/decorators/access.decorator.js';
import { queryInteger } from '../../common/pipes/query.js';
import { NotFoundError } from '../../common/problems.js';
import { principalOf } from '../../common/request.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { Reply } from '../idempotency/reply.js';
import { SAGA_KEEPERS, type SagaKeeper } from './saga-keeper.js';
import { SagaRun } from './saga-run.entity.js';

const SagaId = z.uuid();

const ListSagasQuery = z.object({
  state: z.enum(['running', 'compensating', 'completed', 'compensated', 'stuck']).nullish(),
  entity_id: z.uuid().nullish(),
  limit: queryInteger(z.int().min(1).max(100)).default(20),
});
type ListSagasQuery = z.infer<typeof ListSagasQuery>;

const AbortRequest = z.strictObject({ reason: z.string().min(1).max(500) });
type AbortRequest = z.infer<typeof AbortRequest>;

/** The operators' view of sagas: where a run stands and how it came there, and how to help a stuck one. */
@ApiExcludeController()
@Controller('sagas')
export class SagaController {
  constructor(
    @Inject(SAGA_KEEPERS) private readonly keepers: readonly SagaKeeper[],
    @Inject(UnitOfWork) private readonly unitOfWork: UnitOfWork,
  ) {}

  /** The newest runs, of one state or about one entity where asked. */
  @Get()
  @Authenticated('sagas:read')
  async list(@Res() response: Response, @Query({ schema: ListSagasQuery }) query: ListSagasQuery): Promise<void> {
    const { limit, state, entity_id } = query;
    const where = { ...(state ? { state } : {}), ...(entity_id ? { entity_id } : {}) };
    const runs = await this.unitOfWork.run((tx) => tx.find(SagaRun, { where, order: { id: 'DESC' }, take: limit }));
    Reply.json(runs.map(summaryOf)).send(response);
  }

  /** One run with its history. */
  @Get(':saga_id')
  @Authenticated('sagas:read')
  async get(@Res() response: Response, @Param('saga_id', { schema: SagaId }) id: string): Promise<void> {
    (await this.unitOfWork.run((tx) => this.view(tx, id))).send(response);
  }

  /** Set a stuck run going again. A second call is refused, so a repeat is harmless. */
  @Post(':saga_id/retry')
  @HttpCode(200)
  @Authenticated('sagas:operate')
  async retry(
    @Req() request: Request,
    @Res() response: Response,
    @Param('saga_id', { schema: SagaId }) id: string,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const keeper = await this.keeperOf(tx, id);
      await keeper.retry(tx, id, principalOf(request));
      return await this.view(tx, id);
    };
    (await this.unitOfWork.run(work)).send(response);
  }

  /** Turn a run around before its pivot. A second call is refused, so a repeat is harmless. */
  @Post(':saga_id/abort')
  @HttpCode(200)
  @Authenticated('sagas:operate')
  async abort(
    @Req() request: Request,
    @Res() response: Response,
    @Param('saga_id', { schema: SagaId }) id: string,
    @Body({ schema: AbortRequest }) body: AbortRequest,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const keeper = await this.keeperOf(tx, id);
      await keeper.abort(tx, id, principalOf(request), body.reason);
      return await this.view(tx, id);
    };
    (await this.unitOfWork.run(work)).send(response);
  }

  /** What keeps a run going; throws NotFoundError where there is no such run. */
  private async keeperOf(tx: EntityManager, id: string): Promise<SagaKeeper> {
    const run = await tx.findOneBy(SagaRun, { id });
    const found = this.keepers.find((each) => run !== null && each.sagas.includes(run.saga));
    if (found === undefined) {
      throw new NotFoundError('saga', id);
    }
    return found;
  }

  private async view(tx: EntityManager, id: string): Promise<Reply> {
    const keeper = await this.keeperOf(tx, id);
    const { run, history } = await keeper.view(tx, id);
    const entries = history.map((entry) => ({
      at: entry.at.toISOString(),
      step: entry.step,
      what: entry.what,
      reason: entry.reason,
      actor: entry.actor,
    }));
    return Reply.json({ ...summaryOf(run), history: entries });
  }
}

function summaryOf(run: SagaRun): Record<string, unknown> {
  const { id, saga, entity_id, state, step, is_backward, attempts, reason, due_at, created_at, updated_at } = run;
  return {
    id,
    saga,
    entity_id,
    state,
    step,
    is_backward,
    attempts,
    reason,
    due_at: due_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}
