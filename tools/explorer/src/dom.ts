/** Makes elements. Texts of people become text nodes and values of attributes, never markup. */

export type Child = Element | string | null | undefined | false;
type Properties = Record<string, string | number | boolean | ((event: Event) => void) | undefined>;

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), properties, children);
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

function filled<Made extends Element>(element: Made, properties: Properties, children: Child[]): Made {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Element | string => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element that the page's markup has. */
export function part(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

export function facts(pairs: readonly (readonly [string, string])[]): HTMLElement {
  return h('dl', { class: 'facts' }, ...pairs.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

/** A part of a tab, or with `h3` of the details, which have a heading of their own; nothing where nothing is in it. */
export function section(title: string, children: Child[], heading: 'h2' | 'h3' = 'h2'): HTMLElement | null {
  const shown = children.filter(Boolean);
  return shown.length === 0 ? null : h('section', { class: 'block' }, h(heading, {}, title), ...shown);
}

export function labelled(label: string, control: HTMLSelectElement | HTMLInputElement): HTMLLabelElement {
  return h('label', { class: 'field' }, h('span', {}, label), control);
}

export function choice(
  options: readonly (readonly [string, string])[],
  chosen: string,
  changed: (value: string) => void,
  id: string,
): HTMLSelectElement {
  const made = h('select', { id, change: () => changed(made.value) });
  made.append(...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)));
  return made;
}

export const icon = (name: string): SVGElement =>
  svg('svg', { class: `icon ${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: ICONS[name] ?? '' }));

const ICONS: Record<string, string> = {
  error: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z M8 4v5 M8 11.2v.6',
  warning: 'M8 1.5 15 14H1z M8 6v4 M8 11.8v.4',
  info: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z M8 7v5 M8 4.2v.4',
  done: 'M2.5 8.5 6.5 12.5 13.5 4',
  fail: 'M3.5 3.5l9 9 M12.5 3.5l-9 9',
  undo: 'M3 6h7a3.5 3.5 0 0 1 0 7H7 M6 3 3 6l3 3',
  retry: 'M13 8a5 5 0 1 1-1.6-3.7 M13 2v3h-3',
  start: 'M5 3l8 5-8 5z',
};
