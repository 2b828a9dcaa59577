import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { instant } from '../columns.js';

/** A message that has been handled. */
@Entity('inbox_messages')
export class InboxMessage {
  @PrimaryColumn({ type: 'varchar', length: 120 })
  consumer!: string;

  @PrimaryColumn({ type: 'varchar' })
  message_id!: string;

  @Index('ix_inbox_messages_received_at')
  @Column({ type: 'varchar', transformer: instant })
  received_at!: Date;
}
