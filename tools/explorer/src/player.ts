/** Plays a saga: forward, or up to a failure and back by its compensations. */

import { type Frame, type SagaItem, page, titleOf } from './data.js';
import { choice, h, icon, labelled } from './dom.js';
import { type Mark, current, listen, update } from './state.js';

const PACE_MS = 1500;
const NAMES: Record<Frame['kind'], string> = {
  start: 'Starts',
  do: 'Does',
  fail: 'Fails',
  retry: 'Tries again',
  undo: 'Undoes',
  complete: 'Complete',
  undone: 'Undone',
};
const ICONS: Record<Frame['kind'], string> = {
  start: 'start',
  do: 'done',
  fail: 'fail',
  retry: 'retry',
  undo: 'undo',
  complete: 'done',
  undone: 'undo',
};

export function player(): HTMLElement {
  const [first] = page.sagas;
  if (first === undefined) return h('p', { class: 'empty' }, 'The model has no saga: each request changes data of one service alone.');
  let saga: SagaItem = first;
  let way = 0;
  let at = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const about = h('p', {});
  const ways = h('div', {});
  const steps = h('ol', { class: 'frames', 'aria-label': 'Steps of the saga' });
  const said = h('p', { class: 'said', 'aria-live': 'polite', id: 'saga-said' });
  const back = h('button', { type: 'button', id: 'saga-previous', click: () => go(at - 1) }, 'Previous');
  const play = h(
    'button',
    { type: 'button', id: 'saga-play', class: 'primary', click: () => (timer === undefined ? run() : stop()) },
    'Play',
  );
  const on = h('button', { type: 'button', id: 'saga-next', click: () => go(at + 1) }, 'Next');

  const frames = (): Frame[] => saga.scenarios[way]?.frames ?? [];

  function choose(name: string): void {
    saga = page.sagas.find((each) => each.name === name) ?? (first as SagaItem);
    about.textContent = `${saga.about === '' ? '' : `${saga.about}. `}${saga.style === 'orchestrated' ? 'Orchestrated' : 'Choreographed, watched'} by ${saga.coordinator}.`;
    const options = saga.scenarios.map((scenario, index) => [String(index), scenario.title] as const);
    ways.replaceChildren(
      labelled(
        'What happens',
        choice(options, '0', (value) => follow(Number(value)), 'saga-way'),
      ),
    );
    follow(0);
  }

  function follow(chosen: number): void {
    stop();
    way = chosen;
    steps.replaceChildren(
      ...frames().map((frame, index) =>
        h(
          'li',
          { class: frame.kind },
          h(
            'button',
            {
              type: 'button',
              click: () => {
                stop();
                go(index);
              },
            },
            icon(ICONS[frame.kind]),
            h('span', {}, h('b', {}, NAMES[frame.kind]), ` ${frame.text}`),
          ),
        ),
      ),
    );
    go(0);
  }

  function go(to: number): void {
    const all = frames();
    at = Math.max(0, Math.min(all.length - 1, to));
    const frame = all[at];
    if (frame === undefined) return;
    [...steps.children].forEach((item, index) => {
      item.classList.toggle('past', index < at);
      if (index === at) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    });
    if (current().tab === 'sagas') steps.children[at]?.scrollIntoView({ block: 'nearest' });
    said.textContent = `Step ${at + 1} of ${all.length}: ${frame.text}`;
    back.disabled = at === 0;
    on.disabled = at === all.length - 1;
    if (current().tab === 'sagas') mark();
    if (at === all.length - 1) stop();
  }

  function mark(): void {
    const marks = new Map<string, Mark>();
    const flow = new Set<string>();
    for (const frame of frames().slice(0, at + 1)) {
      if (frame.kind === 'do' || frame.kind === 'start' || frame.kind === 'complete') marks.set(frame.node, 'done');
      if (frame.kind === 'undo' || frame.kind === 'undone') marks.set(frame.node, 'undone');
      if (frame.kind === 'fail' || frame.kind === 'retry') marks.set(frame.node, 'failed');
    }
    const now = frames()[at];
    if (now !== undefined) {
      if (now.kind === 'start' || now.kind === 'do') marks.set(now.node, 'active');
      flow.add(`${now.origin}>${now.node}`);
    }
    update({ marks, flow, selected: '' });
  }

  function run(): void {
    if (at === frames().length - 1) go(0);
    play.textContent = 'Pause';
    timer = setInterval(() => go(at + 1), PACE_MS);
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    play.textContent = 'Play';
  }

  listen((now, before) => {
    if (now.tab === before.tab) return;
    if (now.tab === 'sagas') mark();
    else stop();
  });
  choose(first.name);
  const names = page.sagas.map((each) => [each.name, `${each.name} (${titleOf(`service:${each.coordinator}`)})`] as const);
  return h(
    'div',
    { class: 'player' },
    labelled('Saga', choice(names, first.name, choose, 'saga')),
    about,
    ways,
    h('div', { class: 'buttons', role: 'group', 'aria-label': 'Player' }, back, play, on),
    said,
    steps,
  );
}
