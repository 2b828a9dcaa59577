/** Inside a client of MCP the page is an app (MCP Apps, 2026-01-26): it greets its host, follows its theme and says its size. */

import { suggest } from './theme.js';

const VERSION = '2026-01-26';
const HEIGHT = 720;

interface Message {
  jsonrpc?: string;
  id?: number | string;
  method?: string;
  params?: { theme?: unknown };
  result?: { hostContext?: { theme?: unknown } };
}

export function start(name: string): void {
  if (window.parent === window) return;
  const send = (message: object): void => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const follow = (theme: unknown): void => {
    if (theme === 'light' || theme === 'dark') suggest(theme);
  };
  window.addEventListener('message', (event: MessageEvent<Message | null>) => {
    const message = event.data;
    if (event.source !== window.parent || message?.jsonrpc !== '2.0') return;
    if (message.id === 1 && message.result !== undefined) {
      follow(message.result.hostContext?.theme);
      send({ method: 'ui/notifications/initialized' });
      send({ method: 'ui/notifications/size-changed', params: { height: HEIGHT } });
    } else if (message.method === 'ui/notifications/host-context-changed') follow(message.params?.theme);
    else if (message.method === 'ui/resource-teardown' || message.method === 'ping') send({ id: message.id, result: {} });
  });
  send({ id: 1, method: 'ui/initialize', params: { appInfo: { name, version: '1' }, appCapabilities: {}, protocolVersion: VERSION } });
}
