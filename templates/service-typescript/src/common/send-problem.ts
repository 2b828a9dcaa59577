import type { Request, Response } from 'express';

import { PROBLEM_TYPE, toProblem, type ProblemError } from './problems.js';
import { pathOf } from './request.js';

/** Send a problem, unless an answer is on its way already. */
export function sendProblem(
  error: ProblemError,
  request: Request,
  response: Response,
  instance = pathOf(request),
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(toProblem(error, instance === '' ? null : instance)));
  response.status(error.status);
  Object.entries(error.headers).forEach(([name, value]) => response.setHeader(name, value));
  response.setHeader('Content-Type', PROBLEM_TYPE);
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
