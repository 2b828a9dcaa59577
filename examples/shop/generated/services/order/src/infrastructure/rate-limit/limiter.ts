import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';

import { TooManyRequestsError } from '../../common/problems.js';
import { SettingsError, type Settings } from '../../config/configuration.js';
import { SERVICE_NAME } from '../../config/service.js';
import { describe, getLogger } from '../observability/logger.js';

const log = getLogger('rate-limit');
const SECONDS = { second: 1, minute: 60, hour: 3600 } as const;

/** The time in which requests are counted. */
export type Period = keyof typeof SECONDS;

/** How often one client may call an operation. */
export interface Limit {
  readonly operation: string;
  readonly requests: number;
  readonly period: Period;
}

/** Counts calls in memory, or in Redis for all replicas together. */
export class Limiter {
  private readonly counters = new Map<string, RateLimiterAbstract>();
  private readonly redis: Redis | undefined;

  /** Throws SettingsError where RATE_LIMIT_STORAGE names no storage that is supported. */
  constructor(settings: Settings) {
    const url = settings.rate_limit_storage;
    if (url.startsWith('memory://')) {
      return;
    }
    if (!/^rediss?:\/\//.test(url)) {
      throw new SettingsError('RATE_LIMIT_STORAGE must be memory:// or a redis:// URL');
    }
    this.redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 1000 });
    this.redis.on('error', (error) => log.warning('rate_limit.storage_unavailable', { error: describe(error) }));
  }

  /** Count one call; throws TooManyRequestsError where it is one too many. */
  async hit(limit: Limit, client: string): Promise<void> {
    try {
      await this.counter(limit).consume(client);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) {
        log.warning('rate_limit.storage_unavailable', { error: describe(error) }); // availability before exactness
        return;
      }
      const waitS = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      throw new TooManyRequestsError(`${limit.requests}/${limit.period}`, waitS);
    }
  }

  /** Disconnect from the storage. */
  close(): void {
    this.redis?.disconnect();
  }

  private counter(limit: Limit): RateLimiterAbstract {
    const known = this.counters.get(limit.operation);
    if (known !== undefined) {
      return known;
    }
    const options = {
      keyPrefix: `${SERVICE_NAME}:${limit.operation}`,
      points: limit.requests,
      duration: SECONDS[limit.period],
    };
    const made =
      this.redis === undefined
        ? new RateLimiterMemory(options)
        : new RateLimiterRedis({ ...options, storeClient: this.redis });
    this.counters.set(limit.operation, made);
    return made;
  }
}
