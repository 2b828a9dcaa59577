/** What is above the map, and what its signs mean. */

import { brokerTitle, page } from './data.js';
import { choice, h, labelled, part, svg } from './dom.js';
import { SIGNS } from './shapes.js';
import { type Grouping, current, groupsOf, listen, update } from './state.js';

export function start(): void {
  const grouping = choice(
    [
      ['team', 'team'],
      ['language', 'language'],
      ['none', 'nothing'],
    ],
    current().grouping,
    (value) => {
      const chosen = value as Grouping;
      update({ grouping: chosen, collapsed: new Set(current().collapsed.size > 0 ? groupsOf(chosen) : []) });
    },
    'grouping',
  );
  const fold = h('button', {
    type: 'button',
    id: 'fold',
    click: () => update({ collapsed: new Set(current().collapsed.size > 0 ? [] : groupsOf(current().grouping)) }),
  });
  const named = (): void => {
    fold.textContent = current().collapsed.size > 0 ? 'Expand all' : 'Collapse all';
    fold.disabled = current().grouping === 'none';
  };
  named();
  listen(named);
  const stores = h('input', {
    type: 'checkbox',
    id: 'stores',
    checked: current().stores,
    change: () => update({ stores: stores.checked }),
  });
  const broker = h('input', { type: 'checkbox', id: 'broker', change: () => update({ broker: broker.checked }) });
  listen((now) => {
    stores.checked = now.stores;
  });
  const hasBroker = page.nodes.some((node) => node.kind === 'broker');
  part('tools').append(
    labelled('Group by', grouping),
    fold,
    labelled('Stores', stores),
    ...(hasBroker ? [labelled(`Through ${brokerTitle}`, broker)] : []),
  );
  const kinds = legend();
  const show = (): void => part('legend').replaceChildren(...(current().tab === 'changes' ? [...kinds, ...changes()] : kinds));
  show();
  listen((now, before) => {
    if (now.tab !== before.tab) show();
  });
}

function legend(): Element[] {
  const kinds: [string, string, string][] = [
    ['call', 'flow call hard', 'call, fails with it'],
    ['call', 'flow call', 'call with a fallback'],
    ['event', 'flow event', `event over ${brokerTitle}`],
    ['command', 'flow command', 'command of a saga'],
  ];
  const used = kinds.filter(([kind, style]) =>
    page.edges.some((edge) => edge.kind === kind && (kind !== 'call' || edge.is_hard === style.includes('hard'))),
  );
  const store = h(
    'li',
    {},
    svg(
      'svg',
      { width: 22, height: 18, 'aria-hidden': 'true', class: 'node store' },
      svg('path', { class: 'card', d: 'M2 4v10a9 3 0 0 0 18 0V4a9 3 0 0 0-18 0z' }),
      svg('path', { class: 'rim', d: 'M2 4a9 3 0 0 0 18 0' }),
    ),
    'store',
  );
  const flows = used.map(([, style, text]) =>
    h(
      'li',
      {},
      svg(
        'svg',
        { width: 38, height: 12, 'aria-hidden': 'true' },
        svg(
          'g',
          { class: style },
          svg('path', { class: 'line', d: 'M1 6H30' }),
          svg('path', { class: 'head', d: 'M0 0L-9-4.5V4.5z', transform: 'translate(37 6)' }),
        ),
      ),
      text,
    ),
  );
  return page.nodes.some((node) => node.kind === 'store') ? [...flows, store] : flows;
}

const changes = (): Element[] =>
  Object.entries(SIGNS).map(([name, sign]) => h('li', {}, h('b', { class: name, 'aria-hidden': 'true' }, sign), name));
