/** The shapes of `microservices_skill/explorer/page.py`, and the page's own data. */

export type Fact = readonly [string, string];
export type Change = '' | 'added' | 'removed' | 'changed' | 'touched';
export type EdgeKind = 'call' | 'event' | 'command' | 'store';
export type Severity = 'error' | 'warning' | 'info';

export interface OperationItem {
  id: string;
  method: string;
  path: string;
  summary: string;
  access: string;
}

export interface EntityItem {
  name: string;
  description: string;
  fields: string[];
  sensitive: string[];
  states: string[];
  kind: string;
}

export interface Node {
  id: string;
  kind: 'service' | 'store' | 'external' | 'broker';
  name: string;
  title: string;
  about: string;
  team: string;
  owners: string[];
  facts: Fact[];
  p99: number;
  availability: number;
  composed: number;
  operations: OperationItem[];
  entities: EntityItem[];
  change: Change;
}

export interface Edge {
  source: string;
  target: string;
  kind: EdgeKind;
  what: string[];
  about: string;
  timeout: number;
  attempts: number;
  patience: number;
  is_hard: boolean;
  facts: Fact[];
  change: Change;
}

export interface EventItem {
  name: string;
  about: string;
  publisher: string;
  subscribers: string[];
  outside: string[];
  classification: string;
  fields: string[];
}

export interface Frame {
  kind: 'start' | 'do' | 'fail' | 'retry' | 'undo' | 'complete' | 'undone';
  node: string;
  origin: string;
  text: string;
}

export interface Scenario {
  title: string;
  frames: Frame[];
}

export interface SagaItem {
  name: string;
  about: string;
  style: string;
  coordinator: string;
  scenarios: Scenario[];
}

export interface FindingItem {
  rule: string;
  severity: Severity;
  node: string;
  location: string;
  line: number;
  message: string;
  why: string;
  fix: string;
  accepted: string;
}

export interface PathItem {
  hops: string[];
  latency: number;
  availability: number;
  meets_latency: boolean;
  meets_availability: boolean;
}

export interface Comparison {
  differences: { text: string; kind: 'added' | 'removed' | 'renamed' | 'changed'; node: string }[];
  impacts: { node: string; because: string[] }[];
}

export interface Page {
  name: string;
  title: string;
  about: string;
  facts: Fact[];
  wanted_p99: number;
  wanted_availability: number;
  teams: Fact[];
  nodes: Node[];
  edges: Edge[];
  events: EventItem[];
  sagas: SagaItem[];
  findings: FindingItem[];
  paths: PathItem[];
  comparison: Comparison | null;
}

export const page = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as Page;

const byId = new Map(page.nodes.map((node) => [node.id, node]));

export const nodeOf = (id: string): Node | undefined => byId.get(id);
export const titleOf = (id: string): string => byId.get(id)?.title ?? id.replace(/^[a-z]+:/, '');
export const services = page.nodes.filter((node) => node.kind === 'service');

/** What an accepted risk says is no longer open, and is shown apart. */
export const openFindings = (id: string): FindingItem[] => page.findings.filter((each) => each.node === id && each.accepted === '');
export const brokerTitle = page.nodes.find((node) => node.kind === 'broker')?.title ?? 'the broker';
