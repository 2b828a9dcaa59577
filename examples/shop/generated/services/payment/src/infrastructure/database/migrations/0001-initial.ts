import type { MigrationInterface, QueryRunner } from 'typeorm';

import { columnTypes } from '../column-types.js';

/** The first schema. */
export class Initial1700000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const t = columnTypes(queryRunner);
    await queryRunner.query(`
      CREATE TABLE "payments" (
        "id" ${t.uuid} NOT NULL,
        "version" integer NOT NULL,
        "created_at" ${t.moment} NOT NULL,
        "updated_at" ${t.moment} NOT NULL,
        "order_id" ${t.uuid} NOT NULL,
        "amount_minor_units" bigint NOT NULL,
        "amount_currency" varchar(3) NOT NULL,
        "provider_reference" varchar(100),
        "status" varchar(40) NOT NULL,
        CONSTRAINT "pk_payments" PRIMARY KEY ("id"),
        CONSTRAINT "uq_payments_order_id" UNIQUE ("order_id")
      )`);
    await queryRunner.query('CREATE INDEX "ix_payments_status" ON "payments" ("status")');
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
      CREATE TABLE "saga_participations" (
        "saga_id" ${t.uuid} NOT NULL,
        "step" varchar(120) NOT NULL,
        "state" varchar(20) NOT NULL,
        "entity_id" ${t.uuid},
        "reason" varchar(500),
        "created_at" ${t.moment} NOT NULL,
        CONSTRAINT "pk_saga_participations" PRIMARY KEY ("saga_id", "step")
      )`);
    await queryRunner.query('CREATE INDEX "ix_saga_participations_created_at" ON "saga_participations" ("created_at")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "saga_participations"');
    await queryRunner.query('DROP TABLE "payments"');
    await queryRunner.query('DROP TABLE "idempotency_keys"');
    await queryRunner.query('DROP TABLE "inbox_messages"');
    await queryRunner.query('DROP TABLE "outbox_messages"');
  }
}
