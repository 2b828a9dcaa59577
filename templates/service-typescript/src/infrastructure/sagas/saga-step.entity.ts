import { Column, Entity, PrimaryColumn } from 'typeorm';

import { instant } from '../database/columns.js';

/** What has been seen of a step. It is due from the moment that what it follows from has been seen. */
export type StepState = 'waiting' | 'due' | 'done' | 'refused' | 'undone';

/** What has been seen of one step of one run. */
@Entity('saga_steps')
export class SagaStep {
  @PrimaryColumn({ type: 'varchar' })
  saga_id!: string;

  @PrimaryColumn({ type: 'varchar', length: 60 })
  step!: string;

  @Column({ type: 'varchar', length: 20 })
  state!: StepState;

  @Column({ type: 'varchar', nullable: true, transformer: instant })
  due_at!: Date | null;
}
