/** The map: draws what is placed, marks what is chosen, and can be walked with the keyboard. */

import { select as selection } from 'd3-selection';
import { type ZoomBehavior, zoom, zoomIdentity } from 'd3-zoom';
import { brokerTitle, nodeOf, openFindings, page, titleOf } from './data.js';
import { part, svg } from './dom.js';
import { type Flow, type Graph, type Shown, graphOf, groupId } from './graph.js';
import { type Box, type Placed, place } from './layout.js';
import { SIGNS, card, line, status, tint } from './shapes.js';
import { type Mark, type State, current, groupsOf, listen, select, update } from './state.js';

const SIDE = 10;
const CLOSEST = 1.15;

const canvas = part('canvas') as unknown as SVGSVGElement;
const scene = svg('g', { class: 'scene' });
let drawn: Placed | null = null;
let turn = 0;
let focused = '';
const elements = new Map<string, { element: SVGGElement; box: Box }>();

const zooming: ZoomBehavior<SVGSVGElement, unknown> = zoom<SVGSVGElement, unknown>()
  .scaleExtent([0.08, 3])
  .on('zoom', (event: { transform: { toString(): string } }) => scene.setAttribute('transform', event.transform.toString()));

export function start(): void {
  canvas.append(scene);
  selection(canvas).call(zooming).on('dblclick.zoom', null);
  canvas.addEventListener('click', (event) => {
    if (event.target === canvas) update({ selected: '' });
  });
  canvas.addEventListener('keydown', walk);
  new ResizeObserver(() => fit()).observe(canvas);
  part('fit').addEventListener('click', fit);
  part('closer').addEventListener('click', () => scale(1.3));
  part('further').addEventListener('click', () => scale(1 / 1.3));
  listen((now, before) => {
    const redrawn: (keyof State)[] = ['team', 'grouping', 'collapsed', 'stores', 'broker'];
    if (redrawn.some((key) => now[key] !== before[key])) void draw(now);
    else decorate(now);
    if (now.tables && !before.tables) return;
    if (!now.tables && before.tables) fit();
  });
  void draw(current());
}

async function draw(state: State): Promise<void> {
  turn += 1;
  const mine = turn;
  canvas.dataset['state'] = 'drawing';
  const graph: Graph = graphOf(state);
  const placed = await place(graph, room());
  if (mine !== turn) return;
  drawn = placed;
  const hadFocus = canvas.contains(document.activeElement);
  elements.clear();
  scene.replaceChildren(
    svg('g', {}, ...placed.groups.map((group) => frame(group, state))),
    svg('g', {}, ...placed.flows.map((each) => flowOf(each))),
    svg('g', {}, ...placed.nodes.map(({ shown, box }) => nodeOn(shown, box, state))),
  );
  if (!elements.has(focused)) focused = elements.keys().next().value ?? '';
  decorate(current());
  fit();
  if (hadFocus) elements.get(focused)?.element.focus();
  canvas.dataset['state'] = 'drawn';
}

const tintOf = (group: string, state: State): number => tint(group, groupsOf(state.grouping === 'none' ? 'team' : state.grouping));

function frame(group: { name: string; box: Box }, state: State): SVGGElement {
  const { x, y, width, height } = group.box;
  const id = groupId(group.name);
  const made = svg(
    'g',
    {
      class: 'group',
      transform: `translate(${x} ${y})`,
      role: 'button',
      'aria-expanded': 'true',
      'aria-description': 'group of services; Enter collapses it',
      click: () => toggle(group.name),
    },
    svg('rect', { class: `frame tint-${tintOf(group.name, state)}`, width, height, rx: 14 }),
    svg('rect', { class: 'grip', x: 10, y: 9, width: 18, height: 18, rx: 5 }),
    svg('path', { class: 'grip-sign', d: 'M14.5 18h9' }),
    svg('text', { class: 'group-title', x: 36, y: 23 }, group.name),
  );
  register(id, made, { ...group.box, height: 34 });
  return made;
}

function nodeOn(shown: Shown, box: Box, state: State): SVGGElement {
  const node = nodeOf(shown.id);
  const made = svg(
    'g',
    {
      class: `node ${shown.kind}${shown.aside ? ' aside' : ''}`,
      transform: `translate(${box.x} ${box.y})`,
      role: 'button',
      'aria-description': spoken(shown),
      ...(shown.kind === 'group' ? { 'aria-expanded': 'false' } : { 'aria-pressed': 'false' }),
      click: () => (shown.kind === 'group' ? toggle(shown.label) : select(shown.id)),
    },
    ...card(shown, box, tintOf(shown.group || node?.team || '', state)),
  );
  register(shown.id, made, box);
  return made;
}

function register(id: string, element: SVGGElement, box: Box): void {
  element.dataset['id'] = id;
  element.addEventListener('focus', () => {
    focused = id;
    for (const [each, { element: other }] of elements) other.setAttribute('tabindex', each === id ? '0' : '-1');
  });
  elements.set(id, { element, box });
}

function flowOf({ flow, points, label }: Placed['flows'][number]): SVGGElement {
  const made = svg(
    'g',
    { class: `flow ${flow.kind}${flow.edges.some((edge) => edge.is_hard) ? ' hard' : ''}`, click: () => select(flow.source) },
    svg('title', {}, said(flow)),
    ...line(flow, points),
  );
  if (label !== null) {
    made.append(
      svg('rect', { class: 'label-back', x: label.x, y: label.y, width: label.width, height: label.height, rx: 4 }),
      ...flow.labels.map((text, index) =>
        svg('text', { class: 'label', x: label.x + label.width / 2, y: label.y + 12 + 14 * index }, text),
      ),
    );
  }
  made.dataset['id'] = flow.id;
  return made;
}

function said(flow: Flow): string {
  const how = {
    call: 'calls',
    event: `tells, over ${brokerTitle},`,
    command: `commands, over ${brokerTitle},`,
    store: 'keeps its data in',
  }[flow.kind];
  const what = [...new Set(flow.edges.flatMap((edge) => edge.what))].join(', ');
  return `${titleOf(flow.source)} ${how} ${titleOf(flow.target)}${what === '' ? '' : `: ${what}`}`;
}

/** What the card shows by its shape, its badge and its sign. */
function spoken(shown: Shown): string {
  if (shown.kind === 'group') return 'group of services; Enter expands it';
  const count = openFindings(shown.id).length;
  const found = count > 0 ? `${count} finding${count === 1 ? '' : 's'}` : '';
  return [shown.kind, found, nodeOf(shown.id)?.change ?? ''].filter((text) => text !== '').join('; ');
}

function toggle(group: string): void {
  const collapsed = new Set(current().collapsed);
  if (!collapsed.delete(group)) collapsed.add(group);
  focused = groupId(group);
  update({ collapsed });
}

/** Classes and signs of what is chosen, found, played or compared. */
function decorate(state: State): void {
  if (drawn === null) return;
  const query = state.query.trim().toLowerCase();
  const near = neighbours(state.selected);
  const compares = page.comparison !== null && state.tab === 'changes';
  const owners = new Map(
    drawn.nodes.flatMap(({ shown }) => shown.stores.map((store) => [store.id, [...store.members, ...shown.members]] as const)),
  );
  for (const { shown } of drawn.nodes) {
    const element = elements.get(shown.id)?.element;
    if (element === undefined) continue;
    const members = owners.get(shown.id) ?? shown.members;
    const matches = query === '' || members.some((node) => `${node.title} ${node.name} ${node.team}`.toLowerCase().includes(query));
    const mark = markOf(shown, state);
    const change = compares ? changeOf(shown) : '';
    element.classList.toggle('selected', shown.id === state.selected);
    const meant = state.marks.size > 0 ? state.marks : near;
    const isMeant = meant === null || shown.kind === 'broker' || members.some((node) => meant.has(node.id));
    element.classList.toggle('dim', !matches || !isMeant);
    for (const each of ['active', 'done', 'failed', 'undone', 'path'] as const) element.classList.toggle(each, mark === each);
    for (const each of Object.keys(SIGNS)) element.classList.toggle(each, change === each);
    if (shown.kind !== 'group') element.setAttribute('aria-pressed', String(shown.id === state.selected));
    const sign = change !== '' ? status(SIGNS[change] ?? '', change) : mark !== undefined ? status(MARKS[mark], mark) : [];
    element.querySelector('.status')?.replaceChildren(...(sign as Element[]));
  }
  for (const [id, { element }] of elements) element.setAttribute('tabindex', id === focused ? '0' : '-1');
  for (const element of scene.querySelectorAll<SVGGElement>('.flow')) {
    const flow = drawn.flows.find((each) => each.flow.id === element.dataset['id'])?.flow;
    if (flow === undefined) continue;
    const isOn = flow.edges.some((edge) => state.flow.has(`${edge.source}>${edge.target}`));
    const isNear = near === null || flow.edges.some((edge) => edge.source === state.selected || edge.target === state.selected);
    element.classList.toggle('on', isOn || (near !== null && isNear && state.marks.size === 0));
    element.classList.toggle('dim', state.marks.size > 0 ? !isOn : !isNear);
    for (const each of ['added', 'removed', 'changed'])
      element.classList.toggle(each, compares && flow.edges.every((edge) => edge.change === each));
  }
}

const MARKS: Record<Mark, string> = { active: '▶', done: '✓', failed: '✕', undone: '↺', path: '→' };

function markOf(shown: Shown, state: State): Mark | undefined {
  const marks = shown.members.map((node) => state.marks.get(node.id)).filter((mark) => mark !== undefined);
  return (['active', 'failed', 'undone', 'done', 'path'] as const).find((mark) => marks.includes(mark));
}

function changeOf(shown: Shown): string {
  const changes = shown.members.map((node) => node.change).filter((change) => change !== '');
  if (shown.kind !== 'group') return changes[0] ?? '';
  return changes.length === 0 ? '' : 'changed';
}

function neighbours(id: string): Set<string> | null {
  if (nodeOf(id) === undefined) return null;
  const found = new Set([id]);
  for (const edge of page.edges) {
    if (edge.source === id) found.add(edge.target);
    if (edge.target === id) found.add(edge.source);
  }
  return found;
}

/** The part of the canvas that neither the tools nor the legend cover. */
function room(): { width: number; height: number; top: number } {
  const top = part('tools').offsetHeight + 12;
  return { width: canvas.clientWidth - 2 * SIDE, height: canvas.clientHeight - top - part('legend').offsetHeight - 14, top };
}

/** Brings everything into view. */
export function fit(): void {
  if (drawn === null || canvas.clientWidth === 0) return;
  const { width, height, top } = room();
  const by = Math.min(CLOSEST, width / drawn.width, height / drawn.height);
  const to = zoomIdentity.translate(SIDE + (width - drawn.width * by) / 2, top + (height - drawn.height * by) / 2).scale(by);
  selection(canvas).call(zooming.transform, to);
}

function scale(by: number): void {
  selection(canvas).call(zooming.scaleBy, by);
}

/** Arrows go to the nearest in their direction, Enter chooses, plus, minus and 0 zoom, Escape lets go. */
function walk(event: KeyboardEvent): void {
  const arrows: Record<string, [number, number]> = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  const direction = arrows[event.key];
  const here = elements.get(focused);
  if (direction !== undefined) {
    const next = nearest(focused, direction);
    if (next !== null) goTo(next);
  } else if ((event.key === 'Enter' || event.key === ' ') && here !== undefined) {
    here.element.dispatchEvent(new MouseEvent('click'));
  } else if (event.key === '+' || event.key === '=') scale(1.3);
  else if (event.key === '-') scale(1 / 1.3);
  else if (event.key === '0') fit();
  else if (event.key === 'Escape') update({ selected: '' });
  else return;
  event.preventDefault();
}

function nearest(from: string, [dx, dy]: [number, number]): string | null {
  const here = elements.get(from);
  if (here === undefined) return null;
  const middle = (box: Box): [number, number] => [box.x + box.width / 2, box.y + box.height / 2];
  const [x, y] = middle(here.box);
  let best: string | null = null;
  let least = Infinity;
  for (const [id, { box }] of elements) {
    const [ox, oy] = middle(box);
    const ahead = (ox - x) * dx + (oy - y) * dy;
    const beside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    const cost = ahead + 2.5 * beside;
    if (id !== from && ahead > 1 && cost < least) [best, least] = [id, cost];
  }
  return best;
}

function goTo(id: string): void {
  const there = elements.get(id);
  if (there === undefined) return;
  there.element.focus();
  const [seen, whole] = [there.element.getBoundingClientRect(), canvas.getBoundingClientRect()];
  if (seen.left < whole.left || seen.right > whole.right || seen.top < whole.top || seen.bottom > whole.bottom) {
    selection(canvas).call(zooming.translateTo, there.box.x + there.box.width / 2, there.box.y + there.box.height / 2);
  }
}
