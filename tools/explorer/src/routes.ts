/** The paths of calls from one part to another, and what each leaves of time and availability: as `capacity/budgets.py` reckons. */

import { type Edge, nodeOf, page } from './data.js';

const MOST = 200;

export interface Route {
  hops: string[];
  calls: Edge[];
}

export interface Budget {
  latency: number;
  availability: number;
  timeouts: number;
  isBounded: boolean;
}

const calls = page.edges.filter((edge) => edge.kind === 'call' && edge.change !== 'removed');

/** Where one can get from here by calls. */
export function reachable(from: string): string[] {
  const found = new Set<string>();
  const open = [from];
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    for (const call of calls) {
      if (call.source !== here || call.target === from || found.has(call.target)) continue;
      found.add(call.target);
      open.push(call.target);
    }
  }
  return page.nodes.map((node) => node.id).filter((id) => found.has(id));
}

/** Every path without a circle, the slowest first; at most so many that a person can look at them. */
export function routes(from: string, to: string): Route[] {
  const leading = new Set([to]);
  for (let grew = true; grew;) {
    grew = false;
    for (const call of calls) {
      if (leading.has(call.target) && !leading.has(call.source)) {
        leading.add(call.source);
        grew = true;
      }
    }
  }
  const found: Route[] = [];
  const follow = (here: string, taken: Route): void => {
    if (found.length >= MOST) return;
    if (here === to) {
      found.push(taken);
      return;
    }
    for (const call of calls) {
      if (call.source !== here || !leading.has(call.target) || taken.hops.includes(call.target)) continue;
      follow(call.target, { hops: [...taken.hops, call.target], calls: [...taken.calls, call] });
    }
  };
  follow(from, { hops: [from], calls: [] });
  return found.sort((one, other) => budget(other).latency - budget(one).latency);
}

export function routeOf(hops: readonly string[]): Route {
  const taken = hops.slice(1).map((target, index) => calls.find((call) => call.source === hops[index] && call.target === target));
  return { hops: [...hops], calls: taken.filter((call) => call !== undefined) };
}

/** A caller waits for all that is behind it; what is behind must be there for its own answer. */
export function budget(route: Route): Budget {
  const nodes = route.hops.map((id) => nodeOf(id));
  const times = nodes.map((node) => node?.p99 ?? 0);
  const composed = nodes[0]?.composed ?? 0;
  const behind = times.slice(1).reduce((sum, time) => sum + time, 0);
  return {
    latency: Math.max(...times, behind, composed),
    availability: 100 * nodes.map((node) => (node?.availability ?? 100) / 100).reduce((product, share) => product * share, 1),
    timeouts: route.calls.reduce((sum, call) => sum + call.timeout, 0),
    isBounded: route.calls.every((call) => call.timeout > 0),
  };
}
