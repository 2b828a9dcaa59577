import type { MigrationInterface, QueryRunner } from 'typeorm';

import { columnTypes } from '../column-types.js';

/** The first schema. */
export class Initial1700000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const t = columnTypes(queryRunner);
    await queryRunner.query(`
      CREATE TABLE "orders" (
        "id" ${t.uuid} NOT NULL,
        "version" integer NOT NULL,
        "created_at" ${t.moment} NOT NULL,
        "updated_at" ${t.moment} NOT NULL,
        "customer_id" ${t.uuid} NOT NULL,
        "customer_email" varchar(320) NOT NULL,
        "lines" ${t.json} NOT NULL,
        "total_minor_units" bigint NOT NULL,
        "total_currency" varchar(3) NOT NULL,
        "note" text,
        "status" varchar(40) NOT NULL,
        CONSTRAINT "pk_orders" PRIMARY KEY ("id")
      )`);
    await queryRunner.query('CREATE INDEX "ix_orders_status" ON "orders" ("status")');
    await queryRunner.query(`
      CREATE TABLE "outbox_messages" (
        "position" ${t.serial} NOT NULL,
        "id" ${t.uuid} NOT NULL,
        "event_type" varchar(200) NOT NULL,
        "ordering_key" varchar(300) NOT NULL,
        "envelope" ${t.bytes} NOT NULL,
        "created_at" ${t.moment} NOT NULL,
        "available_at" ${t.moment} NOT NULL,
        "published_at" ${t.moment},
        "attempts" integer NOT NULL,
        CONSTRAINT "pk_outbox_messages" PRIMARY KEY ("position"),
        CONSTRAINT "uq_outbox_messages_id" UNIQUE ("id")
      )`);
    await queryRunner.query(
      'CREATE INDEX "ix_outbox_messages_pending" ON "outbox_messages" ("ordering_key", "position") WHERE published_at IS NULL',
    );
    await queryRunner.query(`
      CREATE TABLE "inbox_messages" (
        "consumer" varchar(120) NOT NULL,
        "message_id" ${t.uuid} NOT NULL,
        "received_at" ${t.moment} NOT NULL,
        CONSTRAINT "pk_inbox_messages" PRIMARY KEY ("consumer", "message_id")
      )`);
    await queryRunner.query('CREATE INDEX "ix_inbox_messages_received_at" ON "inbox_messages" ("received_at")');
    await queryRunner.query(`
      CREATE TABLE "idempotency_keys" (
        "scope" varchar(300) NOT NULL,
        "key" varchar(255) NOT NULL,
        "fingerprint" varchar(64) NOT NULL,
        "created_at" ${t.moment} NOT NULL,
        "status" integer,
        "headers" ${t.json},
        "body" text,
        CONSTRAINT "pk_idempotency_keys" PRIMARY KEY ("scope", "key")
      )`);
    await queryRunner.query('CREATE INDEX "ix_idempotency_keys_created_at" ON "idempotency_keys" ("created_at")');
    await queryRunner.query(`
      CREATE TABLE "sagas" (
        "id" ${t.uuid} NOT NULL,
        "saga" varchar(120) NOT NULL,
        "entity_id" ${t.uuid} NOT NULL,
        "state" varchar(20) NOT NULL,
        "step" varchar(60) NOT NULL,
        "is_backward" boolean NOT NULL,
        "attempts" integer NOT NULL,
        "due_at" ${t.moment},
        "ends_at" ${t.moment} NOT NULL,
        "reason" varchar(500),
        "traceparent" varchar(60),
        "created_at" ${t.moment} NOT NULL,
        "updated_at" ${t.moment} NOT NULL,
        CONSTRAINT "pk_sagas" PRIMARY KEY ("id")
      )`);
    await queryRunner.query('CREATE INDEX "ix_sagas_entity_id" ON "sagas" ("entity_id")');
    await queryRunner.query('CREATE INDEX "ix_sagas_state" ON "sagas" ("state")');
    await queryRunner.query('CREATE INDEX "ix_sagas_due_at" ON "sagas" ("due_at")');
    await queryRunner.query(`
      CREATE TABLE "saga_entries" (
        "position" ${t.serial} NOT NULL,
        "saga_id" ${t.uuid} NOT NULL,
        "at" ${t.moment} NOT NULL,
        "step" varchar(60),
        "what" varchar(40) NOT NULL,
        "reason" varchar(500),
        "actor" varchar(300),
        CONSTRAINT "pk_saga_entries" PRIMARY KEY ("position")
      )`);
    await queryRunner.query('CREATE INDEX "ix_saga_entries_saga_id" ON "saga_entries" ("saga_id")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "saga_entries"');
    await queryRunner.query('DROP TABLE "sagas"');
    await queryRunner.query('DROP TABLE "orders"');
    await queryRunner.query('DROP TABLE "idempotency_keys"');
    await queryRunner.query('DROP TABLE "inbox_messages"');
    await queryRunner.query('DROP TABLE "outbox_messages"');
  }
}
