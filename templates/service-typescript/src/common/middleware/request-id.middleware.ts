import type { RequestHandler } from 'express';

import { uuid7 } from '../../infrastructure/database/clock.js';
import { DEADLINE_HEADER } from '../../infrastructure/http-client/resilience.js';
import { REQUEST_ID_HEADER, runInRequest } from '../request-context.js';

const WELL_FORMED = /^[A-Za-z0-9._-]{1,128}$/;
const MILLISECONDS = /^[0-9]{1,9}$/;

/** Gives each request an id and a deadline, taken from the caller where there is one. */
export function requestId(deadlineS: number): RequestHandler {
  return (request, response, next) => {
    const given = request.get(REQUEST_ID_HEADER) ?? '';
    const id = WELL_FORMED.test(given) ? given : uuid7();
    response.setHeader(REQUEST_ID_HEADER, id);
    const left = request.get(DEADLINE_HEADER) ?? '';
    const seconds = MILLISECONDS.test(left) ? Math.min(deadlineS, Number(left) / 1000) : deadlineS;
    runInRequest({ requestId: id, deadline: performance.now() + seconds * 1000, faults: [] }, next);
  };
}
