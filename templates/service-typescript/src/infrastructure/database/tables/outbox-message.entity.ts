import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

import { bytes, bigint, instant } from '../columns.js';

/** An event that must be published. */
@Entity('outbox_messages')
@Index('ix_outbox_messages_pending', ['ordering_key', 'position'], { where: 'published_at IS NULL' })
export class OutboxMessage {
  @PrimaryGeneratedColumn({ type: 'integer' })
  position!: number;

  @Column({ type: 'varchar', unique: true })
  id!: string;

  @Column({ type: 'varchar', length: 200 })
  event_type!: string;

  @Column({ type: 'varchar', length: 300 })
  ordering_key!: string;

  @Column({ type: 'varchar', transformer: bytes })
  envelope!: Buffer;

  @Column({ type: 'varchar', transformer: instant })
  created_at!: Date;

  @Column({ type: 'varchar', transformer: instant })
  available_at!: Date;

  @Column({ type: 'varchar', nullable: true, transformer: instant })
  published_at!: Date | null;

  @Column({ type: 'integer', transformer: bigint })
  attempts!: number;
}
