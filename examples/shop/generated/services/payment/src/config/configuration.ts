import { z } from 'zod';

import { SERVICE_NAME } from './service.js';
import { faultOfSslMode, isBrokerEncrypted, isDatabaseEncrypted } from './transport.js';

const integer = (minimum: number, maximum = Number.MAX_SAFE_INTEGER): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(minimum).max(maximum));

const seconds = (): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number of seconds')
    .transform(Number)
    .pipe(z.number().positive());

const origins = (): z.ZodType<string[], string> =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be a JSON list such as ["https://app.example"]' });
        return z.NEVER;
      }
    })
    .pipe(z.array(z.string()));

/** Each field is the environment variable of its name in capitals; every default runs on a laptop without a server. */
const variables = z.object({
  environment: z.enum(['development', 'test', 'production']).default('development'),
  host: z.string().default('127.0.0.1'),
  port: integer(0, 65_535).default(8000),
  log_level: z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR']).default('INFO'),
  otel_exporter_otlp_endpoint: z.string().optional(),

  /**
   * Whether the database and the broker may be reached in the clear; unset, everywhere but in production. True is right only where
   * what is below encrypts, such as a mesh with mTLS up to them, or where nothing leaves the machine: a socket, the loopback
   * address. False refuses it in every environment.
   */
  allow_plaintext: z.stringbool().optional(),

  database_url: z.string().default('sqlite:///./payment.db'),
  database_pool_size: integer(1, 200).default(10),
  database_timeout_s: seconds().default(5),
  /** After which a connection is replaced by a new one, which reads the certificates anew. */
  database_lifetime_s: integer(1).default(1800),

  broker_url: z.string().default('memory://'),
  broker_timeout_s: seconds().default(5),
  consumer_prefetch: integer(1, 1000).default(20),
  delivery_attempts: integer(1, 100).default(5),
  delivery_backoff_s: seconds().default(0.2),

  outbox_batch: integer(1, 1000).default(100),
  outbox_poll_s: seconds().default(1),
  outbox_lease_s: seconds().default(30),
  retention_hours: integer(1).default(7 * 24),
  idempotency_retention_hours: integer(1).default(24),

  auth_jwks_url: z.string().optional(),
  auth_issuer: z.string().optional(),
  auth_audience: z.string().default(SERVICE_NAME),

  rate_limit_storage: z.string().default('memory://'),
  cors_origins: origins().default([]),
  max_body_bytes: integer(1024).default(1_048_576),
  request_deadline_s: seconds().default(1.5),
  shutdown_grace_s: integer(1).default(20),

  payment_provider_url: z.string().default('http://127.0.0.1:8000'),
});

/** The settings of a process: read once from the environment, checked at start, never changed afterwards. */
export type Settings = Readonly<z.infer<typeof variables>>;

/** Injection token of the settings. */
export const SETTINGS = Symbol('SETTINGS');

/** Thrown where a variable is malformed, or one that production needs is missing. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** The settings that an environment gives; throws SettingsError, which names the variables but never their values. */
export function loadSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const given = Object.keys(variables.shape).map((name) => [name, env[name.toUpperCase()]]);
  const parsed = variables.safeParse(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.').toUpperCase()}: ${issue.message}`);
    throw new SettingsError(`the environment is not valid: ${faults.join('; ')}`);
  }
  const settings = Object.freeze(parsed.data);
  const missing = settings.environment === 'production' ? missingInProduction(settings) : [];
  if (missing.length > 0) {
    throw new SettingsError(`production needs ${missing.join(', ')}; set them in the environment`);
  }
  const faults = faultsOfTransport(settings);
  if (faults.length > 0) {
    throw new SettingsError(faults.join('; '));
  }
  return settings;
}

/** Whether the database and the broker may be reached in the clear. */
export function mayBePlain(settings: Settings): boolean {
  return settings.allow_plaintext ?? settings.environment !== 'production';
}

/** Whether the embedded database is used. */
export function isSqlite(settings: Settings): boolean {
  return settings.database_url.startsWith('sqlite');
}

/** Whether events stay in this process. */
export function isEmbeddedBroker(settings: Settings): boolean {
  return settings.broker_url.startsWith('memory://');
}

/** Whether tokens are checked; only development and tests may run without. */
export function isAuthOn(settings: Settings): boolean {
  return settings.auth_jwks_url !== undefined;
}

function missingInProduction(settings: Settings): string[] {
  const unset: [string, boolean][] = [
    ['DATABASE_URL', isSqlite(settings)],
    ['BROKER_URL', isEmbeddedBroker(settings)],
    ['AUTH_JWKS_URL', !isAuthOn(settings)],
    ['AUTH_ISSUER', settings.auth_issuer === undefined],
  ];
  return unset.filter(([, isUnset]) => isUnset).map(([name]) => name);
}

function faultsOfTransport(settings: Settings): string[] {
  const fault = faultOfSslMode(settings.database_url);
  if (fault !== undefined) {
    return [`DATABASE_URL: ${fault}`];
  }
  const ways: [string, string, boolean][] = [
    ['DATABASE_URL', 'add sslmode=verify-full to its query', isSqlite(settings) || isDatabaseEncrypted(settings.database_url)],
    ['BROKER_URL', 'begin it with amqps://', isEmbeddedBroker(settings) || isBrokerEncrypted(settings.broker_url)],
  ];
  const faults = ways.filter(([, , isSafe]) => !isSafe).map(([name, way]) => `${name} does not encrypt: ${way}`);
  return faults.length === 0 || mayBePlain(settings)
    ? []
    : [...faults, 'or set ALLOW_PLAINTEXT=true where what is below encrypts'];
}
