// The shop's place-order path by hand, with nothing that keeps it safe: each of four processes inserts, then publishes.
// `node handwritten-shop.mjs` with ROLE order, inventory, payment or notification.
import { randomUUID } from 'node:crypto';

import { connect } from 'amqplib';
import express from 'express';
import pg from 'pg';
import { z } from 'zod';

const { ROLE, PREFIX, DATABASE, BROKER, PORT } = process.env;
const TABLES = `
CREATE TABLE IF NOT EXISTS orders (id uuid primary key, body jsonb, status text, created_at timestamptz default clock_timestamp(),
  updated_at timestamptz);
CREATE TABLE IF NOT EXISTS stock_reservations (order_id uuid primary key, lines jsonb, status text);
CREATE TABLE IF NOT EXISTS payments (order_id uuid primary key, amount jsonb, status text);
CREATE TABLE IF NOT EXISTS customer_notices (id uuid primary key, order_id uuid, status text)`;

const money = z.object({ minor_units: z.int().min(0), currency: z.string().length(3) });
const line = z.object({ sku: z.string().max(40), quantity: z.int().min(1).max(1000), unit_price: money });
const order = z.object({ customer_id: z.uuid(), customer_email: z.email(), lines: z.array(line).min(1).max(100), total: money });

const pool = new pg.Pool({ connectionString: DATABASE, max: 10 });
await pool.query(TABLES);
const channel = await (await connect(BROKER, { noDelay: true })).createChannel();
await channel.prefetch(20);

const send = (role, kind, data) =>
  channel.sendToQueue(`${PREFIX}.${role}`, Buffer.from(JSON.stringify({ kind, ...data })), { persistent: true });

const FOLLOWS = { reserved: ['payment', 'authorize'], authorized: ['payment', 'capture'], captured: ['inventory', 'commit'] };

const HANDLERS = {
  order: async ({ kind, id, total }) => {
    if (kind in FOLLOWS) {
      send(...FOLLOWS[kind], { id, total });
      return;
    }
    await pool.query("UPDATE orders SET status = 'confirmed', updated_at = clock_timestamp() WHERE id = $1", [id]);
    send('notification', 'confirmed', { id });
  },
  inventory: async ({ kind, id, lines, total }) => {
    if (kind === 'reserve') {
      await pool.query("INSERT INTO stock_reservations VALUES ($1, $2, 'held')", [id, JSON.stringify(lines)]);
      send('order', 'reserved', { id, total });
      return;
    }
    await pool.query("UPDATE stock_reservations SET status = 'committed' WHERE order_id = $1", [id]);
    send('order', 'committed', { id });
  },
  payment: async ({ kind, id, total }) => {
    if (kind === 'authorize') {
      await pool.query("INSERT INTO payments VALUES ($1, $2, 'authorized')", [id, JSON.stringify(total)]);
      send('order', 'authorized', { id });
      return;
    }
    await pool.query("UPDATE payments SET status = 'captured' WHERE order_id = $1", [id]);
    send('order', 'captured', { id });
  },
  notification: async ({ id }) => {
    await pool.query("INSERT INTO customer_notices VALUES ($1, $2, 'queued')", [randomUUID(), id]);
  },
};

for (const role of Object.keys(HANDLERS)) {
  await channel.assertQueue(`${PREFIX}.${role}`, { durable: true });
}
await channel.consume(`${PREFIX}.${ROLE}`, async (message) => {
  await HANDLERS[ROLE](JSON.parse(message.content.toString()));
  channel.ack(message);
});

const app = express();
app.use(express.json());
app.get('/health/ready', (_, response) => response.json({}));
app.post('/v1/orders', async (request, response) => {
  const body = order.parse(request.body);
  const id = randomUUID();
  await pool.query("INSERT INTO orders (id, body, status) VALUES ($1, $2, 'pending')", [id, JSON.stringify(body)]);
  send('inventory', 'reserve', { id, lines: body.lines, total: body.total });
  response.status(201).json({ id, status: 'pending', ...body });
});
app.listen(Number(PORT), '127.0.0.1');
