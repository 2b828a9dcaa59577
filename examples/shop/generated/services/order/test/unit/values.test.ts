import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { compareMoments } from '../../src/common/moment.js';
import { Amount, compareDecimals, Day, decimal, Moment, Money, text, Uuid } from '../../src/domains/values.js';
import { uuid7 } from '../../src/infrastructure/database/clock.js';

const price = decimal(6, 2);

describe('values', () => {
  it('keep a decimal as text with a fixed scale', () => {
    expect(price.parse('1.5')).toBe('1.50');
    expect(price.parse('-9999.99')).toBe('-9999.99');
    expect(decimal(18, 6).parse('123456789012.000001')).toBe('123456789012.000001');
    expect(compareDecimals('10.00', '9.99')).toBeGreaterThan(0);
  });

  it.each([1.5, '1e3', 'NaN', '1.234', '10000', '01', ' 1', '1\n', true, 'Infinity'])('refuse %j as such a decimal', (value) => {
    expect(price.safeParse(value).success).toBe(false);
  });

  it('keep the bounds of a decimal', () => {
    const rate = decimal(6, 2, { minimum: 0, maximum: 100 });
    expect(['0', '100', '100.01', '-1'].map((value) => rate.safeParse(value).success)).toEqual([true, true, false, false]);
  });

  it('count money in whole minor units', () => {
    expect(Money.parse({ minor_units: -5, currency: 'EUR' })).toEqual({ minor_units: -5, currency: 'EUR' });
    for (const value of [{ minor_units: 1.5, currency: 'EUR' }, { minor_units: '5', currency: 'EUR' }, { minor_units: 5, currency: 'eur' }]) {
      expect(Money.safeParse(value).success).toBe(false);
    }
    expect(Amount.safeParse({ minor_units: -5, currency: 'EUR' }).success).toBe(false);
    expect(Money.safeParse({ minor_units: 2 ** 53, currency: 'EUR' }).success).toBe(false);
  });

  it('keep a moment in UTC, to the microsecond', () => {
    expect(Moment.parse('2026-01-01T10:00:00+02:00')).toBe('2026-01-01T08:00:00Z');
    expect(Moment.parse('2026-01-01T10:00:00.123456Z')).toBe('2026-01-01T10:00:00.123456Z');
    expect(compareMoments('2026-01-01T10:00:00.5Z', '2026-01-01T10:00:00Z')).toBeGreaterThan(0);
    for (const value of ['2026-01-01T10:00:00', 0, '1700000000', '0001-01-01T00:00:00+14:00', '2026-01-01', '2026-02-30T00:00:00Z']) {
      expect(Moment.safeParse(value).success, String(value)).toBe(false);
    }
  });

  it('know the calendar', () => {
    expect(Day.parse('2028-02-29')).toBe('2028-02-29');
    for (const value of [0, '20260101', '2026-01-01T00:00:00Z', '2026-02-30']) {
      expect(Day.safeParse(value).success, String(value)).toBe(false);
    }
  });

  it('count the characters of text as people do', () => {
    const word = text({ min: 1, max: 3 });
    expect(word.parse('\u{1F600}\u{1F600}\u{1F600}')).toBe('\u{1F600}\u{1F600}\u{1F600}');
    for (const value of ['', '\u{1F600}\u{1F600}\u{1F600}\u{1F600}', 'a\0', '\ud800']) {
      expect(word.safeParse(value).success, JSON.stringify(value)).toBe(false);
    }
  });

  it('say their limits in JSON Schema', () => {
    expect(z.toJSONSchema(text({ min: 1, max: 3 }))).toMatchObject({ type: 'string', minLength: 1, maxLength: 3 });
    expect(z.toJSONSchema(Uuid)).toMatchObject({ type: 'string', format: 'uuid' });
  });

  it('make ids that are ordered by time and never repeat', () => {
    const ids = Array.from({ length: 1000 }, uuid7);
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => Uuid.parse(id) === id && id[14] === '7')).toBe(true);
    expect((ids[0] ?? '').slice(0, 13) <= (ids[999] ?? '').slice(0, 13)).toBe(true);
  });
});
