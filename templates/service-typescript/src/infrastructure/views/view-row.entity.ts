import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Moment } from '../../common/moment.js';
import { flag, instant, json, moment } from '../database/columns.js';

/** Which entity a value came from, and the entity's version then. Ids grow with time, so a successor comes later. */
export type Position = readonly [identity: string, version: number];

/** The items of a list by the id of their entity, each with what has been told of it. */
export type Items = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Base of all rows: what they show stands in the columns of their own classes, beside their key. */
export abstract class ViewRow {
  @PrimaryColumn({ type: 'integer' })
  generation!: number;

  @Column({ type: 'varchar', transformer: moment })
  as_of!: Moment;

  @Column({ type: 'boolean', transformer: flag })
  is_visible!: boolean;

  @Column({ type: 'varchar', nullable: true, transformer: instant })
  deleted_at!: Date | null;

  @Column({ type: 'varchar', transformer: json })
  positions!: Readonly<Record<string, Position>>;

  @Column({ type: 'varchar', transformer: json })
  parts!: Readonly<Record<string, Items>>;
}

/** Which rows of a view are shown, and which are being built. A view that was never rebuilt has no entry. */
@Entity('view_generations')
export class ViewGeneration {
  @PrimaryColumn({ type: 'varchar', length: 50 })
  view!: string;

  @Column({ type: 'integer' })
  active!: number;

  @Column({ type: 'integer', nullable: true })
  building!: number | null;
}
