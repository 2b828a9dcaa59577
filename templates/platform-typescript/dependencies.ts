import { DependencyClient, type Policy } from './dependency-client.js';

/** By name, for those that `usual` does not suit. */
const POLICIES: Readonly<Record<string, Policy>> = {};

const clients = new Map<string, DependencyClient>();

/** The environment does not say where a dependency is. */
export class NoAddressError extends Error {
  override readonly name = 'NoAddressError';

  constructor(variable: string) {
    super(`${variable} is not set; it is the address of a service that this one calls`);
  }
}

/** How a dependency is called where nothing else is said. */
export function usual(name: string): Policy {
  return {
    name,
    timeout_s: 2,
    attempts: 3,
    backoff_s: 0.1,
    breaker_failures: 5,
    breaker_reset_s: 10,
    concurrency: 20,
  };
}

/**
 * The client of a dependency, whose address is in the variable of its name, such as STOCK_URL; throws NoAddressError
 * where that is not set. It has its own timeout, retries, circuit breaker and bulkhead.
 */
export function dependency(name: string): DependencyClient {
  const known = clients.get(name);
  if (known !== undefined) {
    return known;
  }
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_URL`;
  const address = process.env[variable];
  if (address === undefined) {
    throw new NoAddressError(variable);
  }
  const made = new DependencyClient(POLICIES[name] ?? usual(name), address);
  clients.set(name, made);
  return made;
}
