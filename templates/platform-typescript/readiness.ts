import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 2000;
const checks = new Map<string, () => Promise<boolean>>();

/** Be ready only while `check` says so: ask only what is this service's own, such as its database. */
export function readyWhen(name: string, check: () => Promise<boolean>): void {
  checks.set(name, check);
}

/** Which checks hold; one that is late or throws does not. */
export async function heldChecks(): Promise<Record<string, boolean>> {
  return Object.fromEntries(await Promise.all([...checks].map(async ([name, check]) => [name, await holds(check)] as const)));
}

async function holds(check: () => Promise<boolean>): Promise<boolean> {
  const ended = new AbortController();
  const late = sleep(PATIENCE_MS, false, { signal: ended.signal }).catch(() => false);
  try {
    return await Promise.race([check(), late]);
  } catch {
    return false;
  } finally {
    ended.abort();
  }
}
