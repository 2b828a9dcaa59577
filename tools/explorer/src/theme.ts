/** Light or dark: as the system, or the host, says, until the person chooses. */

import { part } from './dom.js';

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
let chosen: 'light' | 'dark' | null = null;

export function start(): void {
  const button = part('theme');
  button.addEventListener('click', () => {
    chosen = isDark() ? 'light' : 'dark';
    apply();
  });
  prefersDark.addEventListener('change', apply);
  apply();
}

export function suggest(theme: 'light' | 'dark'): void {
  chosen = theme;
  apply();
}

const isDark = (): boolean => (chosen === null ? prefersDark.matches : chosen === 'dark');

function apply(): void {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
  part('theme').setAttribute('aria-pressed', String(isDark()));
}
