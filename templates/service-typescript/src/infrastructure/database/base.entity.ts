import { Column, PrimaryColumn } from 'typeorm';

import type { Moment } from '../../common/moment.js';
import { moment } from './columns.js';

/** Base of all entities: identity, optimistic lock and timestamps. */
export abstract class BaseEntity {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'integer' })
  version!: number;

  @Column({ type: 'varchar', transformer: moment })
  created_at!: Moment;

  @Column({ type: 'varchar', transformer: moment })
  updated_at!: Moment;
}
