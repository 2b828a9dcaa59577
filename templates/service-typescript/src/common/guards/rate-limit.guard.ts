import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';

import type { Limit, Limiter } from '../../infrastructure/rate-limit/limiter.js';
import { LIMIT } from '../decorators/access.decorator.js';
import { ANONYMOUS, principalOf } from '../request.js';

/** Refuses a client who calls an operation more often than its limit; a client is a token's subject, or an address. */
export class RateLimitGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(private readonly limiter: Limiter) {}

  /** Throws TooManyRequestsError where the client is over the limit. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const limit = this.reflector.get<Limit | undefined>(LIMIT, context.getHandler());
    if (limit !== undefined) {
      const request = context.switchToHttp().getRequest<Request>();
      const subject = principalOf(request);
      const client = subject === ANONYMOUS ? (request.socket.remoteAddress ?? ANONYMOUS) : subject;
      await this.limiter.hit(limit, client);
    }
    return true;
  }
}
