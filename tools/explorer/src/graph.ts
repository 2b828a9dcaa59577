/** What of the system is shown now: filtered, grouped, with collapsed groups as one node and their edges together. */

import { type Edge, type EdgeKind, type Node, openFindings, page, services } from './data.js';
import { type State, groupOf } from './state.js';

export interface Shown {
  id: string;
  kind: Node['kind'] | 'group';
  label: string;
  detail: string;
  group: string;
  members: Node[];
  /** Stores that only this service has: they hang below it. */
  stores: Shown[];
  aside: boolean;
}

export interface Flow {
  id: string;
  source: string;
  target: string;
  kind: EdgeKind;
  edges: Edge[];
  labels: string[];
}

export interface Graph {
  nodes: Shown[];
  flows: Flow[];
  groups: string[];
}

export const groupId = (name: string): string => `group:${name}`;

export function graphOf(state: State): Graph {
  const kept = neighbourhood(state);
  const place = new Map<string, string>();
  const nodes = new Map<string, Shown>();
  for (const node of page.nodes) {
    if (!kept.has(node.id)) continue;
    const owner = node.kind === 'store' ? soleOwner(node) : undefined;
    const group = node.kind === 'service' || node.kind === 'store' ? groupName(node, state) : '';
    const isCollapsed = group !== '' && state.collapsed.has(group);
    const id = isCollapsed ? groupId(group) : node.id;
    place.set(node.id, id);
    const there = nodes.get(id);
    const above = isCollapsed || owner === undefined ? undefined : nodes.get(owner);
    if (above !== undefined) {
      place.set(node.id, above.id);
      above.stores.push(shown(node, id, group, false, state));
    } else if (there !== undefined) there.members.push(node);
    else nodes.set(id, shown(node, id, group, isCollapsed, state));
  }
  for (const each of nodes.values()) if (each.kind === 'group') each.detail = counted(each.members);
  const groups = [...new Set([...nodes.values()].filter((each) => each.kind !== 'group' && each.group !== '').map((each) => each.group))];
  return { nodes: [...nodes.values()], flows: flows(place, state), groups };
}

function shown(node: Node, id: string, group: string, isCollapsed: boolean, state: State): Shown {
  const aside = state.team !== '' && node.team !== state.team;
  if (isCollapsed) return { id, kind: 'group', label: group, detail: '', group, members: [node], stores: [], aside };
  return { id, kind: node.kind, label: node.title, detail: detail(node, state), group, members: [node], stores: [], aside };
}

function soleOwner(store: Node): string | undefined {
  const owners = page.edges.filter((edge) => edge.kind === 'store' && edge.target === store.id);
  return owners.length === 1 ? owners[0]?.source : undefined;
}

/** A store belongs to the group of the service that owns it. */
function groupName(node: Node, state: State): string {
  if (node.kind === 'service') return groupOf(node, state.grouping);
  const owner = page.edges.find((edge) => edge.kind === 'store' && edge.target === node.id)?.source;
  const service = services.find((each) => each.id === owner);
  return service === undefined ? '' : groupOf(service, state.grouping);
}

function detail(node: Node, state: State): string {
  const fact = (wanted: string): string => node.facts.find(([name]) => name === wanted)?.[1] ?? '';
  if (node.kind === 'service')
    return `${state.grouping === 'team' ? fact('Language') : node.team || 'no team'} · p99 ${fact('Latency p99')}`;
  if (node.kind === 'store') return node.facts[0]?.[1] ?? 'store';
  return node.kind === 'broker' ? 'message broker' : 'external system';
}

function counted(members: Node[]): string {
  const count = members.filter((each) => each.kind === 'service').length;
  const found = members.flatMap((each) => openFindings(each.id)).length;
  return `${count} ${count === 1 ? 'service' : 'services'}${found > 0 ? `, ${found} ${found === 1 ? 'finding' : 'findings'}` : ''}`;
}

/** With a team chosen: what it owns, and what that touches. */
function neighbourhood(state: State): Set<string> {
  const own = new Set(page.nodes.filter((node) => state.team === '' || node.team === state.team).map((node) => node.id));
  const kept = new Set(own);
  for (const edge of page.edges) {
    if (own.has(edge.source)) kept.add(edge.target);
    if (own.has(edge.target)) kept.add(edge.source);
  }
  return new Set(
    page.nodes
      .filter((node) => (node.kind === 'broker' ? state.broker : kept.has(node.id)) && (node.kind !== 'store' || state.stores))
      .map((node) => node.id),
  );
}

function flows(place: Map<string, string>, state: State): Flow[] {
  const found = new Map<string, Flow>();
  for (const edge of page.edges) {
    const isMessage = edge.kind === 'event' || edge.kind === 'command';
    const pairs: [string, string][] =
      isMessage && state.broker
        ? [
            [edge.source, 'broker'],
            ['broker', edge.target],
          ]
        : [[edge.source, edge.target]];
    for (const [from, to] of pairs) {
      const source = place.get(from);
      const target = place.get(to);
      if (source === undefined || target === undefined || source === target) continue;
      const id = `${source}>${target}>${edge.kind}`;
      const there = found.get(id);
      if (there !== undefined) there.edges.push(edge);
      else found.set(id, { id, source, target, kind: edge.kind, edges: [edge], labels: [] });
    }
  }
  for (const flow of found.values()) flow.labels = labelsOf(flow);
  return [...found.values()];
}

const LISTED = 2;

function labelsOf(flow: Flow): string[] {
  const what = [...new Set(flow.edges.flatMap((edge) => edge.what))];
  if (flow.kind === 'store' || what.length === 0) return [];
  if (what.length > LISTED) return [`${what.length} ${{ call: 'operations', event: 'events', command: 'commands' }[flow.kind]}`];
  return what.map((each) => each.replace(/ \(.*\)$/, ''));
}
