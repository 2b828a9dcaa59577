import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { Request, RequestHandler, Response } from 'express';

import { getLogger } from '../../infrastructure/observability/logger.js';
import { REQUEST_DURATION } from '../../infrastructure/observability/http-metrics.js';
import { audit } from '../audit.js';
import { pathOf } from '../request.js';

const log = getLogger('access');
const tracer = trace.getTracer('http');
const CLIENT_GONE = 499;
const QUIET = /^\/(health|metrics)/;

/** One span, one measurement and one log record per request: method, route, status, duration; never its content. */
export const accessLog: RequestHandler = (request, response, next) => {
  if (QUIET.test(pathOf(request))) {
    next();
    return;
  }
  const started = performance.now();
  const parent = propagation.extract(context.active(), request.headers);
  tracer.startActiveSpan(request.method, { kind: SpanKind.SERVER }, parent, (span) => {
    const active = context.active();
    response.once('close', () =>
      context.with(active, () => {
        const durationMs = measure(request, response, started);
        finish(span, request, response);
        const about = { method: request.method, route: routeOf(request), status: statusOf(response) };
        log.info('http.request', { ...about, duration_ms: Math.round(durationMs * 100) / 100 });
        audit(request, response, about.route, about.status);
      }),
    );
    next();
  });
};

function routeOf(request: Request): string {
  const route: unknown = request.route;
  const hasPath = typeof route === 'object' && route !== null && 'path' in route && typeof route.path === 'string';
  return hasPath ? String(route.path).replace(/:(\w+)/g, '{$1}') : 'unmatched';
}

/** The status that was sent; the client may have gone before there was one. */
function statusOf(response: Response): number {
  return response.headersSent ? response.statusCode : CLIENT_GONE;
}

function measure(request: Request, response: Response, started: number): number {
  const durationMs = performance.now() - started;
  const labels = {
    http_request_method: request.method,
    http_route: routeOf(request),
    http_response_status_code: String(statusOf(response)),
  };
  REQUEST_DURATION.observe(labels, durationMs / 1000);
  return durationMs;
}

function finish(span: Span, request: Request, response: Response): void {
  span.updateName(`${request.method} ${routeOf(request)}`);
  span.setAttributes({
    'http.request.method': request.method,
    'http.route': routeOf(request),
    'http.response.status_code': statusOf(response),
    'url.path': pathOf(request),
  });
  if (response.statusCode >= 500) {
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
