/** Where everything stands: sizes from the texts, places and bends from ELK (layered, orthogonal). */

import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import { type Flow, type Graph, type Shown, groupId } from './graph.js';

declare const ELK: new () => ELK;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed {
  nodes: { shown: Shown; box: Box }[];
  flows: { flow: Flow; points: [number, number][]; label: Box | null }[];
  groups: { name: string; box: Box }[];
  width: number;
  height: number;
}

const MOST_LABELS = 18;
const elk = new ELK();
const pen = document.createElement('canvas').getContext('2d');

export function textWidth(text: string, font: string): number {
  if (pen === null) return text.length * 7;
  pen.font = font;
  return pen.measureText(text).width;
}

export const TITLE_FONT = '600 13px system-ui, sans-serif';
export const DETAIL_FONT = '11.5px system-ui, sans-serif';

const CARD = 54;
const STORE = 30;
const MANY_FLOWS = 150;

/** The layout that fills the room best: from left to right, or from top to bottom. */
export async function place(graph: Graph, room: { width: number; height: number }): Promise<Placed> {
  const filling = (placed: Placed): number => Math.min(room.width / placed.width, room.height / placed.height);
  const across = await placeAlong(graph, 'RIGHT');
  if (graph.flows.length > MANY_FLOWS) return across;
  const down = await placeAlong(graph, 'DOWN');
  return filling(down) > filling(across) ? down : across;
}

async function placeAlong(graph: Graph, direction: 'RIGHT' | 'DOWN'): Promise<Placed> {
  const flows = new Map(graph.flows.map((flow) => [flow.id, flow]));
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const labels = graph.flows.length <= MOST_LABELS;
  const inside = (group: string): ElkNode[] => graph.nodes.filter((node) => (node.kind === 'group' ? '' : node.group) === group).map(sized);
  const boxes = graph.groups.map((name) => ({
    id: groupId(name),
    children: inside(name),
    layoutOptions: { 'elk.padding': '[top=38,left=16,bottom=16,right=16]' },
  }));
  const root = await elk.layout({
    id: 'root',
    children: [...boxes, ...inside('')],
    edges: graph.flows.map((flow) => link(flow, labels)),
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': direction,
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.json.edgeCoords': 'ROOT',
      'elk.layered.spacing.nodeNodeBetweenLayers': '56',
      'elk.layered.spacing.edgeNodeBetweenLayers': '22',
      'elk.spacing.nodeNode': '26',
      'elk.spacing.edgeNode': '18',
      'elk.spacing.edgeEdge': '14',
      'elk.spacing.edgeLabel': '4',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
      'elk.layered.crossingMinimization.greedySwitch.activationThreshold': '80',
      'elk.padding': '[top=24,left=24,bottom=24,right=24]',
    },
  });
  return read(root, nodes, flows);
}

function sized(node: Shown): ElkNode {
  const below = node.stores.map((store) => textWidth(storeText(store), DETAIL_FONT) - 10);
  const text = Math.max(textWidth(node.label, TITLE_FONT), textWidth(node.detail, DETAIL_FONT), ...below);
  const width = Math.round(Math.min(240, Math.max(node.kind === 'group' ? 190 : 132, text + 58)));
  const height = { group: 76, store: STORE + 4, service: CARD, external: CARD, broker: CARD }[node.kind];
  return { id: node.id, width, height: height + STORE * node.stores.length };
}

export const storeText = (store: Shown): string => `${store.label} · ${store.detail}`;

function link(flow: Flow, labels: boolean): ElkExtendedEdge {
  const width = Math.max(...flow.labels.map((label) => textWidth(label, DETAIL_FONT))) + 12;
  const text = labels && flow.labels.length > 0 ? [{ text: flow.labels.join(' '), width, height: 4 + 14 * flow.labels.length }] : [];
  return { id: flow.id, sources: [flow.source], targets: [flow.target], labels: text };
}

/** A service's stores below its card; they come first, as the card lies over them. */
function hung(shown: Shown, box: Box): Placed['nodes'] {
  const top = box.height - STORE * shown.stores.length;
  const stores = shown.stores.map((store, index) => ({
    shown: store,
    box: { ...box, y: box.y + top + STORE * index - 5, height: STORE + 5 },
  }));
  return [...stores.reverse(), { shown, box: { ...box, height: top } }];
}

function read(root: ElkNode, nodes: Map<string, Shown>, flows: Map<string, Flow>): Placed {
  const placed: Placed = { nodes: [], flows: [], groups: [], width: root.width ?? 0, height: root.height ?? 0 };
  const walk = (children: ElkNode[], left: number, top: number): void => {
    for (const each of children) {
      const box = { x: left + (each.x ?? 0), y: top + (each.y ?? 0), width: each.width ?? 0, height: each.height ?? 0 };
      const shown = nodes.get(each.id);
      if (shown !== undefined) placed.nodes.push(...hung(shown, box));
      else placed.groups.push({ name: each.id.slice('group:'.length), box });
      walk(each.children ?? [], box.x, box.y);
    }
  };
  walk(root.children ?? [], 0, 0);
  for (const edge of root.edges ?? []) {
    const flow = flows.get(edge.id);
    const run = edge.sections?.[0];
    if (flow === undefined || run === undefined) continue;
    const points = [run.startPoint, ...(run.bendPoints ?? []), run.endPoint].map((point): [number, number] => [point.x, point.y]);
    const label = edge.labels?.[0];
    const box = label === undefined ? null : { x: label.x ?? 0, y: label.y ?? 0, width: label.width ?? 0, height: label.height ?? 0 };
    placed.flows.push({ flow, points, label: box });
  }
  return placed;
}
