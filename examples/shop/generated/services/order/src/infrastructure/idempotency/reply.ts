import type { Response } from 'express';

/** An answer that can be stored and given again. */
export class Reply {
  private constructor(
    readonly status: number,
    readonly body: string | null,
    readonly headers: Readonly<Record<string, string>>,
    readonly isReplay: boolean = false,
  ) {}

  /** An answer with a JSON body. */
  static json(value: unknown, options: { status?: number; headers?: Readonly<Record<string, string>> } = {}): Reply {
    return new Reply(options.status ?? 200, JSON.stringify(value), options.headers ?? {});
  }

  /** An answer without a body. */
  static empty(options: { status?: number; headers?: Readonly<Record<string, string>> } = {}): Reply {
    return new Reply(options.status ?? 204, null, options.headers ?? {});
  }

  /** An answer that was given before. */
  static replay(status: number, body: string | null, headers: Readonly<Record<string, string>>): Reply {
    return new Reply(status, body, headers, true);
  }

  /** Send it as HTTP. */
  send(response: Response): void {
    response.status(this.status);
    for (const [name, value] of Object.entries(this.headers)) {
      response.setHeader(name, value);
    }
    if (this.isReplay) {
      response.setHeader('Idempotency-Replayed', 'true');
    }
    if (this.body === null) {
      response.end();
      return;
    }
    const bytes = Buffer.from(this.body);
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Content-Length', bytes.length);
    response.end(bytes);
  }
}
