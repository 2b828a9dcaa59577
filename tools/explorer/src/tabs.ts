/** The tabs beside the map (ARIA authoring practices: arrows move between them). */

import { type Severity, nodeOf, openFindings, page, services, titleOf } from './data.js';
import { choice, facts, h, labelled, part, section } from './dom.js';
import { finding } from './inspector.js';
import { paths } from './paths.js';
import { player } from './player.js';
import { SIGNS } from './shapes.js';
import { type Tab, current, listen, select, update } from './state.js';

const open = page.findings.filter((each) => each.accepted === '');

export function start(): void {
  const tabs: [Tab, string, number | null, () => HTMLElement][] = [
    ['services', 'Services', services.length, overview],
    ['sagas', 'Sagas', page.sagas.length, player],
    ['paths', 'Paths', null, paths],
    ['findings', 'Findings', open.length, findings],
    ...(page.comparison === null
      ? []
      : [['changes', 'Changes', page.comparison.differences.length, changes] as [Tab, string, number, () => HTMLElement]]),
  ];
  const list = part('tabs');
  for (const [name, title, count, content] of tabs) {
    const isCurrent = current().tab === name;
    list.append(
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${name}`,
          'aria-controls': `panel-${name}`,
          'aria-selected': String(isCurrent),
          tabindex: isCurrent ? 0 : -1,
          click: () => show(name),
        },
        title,
        count !== null && h('span', { class: 'count' }, String(count)),
      ),
    );
    part('panels').append(
      h('div', { role: 'tabpanel', id: `panel-${name}`, 'aria-labelledby': `tab-${name}`, tabindex: 0, hidden: !isCurrent }, content()),
    );
  }
  list.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const index = tabs.findIndex(([name]) => name === current().tab);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (next !== undefined) {
      show(next[0]);
      part(`tab-${next[0]}`).focus();
    }
  });
}

function show(tab: Tab): void {
  for (const each of document.querySelectorAll('[role=tab]')) {
    const isCurrent = each.id === `tab-${tab}`;
    each.setAttribute('aria-selected', String(isCurrent));
    each.setAttribute('tabindex', isCurrent ? '0' : '-1');
    part(each.id.replace('tab-', 'panel-')).hidden = !isCurrent;
  }
  update({ tab, marks: new Map(), flow: new Set() });
}

function overview(): HTMLElement {
  const list = h('ul', { class: 'services' });
  const fill = (): void => {
    const { query, team } = current();
    const shown = services.filter(
      (each) =>
        (team === '' || each.team === team) && `${each.title} ${each.name} ${each.team}`.toLowerCase().includes(query.trim().toLowerCase()),
    );
    list.replaceChildren(
      ...shown.map((each) => {
        const count = openFindings(each.id).length;
        return h(
          'li',
          {},
          h(
            'button',
            { type: 'button', click: () => select(each.id) },
            h('b', {}, each.title),
            h('span', {}, each.about),
            h(
              'small',
              {},
              [
                each.team || 'no team',
                each.facts.find(([name]) => name === 'Language')?.[1],
                count > 0 ? `${count} finding${count > 1 ? 's' : ''}` : '',
              ]
                .filter(Boolean)
                .join(' · '),
            ),
          ),
        );
      }),
    );
    if (shown.length === 0) list.append(h('li', { class: 'empty' }, 'No service has that name or team.'));
  };
  fill();
  listen((now, before) => {
    if (now.query !== before.query || now.team !== before.team) fill();
  });
  const teams = [
    ['', 'All teams'] as const,
    ...page.teams.map(([name, about]) => [name, about === '' ? name : `${name} (${about})`] as const),
  ];
  const team = choice(teams, '', (value) => update({ team: value, selected: '' }), 'team');
  const search = h('input', { type: 'search', id: 'search', placeholder: 'name or team', input: () => update({ query: search.value }) });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') list.querySelector('button')?.click();
  });
  listen((now) => {
    if (team.value !== now.team) team.value = now.team;
  });
  return h(
    'div',
    {},
    h('div', { class: 'pair' }, labelled('Search', search), labelled('Team', team)),
    list,
    section('The system', [facts(page.facts)]),
  );
}

function findings(): HTMLElement {
  if (page.findings.length === 0) return h('p', { class: 'empty' }, 'The rules find nothing.');
  const list = h('div', {});
  const fill = (rule: string): void => {
    const found = page.findings.filter((each) => rule === '' || each.rule === rule);
    const accepted = found.filter((each) => each.accepted !== '');
    const bySeverity = (['error', 'warning', 'info'] as Severity[]).map((severity) => {
      const these = found.filter((each) => each.severity === severity && each.accepted === '');
      return section(`${these.length} of severity ${severity}`, these.map(withPlace));
    });
    list.replaceChildren(...[...bySeverity, section('Accepted risks', accepted.map(withPlace))].filter((each) => each !== null));
  };
  const counts = new Map<string, number>();
  for (const each of page.findings) counts.set(each.rule, (counts.get(each.rule) ?? 0) + 1);
  const rules = [...counts].sort().map(([rule, count]) => [rule, `${rule} (${count})`] as const);
  fill('');
  return h('div', {}, labelled('Rule', choice([['', `All ${rules.length} rules that found something`], ...rules], '', fill, 'rule')), list);
}

function withPlace(found: (typeof open)[number]): HTMLDetailsElement {
  const made = finding(found);
  if (nodeOf(found.node) !== undefined) {
    made.append(h('button', { type: 'button', class: 'link', click: () => select(found.node) }, `Show ${titleOf(found.node)}`));
    made.addEventListener('toggle', () => {
      if (made.open) select(found.node);
    });
  }
  return made;
}

function changes(): HTMLElement {
  const { differences, impacts } = page.comparison ?? { differences: [], impacts: [] };
  if (differences.length === 0) return h('p', { class: 'empty' }, 'Nothing differs from the version before.');
  return h(
    'div',
    {},
    section(`${differences.length} differences`, [
      h(
        'ul',
        { class: 'differences' },
        ...differences.map((each) =>
          h(
            'li',
            { class: each.kind },
            h('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[each.kind] ?? '~'),
            h('span', {}, each.text),
            nodeOf(each.node) !== undefined &&
              h(
                'button',
                { type: 'button', class: 'link', 'aria-label': `Show ${titleOf(each.node)}`, click: () => select(each.node) },
                'show',
              ),
          ),
        ),
      ),
    ]),
    section(
      'Whom it touches',
      impacts.map((each) =>
        h('details', {}, h('summary', {}, titleOf(each.node)), h('ul', {}, ...each.because.map((text) => h('li', {}, text)))),
      ),
    ),
  );
}
