/** What the person has chosen; whoever draws is told of each change. */

import { page, services } from './data.js';

export type Tab = 'services' | 'sagas' | 'paths' | 'findings' | 'changes';
export type Grouping = 'team' | 'language' | 'none';
export type Mark = 'active' | 'done' | 'failed' | 'undone' | 'path';

export interface State {
  tab: Tab;
  tables: boolean;
  selected: string;
  team: string;
  query: string;
  grouping: Grouping;
  collapsed: ReadonlySet<string>;
  stores: boolean;
  broker: boolean;
  marks: ReadonlyMap<string, Mark>;
  flow: ReadonlySet<string>;
}

/** More than this is shown by team at first. */
const MANY = 30;

export const groupsOf = (grouping: Grouping): string[] =>
  grouping === 'none' ? [] : [...new Set(services.map((service) => groupOf(service, grouping)))];

export function groupOf(node: { team: string; facts: readonly (readonly [string, string])[] }, grouping: Grouping): string {
  if (grouping === 'language') return node.facts.find(([name]) => name === 'Language')?.[1] ?? '';
  return grouping === 'team' ? node.team || 'no team' : '';
}

const grouping: Grouping = groupsOf('team').length > 1 ? 'team' : 'none';

let state: State = {
  tab: page.comparison === null ? 'services' : 'changes',
  tables: false,
  selected: '',
  team: '',
  query: '',
  grouping,
  collapsed: new Set(services.length > MANY ? groupsOf(grouping) : []),
  stores: services.length <= MANY,
  broker: false,
  marks: new Map(),
  flow: new Set(),
};

type Listener = (now: State, before: State) => void;
const listeners: Listener[] = [];

export const current = (): State => state;
export const listen = (listener: Listener): void => void listeners.push(listener);

export function update(changes: Partial<State>): void {
  const before = state;
  state = { ...state, ...changes };
  for (const listener of listeners) listener(state, before);
}

/** Selects a node, and opens the group that hides it. */
export function select(id: string): void {
  const node = page.nodes.find((each) => each.id === id);
  const group = node === undefined ? '' : groupOf(node, state.grouping);
  const collapsed =
    group !== '' && state.collapsed.has(group) ? new Set([...state.collapsed].filter((each) => each !== group)) : state.collapsed;
  const hidden = node !== undefined && state.team !== '' && node.team !== state.team;
  update({ selected: id, collapsed, ...(hidden ? { team: '' } : {}), ...(node?.kind === 'store' ? { stores: true } : {}) });
}
