const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}(?::?\d{2})?)$/;

/** A point in time as canonical text: UTC, to the microsecond, such as `2026-01-31T09:30:00Z`. A Date would lose digits. */
export type Moment = string;

/** The canonical form of a date and time with a zone; `undefined` where it is none. */
export function canonicalMoment(text: string): Moment | undefined {
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  const offset = offsetMinutes(parts[8] ?? 'Z');
  if (offset === undefined) return undefined;
  const utc = new Date(local.getTime() - offset * 60_000);
  if (utc.getUTCFullYear() < 1 || utc.getUTCFullYear() > 9999) return undefined;
  return withFraction(utc, (parts[7] ?? '.').slice(1, 7));
}

/** A Date as canonical text. */
export function toMoment(date: Date): Moment {
  return withFraction(date, String(date.getUTCMilliseconds()).padStart(3, '0'));
}

/** The current time. */
export function now(): Moment {
  return toMoment(new Date());
}

/** A moment as a Date, to the millisecond. */
export function toDate(moment: Moment): Date {
  return new Date(moment);
}

/** Negative where `left` is earlier than `right`, positive where it is later. */
export function compareMoments(left: Moment, right: Moment): number {
  const [a, b] = [left, right].map((moment) => moment.slice(0, -1).padEnd(26, '.000000'.slice(moment.length - 20)));
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1;
}

/** Whether the calendar has such a day. */
export function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return year >= 1 && date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function offsetMinutes(zone: string): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  return hours > 23 || minutes > 59 ? undefined : (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function withFraction(date: Date, digits: string): Moment {
  const fraction = digits.padEnd(6, '0');
  return `${date.toISOString().slice(0, 19)}${fraction === '000000' ? '' : `.${fraction}`}Z`;
}
