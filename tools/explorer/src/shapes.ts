/** How a node, a group and a flow look: SVG without behaviour. */

import { openFindings } from './data.js';
import { svg, type Child } from './dom.js';
import type { Flow, Shown } from './graph.js';
import { type Box, DETAIL_FONT, TITLE_FONT, storeText, textWidth } from './layout.js';

export const TINTS = 8;

/** Teams keep their tint however the map is filtered. */
export function tint(name: string, all: readonly string[]): number {
  return Math.max(0, all.indexOf(name)) % TINTS;
}

export function card(shown: Shown, box: Box, tinted: number): SVGElement[] {
  if (shown.kind === 'store') {
    const mark = badge(shown, box);
    const room = box.width - 16 - (mark.length > 0 ? 26 : 0);
    const text = svg(
      'text',
      { class: 'detail', x: 8 + room / 2, y: box.height - 9, 'text-anchor': 'middle' },
      fitted(storeText(shown), DETAIL_FONT, room),
    );
    return [
      ...outline(shown, box, tinted),
      text,
      ...mark,
      svg('g', { class: 'status', 'aria-hidden': 'true', transform: `translate(${box.width - 4} ${box.height - 8})` }),
    ];
  }
  const room = box.width - 46;
  return [
    ...outline(shown, box, tinted),
    svg('text', { class: 'title', x: 17, y: box.height / 2 - 4 }, fitted(shown.label, TITLE_FONT, room)),
    svg('text', { class: 'detail', x: 17, y: box.height / 2 + 13 }, fitted(shown.detail, DETAIL_FONT, room + 16)),
    ...badge(shown, box),
    svg('g', { class: 'status', 'aria-hidden': 'true', transform: `translate(${box.width - 4} ${box.height - 4})` }),
  ];
}

function outline(shown: Shown, box: Box, tinted: number): SVGElement[] {
  const { width, height } = box;
  const size = { width, height };
  switch (shown.kind) {
    case 'store': {
      const dip = 5;
      const side = `M0 ${dip}V${height - dip}a${width / 2} ${dip} 0 0 0 ${width} 0V${dip}`;
      const top = `M0 ${dip}a${width / 2} ${dip} 0 0 1 ${width} 0a${width / 2} ${dip} 0 0 1 ${-width} 0`;
      return [
        svg('path', { class: 'card', d: `${side}${top}z` }),
        svg('path', { class: 'rim', d: `M0 ${dip}a${width / 2} ${dip} 0 0 0 ${width} 0` }),
      ];
    }
    case 'group':
      return [
        svg('rect', { class: 'card behind', ...size, x: 7, y: 7, rx: 10 }),
        svg('rect', { class: 'card behind', ...size, x: 3.5, y: 3.5, rx: 10 }),
        svg('rect', { class: 'card', ...size, rx: 10 }),
        svg('rect', { class: `stripe tint-${tinted}`, x: 0, y: 9, width: 5, height: height - 18, rx: 2.5 }),
      ];
    case 'broker':
      return [svg('rect', { class: 'card', ...size, rx: height / 2 })];
    case 'external':
      return [svg('rect', { class: 'card', ...size, rx: 4 })];
    case 'service':
      return [
        svg('rect', { class: 'card', ...size, rx: 10 }),
        svg('rect', { class: `stripe tint-${tinted}`, x: 0, y: 9, width: 5, height: height - 18, rx: 2.5 }),
      ];
  }
}

/** How many open findings stand at a node, in the shape and the colour of the worst. */
function badge(shown: Shown, box: Box): SVGElement[] {
  const found = shown.members.flatMap((node) => openFindings(node.id));
  const worst = (['error', 'warning', 'info'] as const).find((severity) => found.some((each) => each.severity === severity));
  if (worst === undefined) return [];
  const shapes = {
    error: 'M-5-11H5L11-5V5L5 11H-5L-11 5V-5z',
    warning: 'M0-12 13 10H-13z',
    info: 'M0-11A11 11 0 1 1 0 11A11 11 0 1 1 0-11z',
  };
  return [
    svg(
      'g',
      {
        class: `badge ${worst}`,
        'aria-hidden': 'true',
        transform: shown.kind === 'store' ? `translate(${box.width - 17} ${box.height - 13}) scale(.7)` : `translate(${box.width - 15} 15)`,
      },
      svg('path', { d: shapes[worst] }),
      svg('text', { y: worst === 'warning' ? 7 : 4 }, found.length > 9 ? '9+' : String(found.length)),
    ),
  ];
}

/** The mark of a change is a sign, too. */
export const SIGNS: Record<string, string> = { added: '+', removed: '−', changed: '~', touched: '•' };

export function status(sign: string, kind: string): Child[] {
  return [svg('circle', { class: kind, r: 10 }), svg('text', { class: `sign ${kind}`, y: 4.5 }, sign)];
}

export function line(flow: Flow, points: readonly [number, number][]): SVGElement[] {
  const d = rounded(points);
  const parts = [svg('path', { class: 'reach', d }), svg('path', { class: 'line', d })];
  if (flow.kind !== 'store') parts.push(svg('path', { class: 'head', d: 'M0 0L-9-4.5V4.5z', transform: pointing(points) }));
  return parts;
}

function rounded(points: readonly [number, number][]): string {
  const radius = 8;
  return points
    .map(([x, y], index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${x} ${y}`;
      if (after === undefined) return `L${x} ${y}`;
      const [ax, ay] = towards(x, y, before, radius);
      const [bx, by] = towards(x, y, after, radius);
      return `L${ax} ${ay}Q${x} ${y} ${bx} ${by}`;
    })
    .join('');
}

function towards(x: number, y: number, [tx, ty]: readonly [number, number], radius: number): [number, number] {
  const length = Math.hypot(tx - x, ty - y);
  const share = length === 0 ? 0 : Math.min(radius, length / 2) / length;
  return [x + (tx - x) * share, y + (ty - y) * share];
}

function pointing(points: readonly [number, number][]): string {
  const [x, y] = points[points.length - 1] ?? [0, 0];
  const [px, py] = points[points.length - 2] ?? [x - 1, y];
  return `translate(${x} ${y}) rotate(${(Math.atan2(y - py, x - px) * 180) / Math.PI})`;
}

export function fitted(text: string, font: string, room: number): string {
  if (textWidth(text, font) <= room) return text;
  let cut = text.length;
  while (cut > 1 && textWidth(`${text.slice(0, cut)}…`, font) > room) cut -= 1;
  return `${text.slice(0, cut)}…`;
}
