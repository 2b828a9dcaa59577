import type { z } from 'zod';

import { SYSTEM_NAME } from '../../config/service.js';

/** An event that happened, with what a broker needs to keep its order. */
export interface DomainEvent<T = unknown> {
  readonly definition: EventDefinition<T>;
  /** Events of one key are delivered in the order of their commits. */
  readonly orderingKey: string;
  readonly data: T;
  /** The same fact in the older versions that live, for those who do not read the newest yet; the newest of them first. */
  readonly older?: readonly DomainEvent[];
}

/** A kind of event: its name, its version and the schema of its data. */
export class EventDefinition<T> {
  /** The CloudEvents type, which is also the routing key. */
  readonly type: string;

  constructor(
    readonly name: string,
    readonly version: number,
    readonly schema: z.ZodType<T>,
  ) {
    this.type = `${SYSTEM_NAME}.${name}.v${version}`;
  }

  /** An event of this kind; throws ZodError where the data does not fit the schema. */
  of(orderingKey: string, data: T): DomainEvent<T> {
    return { definition: this, orderingKey, data: this.schema.parse(data) };
  }
}
