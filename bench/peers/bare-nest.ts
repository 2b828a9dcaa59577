// The bare framework: one insert by hand, nothing checked, nothing promised.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';

import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env['DATABASE'] ?? '', max: 10 });

@Controller()
class Orders {
  @Post('/v1/orders')
  @HttpCode(201)
  async place(@Body() body: object): Promise<object> {
    const id = randomUUID();
    await pool.query('INSERT INTO bare_orders VALUES ($1, $2)', [id, JSON.stringify(body)]);
    return { id };
  }
}

@Module({ controllers: [Orders] })
class App {}

await pool.query('CREATE TABLE IF NOT EXISTS bare_orders (id uuid primary key, body jsonb)');
const app = await NestFactory.create(App, { logger: false });
await app.listen(Number(process.env['PORT']), '127.0.0.1');
