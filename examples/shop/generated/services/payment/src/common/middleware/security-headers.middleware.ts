import type { RequestHandler } from 'express';

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'";

/** Headers that keep browsers from being used against the API (OWASP REST Security Cheat Sheet). */
export const securityHeaders: RequestHandler = (request, response, next) => {
  for (const [name, value] of Object.entries(HEADERS)) {
    response.setHeader(name, value);
  }
  if (request.path.startsWith('/docs')) {
    response.setHeader('Content-Security-Policy', DOCS_POLICY); // its page runs its own scripts
  }
  next();
};
