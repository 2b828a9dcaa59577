import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { instant, json } from '../columns.js';

/** A key, what it was used for, and the answer. */
@Entity('idempotency_keys')
export class IdempotencyRecord {
  @PrimaryColumn({ type: 'varchar', length: 300 })
  scope!: string;

  @PrimaryColumn({ type: 'varchar', length: 255 })
  key!: string;

  @Column({ type: 'varchar', length: 64 })
  fingerprint!: string;

  @Index('ix_idempotency_keys_created_at')
  @Column({ type: 'varchar', transformer: instant })
  created_at!: Date;

  @Column({ type: 'integer', nullable: true })
  status!: number | null;

  @Column({ type: 'varchar', nullable: true, transformer: json })
  headers!: Record<string, string> | null;

  @Column({ type: 'varchar', nullable: true })
  body!: string | null;
}
