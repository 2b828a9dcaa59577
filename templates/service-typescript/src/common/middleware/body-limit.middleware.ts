import { AsyncResource } from 'node:async_hooks';

import type { Request, RequestHandler } from 'express';

import { sendProblem } from '../send-problem.js';
import { InvalidRequestError, MALFORMED_JSON, PayloadTooLargeError, ProblemError } from '../problems.js';
import { keepBody } from '../request.js';

const JSON_TYPE = /^application\/([^;\s]+\+)?json\s*(;|$)/i;
const UNPARSABLE = 'There was an error parsing the body';

/** How long the rest of a body that is too large may take to arrive: a client that still sends reads no answer. */
const PATIENCE_MS = 2000;

/** Keeps at most `limit` bytes of a body, whatever its Content-Length says, and understands it where it is JSON. */
export function bodyLimit(limit: number): RequestHandler {
  return (request, response, next) => {
    const goOn = AsyncResource.bind(() => next()); // the stream's events do not know whose request it is
    const chunks: Buffer[] = [];
    let received = Number(request.get('content-length') ?? 0) > limit ? Infinity : 0;
    let patience: NodeJS.Timeout | undefined;
    const refuse = (): void => {
      if (!response.headersSent) {
        response.setHeader('Connection', 'close');
        sendProblem(new PayloadTooLargeError(limit), request, response, '');
      }
    };
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received <= limit) {
        chunks.push(chunk);
      } else {
        chunks.length = 0;
        patience ??= setTimeout(refuse, PATIENCE_MS).unref();
      }
    });
    request.once('error', () => response.destroy());
    request.once('end', () => {
      clearTimeout(patience);
      if (received > limit) {
        refuse();
      } else {
        const body = Buffer.concat(chunks);
        keepBody(request, body, understand(request, body));
        goOn();
      }
    });
  };
}

/** Set the request's body; returns why it cannot be understood, if it cannot. */
function understand(request: Request, body: Buffer): ProblemError | undefined {
  if (body.length === 0) {
    request.body = undefined;
    return undefined;
  }
  if (!JSON_TYPE.test(request.get('content-type') ?? '')) {
    request.body = body.toString('latin1'); // no schema takes text: the refusal tells what is expected
    return undefined;
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return new ProblemError(400, 'bad-request', UNPARSABLE);
  }
  try {
    request.body = JSON.parse(text);
  } catch {
    return new InvalidRequestError([{ pointer: '/body', detail: MALFORMED_JSON }]);
  }
  const broken = /\\ud[89a-f]/i.test(text) ? brokenText(request.body, '/body', 0) : undefined;
  return broken === undefined
    ? undefined
    : new InvalidRequestError([{ pointer: broken, detail: 'Input should be valid Unicode text' }]);
}

const MAX_DEPTH = 100;

/** Where the body has text with half a surrogate pair, which no database can keep; its path, if there is any. */
function brokenText(value: unknown, path: string, depth: number): string | undefined {
  if (typeof value === 'string') {
    return value.isWellFormed() ? undefined : path;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  if (depth > MAX_DEPTH) {
    return path;
  }
  for (const [key, inner] of Object.entries(value)) {
    const found = key.isWellFormed() ? brokenText(inner, `${path}/${key}`, depth + 1) : path;
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
