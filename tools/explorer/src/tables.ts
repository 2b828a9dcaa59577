/** The map as tables: the same, for whoever reads or listens rather than looks. */

import { brokerTitle, openFindings, page, services, titleOf } from './data.js';
import { type Child, h, part } from './dom.js';
import { listen, select, update } from './state.js';

export function start(): void {
  const [map, tables] = [part('as-map'), part('as-tables')];
  map.addEventListener('click', () => update({ tables: false }));
  tables.addEventListener('click', () => update({ tables: true }));
  const place = part('tables');
  listen((now, before) => {
    if (now.tables === before.tables) return;
    if (place.childElementCount === 0) place.append(...content());
    place.hidden = !now.tables;
    part('drawing').hidden = now.tables;
    map.setAttribute('aria-pressed', String(!now.tables));
    tables.setAttribute('aria-pressed', String(now.tables));
  });
}

function content(): Element[] {
  const named = (kind: 'call' | 'event' | 'command'): string[][] =>
    page.edges
      .filter((edge) => edge.kind === kind)
      .map((edge) => [titleOf(edge.source), titleOf(edge.target), edge.what.join(', '), edge.about]);
  return [
    table(
      'Services',
      ['Service', 'Owners', 'Language', 'Promises', 'Operations', 'Stores', 'Findings'],
      services.map((each) => [
        h('button', { type: 'button', class: 'link', click: () => select(each.id) }, each.title),
        each.owners.join(', ') || 'nobody',
        fact(each.facts, 'Language'),
        `${fact(each.facts, 'Availability')}, p99 ${fact(each.facts, 'Latency p99')}`,
        String(each.operations.length),
        page.edges
          .filter((edge) => edge.kind === 'store' && edge.source === each.id)
          .map((edge) => titleOf(edge.target))
          .join(', '),
        String(openFindings(each.id).length),
      ]),
    ),
    table('Calls, each waited for', ['From', 'To', 'Operations', 'Why'], named('call')),
    table(
      `Events, over ${brokerTitle}`,
      ['From', 'To', 'Events'],
      named('event').map((row) => row.slice(0, 3)),
    ),
    table(
      `Commands of sagas, over ${brokerTitle}`,
      ['From', 'To', 'Commands'],
      named('command').map((row) => row.slice(0, 3)),
    ),
  ].filter((each) => each !== null);
}

const fact = (facts: readonly (readonly [string, string])[], name: string): string => facts.find(([each]) => each === name)?.[1] ?? '';

function table(caption: string, titles: string[], rows: (string | Element)[][]): HTMLTableElement | null {
  if (rows.length === 0) return null;
  const cell = (value: Child, index: number): HTMLElement => (index === 0 ? h('th', { scope: 'row' }, value) : h('td', {}, value));
  return h(
    'table',
    {},
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, ...titles.map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map(cell)))),
  );
}
