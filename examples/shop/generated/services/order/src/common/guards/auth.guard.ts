import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';

import type { TokenVerifier } from '../../infrastructure/security/token-verifier.js';
import { NOBODY, noteGuarded } from '../audit.js';
import { OPERATION_ID, SCOPES } from '../decorators/access.decorator.js';
import { ForbiddenError, UnauthorizedError } from '../problems.js';
import { bodyFaultOf, setPrincipal } from '../request.js';

const BEARER = /^Bearer +(\S.*)$/i;

/** Lets in only callers who hold the scopes that the operation needs; where no issuer is set, everybody. */
export class AuthGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(private readonly verifier: TokenVerifier | undefined) {}

  /** Throws UnauthorizedError without a good token, and ForbiddenError where a scope is missing. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const fault = bodyFaultOf(request);
    if (fault !== undefined) {
      throw fault;
    }
    const needed = this.reflector.get<string[] | undefined>(SCOPES, context.getHandler());
    if (needed === undefined) {
      return true;
    }
    const operation = this.reflector.get<string | undefined>(OPERATION_ID, context.getHandler());
    if (this.verifier === undefined) {
      noteGuarded(request, operation, NOBODY);
      return true;
    }
    noteGuarded(request, operation);
    const token = BEARER.exec(request.get('authorization') ?? '')?.[1];
    if (token === undefined) {
      throw new UnauthorizedError('send a bearer token in the Authorization header');
    }
    const { subject, client, scopes } = await this.verifier.verify(token);
    noteGuarded(request, operation, { subject, client });
    const missing = needed.filter((scope) => !scopes.has(scope)).toSorted();
    if (missing.length > 0) {
      throw new ForbiddenError(missing);
    }
    setPrincipal(request, subject);
    return true;
  }
}
