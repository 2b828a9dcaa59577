import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { instant } from '../database/columns.js';

/** What this service did for one step of one run. */
@Entity('saga_participations')
export class SagaParticipation {
  @PrimaryColumn({ type: 'varchar' })
  saga_id!: string;

  @PrimaryColumn({ type: 'varchar', length: 120 })
  step!: string;

  @Column({ type: 'varchar', length: 20 })
  state!: 'new' | 'done' | 'refused' | 'undone';

  @Column({ type: 'varchar', nullable: true })
  entity_id!: string | null;

  @Column({ type: 'varchar', length: 500, nullable: true })
  reason!: string | null;

  @Index('ix_saga_participations_created_at')
  @Column({ type: 'varchar', transformer: instant })
  created_at!: Date;
}
