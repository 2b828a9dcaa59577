/** The tab that reckons a path of calls. */

import { nodeOf, page, services, titleOf } from './data.js';
import { choice, h, icon, labelled, section } from './dom.js';
import { type Route, budget, reachable, routeOf, routes } from './routes.js';
import { type Mark, current, listen, update } from './state.js';

const MONTH_MINUTES = 30 * 24 * 60;

export const milliseconds = (value: number): string => (value >= 10_000 ? `${+(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`);
const percent = (value: number): string => `${+value.toFixed(4)} %`;

export function paths(): HTMLElement {
  const starts = services.filter((service) => reachable(service.id).length > 0);
  const [first] = starts;
  if (first === undefined) return h('p', { class: 'empty' }, 'No service waits for another: what each promises is what its callers get.');
  const ends = h('div', {});
  const which = h('div', {});
  const told = h('div', { class: 'budget', 'aria-live': 'polite' });
  const slowest = page.paths.find((path) => path.hops.length > 1);
  let from = slowest?.hops[0] ?? first.id;
  let to = '';
  let found: Route[] = [];
  let taken: Route | undefined;

  const start = choice(
    starts.map((node) => [node.id, node.title] as const),
    from,
    (id) => leave(id),
    'path-from',
  );

  function leave(id: string, towards = ''): void {
    from = id;
    start.value = id;
    const there = reachable(from);
    to = there.includes(towards) ? towards : (there[0] ?? '');
    ends.replaceChildren(
      labelled(
        'To',
        choice(
          there.map((each) => [each, titleOf(each)] as const),
          to,
          arrive,
          'path-to',
        ),
      ),
    );
    arrive(to);
  }

  function arrive(id: string): void {
    to = id;
    found = routes(from, to);
    const options = found.map((route, index) => [String(index), route.hops.map(titleOf).join(' → ')] as const);
    which.replaceChildren(
      ...(found.length > 1
        ? [
            labelled(
              `Path (${found.length}, the slowest first)`,
              choice(options, '0', (value) => take(found[Number(value)]), 'path-which'),
            ),
          ]
        : []),
    );
    take(found[0]);
  }

  function take(route: Route | undefined): void {
    taken = route;
    if (route !== undefined) told.replaceChildren(shown(route));
    mark();
  }

  function mark(): void {
    if (current().tab !== 'paths') return;
    const marks = new Map<string, Mark>((taken?.hops ?? []).map((id) => [id, 'path']));
    update({ marks, flow: new Set((taken?.calls ?? []).map((call) => `${call.source}>${call.target}`)), selected: '' });
  }

  listen((now, before) => {
    if (now.tab === 'paths' && before.tab !== 'paths') mark();
  });
  const preset = (hops: string[]): void => {
    leave(hops[0] ?? from, hops[hops.length - 1] ?? '');
    take(routeOf(hops));
    const index = found.findIndex((route) => route.hops.join() === hops.join());
    const select = which.querySelector('select');
    if (select !== null && index >= 0) select.value = String(index);
  };
  if (slowest !== undefined) preset(slowest.hops);
  else leave(from);
  return h(
    'div',
    {},
    h('div', { class: 'pair' }, labelled('From', start), ends),
    which,
    told,
    section('Slowest path from each entry, hard calls alone', [
      h(
        'ul',
        { class: 'presets' },
        ...page.paths.map((path) =>
          h(
            'li',
            {},
            h(
              'button',
              { type: 'button', class: 'link', disabled: path.hops.length < 2, click: () => preset(path.hops) },
              path.hops.map(titleOf).join(' → '),
            ),
            verdict(path.meets_latency, milliseconds(path.latency)),
            verdict(path.meets_availability, percent(path.availability)),
          ),
        ),
      ),
    ]),
  );
}

const verdict = (holds: boolean, text: string): HTMLElement =>
  h('span', { class: `verdict ${holds ? 'ok' : 'over'}` }, icon(holds ? 'done' : 'fail'), `${text} ${holds ? '(kept)' : '(missed)'}`);

function shown(route: Route): HTMLElement {
  const reckoned = budget(route);
  const first = nodeOf(route.hops[0] ?? '');
  const wantedLatency = page.wanted_p99 || (first?.p99 ?? 0);
  const isFast = reckoned.latency <= wantedLatency;
  const wantedShare = page.wanted_availability || (first?.availability ?? 0);
  const isThere = reckoned.availability >= wantedShare - 1e-9;
  return h(
    'div',
    { id: 'path-budget', 'data-hops': route.hops.join(','), 'data-latency': reckoned.latency, 'data-availability': reckoned.availability },
    h(
      'div',
      { class: 'figures' },
      figure('Latency p99', milliseconds(reckoned.latency), asked(milliseconds(wantedLatency), isFast), isFast),
      figure('Availability', percent(reckoned.availability), asked(percent(wantedShare), isThere), isThere),
      figure('Down a month', `${+(MONTH_MINUTES * (1 - reckoned.availability / 100)).toFixed(1)} min`, 'at most', null),
      reckoned.isBounded
        ? figure('Timeouts', milliseconds(reckoned.timeouts), 'sum, one attempt each', null)
        : figure('Timeouts', 'unbounded', 'a call has none', false),
    ),
    h(
      'table',
      {},
      h('caption', {}, 'Each waits for the next: times add up (an upper bound), availabilities multiply'),
      h('thead', {}, h('tr', {}, ...['Hop', 'p99', 'Available', 'Timeout'].map((title) => h('th', { scope: 'col' }, title)))),
      h(
        'tbody',
        {},
        ...route.hops.map((id, index) => {
          const [node, call] = [nodeOf(id), route.calls[index - 1]];
          const waits =
            call === undefined
              ? ''
              : call.timeout === 0
                ? 'none'
                : `${milliseconds(call.timeout)}${call.attempts > 1 ? ` × ${call.attempts}, ${milliseconds(call.patience)} in all` : ''}`;
          return h(
            'tr',
            {},
            h('th', { scope: 'row' }, titleOf(id)),
            h('td', {}, milliseconds(node?.p99 ?? 0)),
            h('td', {}, percent(node?.availability ?? 100)),
            h('td', {}, waits),
          );
        }),
      ),
    ),
    route.calls.some((call) => !call.is_hard) &&
      h(
        'p',
        { class: 'note' },
        'A call on this path has a fallback: where it fails the caller goes on, and the availability is better than this product.',
      ),
  );
}

const asked = (value: string, holds: boolean): string => `asked: ${value}, ${holds ? 'kept' : 'missed'}`;

function figure(name: string, value: string, about: string, holds: boolean | null): HTMLElement {
  return h('div', { class: `figure ${holds === false ? 'over' : ''}` }, h('span', {}, name), h('b', {}, value), h('small', {}, about));
}
