import { randomUUID } from 'node:crypto';

/** The current time. */
export function utcNow(): Date {
  return new Date();
}

/** A time-ordered id (RFC 9562, version 7): new rows land at the end of the index. */
export function uuid7(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`; // the variant stands where version 4 has it
}
