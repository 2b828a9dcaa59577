import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

const SSL_MODES: readonly string[] = ['disable', 'require', 'verify-ca', 'verify-full'];
const SSL_NAMES: ReadonlySet<string> = new Set(['sslmode', 'sslrootcert', 'sslcert', 'sslkey']);

/** The certificates of a connection, as the files that a URL names hold them. */
export interface Certificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Whether a URL of PostgreSQL asks for nothing but an encrypted connection. */
export function isDatabaseEncrypted(url: string): boolean {
  return (queryOf(url).get('sslmode') ?? 'disable') !== 'disable';
}

/** Whether a URL of a broker asks for nothing but an encrypted connection. */
export function isBrokerEncrypted(url: string): boolean {
  return /^(amqps|tls|kafkas):\/\//.test(url);
}

/** What is wrong with a URL's `sslmode`; nothing where it says none. */
export function faultOfSslMode(url: string): string | undefined {
  const said = queryOf(url);
  if (!SSL_MODES.includes(said.get('sslmode') ?? 'disable')) {
    return `sslmode must be one of ${SSL_MODES.join(', ')}`;
  }
  return said.get('sslmode') === 'verify-ca' && !said.has('sslrootcert')
    ? 'sslmode=verify-ca needs sslrootcert, else any public authority could vouch for any server; or say verify-full'
    : undefined;
}

/** A URL of PostgreSQL as the driver takes it: what `databaseTls` reads is left out. */
export function withoutCertificates(url: string): string {
  const [where, query] = cut(url);
  const rest = query.split('&').filter((each) => !SSL_NAMES.has(each.split('=')[0] ?? ''));
  return rest.join('') === '' ? where : `${where}?${rest.join('&')}`;
}

/** How connections to the database are encrypted; nothing where the URL says nothing. Each new one reads the files anew. */
export function databaseTls(url: string): ConnectionOptions | false | undefined {
  const said = queryOf(url);
  const mode = said.get('sslmode');
  if (mode === undefined || mode === 'disable') {
    return mode === undefined ? undefined : false;
  }
  const [ca, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => contentOf(said.get(name)));
  return {
    rejectUnauthorized: mode !== 'require' || said.has('sslrootcert'),
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    get ca() {
      return ca?.();
    },
    get cert() {
      return cert?.();
    },
    get key() {
      return key?.();
    },
  };
}

/** The certificates of a new connection to the broker, read anew each time; nothing where it is not encrypted. */
export function brokerTls(url: string): Certificates | undefined {
  const said = queryOf(url);
  const names = { ca: 'cafile', cert: 'certfile', key: 'keyfile' };
  const found = Object.entries(names).flatMap(([part, name]) => {
    const path = said.get(name);
    return path === undefined ? [] : [[part, readFileSync(path, 'utf8')]];
  });
  return isBrokerEncrypted(url) ? Object.fromEntries(found) : undefined;
}

/** What a file holds whenever it is asked; while it is being replaced, what it held before. Throws where it is not there at first. */
function contentOf(path: string | undefined): (() => string) | undefined {
  if (path === undefined) {
    return undefined;
  }
  let last = readFileSync(path, 'utf8');
  return () => {
    try {
      last = readFileSync(path, 'utf8');
    } catch {
      return last;
    }
    return last;
  };
}

function queryOf(url: string): Map<string, string> {
  return new Map(new URLSearchParams(cut(url)[1]));
}

function cut(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
