import { Body, Controller, Get, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { EntityManager } from 'typeorm';

import { Authenticated, RateLimit } from '../../common/decorators/access.decorator.js';
import { etag, IdempotencyKey, IfMatch, RequiredIfMatch } from '../../common/decorators/headers.decorator.js';
import { Operation } from '../../common/decorators/operation.decorator.js';
import { UnitOfWork } from '../../infrastructure/database/unit-of-work.js';
import { Idempotency, Reply } from '../../infrastructure/idempotency/idempotency.js';
import { Uuid } from '../values.js';
import {
  ListOrdersQuery,
  PlaceOrderRequest,
  PurchaseOrderPage,
  PurchaseOrderResponse,
  toPurchaseOrderResponse,
  UpdateOrderNoteRequest,
} from './dto/purchase-order.dto.js';
import { PurchaseOrderService } from './purchase-order.service.js';

/** The HTTP operations on orders. */
@ApiTags('orders')
@Controller()
export class PurchaseOrderController {
  constructor(
    private readonly service: PurchaseOrderService,
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
  ) {}

  /** Place an order. */
  @Post('/v1/orders')
  @Operation({
    id: 'placeOrder',
    summary: 'Place an order',
    status: 201,
    response: PurchaseOrderResponse,
    headers: ['Location', 'ETag'],
    problems: [400, 401, 403, 409, 413, 415, 422, 429, 500, 503],
    scopes: ['orders:write'],
    hasKey: true,
  })
  @Authenticated('orders:write')
  @RateLimit('placeOrder', 60, 'minute')
  async placeOrder(
    @Req() request: Request,
    @Res() response: Response,
    @Body({ schema: PlaceOrderRequest }) body: PlaceOrderRequest,
    @IdempotencyKey() key: string,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const purchaseOrder = await this.service.placeOrder(tx, body);
      const headers = { ETag: etag(purchaseOrder.version), Location: `/v1/orders/${purchaseOrder.id}` };
      return Reply.json(toPurchaseOrderResponse(purchaseOrder), { status: 201, headers });
    };
    const reply = await this.idempotency.run('placeOrder', key, request, work);
    reply.send(response);
  }

  /** Read an order. */
  @Get('/v1/orders/:purchase_order_id')
  @Operation({
    id: 'getOrder',
    summary: 'Read an order',
    status: 200,
    response: PurchaseOrderResponse,
    headers: ['ETag'],
    problems: [400, 401, 403, 404, 422, 429, 500, 503],
    scopes: ['orders:read'],
    parameter: 'purchase_order_id',
  })
  @Authenticated('orders:read')
  @RateLimit('getOrder', 600, 'minute')
  async getOrder(
    @Res() response: Response,
    @Param('purchase_order_id', { schema: Uuid }) id: string,
  ): Promise<void> {
    const purchaseOrder = await this.unitOfWork.run((tx) => this.service.getOrder(tx, id));
    Reply.json(toPurchaseOrderResponse(purchaseOrder), { headers: { ETag: etag(purchaseOrder.version) } }).send(response);
  }

  /** List orders. */
  @Get('/v1/orders')
  @Operation({
    id: 'listOrders',
    summary: 'List orders',
    status: 200,
    response: PurchaseOrderPage,
    problems: [400, 401, 403, 422, 429, 500, 503],
    scopes: ['orders:read'],
    query: ListOrdersQuery,
  })
  @Authenticated('orders:read')
  @RateLimit('listOrders', 600, 'minute')
  async listOrders(
    @Res() response: Response,
    @Query({ schema: ListOrdersQuery }) query: ListOrdersQuery,
  ): Promise<void> {
    const [found, next_cursor] = await this.unitOfWork.run((tx) => this.service.listOrders(tx, query));
    Reply.json({ items: found.map(toPurchaseOrderResponse), next_cursor }).send(response);
  }

  /** Cancel an order that is not confirmed yet. */
  @Post('/v1/orders/:purchase_order_id/cancel')
  @Operation({
    id: 'cancelOrder',
    summary: 'Cancel an order that is not confirmed yet',
    status: 200,
    response: PurchaseOrderResponse,
    headers: ['ETag'],
    problems: [400, 401, 403, 404, 409, 412, 422, 429, 500, 503],
    scopes: ['orders:write'],
    parameter: 'purchase_order_id',
    hasKey: true,
    ifMatch: 'optional',
  })
  @Authenticated('orders:write')
  @RateLimit('cancelOrder', 60, 'minute')
  async cancelOrder(
    @Req() request: Request,
    @Res() response: Response,
    @Param('purchase_order_id', { schema: Uuid }) id: string,
    @IdempotencyKey() key: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const purchaseOrder = await this.service.cancelOrder(tx, id, version);
      return Reply.json(toPurchaseOrderResponse(purchaseOrder), { headers: { ETag: etag(purchaseOrder.version) } });
    };
    const reply = await this.idempotency.run('cancelOrder', key, request, work);
    reply.send(response);
  }

  /** Change the note on an order. */
  @Put('/v1/orders/:purchase_order_id')
  @Operation({
    id: 'updateOrderNote',
    summary: 'Change the note on an order',
    status: 200,
    response: PurchaseOrderResponse,
    headers: ['ETag'],
    problems: [400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503],
    scopes: ['orders:write'],
    parameter: 'purchase_order_id',
    hasKey: true,
    ifMatch: 'required',
  })
  @Authenticated('orders:write')
  @RateLimit('updateOrderNote', 60, 'minute')
  async updateOrderNote(
    @Req() request: Request,
    @Res() response: Response,
    @Param('purchase_order_id', { schema: Uuid }) id: string,
    @Body({ schema: UpdateOrderNoteRequest }) body: UpdateOrderNoteRequest,
    @IdempotencyKey() key: string,
    @RequiredIfMatch() version: number | undefined,
  ): Promise<void> {
    const work = async (tx: EntityManager): Promise<Reply> => {
      const purchaseOrder = await this.service.updateOrderNote(tx, id, body, version);
      return Reply.json(toPurchaseOrderResponse(purchaseOrder), { headers: { ETag: etag(purchaseOrder.version) } });
    };
    const reply = await this.idempotency.run('updateOrderNote', key, request, work);
    reply.send(response);
  }
}
