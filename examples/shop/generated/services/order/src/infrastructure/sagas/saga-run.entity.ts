import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

import { flag, instant } from '../database/columns.js';

/** Where a run stands. */
export type SagaState = 'running' | 'compensating' | 'completed' | 'compensated' | 'stuck';

/**
 * One run of a saga, about one entity. It knows its step by name, so that a new version of the saga may have further
 * steps while runs are open. `is_backward` says where a stuck one was going.
 */
@Entity('sagas')
export class SagaRun {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'varchar', length: 120 })
  saga!: string;

  @Index('ix_sagas_entity_id')
  @Column({ type: 'varchar' })
  entity_id!: string;

  @Index('ix_sagas_state')
  @Column({ type: 'varchar', length: 20 })
  state!: SagaState;

  @Column({ type: 'varchar', length: 60 })
  step!: string;

  @Column({ type: 'boolean', transformer: flag })
  is_backward!: boolean;

  @Column({ type: 'integer' })
  attempts!: number;

  @Index('ix_sagas_due_at')
  @Column({ type: 'varchar', nullable: true, transformer: instant })
  due_at!: Date | null;

  @Column({ type: 'varchar', transformer: instant })
  ends_at!: Date;

  @Column({ type: 'varchar', length: 500, nullable: true })
  reason!: string | null;

  @Column({ type: 'varchar', length: 60, nullable: true })
  traceparent!: string | null;

  @Column({ type: 'varchar', transformer: instant })
  created_at!: Date;

  @Column({ type: 'varchar', transformer: instant })
  updated_at!: Date;
}

/** What happened in a run, and who did it where it was a person: its history and audit trail. */
@Entity('saga_entries')
export class SagaEntry {
  @PrimaryGeneratedColumn({ type: 'integer' })
  position!: number;

  @Index('ix_saga_entries_saga_id')
  @Column({ type: 'varchar' })
  saga_id!: string;

  @Column({ type: 'varchar', transformer: instant })
  at!: Date;

  @Column({ type: 'varchar', length: 60, nullable: true })
  step!: string | null;

  @Column({ type: 'varchar', length: 40 })
  what!: string;

  @Column({ type: 'varchar', length: 500, nullable: true })
  reason!: string | null;

  @Column({ type: 'varchar', length: 300, nullable: true })
  actor!: string | null;
}
