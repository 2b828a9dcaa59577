import type { RequestHandler } from 'express';

import { ProblemError } from '../problems.js';
import { sendProblem } from '../send-problem.js';
import { pathOf } from '../request.js';

/** A path with parameters such as `:id`, and a method that it answers. */
export interface Route {
  readonly path: string;
  readonly method: string;
}

/** Refuses methods that a path does not know, and says which it does; Express alone would answer 404. */
export function methods(routes: () => readonly Route[]): RequestHandler {
  let known: { pattern: RegExp; method: string }[] | undefined;
  return (request, response, next) => {
    known ??= routes().map(({ path, method }) => ({ pattern: patternOf(path), method }));
    const path = pathOf(request);
    const allowed = new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    if (allowed.size === 0 || allowed.has(request.method)) {
      next();
      return;
    }
    const headers = { Allow: [...allowed].toSorted().join(', ') };
    sendProblem(new ProblemError(405, 'method-not-allowed', 'Method Not Allowed', headers), request, response);
  };
}

function patternOf(path: string): RegExp {
  const literal = path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll(/:\w+/g, '[^/]+')}$`);
}
