/** Everything that is known of the chosen part. */

import { type Edge, type EventItem, type FindingItem, type Node, nodeOf, openFindings, page, titleOf } from './data.js';
import { type Child, facts, h, icon, part, section as sectionOf } from './dom.js';
import { type State, listen, select, update } from './state.js';

const place = part('inspector');
const section = (title: string, ...children: Child[]): HTMLElement | null => sectionOf(title, children, 'h3');

export function start(): void {
  listen((now, before) => {
    if (now.selected !== before.selected) show(now);
  });
}

function show(state: State): void {
  const node = nodeOf(state.selected);
  place.hidden = node === undefined;
  document.body.classList.toggle('inspecting', node !== undefined);
  if (node === undefined) {
    place.replaceChildren();
    return;
  }
  place.replaceChildren(...(content(node).filter(Boolean) as Element[]));
  place.scrollTop = 0;
}

function content(node: Node): Child[] {
  const accepted = page.findings.filter((each) => each.node === node.id && each.accepted !== '');
  const out = page.edges.filter((edge) => edge.source === node.id);
  const into = page.edges.filter((edge) => edge.target === node.id);
  const differences = page.comparison?.differences.filter((each) => each.node === node.id) ?? [];
  const because = page.comparison?.impacts.find((each) => each.node === node.id)?.because ?? [];
  return [
    h(
      'header',
      {},
      h('h2', { id: 'inspected', tabindex: -1 }, node.title),
      h('button', { class: 'quiet close', type: 'button', 'aria-label': 'Close the details', click: () => update({ selected: '' }) }, '×'),
      h(
        'p',
        { class: 'kind' },
        [node.kind, node.name, ...(node.owners.length > 0 ? [`owned by ${node.owners.join(', ')}`] : [])].join(' · '),
      ),
    ),
    node.about !== '' && h('p', {}, node.about),
    node.change !== '' && h('p', { class: `change ${node.change}` }, `Since the version before: ${node.change}`),
    facts(node.facts),
    section('Findings', ...openFindings(node.id).map((each) => finding(each)), ...accepted.map((each) => finding(each))),
    section('What differs', list(differences.map((each) => each.text))),
    section('Touched by the change, as it', list([...because])),
    section('Operations', node.operations.length > 0 && operations(node)),
    section(
      'Calls',
      links(
        out.filter((edge) => edge.kind === 'call'),
        'target',
      ),
    ),
    section(
      'Called by',
      links(
        into.filter((edge) => edge.kind === 'call'),
        'source',
      ),
    ),
    section(
      'Commands in sagas',
      links(
        [...out, ...into].filter((edge) => edge.kind === 'command'),
        'both',
      ),
    ),
    section('Publishes', ...page.events.filter((each) => each.publisher === node.id).map((each) => event(each))),
    section('Hears', ...page.events.filter((each) => each.subscribers.includes(node.id)).map((each) => event(each))),
    section('Data', ...node.entities.map((each) => entity(each))),
    section(
      node.kind === 'store' ? 'Used by' : 'Stores',
      links(
        [...out, ...into].filter((edge) => edge.kind === 'store'),
        node.kind === 'store' ? 'source' : 'target',
      ),
    ),
    section('Sagas', sagas(node)),
  ];
}

const list = (items: string[]): Child => items.length > 0 && h('ul', {}, ...items.map((item) => h('li', {}, item)));

export function finding(found: FindingItem): HTMLDetailsElement {
  return h(
    'details',
    { class: `finding ${found.accepted === '' ? found.severity : 'accepted'}` },
    h(
      'summary',
      {},
      icon(found.severity),
      h('span', {}, h('b', {}, found.accepted === '' ? found.severity : 'accepted'), ` ${found.message}`),
    ),
    facts([
      ['Why', found.why],
      ['Fix', found.fix],
      ['Rule', found.rule],
      ['Where', `line ${found.line}${found.location === '' ? '' : `, ${found.location}`}`],
      ...(found.accepted === '' ? [] : [['Accepted', found.accepted] as const]),
    ]),
  );
}

function operations(node: Node): HTMLElement {
  return h(
    'ul',
    { class: 'operations' },
    ...node.operations.map((each) =>
      h(
        'li',
        {},
        h('code', { class: 'method' }, each.method),
        h('code', {}, each.path),
        h('span', {}, `${each.summary} (${each.id}; ${each.access})`),
      ),
    ),
  );
}

function links(edges: Edge[], end: 'source' | 'target' | 'both'): Child {
  if (edges.length === 0) return null;
  return h(
    'ul',
    { class: 'links' },
    ...edges.map((edge) => {
      const others = end === 'both' ? [edge.source, edge.target] : [edge[end]];
      const names = others.map((id) => h('button', { class: 'link', type: 'button', click: () => select(id) }, titleOf(id)));
      const about = [edge.what.join(', '), edge.about].filter((text) => text !== '').join(': ');
      return h(
        'li',
        {},
        ...names.flatMap((name, index) => (index > 0 ? [' → ', name] : [name])),
        about !== '' && h('span', {}, about),
        edge.facts.length > 0 && facts(edge.facts),
      );
    }),
  );
}

function event(found: EventItem): HTMLElement {
  const heard = [...found.subscribers.map(titleOf), ...found.outside.map((each) => `${each} (outside)`)];
  return h(
    'details',
    {},
    h('summary', {}, found.name),
    found.about !== '' && h('p', {}, found.about),
    facts([
      ['From', titleOf(found.publisher)],
      ['Heard by', heard.join(', ') || 'nobody'],
      ['Carries', found.fields.join(', ') || 'nothing'],
      ['Class', found.classification],
    ]),
  );
}

function entity(found: Node['entities'][number]): HTMLElement {
  return h(
    'details',
    {},
    h('summary', {}, found.name, h('small', {}, ` ${found.kind}`)),
    found.description !== '' && h('p', {}, found.description),
    facts([
      ['Holds', found.fields.join(', ') || 'nothing'],
      ...(found.sensitive.length > 0 ? [['Sensitive', found.sensitive.join(', ')] as const] : []),
      ...(found.states.length > 0 ? [['States', found.states.join(', ')] as const] : []),
    ]),
  );
}

function sagas(node: Node): Child {
  const taken = page.sagas.filter((saga) => saga.scenarios.some((scenario) => scenario.frames.some((frame) => frame.node === node.id)));
  return list(taken.map((saga) => (saga.coordinator === node.name ? `${saga.name}, which it coordinates` : saga.name)));
}
