import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import type { Moment } from '../../common/moment.js';
import { json, moment } from '../database/columns.js';

/** Values of an entity by the names of their fields, as JSON. */
export type State = Readonly<Record<string, unknown>>;

/** Something that happened to an entity: what has changed, and its version since then. */
@Entity('stream_events')
export class StreamEvent {
  @PrimaryColumn({ type: 'varchar' })
  stream_id!: string;

  @PrimaryColumn({ type: 'integer' })
  version!: number;

  @Index('ix_stream_events_stream')
  @Column({ type: 'varchar', length: 50 })
  stream!: string;

  @Column({ type: 'varchar', length: 120 })
  type!: string;

  @Column({ type: 'integer' })
  schema_version!: number;

  @Column({ type: 'varchar', transformer: json })
  data!: State;

  @Column({ type: 'varchar', transformer: moment })
  recorded_at!: Moment;

  @Column({ type: 'varchar', length: 60, nullable: true })
  traceparent!: string | null;
}

/** The sum of a stream's events up to a version. */
@Entity('stream_snapshots')
export class StreamSnapshot {
  @PrimaryColumn({ type: 'varchar' })
  stream_id!: string;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ type: 'integer' })
  schema_version!: number;

  @Column({ type: 'varchar', transformer: json })
  data!: State;

  @Column({ type: 'varchar', transformer: moment })
  created_at!: Moment;

  @Column({ type: 'varchar', transformer: moment })
  updated_at!: Moment;
}
