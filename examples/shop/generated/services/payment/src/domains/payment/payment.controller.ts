import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { EntityManager } from 'typeorm';

import { Authenticated, RateLimit } from '../../common/decorators/access.decorator.js';
import { etag, IdempotencyKey, IfMatch } from '../../common/decorators/headers.decorator.js';
import { Operation } from '../../common/decorators/operation.decorator.js';
import { UnitOfWork } from '../../infrastructure/database/unit-of-work.js';
import { Idempotency, Reply } from '../../infrastructure/idempotency/idempotency.js';
import { Uuid } from '../values.js';
import { AuthorizePaymentRequest, ListPaymentsQuery, PaymentPage, PaymentResponse, toPaymentResponse } from './dto/payment.dto.js';
import { PaymentService } from './payment.service.js';

/** The HTTP operations on payments. */
@ApiTags('payments')
@Controller()
export class PaymentController {
  constructor(
    private readonly service: PaymentService,
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
  ) {}

  /** Have the provider keep an amount for an order. */
  @Post('/v1/payments')
  @Operation({
    id: 'authorizePayment',
    summary: 'Have the provider keep an amount for an order',
    status: 201,
    response: PaymentResponse,
    headers: ['Location', 'ETag'],
    problems: [400, 401, 403, 409, 413, 415, 422, 429, 500, 503],
    scopes: ['payments:write'],
    hasKey: true,
  })
  @Authenticated('payments:write')
  @RateLimit('authorizePayment', 600, 'minute')
  async authorizePayment(
    @Req() request: Request,
    @Res() response: Response,
    @Body({ schema: AuthorizePaymentRequest }) body: AuthorizePaymentRequest,
    @IdempotencyKey() key: string,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const payment = await this.service.authorizePayment(tx, body);
      const headers = { ETag: etag(payment.version), Location: `/v1/payments/${payment.id}` };
      return Reply.json(toPaymentResponse(payment), { status: 201, headers });
    };
    const reply = await this.idempotency.run('authorizePayment', key, request, work);
    reply.send(response);
  }

  /** Read a payment. */
  @Get('/v1/payments/:payment_id')
  @Operation({
    id: 'getPayment',
    summary: 'Read a payment',
    status: 200,
    response: PaymentResponse,
    headers: ['ETag'],
    problems: [400, 401, 403, 404, 422, 429, 500, 503],
    scopes: ['payments:read'],
    parameter: 'payment_id',
  })
  @Authenticated('payments:read')
  @RateLimit('getPayment', 600, 'minute')
  async getPayment(
    @Res() response: Response,
    @Param('payment_id', { schema: Uuid }) id: string,
  ): Promise<void> {
    const payment = await this.unitOfWork.run((tx) => this.service.getPayment(tx, id));
    Reply.json(toPaymentResponse(payment), { headers: { ETag: etag(payment.version) } }).send(response);
  }

  /** List payments. */
  @Get('/v1/payments')
  @Operation({
    id: 'listPayments',
    summary: 'List payments',
    status: 200,
    response: PaymentPage,
    problems: [400, 401, 403, 422, 429, 500, 503],
    scopes: ['payments:read'],
    query: ListPaymentsQuery,
  })
  @Authenticated('payments:read')
  @RateLimit('listPayments', 600, 'minute')
  async listPayments(
    @Res() response: Response,
    @Query({ schema: ListPaymentsQuery }) query: ListPaymentsQuery,
  ): Promise<void> {
    const [found, next_cursor] = await this.unitOfWork.run((tx) => this.service.listPayments(tx, query));
    Reply.json({ items: found.map(toPaymentResponse), next_cursor }).send(response);
  }

  /** Take the money that is kept. */
  @Post('/v1/payments/:payment_id/capture')
  @Operation({
    id: 'capturePayment',
    summary: 'Take the money that is kept',
    status: 200,
    response: PaymentResponse,
    headers: ['ETag'],
    problems: [400, 401, 403, 404, 409, 412, 422, 429, 500, 503],
    scopes: ['payments:write'],
    parameter: 'payment_id',
    hasKey: true,
    ifMatch: 'optional',
  })
  @Authenticated('payments:write')
  @RateLimit('capturePayment', 600, 'minute')
  async capturePayment(
    @Req() request: Request,
    @Res() response: Response,
    @Param('payment_id', { schema: Uuid }) id: string,
    @IdempotencyKey() key: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const payment = await this.service.capturePayment(tx, id, version);
      return Reply.json(toPaymentResponse(payment), { headers: { ETag: etag(payment.version) } });
    };
    const reply = await this.idempotency.run('capturePayment', key, request, work);
    reply.send(response);
  }

  /** Let go of the money that is kept. */
  @Post('/v1/payments/:payment_id/cancel')
  @Operation({
    id: 'voidPayment',
    summary: 'Let go of the money that is kept',
    status: 200,
    response: PaymentResponse,
    headers: ['ETag'],
    problems: [400, 401, 403, 404, 409, 412, 422, 429, 500, 503],
    scopes: ['payments:write'],
    parameter: 'payment_id',
    hasKey: true,
    ifMatch: 'optional',
  })
  @Authenticated('payments:write')
  @RateLimit('voidPayment', 600, 'minute')
  async voidPayment(
    @Req() request: Request,
    @Res() response: Response,
    @Param('payment_id', { schema: Uuid }) id: string,
    @IdempotencyKey() key: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const payment = await this.service.voidPayment(tx, id, version);
      return Reply.json(toPaymentResponse(payment), { headers: { ETag: etag(payment.version) } });
    };
    const reply = await this.idempotency.run('voidPayment', key, request, work);
    reply.send(response);
  }

  /** Give the money back. */
  @Post('/v1/payments/:payment_id/refund')
  @Operation({
    id: 'refundPayment',
    summary: 'Give the money back',
    status: 200,
    response: PaymentResponse,
    headers: ['ETag'],
    problems: [400, 401, 403, 404, 409, 412, 422, 429, 500, 503],
    scopes: ['payments:write'],
    parameter: 'payment_id',
    hasKey: true,
    ifMatch: 'optional',
  })
  @Authenticated('payments:write')
  @RateLimit('refundPayment', 60, 'minute')
  async refundPayment(
    @Req() request: Request,
    @Res() response: Response,
    @Param('payment_id', { schema: Uuid }) id: string,
    @IdempotencyKey() key: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const payment = await this.service.refundPayment(tx, id, version);
      return Reply.json(toPaymentResponse(payment), { headers: { ETag: etag(payment.version) } });
    };
    const reply = await this.idempotency.run('refundPayment', key, request, work);
    reply.send(response);
  }
}
