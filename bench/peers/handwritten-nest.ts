// The same guarantees by hand: body checked, key claimed, order, event and answer in one transaction, a relay beside it.
import 'reflect-metadata';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

import { Body, ConflictException, Controller, Headers, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Pool } from 'pg';
import { z } from 'zod';

const pool = new Pool({ connectionString: process.env['DATABASE'] ?? '', max: 10 });
const money = z.object({ minor_units: z.int().min(0), currency: z.string().length(3) });
const line = z.object({ sku: z.string().max(40), quantity: z.int().min(1).max(1000), unit_price: money });
const order = z.object({ customer_id: z.uuid(), customer_email: z.email(), lines: z.array(line).min(1).max(100), total: money });

@Controller()
class Orders {
  @Post('/v1/orders')
  @HttpCode(201)
  async place(@Body() body: unknown, @Headers('idempotency-key') key: string): Promise<unknown> {
    const checked = order.parse(body);
    const text = JSON.stringify(body);
    const print = createHash('sha256').update(text).digest('hex');
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const claim = 'INSERT INTO hand_keys (key, print) VALUES ($1, $2) ON CONFLICT DO NOTHING';
      if ((await client.query(claim, [key, print])).rowCount === 0) throw new ConflictException();
      const id = randomUUID();
      await client.query('INSERT INTO hand_orders VALUES ($1, $2)', [id, text]);
      const event = JSON.stringify({ id: randomUUID(), type: 'OrderPlaced', data: { order_id: id, ...checked } });
      await client.query('INSERT INTO hand_outbox (key, envelope) VALUES ($1, $2)', [id, event]);
      const answer = { id, ...checked };
      await client.query('UPDATE hand_keys SET answer = $2 WHERE key = $1', [key, JSON.stringify(answer)]);
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

@Module({ controllers: [Orders] })
class App {}

async function relay(): Promise<void> {
  for (;;) {
    await pool.query(`UPDATE hand_outbox SET sent = true WHERE position IN (
      SELECT position FROM hand_outbox WHERE NOT sent ORDER BY position LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING envelope`);
    await setTimeout(50);
  }
}

await pool.query(`CREATE TABLE IF NOT EXISTS hand_keys (key text primary key, print text, answer text);
  CREATE TABLE IF NOT EXISTS hand_orders (id uuid primary key, body jsonb);
  CREATE TABLE IF NOT EXISTS hand_outbox (position bigserial primary key, key text, envelope text, sent bool default false);
  CREATE INDEX IF NOT EXISTS hand_pending ON hand_outbox (position) WHERE NOT sent`);
const app = await NestFactory.create(App, { logger: false });
void relay();
await app.listen(Number(process.env['PORT']), '127.0.0.1');
