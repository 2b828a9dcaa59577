import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import express, { type RequestHandler } from 'express';

import { AppModule } from './app.module.js';
import { accessLog } from './common/middleware/access-log.middleware.js';
import { bodyLimit } from './common/middleware/body-limit.middleware.js';
import { methods, type Route } from './common/middleware/methods.middleware.js';
import { requestId } from './common/middleware/request-id.middleware.js';
import { securityHeaders } from './common/middleware/security-headers.middleware.js';
import type { Settings } from './config/configuration.js';
import { traceStatements } from './infrastructure/database/trace-statements.js';
import { configureLogging, FrameworkLog } from './infrastructure/observability/logger.js';
import { configureTelemetry } from './infrastructure/observability/telemetry.js';
import { ServiceState } from './infrastructure/service-state.js';
import { describeApi } from './openapi.js';

/** The configured service, which neither listens nor consumes yet; throws what its parts throw when they are made. */
export async function createApp(settings: Settings): Promise<NestExpressApplication> {
  configureLogging(settings);
  await configureTelemetry(settings);
  await traceStatements(settings);
  const server = express();
  server.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.register(settings),
    new ExpressAdapter(server),
    { bodyParser: false, abortOnError: false, logger: new FrameworkLog() },
  );
  app.use(requestId(settings.request_deadline_s), accessLog, securityHeaders, farewell(app.get(ServiceState)));
  if (settings.cors_origins.length > 0) {
    const exposedHeaders = ['ETag', 'Location', 'X-Request-ID'];
    app.enableCors({ origin: [...settings.cors_origins], exposedHeaders });
  }
  app.use(
    bodyLimit(settings.max_body_bytes),
    methods(() => routesOf(server)),
  );
  serveDescription(app, server, settings);
  return app;
}

/** Connections end with the answer in hand once the service is about to stop, so that it need not wait for them. */
function farewell(state: ServiceState): RequestHandler {
  return (_request, response, next) => {
    if (state.isStopping) {
      response.setHeader('Connection', 'close');
    }
    next();
  };
}

function serveDescription(app: NestExpressApplication, server: express.Express, settings: Settings): void {
  const document = describeApi(app);
  const body = Buffer.from(JSON.stringify(document));
  server.get('/openapi.json', (_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(body);
  });
  if (settings.environment !== 'production') {
    SwaggerModule.setup('docs', app, document, { raw: false });
  }
}

/** The routes of the operations, as Express has them. */
function routesOf(server: express.Express): Route[] {
  return server.router.stack.flatMap(({ route }) =>
    route === undefined || route.path.startsWith('/docs')
      ? []
      : route.stack.map(({ method }) => ({ path: route.path, method: (method ?? RequestMethod[0]).toUpperCase() })),
  );
}
